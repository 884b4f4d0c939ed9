//! Collecting garbage: data files that no commit of late names leave the lake, in two steps with a grace between them.
//!
//! The first call notes in `gc.json` what would go; only a call after the grace removes what was noted, if it still may
//! go. So whatever a reader pinned within the grace stays, and who still needs an old commit has time to say so. Files
//! that the newest commit names never go.
//!
//! `gc.json` remembers from which commit on everything is kept: what only earlier ones name was collected, and that is
//! told from damage by it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::commit::{Commit, DataFile, Version};
use super::name::TableName;
use super::pin::Pin;
use super::{Lake, chain, fs, identity, sealed};
use crate::day::Day;
use crate::error::{Error, Kind, Result};

/// What a call removed, or would, and what it noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    pub removed: Vec<Garbage>,
    /// What goes at the first call from `due` on.
    pub noted: Vec<Garbage>,
    pub due: Option<Timestamp>,
}

/// A data file that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbage {
    pub path: PathBuf,
    pub bytes: u64,
}

/// What `gc.json` says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What only commits before this one name may have been collected; 0 before anything was.
    pub kept_from: u64,
    noted: Option<Noted>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    at: Timestamp,
    /// No commit from this one on named the files.
    kept_from: u64,
    files: BTreeSet<String>,
}

impl Lake {
    /// Takes a step of collecting what no commit named that was the newest within `grace` days before `now`; with
    /// `only_tell` it does nothing but tell what it would do.
    ///
    /// Takes the lock.
    pub fn collect(&self, run_id: &str, now: Timestamp, grace: u32, only_tell: bool) -> Result<Collected> {
        let writer = self.lock(run_id)?;
        let grace = SignedDuration::from_hours(24 * i64::from(grace));
        let log = self.log()?;
        let kept_from = current_since(&log, now.saturating_sub(grace).unwrap_or(Timestamp::MIN));
        let kept = named_since(&log, kept_from);
        let mut garbage = there(&self.root)?;
        garbage.retain(|name, _| is_ours(name) && !kept.contains(name.as_str()));

        let mut record = read(&self.root)?;
        // A call that died may have left its record seen and not yet durable.
        fs::sync_folder(&self.root)?;
        let due = |noted: &Noted| noted.at.saturating_add(grace).unwrap_or(Timestamp::MAX);
        let mut collected = Collected::default();
        let taken = |files: &mut dyn Iterator<Item = (&String, &u64)>| {
            files.map(|(name, bytes)| Garbage { path: self.root.join(name), bytes: *bytes }).collect::<Vec<_>>()
        };
        if let Some(waiting) = record.noted.as_ref().filter(|noted| due(noted) > now) {
            collected.noted = taken(&mut garbage.iter().filter(|(name, _)| waiting.files.contains(*name)));
            collected.due = Some(due(waiting));
            return Ok(collected);
        }
        let write =
            |record: &Record| fs::replace(&path(&self.root), &sealed::seal(record, true), &writer.staging.join("gc"));
        if let Some(ripe) = record.noted.take() {
            collected.removed = taken(&mut garbage.iter().filter(|(name, _)| ripe.files.contains(*name)));
            garbage.retain(|name, _| !ripe.files.contains(name));
            record.kept_from = record.kept_from.max(ripe.kept_from);
            if !only_tell {
                // Before anything goes it is on disk that it may be gone.
                write(&Record { noted: Some(ripe.clone()), ..record.clone() })?;
                remove(&collected.removed)?;
                // Before it is forgotten what was noted, that is gone for good, also where a call that died removed it.
                sync_folders(&self.root, &ripe.files)?;
            }
        }
        if !garbage.is_empty() {
            collected.noted = taken(&mut garbage.iter());
            let noted = Noted { at: now, kept_from, files: garbage.into_keys().collect() };
            collected.due = Some(due(&noted));
            record.noted = Some(noted);
        }
        if !only_tell && (record.noted.is_some() || !collected.removed.is_empty()) {
            write(&record)?;
        }
        Ok(collected)
    }
}

fn remove(garbage: &[Garbage]) -> Result<()> {
    garbage.iter().try_for_each(|Garbage { path, .. }| fs::remove(path))
}

