//! An export most of whose records are those of the export before: their rows stay as they lie, and only the others are
//! looked at. What comes of it is what comes of a whole pass.

use std::collections::{HashMap, HashSet};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};

use super::feed::Feed;
use super::ordering::{self, Distinct, Double, PlacedRows};
use super::pass::{Known, Pass, Passed, Through};
use super::placed::{self, Place};
use super::reading::Read;
use super::recalled::Recalled;
use crate::error::{Error, Result};
use crate::lake::{TableWriter, key_hash, row_hashes};

impl Pass<'_> {
    /// Brings the rows of `feed` into `table`, which go on from the remembered ones.
    pub fn go_on(&self, feed: Feed, recalled: &Recalled, known: &Known, table: &mut TableWriter) -> Result<Passed> {
        let Feed { rows, end } = feed;
        let (held, is_all) = rows.ahead(self.held.bytes);
        if !is_all {
            // Much is new: the whole of it is compared as it comes.
            return Ok(Passed::Again(Known { recalls_nothing: true, ..known.clone() }));
        }
        let mut read = end.read()?;
        let mut distinct = Distinct::new(self.keys.clone());
        let new = self.in_order(held, &mut distinct)?;
        let Settled { stays, is_new, mut doubles, carried } = self.settle(&new, &read, recalled)?;
        doubles.extend(distinct.doubles);
        doubles.append(&mut read.doubles);
        lead_to_first(&mut doubles);

        let new = filter_record_batch(&new, &BooleanArray::from(is_new))
            .map_err(|error| Error::failed(format!("could not set rows aside: {error}")))?;
        table.go_on(&recalled.marks.rows, &stays)?;
        if new.num_rows() > 0 {
            table.write_marked(&placed::strip(&new, &self.table.schema())?, &placed::marks(&new))?;
        }
        let rows = (stays.iter().flatten().count() + new.num_rows()) as u64;
        Ok(Passed::Through(Through { read: Box::new(read), doubles, rows, carried }))
    }

    /// The rows in the order of their key, each key once.
    fn in_order(&self, held: Vec<RecordBatch>, distinct: &mut Distinct) -> Result<RecordBatch> {
        let schema = placed::schema(&self.table.schema());
        let rows: PlacedRows = match ordering::in_order(&held, &self.keys)? {
            Some(_) => Box::new(held.into_iter().map(Ok)),
            None => ordering::sort(held.into_iter(), &schema, &self.table.key, self.scratch)?,
        };
        let batches = rows.map(|batch| distinct.pass(batch?)).collect::<Result<Vec<_>>>()?;
        concat_batches(&schema, &batches)
            .map_err(|error| Error::failed(format!("could not put changed rows together: {error}")))
    }

    /// Decides of each remembered row whether it stays, and of each other row whether it is new.
    fn settle(&self, new: &RecordBatch, read: &Read, recalled: &Recalled) -> Result<Settled> {
        let keys = self.keys.of(new)?;
        let (place, marks) = (placed::places(new), placed::marks(new));
        let hashes = row_hashes(&placed::strip(new, &self.table.schema())?);
        let by_key: HashMap<u128, usize> = keys.iter().map(|key| key_hash(key.as_ref())).zip(0..).collect();
        let rejected: HashSet<u128> = read.rejected_keys.iter().map(|key| key_hash(key)).collect();
        let mut settled =
            Settled { stays: Vec::new(), is_new: vec![true; new.num_rows()], doubles: Vec::new(), carried: 0 };
        for (held, seen) in recalled.marks.rows.iter().zip(&read.seen) {
            let row = by_key.get(&held.key).copied().and_then(|row| Some((row, place(row)?)));
            let stays = match (seen, row) {
                (Some(first), Some((row, place))) if *first < place => {
                    settled.doubles.push(Double { place, first: *first });
                    settled.is_new[row] = false;
                    Some(held.mark)
                }
                (Some(_), None) => Some(held.mark),
                (_, Some((row, first))) => {
                    settled.doubles.extend(seen.map(|place| Double { place, first }));
                    let is_same = hashes[row] == held.hash();
                    settled.is_new[row] = !is_same;
                    is_same.then(|| marks.get(row).copied().unwrap_or_default())
                }
                (None, None) if rejected.contains(&held.key) => {
                    settled.carried += 1;
                    Some(0)
                }
                (None, None) => None,
            };
            settled.stays.push(stays);
        }
        Ok(settled)
    }
}

/// What became of remembered rows and of others.
struct Settled {
    /// The mark of each remembered row that stays.
    stays: Vec<Option<u128>>,
    is_new: Vec<bool>,
    doubles: Vec<Double>,
    carried: u64,
}

/// Lets every double name the row that stays.
fn lead_to_first(doubles: &mut [Double]) {
    let firsts: HashMap<Place, Place> = doubles.iter().map(|double| (double.place, double.first)).collect();
    for double in doubles {
        while let Some(first) = firsts.get(&double.first) {
            double.first = *first;
        }
    }
}
