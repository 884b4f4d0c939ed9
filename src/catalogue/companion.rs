//! The relations that the lake gives beside a declared table.

use arrow::datatypes::SchemaRef;

use super::Catalogue;
use crate::lake;
use crate::query::DeclaredTable;
use crate::query::changes;
use crate::query::declared::reject_schema;

/// A relation beside a declared table, named by the table's name and an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Companion {
    /// The versions of its rows, with the days on which each was so.
    History,
    /// What became of its rows, column by column.
    Change,
    /// All its snapshots, with the day of each.
    Snapshot,
    /// What was rejected of the export that its rows came from.
    Reject,
}

impl Companion {
    pub const ALL: [Self; 4] = [Self::History, Self::Change, Self::Snapshot, Self::Reject];

    /// What its name has after the table's.
    pub fn ending(self) -> &'static str {
        match self {
            Self::History => "_history",
            Self::Change => "_change",
            Self::Snapshot => "_snapshot",
            Self::Reject => "_reject",
        }
    }

    /// Its columns as SQL sees them.
    pub fn schema(self, table: &DeclaredTable) -> SchemaRef {
        match self {
            Self::History => lake::history_as_read(&table.schema()),
            Self::Change => changes::schema(table),
            Self::Snapshot => lake::snapshots_as_read(&table.schema()),
            Self::Reject => lake::as_read(&reject_schema()),
        }
    }
}

impl Catalogue {
    /// The declared table that a relation is, or stands beside.
    pub fn declared(&self, relation: &str) -> Option<&DeclaredTable> {
        let table = |name: &str| self.tables.get(&name.parse().ok()?);
        table(relation)
            .or_else(|| Companion::ALL.iter().find_map(|companion| table(relation.strip_suffix(companion.ending())?)))
    }
}
