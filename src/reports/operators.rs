//! What `+`, `<` and their like do in a report's template: decimals stay exact, NULL gives NULL (and compares as
//! false), an empty denominator gives NULL, and things of different kinds are an error instead of an order.

use std::cmp::Ordering;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind};
use minijinja::{Environment, Error, Value};

use super::fault::fault;
use super::number::Number;
use super::table::Cell;
use super::value::{describe, of_cell, to_cell};

/// Names that no template can spell.
pub const NEGATE: &str = "-x";
const ADD: &str = "x+y";
const SUBTRACT: &str = "x-y";
const MULTIPLY: &str = "x*y";
const DIVIDE: &str = "x/y";
const JOIN: &str = "x~y";
const EQUAL: &str = "x==y";
const UNEQUAL: &str = "x!=y";
const LESS: &str = "x<y";
const AT_MOST: &str = "x<=y";
const MORE: &str = "x>y";
const AT_LEAST: &str = "x>=y";

/// The longest text that a template may build, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// The function for an operator between two values; `None` for those that the engine keeps.
pub fn of_binary(operator: BinOpKind) -> Option<&'static str> {
    Some(match operator {
        BinOpKind::Add => ADD,
        BinOpKind::Sub => SUBTRACT,
        BinOpKind::Mul => MULTIPLY,
        BinOpKind::Div => DIVIDE,
        BinOpKind::Concat => JOIN,
        BinOpKind::Eq => EQUAL,
        BinOpKind::Ne => UNEQUAL,
        BinOpKind::Lt => LESS,
        BinOpKind::Lte => AT_MOST,
        BinOpKind::Gt => MORE,
        BinOpKind::Gte => AT_LEAST,
        BinOpKind::ScAnd | BinOpKind::ScOr | BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow | BinOpKind::In => {
            return None;
        }
    })
}

/// The function for a link of a comparison; `None` for `in` and `not in`.
pub fn of_comparison(operator: CompareOpKind) -> Option<&'static str> {
    Some(match operator {
        CompareOpKind::Eq => EQUAL,
        CompareOpKind::Ne => UNEQUAL,
        CompareOpKind::Lt => LESS,
        CompareOpKind::Lte => AT_MOST,
        CompareOpKind::Gt => MORE,
        CompareOpKind::Gte => AT_LEAST,
        CompareOpKind::In | CompareOpKind::NotIn => return None,
    })
}

/// Makes the operators known to an environment.
pub fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter(NEGATE, |value: &Value| arithmetic("-", &Value::from(0), value, Number::minus));
    environment.add_filter(ADD, |left: &Value, right: &Value| arithmetic("+", left, right, Number::plus));
    environment.add_filter(SUBTRACT, |left: &Value, right: &Value| arithmetic("-", left, right, Number::minus));
    environment.add_filter(MULTIPLY, |left: &Value, right: &Value| arithmetic("*", left, right, Number::times));
    environment.add_filter(DIVIDE, |left: &Value, right: &Value| divide(left, right));
    environment.add_filter(JOIN, |left: &Value, right: &Value| join(left, right));
    environment.add_filter(EQUAL, |left: &Value, right: &Value| equal(left, right));
    environment.add_filter(UNEQUAL, |left: &Value, right: &Value| equal(left, right).map(|same| !same));
    environment.add_filter(LESS, |a: &Value, b: &Value| ordered("<", a, b, Ordering::is_lt));
    environment.add_filter(AT_MOST, |a: &Value, b: &Value| ordered("<=", a, b, Ordering::is_le));
    environment.add_filter(MORE, |a: &Value, b: &Value| ordered(">", a, b, Ordering::is_gt));
    environment.add_filter(AT_LEAST, |a: &Value, b: &Value| ordered(">=", a, b, Ordering::is_ge));
}

/// The same comparisons by name, as in `selectattr('amount', 'gt', 0)`.
pub fn add_tests_to(environment: &mut Environment<'_>) {
    environment.add_test("eq", |left: &Value, right: &Value| equal(left, right));
    environment.add_test("ne", |left: &Value, right: &Value| equal(left, right).map(|same| !same));
    environment.add_test("lt", |a: &Value, b: &Value| ordered("<", a, b, Ordering::is_lt));
    environment.add_test("le", |a: &Value, b: &Value| ordered("<=", a, b, Ordering::is_le));
    environment.add_test("gt", |a: &Value, b: &Value| ordered(">", a, b, Ordering::is_gt));
    environment.add_test("ge", |a: &Value, b: &Value| ordered(">=", a, b, Ordering::is_ge));
}

