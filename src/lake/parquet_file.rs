//! The one way in which the lake writes Parquet: the same schema and rows make the same bytes.
//!
//! One writer, properties that depend on nothing but the rows, no time and no program version in the file; and batches
//! are cut anew into pieces of one length, because the writer ends its pages where a batch ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::commit::{DataFile, Holds};
use super::fs::{self, NewFile};
use super::{rows, state_hash};
use crate::error::{Error, Kind, Result};

/// Sixteen pieces: 131,072 rows.
const ROW_GROUP_ROWS: usize = 16 * PIECE_ROWS;
const PIECE_ROWS: usize = 8192;
/// Columns of which a larger share is distinct in the first piece are written without a dictionary.
const MOST_DISTINCT: f64 = 0.9;
/// A file of more rows is encoded by a thread of its own.
const THREAD_ROWS: u64 = 2 * PIECE_ROWS as u64;
/// Pieces that wait for that thread.
const WAITING: usize = 4;

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
    /// For the first piece, which tells how its columns are best written.
    Waiting(Box<NewFile>),
    Here(Box<ArrowWriter<NewFile>>),
    Thread(SyncSender<RecordBatch>, JoinHandle<Encoded>),
    /// It failed, and that was told.
    Gone,
}

type Encoded = std::result::Result<ArrowWriter<NewFile>, ParquetError>;

