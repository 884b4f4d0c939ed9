//! A file of rows of which some are to be passed over.

use std::path::PathBuf;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Date32Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection, RowSelector};

use super::super::{chain, rows};
use super::{FROM, TO};
use crate::day::Day;
use crate::error::Result;

/// A file of rows, without those that are skipped.
#[derive(Debug, Clone)]
pub struct Piece {
    pub path: PathBuf,
    pub bytes: u64,
    pub rows: u64,
    /// The day by which positions in this file are named; since then its rows are so, unless they say otherwise.
    pub day: Day,
    /// Positions, rising.
    pub skipped: Vec<u32>,
}

impl Piece {
    /// What the engine and the reader are to read; `None` is everything.
    pub fn selection(&self) -> Option<RowSelection> {
        if self.skipped.is_empty() {
            return None;
        }
        let mut selectors: Vec<RowSelector> = Vec::new();
        let mut at = 0;
        let mut push = |count: u64, skip: bool| {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            match selectors.last_mut() {
                Some(last) if last.skip == skip => last.row_count += count,
                _ if count == 0 => {}
                _ => selectors.push(RowSelector { row_count: count, skip }),
            }
        };
        for position in &self.skipped {
            push(u64::from(*position) - at, false);
            push(1, true);
            at = u64::from(*position) + 1;
        }
        push(self.rows - at, false);
        Some(selectors.into())
    }

    /// Opens the file for reading some of its columns, all without `columns`.
    pub fn open(&self, columns: Option<&[&str]>) -> Result<PieceReader> {
        let mut builder = rows::builder(&self.path, self.bytes)?.with_batch_size(rows::BATCH_ROWS);
        if let Some(columns) = columns {
            let fields = builder.schema().fields().iter().enumerate();
            let wanted = fields.filter(|(_, field)| columns.contains(&field.name().as_str())).map(|(at, _)| at);
            let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.collect::<Vec<_>>());
            builder = builder.with_projection(mask);
        }
        if let Some(selection) = self.selection() {
            builder = builder.with_row_selection(selection);
        }
        let reader = builder.build().map_err(|_| chain::damaged(&self.path, "does not read as Parquet"))?;
        Ok(PieceReader { reader, path: self.path.clone(), next: 0, skipped: self.skipped.clone(), passed: 0 })
    }
}

/// The rows of a piece in batches, with their positions in the file.
pub struct PieceReader {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    next: u32,
    skipped: Vec<u32>,
    passed: usize,
}

impl Iterator for PieceReader {
    type Item = Result<(RecordBatch, Vec<u32>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(_) => return Some(Err(chain::damaged(&self.path, "does not read as Parquet"))),
        };
        let mut positions = Vec::with_capacity(batch.num_rows());
        while positions.len() < batch.num_rows() {
            if self.skipped.get(self.passed) == Some(&self.next) {
                self.passed += 1;
            } else {
                positions.push(self.next);
            }
            self.next += 1;
        }
        Some(Ok((batch, positions)))
    }
}

/// The days since which the rows of a batch are so: as they say, else `day`.
pub fn since(batch: &RecordBatch, day: Day) -> Vec<i32> {
    match batch.column_by_name(FROM).and_then(|column| column.as_primitive_opt::<Date32Type>()) {
        Some(days) => days.values().to_vec(),
        None => vec![day.to_epoch_days(); batch.num_rows()],
    }
}

/// The days on which the rows of a batch ended, as they say.
pub fn until(batch: &RecordBatch) -> Vec<Option<i32>> {
    match batch.column_by_name(TO).and_then(|column| column.as_primitive_opt::<Date32Type>()) {
        Some(days) => days.iter().collect(),
        None => vec![None; batch.num_rows()],
    }
}
