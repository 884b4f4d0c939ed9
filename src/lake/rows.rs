//! Reading a version's rows back from its Parquet files, in batches.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{Field, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::history::{Piece, PieceReader, SortedRows};
use super::name::TableName;
use super::{chain, fs};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::sql_type;

/// The batches of a version, in the order of its key; each fails as damage of the file it lies in.
pub struct Rows {
    schema: SchemaRef,
    from: From,
}

enum From {
    One(PieceReader),
    Several(Box<SortedRows>, Vec<String>),
}

pub(super) const BATCH_ROWS: usize = 8192;

impl Rows {
    /// Opens the files that hold a version between them. A version of several files has a key.
    pub(super) fn open(pieces: &[Piece], schema: SchemaRef, key: &[String]) -> Result<Self> {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let from = match pieces {
            [piece] => From::One(piece.open(Some(&names))?),
            pieces => From::Several(Box::new(SortedRows::open(pieces, &schema, key)?), key.to_vec()),
        };
        Ok(Self { schema, from })
    }

    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.from {
            From::One(reader) => reader.next().map(|rows| rows.map(|(batch, _)| batch)),
            From::Several(rows, key) => rows.next_batch(key).map(|rows| rows.map(|rows| rows.batch)).transpose(),
        }
    }
}

/// Opens a file of a given length and reads its footer.
pub(super) fn builder(path: &Path, length: u64) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    match fs::open(path)? {
        None => Err(chain::damaged(path, "is missing")),
        Some((_, found)) if found != length => {
            Err(chain::damaged(path, &format!("is {found} bytes long instead of {length}")))
        }
        Some((file, _)) => {
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| chain::damaged(path, "does not read as Parquet"))
        }
    }
}

/// Rows of a table as of a day under the columns that are declared now: a new one is NULL, a changed type is cast.
pub fn as_declared(batch: &RecordBatch, schema: &SchemaRef, table: &TableName, day: Day) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns = schema.fields().iter().map(|field| column(batch, field, None, (table, day)));
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<Vec<_>>>()?).map_err(|error| {
        Error::failed(format!("{table} as of {day} cannot be read under its columns of now: {error}"))
            .help("a column that is declared NOT NULL has no value then: leave NOT NULL out")
    })
}

/// A column, all of it or some rows, as the type that it is declared with, whatever that was on the day of which the batch
/// is; NULL where the file does not have it.
pub(super) fn column(
    batch: &RecordBatch,
    field: &Field,
    rows: Option<&UInt32Array>,
    of: (&TableName, Day),
) -> Result<ArrayRef> {
    let (name, wanted) = (field.name(), field.data_type());
    let Some(column) = batch.column_by_name(name) else {
        return Ok(new_null_array(wanted, rows.map_or(batch.num_rows(), Array::len)));
    };
    let taken = rows.map_or_else(|| Ok(column.clone()), |rows| take(column, rows, None));
    let options = CastOptions { safe: false, ..CastOptions::default() };
    taken.and_then(|column| cast_with_options(&column, wanted, &options)).map_err(|_| {
        let (table, day) = of;
        let (was, wanted) = (sql_type::of(column.data_type()), sql_type::of(wanted));
        let said = format!("`{name}` of {table} was {was} on {day}, and not every value fits its type now, {wanted}");
        let place = format!("sql/{}/{}.sql", table.schema(), table.table());
        Error::failed(said)
            .help(format!("declare it as {was} again in {place}, and add a new column for what is {wanted}"))
    })
}
