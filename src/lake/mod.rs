//! The lake: all tables, as of every day, in one folder of plain files.
//!
//! Takes the rows of a run's tables, sorted by key; gives back any table as of any day. It promises that the tables of
//! a commit become visible all at once and durably, or not at all; that a reader who holds a [`Pin`] keeps seeing the
//! commit it pinned; that the same rows make the same bytes; and that what does not match its hash is called damaged,
//! with the file's name. Outside this folder nothing knows files: a table as of a day is a [`Version`], found in a pin.
//!
//! ```text
//! LAKE.json                 format version, uuid
//! lock                      flock: one writer; names its holder
//! commits/<20 digits>.json  put if absent, each with the hash of the one before; every 50 a checkpoint of the whole state
//! data/<schema>.<table>/    immutable Parquet files, named by day, role and hash
//! latest/                   <schema>.<table>.parquet with each table's newest rows, for readers outside
//! snapshots/<table>/        <day>.parquet with all rows of a past day, where a [`Keep`] asks for it, for readers outside
//! cache/                    <schema>.<table>.marks: which records the newest rows were made of; may be lost at any time
//! staging/<run id>/         unfinished; no file in it ends in .parquet
//! runs/<run id>/run.json    what each run left about itself
//! gc.json                   which data files gc is to remove, and up to which commit it has
//! ```
//!
//! A run: [`Lake::lock`], [`Writer::begin`], [`Transaction::table`] for each table, [`Transaction::add`], and
//! [`Transaction::commit`]; what was added is readable in [`Transaction::view`] before.
//!
//! What is absent: readers take no lock and list no folder of data; no commit deletes a data file, only
//! [`Lake::collect`] does; nothing that is read depends on `cache/`.

mod chain;
mod collect;
mod commit;
#[cfg(test)]
mod fault;
mod fs;
mod history;
mod history_table;
mod identity;
mod keep;
mod latest;
mod log;
mod name;
mod parquet_file;
mod partition_months;
mod partition_table;
mod pin;
mod provider;
mod recast;
#[cfg(test)]
mod recorder;
mod repair;
mod replica;
mod rows;
mod runs;
mod sealed;
mod shown;
mod snapshot_list;
mod state;
mod state_hash;
mod table_writer;
#[cfg(test)]
mod tests;
mod transaction;
mod verify;
mod writer;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

pub use collect::{Collected, Garbage};
pub use commit::{Commit, CommitMeta, Facts, Origin, Version};
pub use fs::Scrap;
pub use history::{MarkedRow, Marks, key_hash};
pub use keep::Keep;
pub use log::{Change, ChangeKind, changes};
pub use name::{Role, TableName};
pub use pin::Pin;
pub use provider::{SNAPSHOT_ON, as_read, history_as_read, snapshots_as_read};
pub use repair::Repaired;
pub use rows::{Rows, as_declared};
pub use snapshot_list::{SNAPSHOTS, snapshot_schema};
pub use state_hash::{StateHash, StateHasher, row_hashes};
pub use table_writer::{Staged, TableWriter};
pub use transaction::{Outcome, Transaction};
pub use verify::{Claim, Damage, Lost, Verified};
pub use writer::Writer;

use crate::error::{Error, Kind, Result};
use identity::Identity;

/// A lake on a local disk with hard links.
#[derive(Debug, Clone)]
pub struct Lake {
    root: Arc<Path>,
    identity: Identity,
    /// The hash of `LAKE.json`, on which the first commit follows.
    origin: String,
}

impl Lake {
    /// Opens the lake in the folder `root`.
    pub fn open(root: &Path) -> Result<Self> {
        let missing = || {
            Error::new(Kind::Io, format!("there is no lake in {}", root.display()))
                .help("the first run makes it; if it was made, look at what the pipeline says under `lake`")
        };
        let root = fs::real_path(root)?.ok_or_else(missing)?;
        let Some((identity, origin)) = identity::read(&root)? else {
            // A lake that has lost its name is no missing one.
            identity::refuse_nameless(&root)?;
            return Err(missing());
        };
        Ok(Self { root: root.into(), identity, origin })
    }

    /// Opens the lake in the folder `root`, or makes one there, durably; `uuid` is taken only by a new one.
    ///
    /// Two may do so at once: one lake comes of it. Fails where the folder holds anything else.
    pub fn open_or_create(root: &Path, uuid: Uuid) -> Result<Self> {
        identity::create_if_missing(root, uuid)?;
        Self::open(root)
    }

    pub fn uuid(&self) -> Uuid {
        self.identity.uuid
    }

    /// The lake after its newest commit.
    ///
    /// Proves each commit file and the chain of hashes back to the last checkpoint; data files are looked at only when
    /// they are read, see [`Lake::verify`].
    pub fn pin(&self) -> Result<Pin> {
        Ok(Pin::new(self.root.clone(), chain::load(&self.root, &self.origin, None)?))
    }

    /// The lake after the commit of that number, proved likewise.
    pub fn pin_at(&self, commit: u64) -> Result<Pin> {
        Ok(Pin::new(self.root.clone(), chain::load(&self.root, &self.origin, Some(commit))?))
    }

    /// When a commit was made; `None` where it cannot be read.
    pub fn made_at(&self, commit: u64) -> Result<Option<Timestamp>> {
        chain::made_at(&self.root, commit)
    }

    /// All commits, oldest first, with the whole chain of hashes proved.
    pub fn log(&self) -> Result<Vec<Commit>> {
        chain::log(&self.root, &self.origin)
    }

    /// Becomes the lake's one writer, until the [`Writer`] is dropped or the process ends; `Kind::Busy` says who is.
    ///
    /// Removes what dead runs left unfinished.
    pub fn lock(&self, run_id: &str) -> Result<Writer> {
        Writer::lock(self, run_id)
    }

    /// What is wrong with the data files of a pin: each is read whole and compared with its length and SHA-256.
    pub fn verify(&self, pin: &Pin) -> Result<Vec<Damage>> {
        verify::data_files(pin)
    }
}