fn defined(value: &Value) -> Result<(), Error> {
    if value.is_undefined() { Err(Error::from(minijinja::ErrorKind::UndefinedError)) } else { Ok(()) }
}

fn arithmetic(
    sign: &str,
    left: &Value,
    right: &Value,
    exact: impl Fn(Number, Number) -> Option<Number>,
) -> Result<Value, Error> {
    defined(left)?;
    defined(right)?;
    let (Some(a), Some(b)) = (to_cell(left), to_cell(right)) else {
        return Err(unsuited(sign, left, right));
    };
    if a == Cell::Null || b == Cell::Null {
        return Ok(Value::from(()));
    }
    let (Some(x), Some(y)) = (Number::of_cell(&a), Number::of_cell(&b)) else {
        return Err(unsuited(sign, left, right));
    };
    let result = exact(x, y).ok_or_else(|| fault(format!("the result of `{sign}` is too large")))?;
    let cell = match (&a, &b) {
        (Cell::Int(_), Cell::Int(_)) => result.rounded(0, 0),
        (Cell::Float(_), _) | (_, Cell::Float(_)) => return Ok(Value::from(result.to_f64())),
        _ => return Ok(of_cell(&result.to_cell())),
    };
    let (negative, digits, _) = cell;
    let text = if negative { format!("-{digits}") } else { digits };
    text.parse::<i64>().map(Value::from).map_err(|_| fault(format!("the result of `{sign}` is too large")))
}

fn divide(left: &Value, right: &Value) -> Result<Value, Error> {
    defined(left)?;
    defined(right)?;
    let (Some(a), Some(b)) = (to_cell(left), to_cell(right)) else {
        return Err(unsuited("/", left, right));
    };
    if a == Cell::Null || b == Cell::Null {
        return Ok(Value::from(()));
    }
    match (Number::of_cell(&a), Number::of_cell(&b)) {
        (Some(a), Some(b)) => Ok(a.ratio(b).map_or(Value::from(()), Value::from)),
        _ => Err(unsuited("/", left, right)),
    }
}

fn join(left: &Value, right: &Value) -> Result<Value, Error> {
    let mut text = super::print::words(left)?;
    text.push_str(&super::print::words(right)?);
    if text.len() > LONGEST_TEXT {
        return Err(fault("the text that `~` makes is too long"));
    }
    Ok(Value::from(text))
}

fn equal(left: &Value, right: &Value) -> Result<bool, Error> {
    defined(left)?;
    defined(right)?;
    let (Some(a), Some(b)) = (to_cell(left), to_cell(right)) else {
        return Ok(left == right);
    };
    Ok(match (&a, &b) {
        (Cell::Null, Cell::Null) => true,
        _ => compare(&a, &b) == Some(Ordering::Equal),
    })
}

fn ordered(sign: &str, left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Result<bool, Error> {
    defined(left)?;
    defined(right)?;
    let (Some(a), Some(b)) = (to_cell(left), to_cell(right)) else {
        return Err(unsuited(sign, left, right));
    };
    if a == Cell::Null || b == Cell::Null {
        return Ok(false);
    }
    compare(&a, &b).map(holds).ok_or_else(|| unsuited(sign, left, right))
}

/// The order of two cells of comparable kinds; a day compares with its ISO text.
pub fn compare(left: &Cell, right: &Cell) -> Option<Ordering> {
    match (left, right) {
        (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(b)),
        (Cell::Day(a), Cell::Day(b)) => Some(a.cmp(b)),
        (Cell::Day(a), Cell::Text(b)) => b.parse().ok().map(|day| a.cmp(&day)),
        (Cell::Text(a), Cell::Day(b)) => a.parse::<crate::day::Day>().ok().map(|day| day.cmp(b)),
        (Cell::Moment(a), Cell::Moment(b)) => Some(a.cmp(b)),
        _ => Some(Number::of_cell(left)?.cmp(&Number::of_cell(right)?)),
    }
}

fn unsuited(sign: &str, left: &Value, right: &Value) -> Error {
    fault(format!("`{sign}` does not go between {} and {}", describe(left), describe(right)))
}
