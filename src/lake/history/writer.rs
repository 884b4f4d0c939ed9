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
use super::marks::{MarkedRow, Marks, MarksWriter, files_hash, key_hash};
use super::piece::Piece;
use super::sorted::SortedRows;
use super::{from_field, segment, to_field};
use crate::day::Day;
use crate::error::{Error, Result};

/// The snapshot that a new one is compared with.
#[derive(Clone)]
pub struct Before {
    pub pin: Pin,
    pub version: Version,
}

/// Compares a day's rows with those before as they come, and writes what is new of them.
pub struct HistoryWriter {
    day: Day,
    key: Vec<String>,
    stored: Stored,
    schema: SchemaRef,
    compared: Compared,
    before: Option<Before>,
    ended: Vec<Position>,
    rows: ParquetFile,
    /// How many rows went into that file.
    new: u32,
    marks: Option<MarksWriter>,
    /// Where unfinished files lie, and their names from the lake's folder.
    path: PathBuf,
    name: String,
}

/// The rows that a day's are compared with.
enum Compared {
    /// Those of the snapshot before, which are opened for the first row.
    Unopened,
    Rows(Box<SortedRows>),
    /// There are none, or it is known already which of them go on.
    Nothing,
}

/// What a day came to in files.
pub struct Written {
    pub stored: Stored,
    pub files: Vec<DataFile>,
    /// The versions of a segment that this day closed, in the one file that now holds them.
    pub closed: Vec<Version>,
    /// The unfinished file of its rows' marks.
    pub marks: Option<PathBuf>,
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
        if let Some(before) = &before {
            let is_same_month = day.date().first_of_month() == before.version.day.date().first_of_month();
            let goes_on = matches!(before.version.stored, Stored::Base | Stored::Change);
            if is_same_month && goes_on && before.version.key == key && before.pin.schema(&before.version)? == *schema {
                stored = Stored::Change;
            }
        }
        let mut fields = schema.fields().to_vec();
        if stored == Stored::Base {
            fields.push(from_field());
        }
        let rows = ParquetFile::create(&path, &Schema::new(fields))?;
        let compared = if before.is_some() { Compared::Unopened } else { Compared::Nothing };
        let (key, schema) = (key.to_vec(), Arc::clone(schema));
        let (ended, new, marks) = (Vec::new(), 0, None);
        Ok(Self { day, key, schema, stored, compared, before, ended, rows, new, marks, path, name })
    }

    /// The marks of the snapshot before whose rows these can be told to go on from.
    pub fn recall(&self, marks: &Path, meaning: u128) -> Option<Marks> {
        let Before { pin, version } = self.before.as_ref().filter(|_| self.stored == Stored::Change)?;
        let chain = pin.head().state.chain(version);
        let files = files_hash(chain.iter().map(|version| (version.day, version.files.as_slice())));
        Marks::read(marks, meaning, files)
    }

    /// Keeps marks of the rows, of which each write then tells.
    pub fn remember(&mut self, meaning: u128) -> Result<()> {
        let (path, _) = beside(&self.path, &self.name, "marks");
        fs::remove(&path)?;
        self.marks = MarksWriter::create(path, meaning);
        Ok(())
    }

    /// Goes on from the snapshot before, of which each row stays with a mark, or ends; what is written then is new.
    pub fn go_on(&mut self, rows: &[MarkedRow], stays: &[Option<u128>]) -> Result<()> {
        self.compared = Compared::Nothing;
        for (row, mark) in rows.iter().zip(stays) {
            match (mark, &mut self.marks) {
                (None, _) => self.ended.push(row.position),
                (Some(mark), Some(marks)) => marks.add(&MarkedRow { mark: *mark, ..*row }),
                (Some(_), None) => {}
            }
        }
        Ok(())
    }

    /// Takes rows in the order of their key, with their keys and hashes, and marks where these are kept.
    pub fn write(&mut self, batch: &RecordBatch, keys: &Rows, hashes: &[u128], marks: &[u128]) -> Result<()> {
        self.compare()?;
        let mut since = Vec::with_capacity(batch.num_rows());
        let mut new = Vec::new();
        for (row, hash) in hashes.iter().enumerate() {
            let key = keys.row(row).data();
            let begun = self.begun(key, *hash)?;
            since.push(begun.map_or(self.day, |(day, _)| day).to_epoch_days());
            let goes_on = begun.filter(|_| self.stored == Stored::Change);
            let position = match goes_on {
                Some((_, position)) => position,
                None => {
                    new.push(u32::try_from(row).map_err(|_| Error::failed("a batch has too many rows"))?);
                    self.new += 1;
                    (self.day, self.new - 1)
                }
            };
            if let Some(kept) = &mut self.marks {
                let mark = marks.get(row).copied().unwrap_or_default();
                kept.add(&MarkedRow { mark, key: key_hash(key), hash: *hash, position });
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

    /// Opens the rows that the day's are compared with.
    fn compare(&mut self) -> Result<()> {
        let (Compared::Unopened, Some(before)) = (&self.compared, &self.before) else { return Ok(()) };
        let pieces = segment::pieces(&before.pin, &before.version)?;
        let held = before.pin.schema(&before.version)?;
        // All columns of before are compared, also those that went: NULL counts nothing, so an empty one is not missed.
        // A lake of format 1 did not say the key, and its rows lie in the order of it.
        let held_key = if before.version.stored == Stored::Whole { &self.key } else { &before.version.key };
        self.compared = if is_comparable(&held, held_key, &self.schema, &self.key) {
            Compared::Rows(Box::new(SortedRows::open(&pieces, &held, &self.key)?))
        } else {
            for piece in &pieces {
                self.ended.extend(alive(piece).map(|row| (piece.day, row)));
            }
            Compared::Nothing
        };
        Ok(())
    }

    /// The day since which a row is so and where it lies, `None` if it is so only now; ends what has come up to it and is
    /// no longer so.
    fn begun(&mut self, key: &[u8], hash: u128) -> Result<Option<(Day, Position)>> {
        let Compared::Rows(before) = &mut self.compared else { return Ok(None) };
        while let Some(row) = before.peek() {
            if row.key > key {
                break;
            }
            let since = (row.key == key && row.hash == hash).then_some((row.since, row.position));
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

    /// Makes all files durable but that of the marks; `strays` are marks of what is no row.
    pub fn finish(mut self, strays: &[u128]) -> Result<Written> {
        self.compare()?;
        if let Compared::Rows(before) = &mut self.compared {
            while let Some(row) = before.peek() {
                self.ended.push(row.position);
                before.advance(&self.key)?;
            }
        }
        let mut files = Vec::new();
        // A day on which nothing is new has no file of rows; a base has one even without rows, for its columns.
        if self.rows.is_empty() && self.stored != Stored::Base {
            drop(self.rows);
            fs::remove(&self.path)?;
        } else {
            files.push(self.rows.finish(&self.path, self.name.clone())?);
        }
        let mut closed = Vec::new();
        let before = self.before;
        let closes = |before: &&Before| self.stored == Stored::Base && before.version.stored == Stored::Change;
        if let Some(before) = before.as_ref().filter(closes) {
            let month = beside(&self.path, &self.name, "month");
            closed = close(before, &self.key, month, &mut self.ended)?;
        }
        let (path, name) = beside(&self.path, &self.name, "ended");
        files.extend(ended::write(&path, name, &mut self.ended)?);
        let chain = before.iter().filter(|_| self.stored == Stored::Change);
        let chain: Vec<_> = chain.flat_map(|Before { pin, version }| pin.head().state.chain(version)).collect();
        let held = chain.iter().map(|version| (version.day, version.files.as_slice()));
        let hash = files_hash(held.chain([(self.day, files.as_slice())]));
        let marks = self.marks.and_then(|marks| marks.finish(strays, hash));
        Ok(Written { stored: self.stored, files, closed, marks })
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
