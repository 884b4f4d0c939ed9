//! One pass over an export: its rows into the order of their key, with what stays of the day before, and into the lake.
//!
//! ```text
//! export ─ read ─► texts ─ map ─► placed rows ─ order ─► by key ─ merge ─► with what stays ─ distinct ─► table
//! ```
//!
//! A small export is known to its end before anything is written ([`HELD`]). A larger one is written as it comes, whatever
//! its size in the same memory, and takes on trust that its rows come in the order of their key and that none is rejected.
//! Where one of the two turns out wrong, the pass is given up, and the next one knows. And of rejected rows that are too many
//! for what was read so far none is kept: where they are few for the whole export, one more pass keeps them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::RecordBatch;

use super::feed::{End, Feed};
use super::keyed::{self, KeySet, Keys};
use super::ordering::{self, Distinct, Double, InOrder, PlacedRows};
use super::placed;
use super::reading::Read;
use crate::error::Result;
use crate::lake::{Pin, TableWriter, Version, as_declared};
use crate::project::Export;
use crate::query::DeclaredTable;

/// What of an export is held in memory.
#[derive(Clone, Copy)]
pub struct Held {
    /// Bytes of rows at its start.
    pub bytes: usize,
    /// Rejected rows, before it is asked whether they are too many.
    pub rejects: u64,
}

pub const HELD: Held = Held { bytes: 32 << 20, rejects: 50_000 };

/// What an earlier pass found out about an export.
#[derive(Clone, Default)]
pub struct Known {
    pub is_unordered: bool,
    /// Most records are others than those of the export before.
    pub recalls_nothing: bool,
    /// The keys of the rejected rows.
    pub rejected: Option<Arc<KeySet>>,
    /// The rejected rows are within the limit, however many they are.
    pub keeps_rejects: bool,
}

/// How a pass went.
pub enum Passed {
    Through(Through),
    /// Another one is needed, into a table that is begun anew.
    Again(Known),
}

/// What was read and written.
pub struct Through {
    pub read: Box<Read>,
    pub doubles: Vec<Double>,
    pub rows: u64,
    pub carried: u64,
}

/// What a pass compares an export with.
pub struct Pass<'j> {
    pub table: &'j DeclaredTable,
    pub keys: Arc<Keys>,
    pub export: Export,
    pub pin: &'j Pin,
    /// The table as of the day before.
    pub before: Option<&'j Version>,
    /// Where rows may go that do not fit in memory.
    pub scratch: &'j Path,
    /// Mostly [`HELD`].
    pub held: Held,
}

