//! What a table's newest snapshot was made of, row by row, so that a row whose origin is as it was need not be looked at.
//!
//! Whoever writes a snapshot may give each row a mark, such as a hash of the record of an export that it was made of. The
//! marks are kept in a file of their own beside the lake's data, with what a next snapshot needs to go on from: each
//! row's hash, a hash of its key, and where it lies. It is no part of the lake: it may be lost at any time, and it is
//! taken only where it belongs to the very files of the snapshot before, and where its own hash shows it to be whole.
//! It is not synced; the mark 0 is that of a row without one.
//!
//! ```text
//! head     64 bytes: magic, hash of what the marks stand for, hash of the snapshot's files, how many of each follow
//! rows     56 bytes each: mark, hash of the key, hash of the row, day and position of the row
//! strays   16 bytes each: marks of what is no row
//! ```

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_128;

use super::super::commit::DataFile;
use super::super::fs::{self, Scrap};
use super::ended::Position;
use crate::day::Day;

const MAGIC: &[u8; 16] = b"forecastle mark\x01";
const HEAD: usize = 64;
const ROW: usize = 56;
const MARK: usize = 16;

/// The most rows of a table whose marks are kept: they are read into memory as a whole.
const MOST: u64 = 1 << 20;

/// What is remembered of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkedRow {
    pub mark: u128,
    /// The hash of its key.
    pub key: u128,
    pub(in crate::lake) hash: u128,
    pub(super) position: Position,
}

impl MarkedRow {
    /// The row's hash, as [`crate::lake::row_hashes`] gives it.
    pub fn hash(&self) -> u128 {
        self.hash
    }
}

/// The marks of a snapshot.
#[derive(Debug, Default)]
pub struct Marks {
    pub rows: Vec<MarkedRow>,
    /// Marks of what is no row, such as of records that were left out.
    pub strays: Vec<u128>,
}

/// The hash of a key's bytes.
pub fn key_hash(key: &[u8]) -> u128 {
    XxHash3_128::oneshot(key)
}

/// The hash of the files that a snapshot lies in, by the day of each version, oldest first.
pub fn files_hash<'v>(chain: impl IntoIterator<Item = (Day, &'v [DataFile])>) -> u128 {
    let mut hasher = XxHash3_128::new();
    for (day, files) in chain {
        hasher.write(&day.to_epoch_days().to_le_bytes());
        for file in files {
            hasher.write(file.sha256.as_bytes());
        }
    }
    hasher.finish_128()
}

impl Marks {
    /// Reads the marks of a snapshot that lies in files of this hash; `None` where there are none for it, or damaged ones.
    pub fn read(path: &Path, meaning: u128, files: u128) -> Option<Self> {
        let bytes = fs::read(path).ok().flatten()?;
        let (head, body) = Scrap::open(&bytes, HEAD)?;
        let [rows, strays] = [&head[48..56], &head[56..]].map(|count| usize::try_from(u64_of(count)).unwrap_or(0));
        let is_ours = &head[..16] == MAGIC && u128_of(&head[16..32]) == meaning && u128_of(&head[32..48]) == files;
        let length = rows.checked_mul(ROW)?.checked_add(strays.checked_mul(MARK)?)?;
        if !is_ours || length != body.len() {
            return None;
        }
        let (rows, strays) = body.split_at(rows * ROW);
        let rows = rows.chunks_exact(ROW).map(row).collect::<Option<Vec<_>>>()?;
        Some(Self { rows, strays: strays.chunks_exact(MARK).map(u128_of).collect() })
    }
}

fn row(bytes: &[u8]) -> Option<MarkedRow> {
    let day = i32::from_le_bytes(bytes[48..52].try_into().ok()?);
    let position = (Day::from_epoch_days(day)?, u32::from_le_bytes(bytes[52..].try_into().ok()?));
    Some(MarkedRow {
        mark: u128_of(&bytes[..16]),
        key: u128_of(&bytes[16..32]),
        hash: u128_of(&bytes[32..48]),
        position,
    })
}

fn u128_of(bytes: &[u8]) -> u128 {
    u128::from_le_bytes(bytes.try_into().unwrap_or_default())
}

fn u64_of(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}

/// Takes the rows of a snapshot as they are written. What keeps it from that, such as a full disk, keeps nobody else from
/// anything: there are then no marks.
pub struct MarksWriter {
    path: PathBuf,
    /// `None` when there are too many, or no room for them.
    out: Option<BufWriter<Scrap>>,
    meaning: u128,
    rows: u64,
}

impl MarksWriter {
    pub fn create(path: PathBuf, meaning: u128) -> Option<Self> {
        let mut scrap = Scrap::create(&path).ok()?;
        scrap.leave_room(HEAD).ok()?;
        Some(Self { path, out: Some(BufWriter::with_capacity(1 << 16, scrap)), meaning, rows: 0 })
    }

    pub fn add(&mut self, row: &MarkedRow) {
        self.rows += 1;
        let Some(out) = &mut self.out else { return };
        let mut bytes = [0; ROW];
        bytes[..16].copy_from_slice(&row.mark.to_le_bytes());
        bytes[16..32].copy_from_slice(&row.key.to_le_bytes());
        bytes[32..48].copy_from_slice(&row.hash.to_le_bytes());
        bytes[48..52].copy_from_slice(&row.position.0.to_epoch_days().to_le_bytes());
        bytes[52..].copy_from_slice(&row.position.1.to_le_bytes());
        if self.rows > MOST || out.write_all(&bytes).is_err() {
            self.give_up();
        }
    }

    /// Ends the file of a snapshot that lies in files of this hash; `None` where there is none.
    pub fn finish(mut self, strays: &[u128], files: u128) -> Option<PathBuf> {
        let mut out = self.out.take()?;
        let mut head = Vec::with_capacity(HEAD);
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&self.meaning.to_le_bytes());
        head.extend_from_slice(&files.to_le_bytes());
        head.extend_from_slice(&self.rows.to_le_bytes());
        head.extend_from_slice(&(strays.len() as u64).to_le_bytes());
        let written = strays.iter().try_for_each(|mark| out.write_all(&mark.to_le_bytes()));
        let scrap = written.and_then(|()| out.into_inner().map_err(|error| error.into_error()));
        if scrap.and_then(|scrap| scrap.end(&head)).is_err() {
            self.give_up();
            return None;
        }
        Some(self.path)
    }

    /// Leaves the room that it took to what matters.
    fn give_up(&mut self) {
        // What is buffered is not written on the way out.
        self.out.take().map(BufWriter::into_parts);
        let _ = fs::remove(&self.path);
    }
}
