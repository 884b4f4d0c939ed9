//! The one way in which the lake writes Parquet: the same schema and rows make the same bytes.
//!
//! One writer, fixed properties, no time and no program version in the file; and batches are cut anew into pieces of
//! one length, because the writer ends its pages where a batch ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::commit::{DataFile, Holds};
use super::fs::{self, NewFile};
use super::rows;
use crate::error::{Error, Kind, Result};

/// Sixteen pieces: 131,072 rows.
const ROW_GROUP_ROWS: usize = 16 * PIECE_ROWS;
const PIECE_ROWS: usize = 8192;
/// A file of more rows is encoded by a thread of its own.
const THREAD_ROWS: u64 = 2 * PIECE_ROWS as u64;

/// A Parquet file being written.
pub struct ParquetFile {
    encoder: Encoder,
    schema: SchemaRef,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
}

/// What turns pieces into bytes: a long file has a thread for that, beside the one that makes its rows.
enum Encoder {
    Here(Box<ArrowWriter<NewFile>>),
    Thread(SyncSender<RecordBatch>, JoinHandle<Encoded>),
    /// It failed, and that was told.
    Gone,
}

type Encoded = std::result::Result<ArrowWriter<NewFile>, ParquetError>;

impl ParquetFile {
    /// Begins a file for rows of a schema; the schema's metadata is left out, as it may hold anything.
    pub fn create(path: &Path, schema: &Schema) -> Result<Self> {
        Self::create_with_key(path, schema, &[])
    }

    /// Likewise, for rows of which each has a key of its own: of a key of one column no dictionary is tried.
    pub fn create_with_key(path: &Path, schema: &Schema, key: &[String]) -> Result<Self> {
        let fields = schema.fields().iter().map(|field| Field::clone(field).with_metadata(Default::default()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut properties = WriterProperties::builder();
        if let [unique] = key {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(unique.as_str()), false);
        }
        let properties = properties
            .set_created_by("forecastle".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|error| unwritable(path, error))?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(NewFile::create(path)?, schema.clone(), Some(properties))
            .map_err(|error| unwritable(path, error))?;
        let encoder = Encoder::Here(Box::new(writer));
        Ok(Self { encoder, schema, pending: Vec::new(), pending_rows: 0, rows: 0 })
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
        let piece = match self.pending.as_slice() {
            [] => return Ok(()),
            [piece] => piece.clone(),
            pieces => concat_batches(&self.schema, pieces)
                .map_err(|error| unwritable(path, ParquetError::ArrowError(error.to_string())))?,
        };
        self.pending.clear();
        self.rows += std::mem::take(&mut self.pending_rows) as u64;
        if self.rows > THREAD_ROWS {
            self.encoder.begin_thread(path)?;
        }
        self.encoder.write(piece).map_err(|error| unwritable(path, error))
    }

    /// Writes a remark into the footer.
    pub fn say(&mut self, key: &str, value: &str, path: &Path) -> Result<()> {
        let writer = self.encoder.here().map_err(|error| unwritable(path, error))?;
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Makes the content durable and reads its footer back; `name` is the file's path from the lake's folder.
    pub fn finish(mut self, path: &Path, name: String) -> Result<DataFile> {
        self.write_piece(path)?;
        let writer = self.encoder.here().map_err(|error| unwritable(path, error))?;
        writer.finish().map_err(|error| unwritable(path, error))?;
        let (bytes, sha256) = writer.inner_mut().sync()?;
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

impl Encoder {
    fn begin_thread(&mut self, path: &Path) -> Result<()> {
        let Self::Here(writer) = std::mem::replace(self, Self::Gone) else { return Ok(()) };
        let (piece, pieces) = sync_channel::<RecordBatch>(2);
        let encode = move || {
            let mut writer = *writer;
            pieces.iter().try_for_each(|piece| writer.write(&piece))?;
            Ok(writer)
        };
        let thread = std::thread::Builder::new().name("encode".to_owned()).spawn(encode);
        *self = Self::Thread(piece, thread.map_err(|source| fs::failed("begin to write", path, &source))?);
        Ok(())
    }

    fn write(&mut self, piece: RecordBatch) -> std::result::Result<(), ParquetError> {
        match self {
            Self::Here(writer) => writer.write(&piece),
            Self::Thread(pieces, _) => match pieces.send(piece) {
                Ok(()) => Ok(()),
                // It has ended before its time, and tells why.
                Err(_) => self.here().map(drop),
            },
            Self::Gone => Err(broke_off()),
        }
    }

    /// Waits for what was given to the thread; what is left to do is done by who asks.
    fn here(&mut self) -> std::result::Result<&mut ArrowWriter<NewFile>, ParquetError> {
        if let Self::Thread(..) = self
            && let Self::Thread(pieces, thread) = std::mem::replace(self, Self::Gone)
        {
            drop(pieces);
            *self = Self::Here(Box::new(thread.join().unwrap_or_else(|_| Err(broke_off()))?));
        }
        match self {
            Self::Here(writer) => Ok(writer),
            Self::Thread(..) | Self::Gone => Err(broke_off()),
        }
    }
}

fn broke_off() -> ParquetError {
    ParquetError::General("the writing broke off".to_owned())
}

fn unwritable(path: &Path, error: ParquetError) -> Error {
    if let ParquetError::External(source) = &error
        && let Some(source) = source.downcast_ref::<std::io::Error>()
    {
        return fs::failed("write", path, source);
    }
    Error::failed(format!("could not write {} as Parquet: {error}", path.display()))
}
