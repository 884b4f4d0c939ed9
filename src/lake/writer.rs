//! The lake's one writer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fs::{self, Lock};
use super::pin::Pin;
use super::transaction::Transaction;
use super::{Keep, Lake, TableName, keep, latest, name};
use crate::day::Day;
use crate::error::{Error, Kind, Result};

/// The right to commit to a lake, held until this is dropped.
pub struct Writer {
    pub(super) root: Arc<Path>,
    pub(super) run_id: String,
    /// The run's own folder for what is unfinished.
    pub(super) staging: PathBuf,
    pub(super) pin: Pin,
    leftovers: usize,
    // The last field, so that the lock is released after everything else of the writer has gone.
    _lock: Lock,
}

impl Writer {
    pub(super) fn lock(lake: &Lake, run_id: &str) -> Result<Self> {
        name::check_run_id(run_id)?;
        let root = lake.root.clone();
        let lock = take_lock(&root, run_id)?;
        let leftovers = remove_leftovers(&root)?;
        let pin = lake.pin()?;
        // A run that died may have left its commit visible and not yet durable: what this one builds on is to stay, also
        // where it finds nothing to add.
        fs::sync_folder(&root.join("commits"))?;
        let staging = root.join("staging").join(run_id);
        fs::create_folder(&staging)?;
        Ok(Self { root, run_id: run_id.to_owned(), staging, pin, leftovers, _lock: lock })
    }

    /// The lake after its newest commit, this writer's own included.
    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    /// How many dead runs' unfinished files were removed when the lock was taken.
    pub fn leftovers(&self) -> usize {
        self.leftovers
    }

    /// Begins the one commit of a run for a day; nothing of it is visible, nor kept, before it is committed.
    pub fn begin(&mut self, day: Day) -> Result<Transaction<'_>> {
        let staging = self.staging.join(day.to_string());
        fs::remove_all(&staging)?;
        fs::create_folder(&staging)?;
        Ok(Transaction::new(self, day, staging))
    }
}

impl Writer {
    /// Makes `latest` show the newest commit; gives back what failed, and the next time mends it.
    pub fn show_latest(&self) -> Vec<Error> {
        latest::refresh(&self.root, &self.pin, &self.staging)
    }
}

impl Writer {
    /// Makes `snapshots` hold the days that each table keeps, and no others; gives back what failed, and the next time
    /// mends it.
    pub fn keep_snapshots(&self, kept: &BTreeMap<TableName, Keep>) -> Vec<Error> {
        keep::refresh(&self.root, &self.pin, kept, &self.staging)
    }

    /// Takes away what `latest` shows; gives back what failed.
    pub fn hide_latest(&self) -> Vec<Error> {
        latest::clear(&self.root)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What stays is removed by the next writer.
        let _ = fs::remove_all(&self.staging);
    }
}

/// Takes the lake's lock; `Kind::Busy` says who has it.
pub(super) fn take_lock(root: &Path, run_id: &str) -> Result<Lock> {
    let holder = format!("the run {run_id} (process {})\n", std::process::id());
    Lock::take(&root.join("lock"), &holder)?.map_err(|by| {
        let by = if by.is_empty() { "another run".to_owned() } else { by };
        Error::new(Kind::Busy, format!("the lake {} is being written by {by}", root.display()))
            .help("run again when that one has ended; nothing was changed")
    })
}

/// Removes what dead runs left unfinished, and tells of how many: only the holder of the lock writes there.
pub(super) fn remove_leftovers(root: &Path) -> Result<usize> {
    let staging = root.join("staging");
    let leftovers = fs::list(&staging)?;
    for leftover in &leftovers {
        fs::remove_all(&staging.join(leftover))?;
    }
    Ok(leftovers.len())
}
