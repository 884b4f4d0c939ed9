//! The commit files: finding the newest, reading up to one from the nearest checkpoint, and proving the chain.
//!
//! A checkpoint repeats what the commits up to its number say, so that opening reads at most as many small files as
//! lie between two of them. It may be deleted at any time; the commits may not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::commit::{Commit, Version};
use super::state::State;
use super::{fs, sealed};
use crate::day::Day;
use crate::error::{Error, Kind, Result};

/// The commits between two checkpoints.
const CHECKPOINT_EVERY: u64 = 50;

/// The state after a commit, and the hash that the next one is to name.
#[derive(Debug, Clone)]
pub struct Head {
    /// 0 before the first commit.
    pub number: u64,
    pub sha256: String,
    pub state: State,
}

impl Head {
    /// Goes one commit on; fails as damage of `path`.
    pub fn advance(&mut self, commit: &Commit, bytes: &[u8], path: &Path) -> Result<()> {
        commit.check(self.number + 1, &self.sha256).map_err(|what| damaged(path, &what))?;
        self.state.apply(commit).map_err(|what| damaged(path, &what))?;
        self.number = commit.number;
        self.sha256 = crate::hash::sha256(bytes);
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    number: u64,
    /// The hash of the commit file of that number.
    sha256: String,
    changed: BTreeMap<Day, u64>,
    versions: Vec<Version>,
}

/// Where the commit of a number lies.
pub fn commit_path(root: &Path, number: u64) -> PathBuf {
    root.join("commits").join(format!("{number:020}.json"))
}

fn checkpoint_path(root: &Path, number: u64) -> PathBuf {
    root.join("commits").join(format!("{number:020}.checkpoint.json"))
}

/// Words for a file that is not what the commits say, with what to do.
pub fn damaged(path: &Path, what: &str) -> Error {
    Error::new(Kind::Damaged, format!("{} {what}", path.display())).help("put that file back from a backup of the lake")
}

/// The numbers of the commits and of the checkpoints that are there, each in order.
fn numbers(root: &Path) -> Result<(Vec<u64>, Vec<u64>)> {
    let folder = root.join("commits");
    if !fs::exists(&folder) {
        return Err(damaged(&folder, "is missing"));
    }
    let (mut commits, mut checkpoints) = (Vec::new(), Vec::new());
    for name in fs::list(&folder)? {
        let Some((digits, kind)) = name.split_once('.') else { continue };
        let number = if digits.len() == 20 { digits.parse().ok() } else { None };
        match (number, kind) {
            (Some(number), "json") => commits.push(number),
            (Some(number), "checkpoint.json") => checkpoints.push(number),
            _ => {}
        }
    }
    Ok((commits, checkpoints))
}

/// The head after the newest commit, or after the commit `at`.
///
/// Proves the chain of hashes from the nearest checkpoint, or from `LAKE.json`, whose hash is `origin`.
pub fn load(root: &Path, origin: &str, at: Option<u64>) -> Result<Head> {
    let (commits, checkpoints) = numbers(root)?;
    let newest = commits.last().copied().unwrap_or(0);
    if let Some(beyond) = checkpoints.last().filter(|checkpoint| **checkpoint > newest) {
        return Err(damaged(&commit_path(root, *beyond), "is missing"));
    }
    let target = at.unwrap_or(newest);
    if target > newest {
        return Err(Error::new(Kind::Project, format!("the lake has no commit {target}: its newest is {newest}"))
            .help("forecastle lake log lists them"));
    }
    let mut head = Head { number: 0, sha256: origin.to_owned(), state: State::default() };
    for checkpoint in checkpoints.into_iter().rev().filter(|checkpoint| *checkpoint <= target) {
        if let Some(found) = read_checkpoint(root, checkpoint)? {
            head = found;
            break;
        }
    }
    for number in head.number + 1..=target {
        let (commit, bytes) = read(root, number)?;
        head.advance(&commit, &bytes, &commit_path(root, number))?;
    }
    Ok(head)
}

/// All commits, oldest first, the whole chain proved.
pub fn log(root: &Path, origin: &str) -> Result<Vec<Commit>> {
    let newest = numbers(root)?.0.last().copied().unwrap_or(0);
    let mut head = Head { number: 0, sha256: origin.to_owned(), state: State::default() };
    let mut log = Vec::new();
    for number in 1..=newest {
        let (commit, bytes) = read(root, number)?;
        head.advance(&commit, &bytes, &commit_path(root, number))?;
        log.push(commit);
    }
    Ok(log)
}

fn read(root: &Path, number: u64) -> Result<(Commit, Vec<u8>)> {
    let path = commit_path(root, number);
    let bytes = fs::read(&path)?.ok_or_else(|| damaged(&path, "is missing"))?;
    let commit = sealed::unseal(&bytes).map_err(|what| damaged(&path, &what))?;
    Ok((commit, bytes))
}

/// `None` if it went away since it was listed: a newer one has come.
fn read_checkpoint(root: &Path, number: u64) -> Result<Option<Head>> {
    let path = checkpoint_path(root, number);
    let Some(bytes) = fs::read(&path)? else { return Ok(None) };
    let broken =
        |what: &str| damaged(&path, what).help("delete that file: it only repeats what the commits before it say");
    let Checkpoint { number: own, sha256, changed, versions } = sealed::unseal(&bytes).map_err(|what| broken(&what))?;
    if own != number {
        return Err(broken(&format!("holds the checkpoint {own} instead of its own")));
    }
    let commit = commit_path(root, number);
    match fs::read(&commit)? {
        None => Err(damaged(&commit, "is missing")),
        Some(bytes) if crate::hash::sha256(&bytes) != sha256 => {
            Err(damaged(&commit, "is not the file that was committed"))
        }
        Some(_) => Ok(Some(Head { number, sha256, state: State::of(versions, changed) })),
    }
}

/// Writes a checkpoint if enough commits have come since the last one, also when a crash kept an earlier one from
/// being written, and removes all but the newest two: a reader may just have listed the older.
pub fn checkpoint_if_due(root: &Path, head: &Head, staging: &Path) -> Result<()> {
    let checkpoints = numbers(root)?.1;
    let last = checkpoints.last().copied().unwrap_or(0);
    if head.number < last + CHECKPOINT_EVERY {
        return Ok(());
    }
    let checkpoint = Checkpoint {
        number: head.number,
        sha256: head.sha256.clone(),
        changed: head.state.changed().clone(),
        versions: head.state.versions().map(|version| Version::clone(version)).collect(),
    };
    let bytes = sealed::seal(&checkpoint, false);
    fs::replace(&checkpoint_path(root, head.number), &bytes, &staging.join("checkpoint"))?;
    for older in checkpoints.iter().rev().skip(1) {
        fs::remove(&checkpoint_path(root, *older))?;
    }
    Ok(())
}