impl Pass<'_> {
    /// Brings the rows of `feed` into `table`.
    pub fn run(&self, feed: Feed, known: &Known, table: &mut TableWriter) -> Result<Passed> {
        let table_schema = self.table.schema();
        let schema = placed::schema(&table_schema);
        let Feed { rows, end } = feed;
        let (held, is_all) = rows.ahead(self.held.bytes);
        let mut end = Ending::Open(end);
        if is_all {
            end = Ending::Read(end.read()?);
        }
        let order = if known.is_unordered { None } else { ordering::in_order(&held, &self.keys)? };
        let broken = Arc::new(AtomicBool::new(false));
        let rows: PlacedRows = match order {
            None => {
                let sorted = ordering::sort(held.into_iter().chain(rows), &schema, &self.table.key, self.scratch)?;
                end = Ending::Read(end.read()?);
                sorted
            }
            Some(_) if is_all => Box::new(held.into_iter().map(Ok)),
            Some(order) => Box::new(held.into_iter().map(Ok).chain(watched(rows, order, Arc::clone(&broken)))),
        };
        let rejected = match &mut end {
            Ending::Read(read) => Some(Arc::new(std::mem::take(&mut read.rejected_keys))),
            Ending::Open(_) => known.rejected.clone(),
        };
        let rows = match self.kept(rejected.as_ref())? {
            Some(kept) => ordering::merge(rows, kept, &schema, &self.table.key, self.scratch)?,
            None => rows,
        };

        let (mut distinct, mut written, mut carried) = (Distinct::new(Arc::clone(&self.keys)), 0, 0);
        let mut is_vain = false;
        for batch in rows {
            // What is written is of no use any more, but the rejected keys are to be known.
            is_vain = is_vain || rejected.is_none() && self.before.is_some() && end.has_rejected_keys();
            if is_vain {
                continue;
            }
            let batch = distinct.pass(batch?)?;
            carried += self.count_carried(&batch, rejected.as_deref())?;
            written += batch.num_rows() as u64;
            table.write_marked(&placed::strip(&batch, &table_schema)?, &placed::marks(&batch))?;
        }
        if broken.load(Ordering::Relaxed) {
            return Ok(Passed::Again(Known { is_unordered: true, ..known.clone() }));
        }
        let mut read = end.read()?;
        if is_vain || rejected.is_none() && self.before.is_some() && !read.rejected_keys.is_empty() {
            let rejected = Some(Arc::new(std::mem::take(&mut read.rejected_keys)));
            return Ok(Passed::Again(Known { rejected, ..known.clone() }));
        }
        Ok(Passed::Through(Through { read, doubles: distinct.doubles, rows: written, carried }))
    }

    /// Rows of the day before that stay where the export does not have them: carried ones, and for an export of changes all.
    fn kept(&self, rejected: Option<&Arc<KeySet>>) -> Result<Option<PlacedRows>> {
        let Some(before) = self.before else { return Ok(None) };
        let carried = match (self.export, rejected) {
            (Export::Changes, _) => None,
            (Export::Full, Some(rejected)) if !rejected.is_empty() => Some(Arc::clone(rejected)),
            (Export::Full, _) => return Ok(None),
        };
        let (table, keys) = (self.table.schema(), Arc::clone(&self.keys));
        let placed = placed::schema(&table);
        let (name, day) = (self.table.name.clone(), before.day);
        let rows = self.pin.read(before)?.map(move |batch| {
            let batch = as_declared(&batch?, &table, &name, day)?;
            let batch = match &carried {
                Some(carried) => keyed::select(&batch, &keys, |key| carried.contains(key))?,
                None => batch,
            };
            placed::unplaced(batch, &placed)
        });
        Ok(Some(Box::new(rows)))
    }

    /// How many rows are there only because today's were rejected.
    fn count_carried(&self, batch: &RecordBatch, rejected: Option<&KeySet>) -> Result<u64> {
        let Some(rejected) = rejected.filter(|rejected| !rejected.is_empty()) else { return Ok(0) };
        let (keys, place) = (self.keys.of(batch)?, placed::places(batch));
        let is_carried = |row: &usize| place(*row).is_none() && rejected.contains(keys.row(*row).as_ref());
        Ok((0..batch.num_rows()).filter(is_carried).count() as u64)
    }
}

/// Rows up to the first that is out of order, which sets `broken`.
fn watched(
    rows: impl Iterator<Item = RecordBatch> + Send,
    mut order: InOrder,
    broken: Arc<AtomicBool>,
) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    rows.map_while(move |batch| match order.goes_on(&batch) {
        Ok(true) => Some(Ok(batch)),
        Ok(false) => {
            broken.store(true, Ordering::Relaxed);
            None
        }
        Err(error) => Some(Err(error)),
    })
}

/// What reading came to, once it has come to its end.
enum Ending {
    Open(End),
    Read(Box<Read>),
}

impl Ending {
    fn read(self) -> Result<Box<Read>> {
        match self {
            Self::Open(end) => end.read().map(Box::new),
            Self::Read(read) => Ok(read),
        }
    }

    fn has_rejected_keys(&self) -> bool {
        matches!(self, Self::Open(end) if end.has_rejected_keys())
    }
}
