//! Reading a version's rows back from its Parquet files, in batches.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{chain, fs};
use crate::error::Result;

/// The batches of a version; each fails as damage of the file it lies in.
pub struct Rows {
    schema: SchemaRef,
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    rest: std::vec::IntoIter<(PathBuf, u64)>,
}

const BATCH_ROWS: usize = 8192;

impl Rows {
    /// Opens files of given lengths that hold a version between them, one after the other.
    pub(super) fn open(files: Vec<(PathBuf, u64)>) -> Result<Self> {
        let mut rest = files.into_iter();
        let (path, length) = rest.next().expect("a version that is checked on reading has a file");
        let builder = builder(&path, length)?;
        let schema = builder.schema().clone();
        Ok(Self { schema, reader: reader(builder, &path)?, path, rest })
    }

    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reader.next() {
                Some(Ok(batch)) => return Some(Ok(batch)),
                Some(Err(_)) => return Some(Err(unreadable(&self.path))),
                None => {}
            }
            let (path, length) = self.rest.next()?;
            match builder(&path, length).and_then(|builder| reader(builder, &path)) {
                Ok(reader) => (self.reader, self.path) = (reader, path),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The columns of the files that hold a version.
pub(super) fn schema(files: &[(PathBuf, u64)]) -> Result<SchemaRef> {
    let (path, length) = files.first().expect("a version that is checked on reading has a file");
    Ok(builder(path, *length)?.schema().clone())
}

/// Opens a file of a given length and reads its footer.
pub(super) fn builder(path: &Path, length: u64) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    match fs::open(path)? {
        None => Err(chain::damaged(path, "is missing")),
        Some((_, found)) if found != length => {
            Err(chain::damaged(path, &format!("is {found} bytes long instead of {length}")))
        }
        Some((file, _)) => ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| unreadable(path)),
    }
}

fn reader(builder: ParquetRecordBatchReaderBuilder<File>, path: &Path) -> Result<ParquetRecordBatchReader> {
    builder.with_batch_size(BATCH_ROWS).build().map_err(|_| unreadable(path))
}

fn unreadable(path: &Path) -> crate::error::Error {
    chain::damaged(path, "does not read as Parquet")
}