impl ParquetFile {
    /// Begins a file for rows of a schema; the schema's metadata is left out, as it may hold anything.
    pub fn create(path: &Path, schema: &Schema) -> Result<Self> {
        let fields = schema.fields().iter().map(|field| Field::clone(field).with_metadata(Default::default()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let encoder = Encoder::Waiting(Box::new(NewFile::create(path)?));
        Ok(Self { encoder, schema, pending: Vec::new(), pending_rows: 0, rows: 0 })
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether no row was written.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.pending_rows == 0
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
        self.encoder.begin(&self.schema, &piece).map_err(|error| unwritable(path, error))?;
        if self.rows > THREAD_ROWS {
            self.encoder.begin_thread(path)?;
        }
        self.encoder.write(piece, &self.schema).map_err(|error| unwritable(path, error))
    }

    /// Writes a remark into the footer.
    pub fn say(&mut self, key: &str, value: &str, path: &Path) -> Result<()> {
        self.write_piece(path)?;
        let writer = self.encoder.here(&self.schema).map_err(|error| unwritable(path, error))?;
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Makes the content durable and reads its footer back; `name` is the file's path from the lake's folder.
    pub fn finish(mut self, path: &Path, name: String) -> Result<DataFile> {
        self.write_piece(path)?;
        let writer = self.encoder.here(&self.schema).map_err(|error| unwritable(path, error))?;
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
    fn begin(&mut self, schema: &SchemaRef, first: &RecordBatch) -> std::result::Result<(), ParquetError> {
        if !matches!(self, Self::Waiting(_)) {
            return Ok(());
        }
        let Self::Waiting(file) = std::mem::replace(self, Self::Gone) else { return Ok(()) };
        let writer = ArrowWriter::try_new(*file, schema.clone(), Some(properties(first)?))?;
        *self = Self::Here(Box::new(writer));
        Ok(())
    }

    fn begin_thread(&mut self, path: &Path) -> Result<()> {
        if !matches!(self, Self::Here(_)) {
            return Ok(());
        }
        let Self::Here(writer) = std::mem::replace(self, Self::Gone) else { return Ok(()) };
        let (piece, pieces) = sync_channel::<RecordBatch>(WAITING);
        let encode = move || {
            let mut writer = *writer;
            pieces.iter().try_for_each(|piece| writer.write(&piece))?;
            Ok(writer)
        };
        let thread = std::thread::Builder::new().name("encode".to_owned()).spawn(encode);
        *self = Self::Thread(piece, thread.map_err(|source| fs::failed("begin to write", path, &source))?);
        Ok(())
    }

    fn write(&mut self, piece: RecordBatch, schema: &SchemaRef) -> std::result::Result<(), ParquetError> {
        match self {
            Self::Here(writer) => writer.write(&piece),
            Self::Thread(pieces, _) => match pieces.send(piece) {
                Ok(()) => Ok(()),
                // It has ended before its time, and tells why.
                Err(_) => self.here(schema).map(drop),
            },
            Self::Waiting(_) | Self::Gone => Err(broke_off()),
        }
    }

    /// Waits for what was given to the thread; what is left to do is done by who asks.
    fn here(&mut self, schema: &SchemaRef) -> std::result::Result<&mut ArrowWriter<NewFile>, ParquetError> {
        self.begin(schema, &RecordBatch::new_empty(schema.clone()))?;
        if let Self::Thread(..) = self
            && let Self::Thread(pieces, thread) = std::mem::replace(self, Self::Gone)
        {
            drop(pieces);
            *self = Self::Here(Box::new(thread.join().unwrap_or_else(|_| Err(broke_off()))?));
        }
        match self {
            Self::Here(writer) => Ok(writer),
            Self::Waiting(_) | Self::Thread(..) | Self::Gone => Err(broke_off()),
        }
    }
}

/// How a file is written whose first piece is this.
fn properties(first: &RecordBatch) -> std::result::Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by("forecastle".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for (field, column) in first.schema_ref().fields().iter().zip(first.columns()) {
        let path = ColumnPath::from(field.name().as_str());
        // Least and greatest of texts in no order let nobody pass over any of them, and every text is compared for them.
        if column.as_string_opt::<i32>().is_some_and(|texts| !texts.iter().is_sorted()) {
            properties = properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        // A dictionary of values that hardly come again costs much and is thrown away when it has grown too long.
        if !field.data_type().is_nested() && distinct_share(column) > MOST_DISTINCT {
            properties = properties.set_column_dictionary_enabled(path, false);
        }
    }
    Ok(properties.build())
}

/// Which share of a column's values is the first of its kind.
fn distinct_share(column: &ArrayRef) -> f64 {
    let mut hashes = state_hash::hash_values(column);
    let values = hashes.len().max(1);
    hashes.sort_unstable();
    hashes.dedup();
    hashes.len() as f64 / values as f64
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

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::DataType;

    use super::*;

    /// Rows whose numbers are distinct and whose texts are not.
    fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, false), Field::new("t", DataType::Utf8, true)]);
        let texts = rows.clone().map(|n| (n % 5 != 0).then(|| format!("text {}", n % 7)));
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from_iter_values(rows.clone())), Arc::new(texts.collect::<StringArray>())];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn a_long_file_is_the_same_however_its_rows_come() {
        let folder = tempfile::tempdir().unwrap();
        let all = batch(0..5 * PIECE_ROWS as i64 + 3);
        let mut files = Vec::new();
        for (name, length) in [("one", all.num_rows()), ("pieces", PIECE_ROWS), ("odd", 1000)] {
            let path = folder.path().join(name);
            let mut file = ParquetFile::create(&path, all.schema_ref()).unwrap();
            for from in (0..all.num_rows()).step_by(length) {
                file.write(&all.slice(from, length.min(all.num_rows() - from)), &path).unwrap();
            }
            let DataFile { rows, bytes, sha256, .. } = file.finish(&path, name.to_owned()).unwrap();
            assert_eq!(rows, all.num_rows() as u64);
            let read: Vec<RecordBatch> =
                rows::builder(&path, bytes).unwrap().build().unwrap().map(|batch| batch.unwrap()).collect();
            assert_eq!(concat_batches(all.schema_ref(), &read).unwrap(), all);
            files.push(sha256);
        }
        assert!(files.iter().all(|sha256| *sha256 == files[0]));
    }

    #[test]
    fn a_file_without_rows_has_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none");
        let file = ParquetFile::create(&path, batch(0..1).schema_ref()).unwrap();
        let file = file.finish(&path, "none".to_owned()).unwrap();
        assert_eq!((file.rows, rows::builder(&path, file.bytes).unwrap().schema().fields().len()), (0, 2));
    }
}
