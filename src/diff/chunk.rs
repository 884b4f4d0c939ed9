//! A sorted stream of rows, read row by row.

use std::cmp::Ordering;

use arrow::array::RecordBatch;
use arrow::row::{Row, RowConverter, Rows};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

/// Some rows, and what they are sorted by.
pub struct Chunk {
    pub batch: RecordBatch,
    keys: Rows,
    wholes: Rows,
    /// Its position in the stream.
    pub number: usize,
}

/// Makes comparable rows of batches; those of both sides, so that they compare with each other.
pub struct Converters {
    pub key: RowConverter,
    pub whole: RowConverter,
    /// How many columns, at the front, are the key.
    pub key_columns: usize,
}

/// Where a side's reading stands.
pub struct Cursor {
    stream: SendableRecordBatchStream,
    current: Option<Chunk>,
    next: Option<Chunk>,
    at: usize,
    read: usize,
    /// How many rows it has passed.
    pub rows: u64,
    /// How many of them had the key of the row before.
    pub repeated: u64,
}

impl Cursor {
    pub async fn open(stream: SendableRecordBatchStream, converters: &Converters) -> Result<Self, DataFusionError> {
        let mut cursor = Self { stream, current: None, next: None, at: 0, read: 0, rows: 0, repeated: 0 };
        cursor.current = cursor.load(converters).await?;
        cursor.next = cursor.load(converters).await?;
        Ok(cursor)
    }

    async fn load(&mut self, converters: &Converters) -> Result<Option<Chunk>, DataFusionError> {
        while let Some(batch) = self.stream.next().await.transpose()? {
            if batch.num_rows() > 0 {
                let keys = converters.key.convert_columns(&batch.columns()[..converters.key_columns])?;
                let wholes = converters.whole.convert_columns(batch.columns())?;
                self.read += 1;
                return Ok(Some(Chunk { batch, keys, wholes, number: self.read }));
            }
        }
        Ok(None)
    }

    /// The rows at hand and which of them it is; `None` at the end.
    pub fn row(&self) -> Option<(&Chunk, usize)> {
        self.current.as_ref().map(|chunk| (chunk, self.at))
    }

    pub fn key(&self) -> Option<Row<'_>> {
        self.row().map(|(chunk, at)| chunk.keys.row(at))
    }

    pub fn whole(&self) -> Option<Row<'_>> {
        self.row().map(|(chunk, at)| chunk.wholes.row(at))
    }

    /// Whether the row behind this one has the same key.
    pub fn is_repeated(&self) -> bool {
        let Some((chunk, at)) = self.row() else { return false };
        let behind = match at + 1 < chunk.batch.num_rows() {
            true => Some(chunk.keys.row(at + 1)),
            false => self.next.as_ref().map(|next| next.keys.row(0)),
        };
        behind.is_some_and(|behind| behind.cmp(&chunk.keys.row(at)) == Ordering::Equal)
    }

    pub async fn advance(&mut self, converters: &Converters) -> Result<(), DataFusionError> {
        let Some(current) = &self.current else { return Ok(()) };
        self.rows += 1;
        let is_last = self.at + 1 >= current.batch.num_rows();
        if self.is_repeated() {
            self.repeated += 1;
        }
        self.at += 1;
        if is_last {
            self.current = self.next.take();
            self.next = self.load(converters).await?;
            self.at = 0;
        }
        Ok(())
    }
}
