//! The one way in which the lake writes Parquet: the same schema and rows make the same bytes.
//!
//! One writer, fixed properties, no time and no program version in the file; and batches are cut anew into pieces of
//! one length, because the writer ends its pages where a batch ends.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::commit::{DataFile, Holds};
use super::fs::{self, NewFile};
use super::rows;
use crate::error::{Error, Kind, Result};

/// Sixteen pieces: 131,072 rows.
const ROW_GROUP_ROWS: usize = 16 * PIECE_ROWS;
const PIECE_ROWS: usize = 8192;

/// A Parquet file being written.
pub struct ParquetFile {
    writer: ArrowWriter<NewFile>,
    schema: SchemaRef,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
}

impl ParquetFile {
    /// Begins a file for rows of a schema; the schema's metadata is left out, as it may hold anything.
    pub fn create(path: &Path, schema: &Schema) -> Result<Self> {
        let fields = schema.fields().iter().map(|field| Field::clone(field).with_metadata(Default::default()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_created_by("forecastle".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|error| unwritable(path, error))?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(NewFile::create(path)?, schema.clone(), Some(properties))
            .map_err(|error| unwritable(path, error))?;
        Ok(Self { writer, schema, pending: Vec::new(), pending_rows: 0, rows: 0 })
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Writes rows whose columns are those of the schema.
    pub fn write(&mut self, batch: &RecordBatch, path: &Path) -> Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            let length = (PIECE_ROWS - self.pending_rows).min(batch.num_rows() - from);
            self.pending.push(batch.slice(from, length));
            self.pending_rows += length;
            from += length;
            if self.pending_rows == PIECE_ROWS {
                self.write_piece(path)?;
            }
        }
        Ok(())
    }

    fn write_piece(&mut self, path: &Path) -> Result<()> {
        let written = match self.pending.as_slice() {
            [] => return Ok(()),
            [piece] => self.writer.write(piece),
            pieces => concat_batches(&self.schema, pieces)
                .map_err(|error| ParquetError::ArrowError(error.to_string()))
                .and_then(|piece| self.writer.write(&piece)),
        };
        written.map_err(|error| unwritable(path, error))?;
        self.rows += self.pending_rows as u64;
        self.pending.clear();
        self.pending_rows = 0;
        Ok(())
    }

    /// Writes a remark into the footer.
    pub fn say(&mut self, key: &str, value: &str) {
        self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value.to_owned()));
    }

    /// Makes the content durable and reads its footer back; `name` is the file's path from the lake's folder.
    pub fn finish(mut self, path: &Path, name: String) -> Result<DataFile> {
        self.write_piece(path)?;
        self.writer.finish().map_err(|error| unwritable(path, error))?;
        let (bytes, sha256) = self.writer.inner_mut().sync()?;
        let footer = rows::builder(path, bytes);
        let reads_back = footer.is_ok_and(|footer| {
            footer.schema().fields() == self.schema.fields()
                && u64::try_from(footer.metadata().file_metadata().num_rows()) == Ok(self.rows)
        });
        match reads_back {
            true => Ok(DataFile { path: name, bytes, sha256, rows: self.rows, holds: Holds::Rows }),
            false => Err(Error::new(Kind::Io, format!("{} reads back otherwise than it was written", path.display()))
                .help("nothing of this run has become visible in the lake; look after the disk and the memory of this machine")),
        }
    }
}

fn unwritable(path: &Path, error: ParquetError) -> Error {
    if let ParquetError::External(source) = &error
        && let Some(source) = source.downcast_ref::<std::io::Error>()
    {
        return fs::failed("write", path, source);
    }
    Error::failed(format!("could not write {} as Parquet: {error}", path.display()))
}
