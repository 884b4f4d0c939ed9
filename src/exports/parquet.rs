//! Takes a Parquet file, gives its columns as text, and promises the exact value of every primitive type: decimals with
//! all digits, dates and times in ISO form (moments with a time zone in UTC, with `Z`), floats in the fewest digits
//! that give them back.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Float32Type, Float64Type, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Fingerprint, Stamp, changed, damaged, fingerprint};
use super::pattern::PathPattern;
use super::rows::{BATCH_ROWS, Part, Texts};
use super::{Closed, Reader, header};
use crate::error::{Doing, Error, Result};

/// Where a Parquet export lies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parquet {
    pub path: PathPattern,
}

/// One Parquet file being read.
pub(super) struct ParquetReader {
    name: Arc<str>,
    path: PathBuf,
    file: File,
    found: Stamp,
    fingerprint: Fingerprint,
    schema: SchemaRef,
    header: Vec<String>,
    kept: Vec<usize>,
    /// Opened with the first batch, when it is known which columns are kept.
    batches: Option<ParquetRecordBatchReader>,
    rows: u64,
}

impl ParquetReader {
    pub fn open(path: &Path, name: &Arc<str>) -> Result<Self> {
        let mut file = File::open(path).doing("open", path)?;
        let found = Stamp::of(&file, path)?;
        let fingerprint = fingerprint(&mut file, path)?;
        if fingerprint.bytes == 0 {
            return Err(Error::failed(format!("{name} is empty")).help("look at how the export ended"));
        }
        let schema = Arc::clone(builder(&mut file, path, name)?.schema());
        let header: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        header::check(&header).map_err(|(mistake, help)| Error::failed(format!("{name}: {mistake}")).help(help))?;
        let kept = (0..header.len()).collect();
        let (name, path) = (Arc::clone(name), path.to_owned());
        Ok(Self { name, path, file, found, fingerprint, schema, header, kept, batches: None, rows: 0 })
    }

    fn start(&mut self) -> Result<ParquetRecordBatchReader> {
        for &at in &self.kept {
            let field = self.schema.field(at);
            if !has_text(field.data_type()) {
                return Err(Error::failed(format!(
                    "{}: column `{}` holds {}, which has no text",
                    self.name,
                    field.name(),
                    kind(field.data_type())
                ))
                .help("leave the column out of the mapping, or flatten it in the export"));
            }
        }
        let builder = builder(&mut self.file, &self.path, &self.name)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), self.kept.iter().copied());
        guarded(&self.name, || builder.with_batch_size(BATCH_ROWS).with_projection(mask).build())
    }
}

/// Decodes what may be damaged: the decoder fails on most damaged files, and panics on a few.
fn guarded<T, E>(name: &str, decode: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(decoded)) => Ok(decoded),
        Ok(Err(_)) | Err(_) => Err(damaged(name)),
    }
}

fn builder(file: &mut File, path: &Path, name: &str) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    file.seek(SeekFrom::Start(0)).doing("read", path)?;
    let handle = file.try_clone().doing("read", path)?;
    guarded(name, || ParquetRecordBatchReaderBuilder::try_new(handle))
}

impl Reader for ParquetReader {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn keep(&mut self, columns: Vec<usize>) {
        self.kept = columns;
    }

    fn next(&mut self) -> Result<Option<Part>> {
        let mut batches = match self.batches.take() {
            Some(batches) => batches,
            None => self.start()?,
        };
        let Some(batch) = guarded(&self.name, || batches.next().transpose())? else { return Ok(None) };
        self.batches = Some(batches);
        let mut columns = Vec::with_capacity(self.kept.len());
        for &at in &self.kept {
            // The batch holds the kept columns in the file's order.
            let place = self.kept.iter().filter(|&&other| other < at).count();
            let text = as_text(batch.column(place)).ok_or_else(|| {
                let rows = format!("rows {} to {}", self.rows + 1, self.rows + batch.num_rows() as u64);
                Error::failed(format!(
                    "{}: column `{}` holds a value in {rows} that has no text",
                    self.name, self.header[at]
                ))
                .help("it is a date beyond the calendar, or bytes that are not UTF-8")
            })?;
            columns.push(text);
        }
        let lines = (self.rows + 1..).take(batch.num_rows()).collect();
        self.rows += batch.num_rows() as u64;
        Ok(Some(Part { columns, lines, faults: Vec::new(), marks: Vec::new(), familiar: Vec::new() }))
    }

    fn close(self: Box<Self>) -> Result<Closed> {
        if Stamp::of(&self.file, &self.path)? != self.found {
            return Err(changed(&self.name));
        }
        Ok(Closed { fingerprint: self.fingerprint, ends_without_newline: false })
    }
}

fn has_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => has_text(values),
        DataType::Interval(_) | DataType::Duration(_) | DataType::FixedSizeBinary(_) => false,
        _ => {
            kind.is_primitive()
                || kind.is_string()
                || matches!(kind, DataType::Null | DataType::Boolean)
                || matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
        }
    }
}

/// What a column without text holds, for a person.
fn kind(kind: &DataType) -> &'static str {
    match kind {
        DataType::Struct(_) => "structs",
        DataType::Map(..) => "maps",
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "lists",
        DataType::ListView(_) | DataType::LargeListView(_) => "lists",
        DataType::FixedSizeBinary(_) => "bytes",
        DataType::Interval(_) | DataType::Duration(_) => "spans of time",
        _ => "values of another kind",
    }
}

/// A column as text, empty text as NULL; `None` when a value has none.
fn as_text(column: &ArrayRef) -> Option<ArrayRef> {
    let text = match column.data_type() {
        DataType::Float16 => return as_text(&cast(column, &DataType::Float32).ok()?),
        DataType::Float32 => Arc::new(column.as_primitive::<Float32Type>().iter().map(plain).collect::<StringArray>()),
        DataType::Float64 => Arc::new(column.as_primitive::<Float64Type>().iter().map(plain).collect::<StringArray>()),
        DataType::Dictionary(_, values) => return as_text(&cast(column, values).ok()?),
        // Another zone than an offset would need a time zone database, and the moment is the same.
        DataType::Timestamp(unit, Some(_)) => {
            strict_cast(&cast(column, &DataType::Timestamp(*unit, Some("+00:00".into()))).ok()?)?
        }
        _ => strict_cast(column)?,
    };
    let texts = text.as_string::<i32>();
    if texts.offsets().windows(2).enumerate().all(|(row, ends)| ends[0] < ends[1] || texts.is_null(row)) {
        return Some(text);
    }
    let mut without_empty = Texts::new();
    for row in 0..texts.len() {
        without_empty.push(if texts.is_null(row) { b"" } else { texts.value(row).as_bytes() });
    }
    Some(without_empty.finish())
}

fn strict_cast(column: &ArrayRef) -> Option<ArrayRef> {
    cast_with_options(column, &DataType::Utf8, &CastOptions { safe: false, ..CastOptions::default() }).ok()
}

/// A float in the fewest digits that give it back, without an exponent.
fn plain(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

#[cfg(test)]
mod tests;
