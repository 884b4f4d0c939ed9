//! Segments: which versions lie in one, and the files that hold the rows as of one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::commit::{Holds, Stored, Version};
use super::super::name::Role;
use super::super::pin::Pin;
use super::super::verify;
use super::ended::{self, Position};
use super::piece::{self, Piece};
use super::{FROM, TO};
use crate::day::Day;
use crate::error::Result;

/// A table's versions, oldest first, by the segment that they lie in; one that lies whole is its own.
pub fn segments<'v>(versions: impl IntoIterator<Item = &'v Arc<Version>>) -> Vec<Vec<Arc<Version>>> {
    let mut segments: Vec<Vec<Arc<Version>>> = Vec::new();
    for version in versions {
        let goes_on = |before: &Arc<Version>| match version.stored {
            Stored::Whole | Stored::Base => false,
            Stored::Change => true,
            Stored::Month => before.stored == Stored::Month && before.rows_file() == version.rows_file(),
        };
        match segments.last_mut() {
            Some(segment) if segment.last().is_some_and(goes_on) => segment.push(version.clone()),
            _ => segments.push(vec![version.clone()]),
        }
    }
    segments
}

/// The files of the rows as of a version, oldest first, each proved to be the one that was committed.
pub fn pieces(pin: &Pin, version: &Version) -> Result<Vec<Piece>> {
    let chain = pin.head().state.chain(version);
    let mut skipped: BTreeMap<Day, Vec<u32>> = BTreeMap::new();
    // The first one's ended rows are of the segment before.
    for later in chain.iter().skip(1) {
        for (day, row) in ended_by(pin, later)? {
            skipped.entry(day).or_default().push(row);
        }
    }
    let mut pieces = Vec::new();
    for part in &chain {
        verify::prove(pin, part)?;
        let mut piece = match rows_of(pin, part) {
            Some(piece) => piece,
            None => continue,
        };
        piece.skipped = match part.stored {
            Stored::Month => not_alive(&piece, part.day)?,
            _ => skipped.remove(&part.day).unwrap_or_default(),
        };
        piece.skipped.sort_unstable();
        pieces.push(piece);
    }
    Ok(pieces)
}

/// The file of a closed month that holds the rows as of a version and those of its other days, proved to be the one that
/// was committed: each row says from when and until when it was so, and nothing is skipped. None where the version does
/// not lie in one.
pub fn month_of(pin: &Pin, version: &Version) -> Result<Option<Piece>> {
    if version.stored != Stored::Month || version.role != Role::Snapshot {
        return Ok(None);
    }
    verify::prove(pin, version)?;
    Ok(rows_of(pin, version))
}

/// The files of partitions that share one, or of a single one.
pub fn pieces_of_days(pin: &Pin, partitions: &[&Version]) -> Result<Vec<Piece>> {
    let Some(first) = partitions.first().filter(|first| first.stored == Stored::Month) else {
        let pieces = partitions.iter().map(|partition| pieces(pin, partition));
        return Ok(pieces.collect::<Result<Vec<_>>>()?.concat());
    };
    verify::prove(pin, first)?;
    let Some(mut piece) = rows_of(pin, first) else { return Ok(Vec::new()) };
    // The file may hold days that are not asked for, or rows of a day that has others by now.
    if partitions.iter().map(|partition| partition.rows).sum::<u64>() != piece.rows {
        let days: BTreeSet<i32> = partitions.iter().map(|partition| partition.day.to_epoch_days()).collect();
        for rows in piece.open(Some(&[FROM]))? {
            let (batch, positions) = rows?;
            let since = piece::since(&batch, first.day);
            let others = positions.into_iter().zip(since).filter(|(_, since)| !days.contains(since));
            piece.skipped.extend(others.map(|(position, _)| position));
        }
    }
    Ok(vec![piece])
}

/// The file of rows that a version has of its own, if it has one, with nothing skipped.
pub fn rows_of(pin: &Pin, version: &Version) -> Option<Piece> {
    let file = version.rows_file()?;
    Some(Piece { path: pin.path(file), bytes: file.bytes, rows: file.rows, day: version.day, skipped: Vec::new() })
}

/// The rows that a version ended.
pub fn ended_by(pin: &Pin, version: &Version) -> Result<Vec<Position>> {
    verify::prove(pin, version)?;
    let file = version.files.iter().find(|file| file.holds == Holds::Ended);
    file.map_or_else(|| Ok(Vec::new()), |file| ended::read(&pin.path(file), file.bytes))
}

/// Which rows of a closed month were not so on a day.
fn not_alive(month: &Piece, day: Day) -> Result<Vec<u32>> {
    let day = day.to_epoch_days();
    let mut skipped = Vec::new();
    for rows in month.open(Some(&[FROM, TO]))? {
        let (batch, positions) = rows?;
        let (since, until) = (piece::since(&batch, month.day), piece::until(&batch));
        for ((position, since), until) in positions.into_iter().zip(since).zip(until) {
            if since > day || until.is_some_and(|until| until <= day) {
                skipped.push(position);
            }
        }
    }
    Ok(skipped)
}
