//! Rows told apart by their table's key, and rows of an earlier day under today's columns.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{CastOptions, cast_with_options, take_record_batch};
use arrow::datatypes::SchemaRef;
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

/// Rows of an earlier version under today's declared columns: a new column is NULL, a changed type is cast.
pub fn adapt(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) => cast_with_options(column, field.data_type(), &options).map_err(|_| {
            Error::failed(format!(
                "earlier values of `{}` do not fit its declared type {}",
                field.name(),
                field.data_type()
            ))
        }),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::failed(format!("an earlier version lacks a column that is required: {error}")))
}

/// The rows of a batch whose key `wanted` says yes to.
pub fn select(batch: &RecordBatch, keys: &Keys, wanted: impl Fn(&[u8]) -> bool) -> Result<RecordBatch> {
    let rows = keys.of(batch)?;
    let chosen = (0..batch.num_rows()).filter(|at| wanted(rows.row(*at).as_ref()));
    let chosen: UInt32Array = chosen.filter_map(|at| u32::try_from(at).ok()).collect();
    take_record_batch(batch, &chosen).map_err(|error| Error::failed(format!("could not carry rows over: {error}")))
}
