//! What a change of SQL, of day or of commit does to the rows of a model or a table.
//!
//! `side` opens one state of a relation, `compare` holds two of them against each other, and `print` tells what differs.
//! Both sides are sorted by the engine, which spills what does not fit into its memory, and merged in one pass; what is kept
//! of them are counts, sums, and as many examples as are shown.

mod chunk;
mod compare;
mod print;
mod side;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub use compare::{compare, key_of};
pub use print::{markdown, table};
pub use side::{Origin, Side, open};

/// What differs between two states of a relation; its fields are documented in `src/docs/artifacts.md`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub relation: String,
    pub before: State,
    pub after: State,
    /// The columns by which rows are told apart; empty where rows are compared as wholes.
    pub key: Vec<String>,
    pub schema: SchemaChange,
    pub rows: RowCounts,
    /// Every column that both have and that is not of the key, in the order of the columns after.
    pub columns: Vec<ColumnChange>,
    /// The rows whose money moved most, the largest move first.
    pub moves: Vec<Move>,
    pub examples: Examples,
}

/// One of the two states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// In words: `the lake of 2026-11-20`.
    pub label: String,
    pub rows: u64,
    /// Rows that have the key of a row before them.
    pub repeated_keys: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SchemaChange {
    pub added: Vec<Column>,
    pub removed: Vec<Column>,
    pub retyped: Vec<Retyped>,
}

impl SchemaChange {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub sql_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retyped {
    pub name: String,
    pub before: String,
    pub after: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    pub unchanged: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnChange {
    pub name: String,
    /// In how many rows that both have its value is another one.
    pub changed: u64,
    /// For a column of money the sums over all rows of either side.
    pub total: Option<Total>,
}

/// Exact decimals, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    pub before: String,
    pub after: String,
    pub difference: String,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Added,
    Removed,
    Changed,
}

impl Fate {
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A row's largest move among its columns of money; a row that is not there counts as zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Move {
    pub row: Fate,
    pub key: BTreeMap<String, Value>,
    pub column: String,
    pub before: Value,
    pub after: Value,
    pub difference: String,
}

/// The first rows of each kind, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Examples {
    /// Key, or whole row where there is none.
    pub added: Vec<BTreeMap<String, Value>>,
    pub removed: Vec<BTreeMap<String, Value>>,
    pub changed: Vec<ChangedRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedRow {
    pub key: BTreeMap<String, Value>,
    pub cells: Vec<ChangedCell>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedCell {
    pub column: String,
    pub before: Value,
    pub after: Value,
}

impl Difference {
    /// Whether the two have the same columns and the same rows.
    pub fn is_none(&self) -> bool {
        let RowCounts { added, removed, changed, .. } = self.rows;
        added + removed + changed == 0 && self.schema.is_none()
    }
}
