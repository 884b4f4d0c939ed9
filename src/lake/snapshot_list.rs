//! Which snapshots the lake holds, as a table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::commit::Version;
use super::name::Role;
use super::pin::Pin;
use crate::day::Day;
use crate::error::{Error, Result};

/// Its name in SQL.
pub const SNAPSHOTS: &str = "lake.snapshot";

/// One row is a snapshot of a table: its day, the rows as of it, how many of the export were rejected, how many of those
/// are carried on from the day before, and where its rows come from: `export`, or `events` from before the first one.
pub fn snapshot_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("table_name", DataType::Utf8, false),
        Field::new("snapshot_on", DataType::Date32, false),
        Field::new("row_count", DataType::Int64, false),
        Field::new("rejected_count", DataType::Int64, true),
        Field::new("carried_count", DataType::Int64, true),
        Field::new("origin", DataType::Utf8, false),
    ]))
}

impl Pin {
    /// The snapshots up to a day, in order of table and day.
    pub fn snapshot_list(&self, day: Day) -> Result<Arc<dyn TableProvider>> {
        let snapshots: Vec<&Version> = (self.tables(Role::Snapshot))
            .flat_map(|table| self.head().state.days(table, Role::Snapshot))
            .map(AsRef::as_ref)
            .filter(|version| version.day <= day)
            .collect();
        let counted = |name: &str| -> ArrayRef {
            let count = |version: &&Version| version.facts.get("counts")?.get(name)?.as_i64();
            Arc::new(snapshots.iter().map(count).collect::<Int64Array>())
        };
        let names = snapshots.iter().map(|version| Some(version.table.to_string()));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(names.collect::<StringArray>()),
            Arc::new(snapshots.iter().map(|version| Some(version.day.to_epoch_days())).collect::<Date32Array>()),
            Arc::new(snapshots.iter().map(|version| i64::try_from(version.rows).ok()).collect::<Int64Array>()),
            counted("rejected"),
            counted("carried"),
            Arc::new(snapshots.iter().map(|version| Some(version.origin().name())).collect::<StringArray>()),
        ];
        let failed = |error: &dyn std::fmt::Display| Error::failed(format!("the snapshots cannot be listed: {error}"));
        let batch = RecordBatch::try_new(snapshot_schema(), columns).map_err(|error| failed(&error))?;
        let table = MemTable::try_new(snapshot_schema(), vec![vec![batch]]).map_err(|error| failed(&error))?;
        Ok(Arc::new(table))
    }
}
