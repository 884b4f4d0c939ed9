//! Rows told apart by their table's key: sorted, without doubles, and compared with the rows of an earlier day.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{CastOptions, cast_with_options, concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::{Error, Result};
use crate::query::DeclaredTable;

/// Rows per batch that is written.
const BATCH: usize = 65_536;

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

/// Adds the keys of `rows` to a set.
pub fn collect(set: &mut KeySet, rows: &Rows) {
    set.extend(rows.iter().map(|row| Box::from(row.as_ref())));
}

/// Rows sorted by key, each key once.
pub struct Sorted {
    pub batches: Vec<RecordBatch>,
    pub rows: usize,
    /// Positions in the order of reading of rows whose key an earlier row has, each with that row's position.
    pub doubles: Vec<(usize, usize)>,
}

/// Sorts rows by key; of rows with one key the first stays.
pub fn sort(batches: &[RecordBatch], schema: &SchemaRef, keys: &Keys) -> Result<Sorted> {
    let bad = |error: arrow::error::ArrowError| Error::failed(format!("could not sort the export's rows: {error}"));
    let all = concat_batches(schema, batches).map_err(bad)?;
    let rows = keys.of(&all)?;
    let count = u32::try_from(all.num_rows()).map_err(|_| Error::failed("an export has more than 4 billion rows"))?;
    let mut order: Vec<u32> = (0..count).collect();
    let key = |at: u32| rows.row(at as usize);
    if !order.is_sorted_by(|a, b| key(*a) <= key(*b)) {
        order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)).then(a.cmp(b)));
    }
    let mut doubles = Vec::new();
    let mut kept: Vec<u32> = Vec::with_capacity(order.len());
    for at in order {
        match kept.last() {
            Some(first) if key(*first) == key(at) => doubles.push((at as usize, *first as usize)),
            _ => kept.push(at),
        }
    }
    let chunks = kept.chunks(BATCH).map(|chunk| take_record_batch(&all, &UInt32Array::from(chunk.to_vec())));
    Ok(Sorted { batches: chunks.collect::<std::result::Result<_, _>>().map_err(bad)?, rows: kept.len(), doubles })
}

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
