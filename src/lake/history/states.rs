//! What each day of a segment holds, from one reading of its files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use twox_hash::XxHash3_128;

use super::super::commit::{Stored, Version};
use super::super::pin::Pin;
use super::super::state_hash::{StateHash, hash_rows};
use super::piece::{self, Piece};
use super::segment;
use super::{FROM, TO};
use crate::day::Day;
use crate::error::{Error, Result};

/// The number of rows and the state of each day of a segment.
///
/// All days of a segment have the same columns, so a row has one hash on all of them: it is added on the day on which the
/// row begins and taken off on the one on which it ends.
pub fn states(pin: &Pin, segment: &[Arc<Version>]) -> Result<Vec<(u64, StateHash)>> {
    let days: Vec<i32> = segment.iter().map(|version| version.day.to_epoch_days()).collect();
    let mut turns = vec![(0_u64, 0_u128); days.len() + 1];
    let ended = ended(pin, segment)?;
    let mut is_month_read = false;
    for (at, version) in segment.iter().enumerate() {
        let is_month = version.stored == Stored::Month;
        let Some(file) = segment::rows_of(pin, version).filter(|_| !is_month_read) else { continue };
        is_month_read = is_month;
        let mut hashes = Vec::new();
        for rows in file.open(None)? {
            let (batch, positions) = rows?;
            let (since, until) = (piece::since(&batch, version.day), piece::until(&batch));
            let batch = of_table(&batch)?;
            hash_rows(&batch, &mut hashes);
            for (row, hash) in hashes.iter().enumerate() {
                let (from, to) = match is_month {
                    true => {
                        let on = |day: i32| days.partition_point(|of| *of < day);
                        (on(since[row]), until[row].map_or(days.len(), on))
                    }
                    false => (at, ended.get(&(version.day, positions[row])).copied().unwrap_or(days.len())),
                };
                turns[from] = (turns[from].0.wrapping_add(1), turns[from].1.wrapping_add(*hash));
                turns[to] = (turns[to].0.wrapping_sub(1), turns[to].1.wrapping_sub(*hash));
            }
        }
    }
    let (mut rows, mut sum) = (0_u64, 0_u128);
    let states = turns[..days.len()].iter().map(|turn| {
        (rows, sum) = (rows.wrapping_add(turn.0), sum.wrapping_add(turn.1));
        (rows, StateHash::of(rows, sum))
    });
    Ok(states.collect())
}

/// The hash of rows with the days since which they are so, whatever their order.
pub fn lives_hash(pieces: &[Piece]) -> Result<u128> {
    let mut hashes = Vec::new();
    let mut sum = 0_u128;
    for piece in pieces {
        for rows in piece.open(None)? {
            let (batch, _) = rows?;
            let since = piece::since(&batch, piece.day);
            hash_rows(&of_table(&batch)?, &mut hashes);
            for (hash, since) in hashes.iter().zip(since) {
                let life = [&hash.to_le_bytes()[..], &since.to_le_bytes()].concat();
                sum = sum.wrapping_add(XxHash3_128::oneshot(&life));
            }
        }
    }
    Ok(sum)
}

/// The columns of the table itself.
fn of_table(batch: &RecordBatch) -> Result<RecordBatch> {
    let fields = batch.schema_ref().fields().iter().enumerate();
    let own = fields.filter(|(_, field)| ![FROM, TO].contains(&field.name().as_str())).map(|(at, _)| at);
    batch
        .project(&own.collect::<Vec<_>>())
        .map_err(|error| Error::failed(format!("the history of a table cannot be read: {error}")))
}

/// Rows of a segment that is not closed, with the place in it of the day that ended them.
fn ended(pin: &Pin, segment: &[Arc<Version>]) -> Result<BTreeMap<(Day, u32), usize>> {
    let mut ended = BTreeMap::new();
    // The first one's are of the segment before.
    for (at, version) in segment.iter().enumerate().skip(1).filter(|(_, version)| version.stored == Stored::Change) {
        ended.extend(segment::ended_by(pin, version)?.into_iter().map(|position| (position, at)));
    }
    Ok(ended)
}
