//! The relations that the lake gives beside a declared table.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;

use super::Catalogue;
use crate::lake::{self, TableName};
use crate::problem::Problem;
use crate::query::changes;
use crate::query::declared::reject_schema;
use crate::query::{DeclaredTable, Sql, past, setting};

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
    /// Tables and models that have the name of a relation of the lake's own.
    pub(super) fn taken_names(&self) -> Vec<Problem> {
        let beside =
            |name: &TableName| Companion::ALL.map(|companion| (format!("{name}{}", companion.ending()), name.clone()));
        let own: BTreeMap<String, TableName> = self.tables.keys().flat_map(beside).collect();
        let named = self.tables.iter().map(|(name, table)| (name, &table.sql));
        let named = named.chain(self.models.iter().map(|(name, model)| (name, &model.sql)));
        let told = |(name, sql): (&TableName, &Sql)| {
            let name = name.to_string();
            let message = match own.get(&name) {
                Some(table) => format!("`{name}` is what the lake tells of `{table}`"),
                None if name == lake::SNAPSHOTS => format!("`{name}` is the lake's list of snapshots"),
                None if setting::table(&name).is_some() => format!("`{name}` is a setting of the pipeline"),
                None => return None,
            };
            Some(Problem::error(sql.start(), message).help("give this file another name"))
        };
        named.filter_map(told).collect()
    }

    /// Columns of declared tables that a relation of the lake's own has in their place.
    pub(super) fn taken_columns(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, table) in &self.tables {
            let beside =
                Companion::ALL.map(|companion| (format!("{name}{}", companion.ending()), companion.schema(table)));
            let each = (format!("each('{name}', ...)"), past::each_as_read(&table.schema()));
            for (relation, schema) in beside.into_iter().chain([each]) {
                let of_table = table
                    .columns
                    .iter()
                    .filter(|column| schema.fields().iter().filter(|field| *field.name() == column.name).count() > 1);
                for column in of_table {
                    let message = format!("`{relation}` has a column `{}` of its own", column.name);
                    let found = Problem::error(column.place.clone(), message);
                    problems.push(found.help("name this column otherwise"));
                    self.broken.insert(relation.clone());
                }
            }
        }
        problems
    }

    /// The declared table that a relation is, or stands beside.
    pub fn declared(&self, relation: &str) -> Option<&DeclaredTable> {
        let table = |name: &str| self.tables.get(&name.parse().ok()?);
        table(relation)
            .or_else(|| Companion::ALL.iter().find_map(|companion| table(relation.strip_suffix(companion.ending())?)))
    }
}
