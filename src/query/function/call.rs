//! Calls as they are written, made ready for the engine, and what is wrong with them that it would notice only while it
//! computes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use datafusion::sql::sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use super::accuracy::PINBALL;
use super::rows::Computation;
use super::simulation::SimulatedQuantile;
use super::{aggregates, money, quantile};
use crate::problem::Problem;
use crate::query::from;
use crate::query::sql::Sql;

/// Completes a call of the product's own functions; gives what is wrong with it.
pub fn complete(expression: &mut Expr, sql: &Sql) -> Option<Problem> {
    let Expr::Function(call) = expression else { return None };
    if let Some(found) = distinct(call, sql) {
        return Some(found);
    }
    match from::parts(&call.name).as_str() {
        money::NAME => {
            let place = sql.place_of(from::span_of(&call.name));
            let wrong = || Problem::error(place, format!("`{}` has other arguments than it takes", money::NAME));
            if money::complete(call).is_some() {
                None
            } else {
                Some(wrong().help(format!("it takes {}", money::TAKES)))
            }
        }
        quantile::NAME => share(call, 1, sql),
        PINBALL => share(call, 2, sql),
        SimulatedQuantile::NAME => share(call, 3, sql),
        _ => None,
    }
}

/// DISTINCT in one of the product's aggregates: the engine would leave it to them, and each row counts for them.
fn distinct(call: &Function, sql: &Sql) -> Option<Problem> {
    static AGGREGATES: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| aggregates().iter().map(|of| of.name().to_owned()).collect());
    let FunctionArguments::List(list) = &call.args else { return None };
    let name = from::parts(&call.name);
    let is_refused = list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && AGGREGATES.contains(&name);
    let found = || Problem::error(sql.place_of(from::span_of(&call.name)), format!("`{name}` takes no DISTINCT"));
    is_refused.then(|| found().help("take each row once before it, as in FROM (SELECT DISTINCT ...)"))
}

/// A share that is no share, of those that are written as numbers.
fn share(call: &Function, argument: usize, sql: &Sql) -> Option<Problem> {
    let FunctionArguments::List(list) = &call.args else { return None };
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(share)) = list.args.get(argument)? else { return None };
    let (number, span) = match share {
        Expr::Value(value) => (number(&value.value)?, value.span),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match expr.as_ref() {
            Expr::Value(value) => (-number(&value.value)?, value.span),
            _ => return None,
        },
        _ => return None,
    };
    let found = Problem::error(sql.place_of(span), format!("`{number}` is no share from 0 to 1"));
    (!(0.0..=1.0).contains(&number)).then(|| found.help("write the median as 0.5, the 90th percentile as 0.9"))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(text, _) => text.parse().ok(),
        _ => None,
    }
}