fn sync_folders(root: &Path, files: &BTreeSet<String>) -> Result<()> {
    let folders: BTreeSet<PathBuf> =
        files.iter().filter_map(|name| Some(root.join(name).parent()?.to_owned())).collect();
    for folder in folders.iter().filter(|folder| fs::exists(folder)) {
        fs::sync_folder(folder)?;
    }
    Ok(())
}

/// Where the record lies.
pub fn path(root: &Path) -> PathBuf {
    root.join("gc.json")
}

/// What was collected and what is noted.
pub fn read(root: &Path) -> Result<Record> {
    let path = path(root);
    let Some(bytes) = fs::read(&path)? else { return Ok(Record::default()) };
    sealed::unseal(&bytes).map_err(|what| chain::damaged(&path, &what).help("forecastle lake repair writes it anew"))
}

/// Writes the record anew, durably: what is missing of the files that only old commits name counts as collected. Gives the
/// first commit from which on everything is kept.
pub fn remake(root: &Path, log: &[Commit], unfinished: &Path) -> Result<u64> {
    let is_there = |from: u64| named_since(log, from).iter().all(|name| fs::exists(&root.join(name)));
    let newest = log.last().map_or(0, |commit| commit.number);
    // The later, the fewer files are named.
    let (mut low, mut high) = (0, newest);
    while low < high {
        let middle = low + (high - low) / 2;
        match is_there(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    let record = Record { kept_from: high, noted: None };
    fs::replace(&path(root), &sealed::seal(&record, true), unfinished)?;
    Ok(high)
}

/// The first commit that was the newest at any moment after `since`.
fn current_since(log: &[Commit], since: Timestamp) -> u64 {
    let newest = log.last().map_or(0, |commit| commit.number);
    // Clocks go astray: the first one decides that was followed too lately.
    let followed = log.iter().skip(1).find(|commit| commit.made_at > since);
    followed.map_or(newest, |next| next.number - 1)
}

/// The data files that the lake was made of after the commit `from` or any later one; `log` has all commits.
pub fn named_since(log: &[Commit], from: u64) -> BTreeSet<&str> {
    let mut held: BTreeMap<_, &Version> = BTreeMap::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for commit in log {
        for gone in &commit.removed {
            held.remove(&(gone.role, &gone.table, gone.day));
        }
        held.extend(commit.added.iter().map(|added| ((added.role, &added.table, added.day), added)));
        if commit.number == from {
            named.extend(held.values().flat_map(|version| &version.files).map(|file| file.path.as_str()));
        } else if commit.number > from {
            named.extend(commit.added.iter().flat_map(|version| &version.files).map(|file| file.path.as_str()));
        }
    }
    named
}

/// The files below `data` with their lengths, by their paths from the lake's folder.
pub fn there(root: &Path) -> Result<BTreeMap<String, u64>> {
    let data = root.join("data");
    let mut there = BTreeMap::new();
    for folder in fs::list(&data)?.into_iter().filter(|folder| data.join(folder).is_dir()) {
        for name in fs::list(&data.join(&folder))? {
            if let Some((_, bytes)) = fs::open(&data.join(&folder).join(&name))? {
                there.insert(format!("data/{folder}/{name}"), bytes);
            }
        }
    }
    Ok(there)
}

/// Whether the lake could have written a file of this name; others are left alone.
pub fn is_ours(name: &str) -> bool {
    let Some((table, file)) = name.strip_prefix("data/").and_then(|name| name.split_once('/')) else { return false };
    let day = file.get(..10).and_then(|day| day.parse::<Day>().ok());
    table.parse::<TableName>().is_ok() && day.is_some() && file.ends_with(".parquet")
}

/// Says that a file, which is missing, was collected; `None` if it was not.
pub fn explain(pin: &Pin, version: &Version, file: &DataFile) -> Result<Option<Error>> {
    let root = pin.root();
    let Record { kept_from, .. } = read(root)?;
    if pin.commit() >= kept_from {
        return Ok(None);
    }
    let Some((_, origin)) = identity::read(root)? else { return Ok(None) };
    let log = chain::log(root, &origin)?;
    if named_since(&log, kept_from).contains(file.path.as_str()) {
        return Ok(None);
    }
    let (table, day, commit) = (&version.table, version.day, pin.commit());
    let said = format!("gc has collected the data of {table} of {day} as commit {commit} left it");
    let help = format!("commits from {kept_from} on can be asked; older ones in a backup of the lake");
    Ok(Some(Error::new(Kind::Project, said).help(help)))
}
