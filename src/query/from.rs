//! What stands in FROM, made ready for the engine: it knows functions by their names in lower case and their arguments by
//! their order, and does not tell where it meets one name twice.

use std::ops::ControlFlow;

use arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, JoinOperator, ObjectName, ObjectNamePart, Query, Select, TableAlias,
    TableFactor, TableWithJoins, Value, ValueWithSpan, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::folder::MODELS;
use super::metric::METRIC;
use super::sql::Sql;
use super::statement::Relation;
use super::{constant, past};
use crate::problem::{self, Problem};

/// Functions of the engine that read nothing.
const PLAIN: [&str; 2] = ["generate_series", "range"];

/// A function in FROM.
pub struct Call {
    pub name: &'static str,
    /// The history that it looks into.
    pub reads: Option<Relation>,
}

/// Takes in a call, and writes it as the engine knows it.
pub fn call(sql: &Sql, name: &mut ObjectName, arguments: &mut [FunctionArg]) -> Result<Call, Problem> {
    let place = sql.place_of(span_of(name));
    let written = parts(name);
    let mut known = past::ALL.into_iter().chain(PLAIN);
    let Some(called) = known.find(|known| *known == written) else {
        let found = Problem::error(place, format!("there is no function `{written}` that stands in FROM"));
        let meant = past::ALL.into_iter().chain([METRIC, MODELS]).chain(PLAIN);
        return Err(found.help(problem::did_you_mean(&written, meant)));
    };
    if let [ObjectNamePart::Identifier(name)] = name.0.as_mut_slice() {
        (name.value, name.quote_style) = (called.to_owned(), None);
    }
    if !past::ALL.contains(&called) {
        return Ok(Call { name: called, reads: None });
    }
    for argument in arguments.iter_mut() {
        if let FunctionArg::Named { name: named, arg, .. } = argument {
            if called != past::EACH || named.value.to_lowercase() != past::EVERY {
                let found = Problem::error(place, format!("the function {called} has no argument `{}`", named.value));
                let help = "write each('crm.deal', every => 'week') or as_of('crm.deal', DATE '2026-09-30')";
                return Err(found.help(help));
            }
            *argument = FunctionArg::Unnamed(arg.clone());
        }
    }
    let table = match arguments.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) => {
            value.value.clone().into_string().map(|table| (table.to_lowercase(), sql.place_of(value.span)))
        }
        _ => None,
    };
    let Some((table, place)) = table else {
        let found = Problem::error(place, format!("the function {called} takes a table's name as a text"));
        return Err(found.help(format!("write {called}('crm.deal', ...)")));
    };
    if called == past::AS_OF
        && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(day))) = arguments.get(1)
        && let Some(found) = constant::check_as(day, &DataType::Date32, sql)
    {
        return Err(found);
    }
    let reads = Relation { name: past::history_of(&table), place, function: Some(called) };
    Ok(Call { name: called, reads: Some(reads) })
}

/// The texts of `['team', 'region']`, or the one of `'team'`, in lower case.
pub fn texts(expression: &Expr) -> Option<Vec<(String, Span)>> {
    match expression {
        Expr::Array(list) => list.elem.iter().map(text).collect(),
        one => text(one).map(|one| vec![one]),
    }
}

/// A text and its place; names of metrics and dimensions are in lower case.
pub fn text(expression: &Expr) -> Option<(String, Span)> {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), span }) => {
            Some((text.to_lowercase(), *span))
        }
        _ => None,
    }
}

/// Puts the SELECT that each call of a function stands for in its place; its name, where it has no alias, comes with it.
pub fn replace(
    query: &mut Query,
    function: &str,
    select: impl FnMut(Span, &[FunctionArg]) -> Result<(String, Query), Problem>,
) -> Result<(), Problem> {
    match VisitMut::visit(query, &mut Replace { function, select }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(found) => Err(*found),
    }
}

struct Replace<'f, F> {
    function: &'f str,
    select: F,
}

impl<F: FnMut(Span, &[FunctionArg]) -> Result<(String, Query), Problem>> VisitorMut for Replace<'_, F> {
    type Break = Box<Problem>;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        let (name, arguments, alias): (&ObjectName, &[FunctionArg], &Option<TableAlias>) = match factor {
            TableFactor::Table { name, args: Some(arguments), alias, .. } => (name, &arguments.args, alias),
            TableFactor::Function { name, args, alias, .. } => (name, args, alias),
            _ => return ControlFlow::Continue(()),
        };
        if parts(name) != self.function {
            return ControlFlow::Continue(());
        }
        match (self.select)(span_of(name), arguments) {
            Ok((own, query)) => {
                let own = TableAlias { explicit: true, name: Ident::new(own), columns: Vec::new(), at: None };
                let alias = Some(alias.clone().unwrap_or(own));
                *factor = TableFactor::Derived { lateral: false, subquery: Box::new(query), alias, sample: None };
                ControlFlow::Continue(())
            }
            Err(found) => ControlFlow::Break(Box::new(found)),
        }
    }
}

/// The second of two relations of one FROM that have the same name, because neither has an alias.
pub fn named_twice(select: &Select, sql: &Sql) -> Option<Problem> {
    let mut relations = Vec::new();
    gather(&select.from, &mut relations);
    let names: Vec<_> = relations.into_iter().filter_map(own_name).collect();
    let twice = names.iter().enumerate().find(|(at, (name, ..))| names[..*at].iter().any(|(other, ..)| other == name));
    let (_, (name, is_function, span)) = twice?;
    let (message, help) = match is_function {
        true => (
            format!("`{name}` is called twice in one FROM, and neither has a name of its own"),
            "give each an alias, as in as_of('crm.deal', DATE '2026-09-30') AS was".to_owned(),
        ),
        false => (format!("`{name}` stands twice in one FROM"), format!("give each an alias, as in {name} AS was")),
    };
    Some(Problem::error(sql.place_of(*span), message).help(help))
}

/// The relations whose columns come together.
fn gather<'s>(tables: &'s [TableWithJoins], relations: &mut Vec<&'s TableFactor>) {
    use JoinOperator::{Anti, LeftAnti, LeftSemi, RightAnti, RightSemi, Semi};
    for table in tables {
        // Of such a join one side gives no columns.
        let is_whole = |of: &JoinOperator| {
            !matches!(of, Semi(_) | LeftSemi(_) | RightSemi(_) | Anti(_) | LeftAnti(_) | RightAnti(_))
        };
        let joined = table.joins.iter().filter(|join| is_whole(&join.join_operator)).map(|join| &join.relation);
        for relation in std::iter::once(&table.relation).chain(joined) {
            match relation {
                TableFactor::NestedJoin { table_with_joins, alias: None } => {
                    gather(std::slice::from_ref(table_with_joins), relations);
                }
                relation => relations.push(relation),
            }
        }
    }
}

/// What a relation without an alias is called, and whether that is a function.
fn own_name(relation: &TableFactor) -> Option<(String, bool, Span)> {
    match relation {
        TableFactor::Table { name, alias: None, args, .. } => Some((parts(name), args.is_some(), span_of(name))),
        TableFactor::Function { name, alias: None, .. } => Some((parts(name), true, span_of(name))),
        _ => None,
    }
}

/// A name in lower case, its parts joined by a dot.
pub fn parts(name: &ObjectName) -> String {
    let parts = name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.to_lowercase());
    parts.collect::<Vec<_>>().join(".")
}

pub fn span_of(name: &ObjectName) -> Span {
    let spans = name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.span);
    spans.reduce(|whole, next| whole.union(&next)).unwrap_or_else(Span::empty)
}
