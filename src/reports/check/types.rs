//! What an expression of a template may be, as far as it is known without data.

use minijinja::machinery::ast::{CallArg, Expr, Filter};

use crate::reports::table::Kind;
use crate::reports::value::to_cell;

/// The type of a value; names are those of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type<'a> {
    Any,
    Table(&'a str),
    /// Rows that filters have chosen from a query's.
    Rows(&'a str),
    Row(&'a str),
    /// One value; `None` where its kind is unknown.
    Cell(Option<Kind>),
}

impl<'a> Type<'a> {
    /// What a loop over it gives.
    pub fn item(self) -> Type<'a> {
        match self {
            Type::Table(query) | Type::Rows(query) => Type::Row(query),
            _ => Type::Any,
        }
    }

    /// The query whose rows these are.
    pub fn query(self) -> Option<&'a str> {
        match self {
            Type::Table(query) | Type::Rows(query) => Some(query),
            _ => None,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Type::Table(_) | Type::Rows(_) => "a table",
            Type::Row(_) => "a row",
            Type::Cell(Some(kind)) => kind.words(),
            Type::Cell(None) | Type::Any => "a value",
        }
    }
}

/// The type of a literal.
pub fn of_value<'a>(value: &minijinja::Value) -> Type<'a> {
    match to_cell(value) {
        Some(cell) => Type::Cell(cell.kind()),
        None => Type::Any,
    }
}

/// A literal text.
pub fn text<'e>(expr: &'e Expr<'_>) -> Option<&'e str> {
    match expr {
        Expr::Const(node) => node.value.as_str(),
        _ => None,
    }
}

/// The column that a filter over rows names as a literal.
pub fn attribute_of<'e>(filter: &'e Filter<'_>) -> Option<&'e str> {
    filter.args.iter().enumerate().find_map(|(at, argument)| match argument {
        CallArg::Kwarg("attribute", expr) => text(expr),
        CallArg::Pos(expr) if at == 0 && matches!(filter.name, "selectattr" | "rejectattr" | "groupby") => text(expr),
        _ => None,
    })
}
