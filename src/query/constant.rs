//! Constants that are no values of their types: a 30 February, or a unit of time that there is not.
//!
//! The engine notices them when it computes, some before there is anything to compute, and tells no place.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, StringArray};
use arrow::compute::kernels::cast_utils::{IntervalParseConfig, IntervalUnit, parse_interval_month_day_nano_config};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr as Planned, LogicalPlan, Operator};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Interval,
    LimitClause, TypedString, UnaryOperator, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::sql::Sql;
use super::{declared, expressions};
use crate::problem::{Place, Problem, did_you_mean};
use crate::sql_type;

/// What is wrong with an expression as it is written, if it is such a constant.
pub fn check(expression: &Expr, sql: &Sql) -> Option<Problem> {
    match expression {
        Expr::TypedString(TypedString { data_type, value, .. }) => {
            check_as(&Expr::Value(value.clone()), &declared::arrow_type(data_type)?, sql)
        }
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None, .. } => {
            check_as(expr, &declared::arrow_type(data_type)?, sql)
        }
        Expr::Interval(Interval { value, leading_field, last_field: None, .. }) => {
            let (written, text) = text(value)?;
            let whole = leading_field.as_ref().map_or_else(|| text.to_owned(), |unit| format!("{text} {unit}"));
            let config = IntervalParseConfig::new(IntervalUnit::Second);
            let is_one = parse_interval_month_day_nano_config(&whole, config).is_ok();
            (!is_one).then(|| problem(sql.place_of(written.span), text, "INTERVAL"))
        }
        Expr::AtTimeZone { time_zone, .. } => {
            let (written, name) = text(time_zone)?;
            let is_one = Tz::from_str(name).is_ok();
            let found = Problem::error(sql.place_of(written.span), format!("`{name}` is no time zone"));
            (!is_one).then(|| found.help("write it as in 'America/New_York', 'UTC' or '+02:00'"))
        }
        Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, right, .. } => {
            let zero = number(right).filter(|(_, number)| *number == 0.0)?;
            let found = Problem::error(sql.place_of(zero.0), "nothing can be divided by 0");
            Some(found.help("divide by another number, or leave the division out"))
        }
        Expr::Function(function) => check_unit(function, sql),
        Expr::Extract { field: DateTimeField::Custom(unit), .. } => check_part(&unit.value, sql.place_of(unit.span)),
        _ => None,
    }
}

/// What is wrong with the number of rows that a query gives at most, or passes over.
pub fn check_limit(clause: &LimitClause, sql: &Sql) -> Option<Problem> {
    let numbers = match clause {
        LimitClause::LimitOffset { limit, offset, .. } => [limit.as_ref(), offset.as_ref().map(|offset| &offset.value)],
        LimitClause::OffsetCommaLimit { offset, limit } => [Some(limit), Some(offset)],
    };
    let below = numbers.into_iter().zip(["LIMIT", "OFFSET"]).find_map(|(written, word)| match written? {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some((number(expr)?.0, word)),
        _ => None,
    });
    below.map(|(span, word)| {
        Problem::error(sql.place_of(span), format!("{word} takes no number below 0")).help("leave the minus out")
    })
}

fn number(expression: &Expr) -> Option<(Span, f64)> {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), span }) => {
            Some((*span, number.to_string().parse().ok()?))
        }
        Expr::Nested(inner) => number(inner),
        _ => None,
    }
}

/// Units that a moment is cut to.
const UNITS: [&str; 10] =
    ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"];
/// Parts of a moment beside them.
const PARTS: [&str; 7] = ["isoyear", "qtr", "quarter", "doy", "dow", "isodow", "epoch"];

/// What is wrong with the unit of `date_trunc('month', ...)` or `date_part('month', ...)`.
fn check_unit(function: &Function, sql: &Sql) -> Option<Problem> {
    let FunctionArguments::List(arguments) = &function.args else { return None };
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(first)) = arguments.args.first()? else { return None };
    let (written, unit) = text(first)?;
    let place = || sql.place_of(written.span);
    match function.name.to_string().to_lowercase().as_str() {
        "date_trunc" | "datetrunc" => {
            let is_one = UNITS.iter().any(|known| known.eq_ignore_ascii_case(unit));
            (!is_one).then(|| no_unit(unit, place()))
        }
        "date_part" | "datepart" => check_part(unit, place()),
        _ => None,
    }
}

