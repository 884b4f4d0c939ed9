//! A day's rows on their way into history: compared with those of the day before, and only what changed is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::Rows;

use super::super::commit::{DataFile, Holds, Stored, Version};
use super::super::fs;
use super::super::parquet_file::ParquetFile;
use super::super::pin::Pin;
use super::ended::{self, Position};
use super::piece::Piece;
use super::sorted::SortedRows;
use super::{from_field, segment, to_field};
use crate::day::Day;
use crate::error::{Error, Result};

/// The snapshot that a new one is compared with.
pub struct Before {
    pub pin: Pin,
    pub version: Version,
}

/// Compares a day's rows with those before as they come, and writes what is new of them.
pub struct HistoryWriter {
    day: Day,
    key: Vec<String>,
    stored: Stored,
    before: Option<SortedRows>,
    ended: Vec<Position>,
    rows: ParquetFile,
    /// Where unfinished files lie, and their names from the lake's folder.
    path: PathBuf,
    name: String,
    closes: Option<Before>,
}

/// What a day came to in files.
pub struct Written {
    pub stored: Stored,
    pub files: Vec<DataFile>,
    /// The versions of a segment that this day closed, in the one file that now holds them.
    pub closed: Vec<Version>,
}

impl HistoryWriter {
    /// Begins a day. Its rows make a new base where there is nothing before, at the first snapshot of a month, or where
    /// the columns are others.
    pub fn create(
        day: Day,
        schema: &SchemaRef,
        key: &[String],
        before: Option<Before>,
        path: PathBuf,
        name: String,
    ) -> Result<Self> {
        let mut stored = Stored::Base;
        let mut rows_before = None;
        let mut ended = Vec::new();
        if let Some(before) = &before {
            let held = before.pin.schema(&before.version)?;
            let is_same_month = day.date().first_of_month() == before.version.day.date().first_of_month();
            let goes_on = matches!(before.version.stored, Stored::Base | Stored::Change);
            if is_same_month && goes_on && held == *schema && before.version.key == key {
                stored = Stored::Change;
            }
            let pieces = segment::pieces(&before.pin, &before.version)?;
            // All columns of before are compared, also those that went: NULL counts nothing, so an empty one is not missed.
            // A lake of format 1 did not say the key, and its rows lie in the order of it.
            let held_key = if before.version.stored == Stored::Whole { key } else { &before.version.key };
            if is_comparable(&held, held_key, schema, key) {
                rows_before = Some(SortedRows::open(&pieces, &held, key)?);
            } else {
                for piece in &pieces {
                    ended.extend(alive(piece).map(|row| (piece.day, row)));
                }
            }
        }
        let mut fields = schema.fields().to_vec();
        if stored == Stored::Base {
            fields.push(from_field());
        }
        let rows = ParquetFile::create(&path, &Schema::new(fields))?;
        let closes = before.filter(|before| stored == Stored::Base && before.version.stored == Stored::Change);
        Ok(Self { day, key: key.to_vec(), stored, before: rows_before, ended, rows, path, name, closes })
    }

    /// Takes rows in the order of their key, with their keys and hashes.
    pub fn write(&mut self, batch: &RecordBatch, keys: &Rows, hashes: &[u128]) -> Result<()> {
        let mut since = Vec::with_capacity(batch.num_rows());
        let mut new = Vec::new();
        for (row, hash) in hashes.iter().enumerate() {
            let from = self.begun(keys.row(row).data(), *hash)?;
            since.push(from.unwrap_or(self.day).to_epoch_days());
            if from.is_none() {
                new.push(u32::try_from(row).map_err(|_| Error::failed("a batch has too many rows"))?);
            }
        }
        let failed = |error| Error::failed(format!("could not put changed rows together: {error}"));
        if self.stored == Stored::Base {
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(Date32Array::from(since)) as ArrayRef);
            let batch = RecordBatch::try_new(self.rows.schema().clone(), columns).map_err(failed)?;
            self.rows.write(&batch, &self.path)
        } else if new.len() == batch.num_rows() {
            self.rows.write(batch, &self.path)
        } else if new.is_empty() {
            Ok(())
        } else {
            let batch = take_record_batch(batch, &UInt32Array::from(new)).map_err(failed)?;
            self.rows.write(&batch, &self.path)
        }
    }

    /// The day since which a row is so, `None` if it is so only now; ends what has come up to it and is no longer so.
    fn begun(&mut self, key: &[u8], hash: u128) -> Result<Option<Day>> {
        let Some(before) = &mut self.before else { return Ok(None) };
        while let Some(row) = before.peek() {
            if row.key > key {
                break;
            }
            let since = (row.key == key && row.hash == hash).then_some(row.since);
            let is_last = row.key == key;
            if since.is_none() {
                self.ended.push(row.position);
            }
            before.advance(&self.key)?;
            if is_last {
                return Ok(since);
            }
        }
        Ok(None)
    }

    /// Makes all files durable.
    pub fn finish(mut self) -> Result<Written> {
        if let Some(before) = &mut self.before {
            while let Some(row) = before.peek() {
                self.ended.push(row.position);
                before.advance(&self.key)?;
            }
        }
        let mut files = Vec::new();
        let rows = self.rows.finish(&self.path, self.name.clone())?;
        // A day on which nothing is new has no file of rows; a base has one even without rows, for its columns.
        if rows.rows > 0 || self.stored == Stored::Base {
            files.push(rows);
        } else {
            fs::remove(&self.path)?;
        }
        let mut closed = Vec::new();
        if let Some(before) = self.closes {
            let month = beside(&self.path, &self.name, "month");
            closed = close(&before, &self.key, month, &mut self.ended)?;
        }
        let (path, name) = beside(&self.path, &self.name, "ended");
        files.extend(ended::write(&path, name, &mut self.ended)?);
        Ok(Written { stored: self.stored, files, closed })
    }
}

