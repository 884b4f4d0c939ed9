//! Rows told apart by their table's key.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::{Error, Result};
use crate::query::DeclaredTable;

/// Converts a table's keys into bytes that compare as the keys do.
pub struct Keys {
    converter: RowConverter,
    positions: Vec<usize>,
}

impl Keys {
    pub fn new(table: &DeclaredTable) -> Result<Self> {
        let fields = table.key.iter().map(|position| SortField::new(table.columns[*position].data_type.clone()));
        let converter = RowConverter::new(fields.collect())
            .map_err(|error| Error::failed(format!("the key of {} has no order: {error}", table.name)))?;
        Ok(Self { converter, positions: table.key.clone() })
    }

    /// The keys of rows of the table.
    pub fn of(&self, batch: &RecordBatch) -> Result<Rows> {
        let columns: Vec<ArrayRef> =
            self.positions.iter().map(|position| Arc::clone(batch.column(*position))).collect();
        self.of_columns(&columns)
    }

    /// The keys of rows of which only the key's columns are there, in the key's order.
    pub fn of_columns(&self, columns: &[ArrayRef]) -> Result<Rows> {
        self.converter
            .convert_columns(columns)
            .map_err(|error| Error::failed(format!("could not compare keys: {error}")))
    }
}

/// Bytes of keys, for looking them up.
pub type KeySet = HashSet<Box<[u8]>>;

/// The rows of a batch whose key `wanted` says yes to.
pub fn select(batch: &RecordBatch, keys: &Keys, wanted: impl Fn(&[u8]) -> bool) -> Result<RecordBatch> {
    let rows = keys.of(batch)?;
    let chosen = (0..batch.num_rows()).filter(|at| wanted(rows.row(*at).as_ref()));
    let chosen: UInt32Array = chosen.filter_map(|at| u32::try_from(at).ok()).collect();
    take_record_batch(batch, &chosen).map_err(|error| Error::failed(format!("could not carry rows over: {error}")))
}
