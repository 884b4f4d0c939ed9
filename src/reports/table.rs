//! The results of a report's queries: takes typed cells, gives tables that never change afterwards.

use std::sync::Arc;

use crate::day::Day;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Bool,
    Int,
    Decimal,
    Float,
    Text,
    Day,
    Moment,
}

impl Kind {
    /// Whether the column can be added up, drawn and compared in size.
    pub fn is_number(self) -> bool {
        matches!(self, Kind::Int | Kind::Decimal | Kind::Float)
    }

    /// The kind in a sentence: `a number`, `text`.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Bool => "true or false",
            Kind::Int | Kind::Decimal | Kind::Float => "a number",
            Kind::Text => "text",
            Kind::Day => "a day",
            Kind::Moment => "a moment",
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// `unscaled / 10^scale`, exactly.
    Decimal {
        unscaled: i128,
        scale: i8,
    },
    Float(f64),
    Text(Arc<str>),
    Day(Day),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Moment(i64),
}

impl Cell {
    /// A text cell.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Cell::Text(text.into())
    }

    /// The kind of a cell that is not NULL.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Cell::Null => return None,
            Cell::Bool(_) => Kind::Bool,
            Cell::Int(_) => Kind::Int,
            Cell::Decimal { .. } => Kind::Decimal,
            Cell::Float(_) => Kind::Float,
            Cell::Text(_) => Kind::Text,
            Cell::Day(_) => Kind::Day,
            Cell::Moment(_) => Kind::Moment,
        })
    }
}

/// A column's name and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A query's result: rows in the query's order, each with one cell per column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}