/// Where another file of the same table lies while it is unfinished.
fn beside(path: &Path, name: &str, what: &str) -> (PathBuf, String) {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{what}"));
    (beside.into(), format!("{name}.{what}"))
}

/// Whether rows before and now can be told apart by the same key.
fn is_comparable(held: &Schema, held_key: &[String], schema: &Schema, key: &[String]) -> bool {
    let data_type =
        |schema: &Schema, name: &str| schema.field_with_name(name).ok().map(|field| field.data_type().clone());
    held_key == key && key.iter().all(|name| data_type(held, name) == data_type(schema, name))
}

/// The positions of a piece's rows that are not skipped.
fn alive(piece: &Piece) -> impl Iterator<Item = u32> {
    let mut skipped = piece.skipped.iter().peekable();
    let rows = u32::try_from(piece.rows).unwrap_or(u32::MAX);
    (0..rows).filter(move |row| skipped.next_if_eq(&row).is_none())
}

/// Puts the versions of a segment into one file sorted by key, and names ended rows by their positions in that.
fn close(before: &Before, key: &[String], at: (PathBuf, String), ended: &mut [Position]) -> Result<Vec<Version>> {
    let Before { pin, version: last } = before;
    let chain = pin.head().state.chain(last);
    let mut until: BTreeMap<Position, Day> = BTreeMap::new();
    for version in chain.iter().skip(1) {
        until.extend(segment::ended_by(pin, version)?.into_iter().map(|position| (position, version.day)));
    }
    let pieces: Vec<Piece> = chain.iter().filter_map(|version| segment::rows_of(pin, version)).collect();
    let schema: SchemaRef = pin.schema(last)?;
    let mut fields = schema.fields().to_vec();
    fields.extend([from_field(), to_field()]);
    let (path, name) = at;
    let mut file = ParquetFile::create(&path, &Schema::new(fields))?;
    let mut rows = SortedRows::open(&pieces, &schema, key)?;
    let mut moved: BTreeMap<Position, u32> = ended.iter().map(|position| (*position, 0)).collect();
    let mut written = 0;
    while let Some(merged) = rows.next_batch(key)? {
        let ends: Date32Array =
            merged.positions.iter().map(|position| until.get(position).map(|day| day.to_epoch_days())).collect();
        for position in merged.positions {
            if let Some(to) = moved.get_mut(&position) {
                *to = written;
            }
            written += 1;
        }
        let mut columns = merged.batch.columns().to_vec();
        columns.push(Arc::new(Date32Array::from(merged.since)));
        columns.push(Arc::new(ends));
        let batch = RecordBatch::try_new(file.schema().clone(), columns)
            .map_err(|error| Error::failed(format!("could not close a month: {error}")))?;
        file.write(&batch, &path)?;
    }
    for position in ended.iter_mut() {
        *position = (last.day, moved[position]);
    }
    let file = file.finish(&path, name)?;
    let closed = chain.iter().enumerate().map(|(at, version)| {
        let mut closed = Version { stored: Stored::Month, files: vec![file.clone()], ..Version::clone(version) };
        if at == 0 {
            // What the base ended is of the segment before, which stays as it is.
            closed.files.extend(version.files.iter().filter(|file| file.holds == Holds::Ended).cloned());
        }
        closed
    });
    Ok(closed.collect())
}
