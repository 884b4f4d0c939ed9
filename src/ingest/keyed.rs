//! Rows told apart by their table's key.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array, make_comparator};
use arrow::compute::{SortOptions, take_record_batch};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, Rows, SortField};

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

    /// How the key of each row of a batch but the first compares with that of the row before it.
    pub fn steps(&self, batch: &RecordBatch) -> Result<impl Iterator<Item = Ordering>> {
        let by_column = self.positions.iter().map(|position| {
            let column = batch.column(*position);
            make_comparator(column, column, SortOptions { descending: false, nulls_first: true })
        });
        let by_column: Vec<_> = by_column.collect::<Result<_, _>>().map_err(|error| incomparable(&error))?;
        Ok((1..batch.num_rows()).map(move |row| {
            by_column.iter().map(|compare| compare(row, row - 1)).find(|step| step.is_ne()).unwrap_or(Ordering::Equal)
        }))
    }

    /// The keys of the first and the last row of a batch that has rows.
    pub fn ends(&self, batch: &RecordBatch) -> Result<[OwnedRow; 2]> {
        let end = |row: usize| self.of(&batch.slice(row, 1)).map(|rows| rows.row(0).owned());
        Ok([end(0)?, end(batch.num_rows() - 1)?])
    }

    /// The keys of rows of which only the key's columns are there, in the key's order.
    pub fn of_columns(&self, columns: &[ArrayRef]) -> Result<Rows> {
        self.converter.convert_columns(columns).map_err(|error| incomparable(&error))
    }
}

fn incomparable(error: &ArrowError) -> Error {
    Error::failed(format!("could not compare keys: {error}"))
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
