//! All versions of a table's rows up to a day.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::super::commit::Stored;
use super::super::name::{Role, TableName};
use super::super::pin::Pin;
use super::super::rows;
use super::super::verify;
use super::piece::{self, Piece, PieceReader};
use super::segment;
use super::{FROM, TO};
use crate::day::Day;
use crate::error::{Error, Result};

/// A file of versions: which of its rows are told, and when they ended.
#[derive(Debug, Clone)]
pub struct Lives {
    table: TableName,
    pub piece: Piece,
    /// Of rows that ended, by position; later than what the file itself says.
    ended: BTreeMap<u32, Day>,
    /// The last day of the segment that is told: what the file says beyond it is not known yet.
    last: Day,
    /// Whether a newer segment repeats the rows that go on.
    is_closed: bool,
}

/// The files of all versions up to a day, oldest first.
pub fn lives(pin: &Pin, table: &TableName, day: Day) -> Result<Vec<Lives>> {
    let versions = pin.head().state.days(table, Role::Snapshot).take_while(|version| version.day <= day);
    let mut lives: Vec<Lives> = Vec::new();
    // Where the files of the segment before begin.
    let mut before = 0;
    for segment in segment::segments(versions) {
        let start = lives.len();
        for (at, version) in segment.iter().enumerate() {
            verify::prove(pin, version)?;
            // What the first one ended is of the segment before.
            let of = if at == 0 { &mut lives[before..start] } else { &mut lives[start..] };
            for (of_day, row) in segment::ended_by(pin, version)? {
                if let Some(file) = of.iter_mut().find(|lives| lives.piece.day == of_day) {
                    file.ended.insert(row, version.day);
                }
            }
            // A closed month is one file, whichever of its days are told.
            if version.stored == Stored::Month && at > 0 {
                for file in &mut lives[start..] {
                    (file.last, file.piece.day) = (version.day, version.day);
                }
            } else {
                let (table, last) = (table.clone(), version.day);
                let file = |piece| Lives { table, piece, ended: BTreeMap::new(), last, is_closed: false };
                lives.extend(segment::rows_of(pin, version).map(file));
            }
        }
        lives[before..start].iter_mut().for_each(|file| file.is_closed = true);
        before = start;
    }
    Ok(lives)
}

/// The versions in a file, in batches of the wanted columns with `from` and `to` after them.
pub struct VersionRows {
    lives: Lives,
    reader: PieceReader,
    schema: SchemaRef,
}

impl VersionRows {
    /// `schema` names the wanted columns, then those of a version's first day and of the day on which it ended.
    pub fn open(lives: &Lives, schema: &SchemaRef) -> Result<Self> {
        let mut wanted: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        wanted.truncate(wanted.len() - 2);
        wanted.extend([FROM, TO]);
        let reader = lives.piece.open(Some(&wanted))?;
        Ok(Self { lives: lives.clone(), reader, schema: schema.clone() })
    }

    fn told(&self, batch: &RecordBatch, positions: &[u32]) -> Result<RecordBatch> {
        let Lives { table, piece, ended, last, is_closed } = &self.lives;
        let since = piece::since(batch, piece.day);
        let until = piece::until(batch);
        let (mut kept, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
        for (at, position) in positions.iter().enumerate() {
            // What the file says of days past those that are told is not known yet.
            let own = until[at].filter(|until| *until <= last.to_epoch_days());
            let until = own.or_else(|| ended.get(position).map(|day| day.to_epoch_days()));
            let goes_on = until.is_none() && *is_closed;
            if goes_on || since[at] > last.to_epoch_days() {
                continue;
            }
            kept.push(at as u32);
            from.push(since[at]);
            to.push(until);
        }
        let failed = |error| Error::failed(format!("the history of a table cannot be put together: {error}"));
        let kept = UInt32Array::from(kept);
        let fields = self.schema.fields();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for field in &fields[..fields.len() - 2] {
            columns.push(rows::column(batch, field, Some(&kept), (table, piece.day))?);
        }
        columns.push(Arc::new(Date32Array::from(from)));
        columns.push(Arc::new(Date32Array::from(to)));
        RecordBatch::try_new(self.schema.clone(), columns).map_err(failed)
    }
}

impl Iterator for VersionRows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.reader.next()?;
        Some(rows.and_then(|(batch, positions)| self.told(&batch, &positions)))
    }
}

/// The columns of a version, of those of a table, with the days since which and up to which it is so.
pub fn with_days(schema: &Schema, from: &str, to: &str) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.push(Arc::new(Field::new(from, DataType::Date32, false)));
    fields.push(Arc::new(Field::new(to, DataType::Date32, true)));
    Arc::new(Schema::new(fields))
}