fn check_part(part: &str, place: Place) -> Option<Problem> {
    let is_one = IntervalUnit::from_str(part).is_ok() || PARTS.iter().any(|known| known.eq_ignore_ascii_case(part));
    (!is_one).then(|| no_unit(part, place))
}

fn no_unit(unit: &str, place: Place) -> Problem {
    Problem::error(place, format!("`{unit}` is no unit of time")).help(did_you_mean(unit, UNITS))
}

/// What is wrong with a text that is to be a value of a type; nothing, where it is something else than a text.
pub fn check_as(expression: &Expr, data_type: &DataType, sql: &Sql) -> Option<Problem> {
    let (written, text) = text(expression)?;
    (!fits(text, data_type)).then(|| problem(sql.place_of(written.span), text, &sql_type::of(data_type)))
}

/// The first text in a plan that an operator or a function beside it makes such a constant: `closed_on > '2026-02-30'`;
/// or the first number that is made a day: the engine would count it from 1970; or whole numbers that are too great together.
pub fn check_plan(plan: &LogicalPlan, sql: &Sql) -> Option<Problem> {
    let look = |expression: &Planned| {
        if let Err(greatest) = whole(expression) {
            let place = sql.place_of_word(&greatest.to_string()).unwrap_or_else(|| sql.start());
            let found = Problem::error(place, "this is more than a BIGINT can hold");
            return Some(found.help("write one of the numbers with a decimal point, and it is computed as a DECIMAL"));
        }
        let Planned::Cast(Cast { expr, field }) = expression else { return None };
        let Planned::Literal(literal, _) = expr.as_ref() else { return None };
        let (value, written) = match literal {
            ScalarValue::Utf8(Some(value)) if !fits(value, field.data_type()) => {
                (value.clone(), format!("'{}'", value.replace('\'', "''")))
            }
            ScalarValue::Int64(Some(number)) if is_moment(field.data_type()) => {
                (number.to_string(), number.to_string())
            }
            _ => return None,
        };
        let place = sql.place_of_word(&written).unwrap_or_else(|| sql.start());
        Some(problem(place, &value, &sql_type::of(field.data_type())))
    };
    expressions::first(plan, |_| true, look)
}

/// The whole number that an expression of whole numbers comes to, if it is one; or, where it comes to too much, the greatest in it.
fn whole(expression: &Planned) -> Result<Option<i64>, i64> {
    match expression {
        Planned::Literal(ScalarValue::Int64(number), _) => Ok(*number),
        Planned::Alias(alias) => whole(&alias.expr),
        Planned::Negative(of) => Ok(whole(of)?.and_then(i64::checked_neg)),
        Planned::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (Some(left), Some(right)) = (whole(left)?, whole(right)?) else { return Ok(None) };
            let together = match op {
                Operator::Plus => left.checked_add(right),
                Operator::Minus => left.checked_sub(right),
                Operator::Multiply => left.checked_mul(right),
                _ => return Ok(None),
            };
            let greatest = if left.unsigned_abs() > right.unsigned_abs() { left } else { right };
            together.map(Some).ok_or(greatest)
        }
        _ => Ok(None),
    }
}

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(..))
}

fn text(expression: &Expr) -> Option<(&ValueWithSpan, &str)> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some((value, text)),
            _ => None,
        },
        _ => None,
    }
}

fn fits(value: &str, data_type: &DataType) -> bool {
    let value: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&value, data_type, &options).is_ok()
}

fn problem(place: Place, value: &str, data_type: &str) -> Problem {
    let help = match data_type {
        "DATE" => "write a day of the calendar, as in DATE '2026-09-30'",
        "TIMESTAMP" => "write a moment, as in TIMESTAMP '2026-09-30 14:00:00'",
        "INTERVAL" => "write a number and its unit, as in INTERVAL '7 days'",
        "BOOLEAN" => "write TRUE or FALSE",
        "TIME" => "write a time of day, as in TIME '14:00:00'",
        _ => "write a number without quotes, as in 12.5",
    };
    Problem::error(place, format!("`{value}` is no {data_type}")).help(help)
}
