//! Rows of a table with the place in the export that each came from and the mark of its record, in columns of ingest's
//! own behind the declared ones.
//!
//! Rows that are taken over from the day before have neither: these columns are NULL.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, UInt32Array, UInt64Array, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};

use crate::error::{Error, Result};

/// Which row of the table that was read it is, from 0.
pub const SEQUENCE: &str = "forecastle.sequence";
/// Which file of the export, from 0, and where in it, as an export's batches tell it.
const FILE: &str = "forecastle.file";
const LINE: &str = "forecastle.line";
/// The mark of its record, where records are marked.
const MARK: &str = "forecastle.mark";
const MARK_BYTES: i32 = 16;
const OWN: usize = 4;

/// Where a row stands in an export; rows are read in the order of their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: u32,
    pub line: u64,
}

fn own() -> [(&'static str, DataType); OWN] {
    let mark = DataType::FixedSizeBinary(MARK_BYTES);
    [(SEQUENCE, DataType::UInt64), (FILE, DataType::UInt32), (LINE, DataType::UInt64), (MARK, mark)]
}

/// The declared columns and those of the place.
pub fn schema(table: &Schema) -> SchemaRef {
    let mut fields = table.fields().to_vec();
    for (name, data_type) in own() {
        fields.push(Arc::new(Field::new(name, data_type, true)));
    }
    Arc::new(Schema::new(fields))
}

/// Rows of one file.
pub struct Origin {
    /// Which row of all that were read is the first of them.
    pub first: u64,
    pub file: u32,
    pub lines: Vec<u64>,
    /// Empty where records are not marked.
    pub marks: Vec<u128>,
}

pub fn place(rows: RecordBatch, schema: &SchemaRef, origin: Origin) -> Result<RecordBatch> {
    let count = rows.num_rows();
    let Origin { first, file, lines, marks } = origin;
    let marks: ArrayRef = match marks.is_empty() {
        true => new_null_array(&DataType::FixedSizeBinary(MARK_BYTES), count),
        false => {
            let bytes: Vec<u8> = marks.into_iter().flat_map(u128::to_le_bytes).collect();
            Arc::new(FixedSizeBinaryArray::new(MARK_BYTES, bytes.into(), None))
        }
    };
    let own: [ArrayRef; OWN] = [
        Arc::new(UInt64Array::from_iter_values(first..first + count as u64)),
        Arc::new(UInt32Array::from_value(file, count)),
        Arc::new(UInt64Array::from(lines)),
        marks,
    ];
    with(rows, schema, own)
}

/// Rows that are in no file.
pub fn unplaced(rows: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let count = rows.num_rows();
    with(rows, schema, own().map(|(_, data_type)| new_null_array(&data_type, count)))
}

/// The marks of the rows, 0 where there is none; empty if no row has one.
pub fn marks(rows: &RecordBatch) -> Vec<u128> {
    let marks = rows.column(rows.num_columns() - 1).as_fixed_size_binary();
    if marks.null_count() == marks.len() {
        return Vec::new();
    }
    let mark = |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u128::from_le_bytes);
    marks.iter().map(mark).collect()
}

fn with(rows: RecordBatch, schema: &SchemaRef, own: [ArrayRef; OWN]) -> Result<RecordBatch> {
    let columns = rows.columns().iter().cloned().chain(own).collect();
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::failed(format!("could not note where rows come from: {error}")))
}

/// The rows without their places.
pub fn strip(rows: &RecordBatch, table: &SchemaRef) -> Result<RecordBatch> {
    let columns = rows.columns()[..table.fields().len()].to_vec();
    RecordBatch::try_new(Arc::clone(table), columns)
        .map_err(|error| Error::failed(format!("could not put rows together: {error}")))
}

/// Where each row comes from; `None` for those that are in no file.
pub fn places(rows: &RecordBatch) -> impl Fn(usize) -> Option<Place> + use<> {
    let own = &rows.columns()[rows.num_columns() - OWN..];
    let files = own[1].as_primitive::<UInt32Type>().clone();
    let lines = own[2].as_primitive::<UInt64Type>().clone();
    move |row| files.is_valid(row).then(|| Place { file: files.value(row), line: lines.value(row) })
}
