//! The commit files: finding the newest, reading up to one from the nearest checkpoint, and proving the chain.
//!
//! A checkpoint repeats what the commits up to its number say, so that opening reads at most as many small files as
//! lie between two of them. It may be deleted at any time; the commits may not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
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
    /// Before the first commit of the lake whose `LAKE.json` has the hash `origin`.
    fn before_all(origin: &str) -> Self {
        Self { number: 0, sha256: origin.to_owned(), state: State::default() }
    }

    /// Goes one commit on; fails as damage of `path`.
    pub fn advance(&mut self, commit: &Commit, bytes: &[u8], path: &Path) -> Result<()> {
        self.step(commit, bytes).map_err(|what| damaged(path, &what))
    }

    /// Goes one commit on; fails with what is wrong with it, to follow the file's name.
    fn step(&mut self, commit: &Commit, bytes: &[u8]) -> Result<(), String> {
        commit.check(self.number + 1, &self.sha256)?;
        self.state.apply(commit)?;
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
    Error::new(Kind::Damaged, format!("{} {what}", path.display()))
        .help("run forecastle lake repair, or put that file back from a backup of the lake")
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

/// The number of the newest commit that is there, 0 without any.
pub fn newest(root: &Path) -> Result<u64> {
    Ok(numbers(root)?.0.last().copied().unwrap_or(0))
}

/// The run that made a commit; `None` where it cannot be read.
pub fn made_by(root: &Path, number: u64) -> Result<Option<String>> {
    Ok(find(root, number)?.ok().map(|(commit, _)| commit.run_id))
}

/// When a commit was made; `None` where it cannot be read.
pub fn made_at(root: &Path, number: u64) -> Result<Option<Timestamp>> {
    Ok(find(root, number)?.ok().map(|(commit, _)| commit.made_at))
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
    let mut head = Head::before_all(origin);
    for checkpoint in checkpoints.into_iter().rev().filter(|checkpoint| *checkpoint <= target) {
        if let Some(found) = read_checkpoint(root, checkpoint)? {
            head = found;
            break;
        }
    }
    if head.number > 0 && !is_origin(root, origin)? {
        return Err(damaged(&root.join("LAKE.json"), "is not the file that the first commit follows on"));
    }
    for number in head.number + 1..=target {
        let (commit, bytes) = read(root, number)?;
        head.advance(&commit, &bytes, &commit_path(root, number))?;
    }
    Ok(head)
}

/// All commits, oldest first, the whole chain proved.
pub fn log(root: &Path, origin: &str) -> Result<Vec<Commit>> {
    let newest = newest(root)?;
    let mut head = Head::before_all(origin);
    let mut log = Vec::new();
    for number in 1..=newest {
        let (commit, bytes) = read(root, number)?;
        head.advance(&commit, &bytes, &commit_path(root, number))?;
        log.push(commit);
    }
    Ok(log)
}

/// Whether `LAKE.json` with this hash may be the one of this lake: `false` if the first commit follows on another.
pub fn is_origin(root: &Path, origin: &str) -> Result<bool> {
    let first = find(root, 1)?;
    Ok(first.map_or(true, |(commit, _)| commit.previous == origin))
}

fn read(root: &Path, number: u64) -> Result<(Commit, Vec<u8>)> {
    find(root, number)?.map_err(|what| damaged(&commit_path(root, number), &what))
}

/// A commit and its file's bytes, or what is wrong with that, to follow the file's name.
fn find(root: &Path, number: u64) -> Result<Result<(Commit, Vec<u8>), String>> {
    let Some(bytes) = fs::read(&commit_path(root, number))? else { return Ok(Err("is missing".to_owned())) };
    Ok(sealed::unseal(&bytes).map(|commit| (commit, bytes)))
}

/// A checkpoint, or what is wrong with it, to follow the file's name; `None` if there is none.
fn find_checkpoint(root: &Path, number: u64) -> Result<Option<Result<Checkpoint, String>>> {
    let Some(bytes) = fs::read(&checkpoint_path(root, number))? else { return Ok(None) };
    Ok(Some(sealed::unseal(&bytes).and_then(|found: Checkpoint| match found.number {
        own if own == number => Ok(found),
        own => Err(format!("holds the checkpoint {own} instead of its own")),
    })))
}

/// `None` if it went away since it was listed: a newer one has come.
fn read_checkpoint(root: &Path, number: u64) -> Result<Option<Head>> {
    let Some(found) = find_checkpoint(root, number)? else { return Ok(None) };
    let Checkpoint { sha256, changed, versions, .. } = found.map_err(|what| {
        damaged(&checkpoint_path(root, number), &what)
            .help("forecastle lake repair removes that file: it only repeats what the commits before it say")
    })?;
    let commit = commit_path(root, number);
    match fs::read(&commit)? {
        None => Err(damaged(&commit, "is missing")),
        Some(bytes) if crate::hash::sha256(&bytes) != sha256 => {
            Err(damaged(&commit, "is not the file that was committed"))
        }
        Some(_) => Ok(Some(Head { number, sha256, state: State::of(versions, changed) })),
    }
}

/// All that commits and checkpoints say, and what is wrong with any of them.
pub struct Survey {
    /// Those that can be read, oldest first.
    pub commits: Vec<Commit>,
    pub checkpoints: usize,
    /// The end of the chain, if all of it is whole.
    pub head: Option<Head>,
    pub damaged_commits: Vec<(PathBuf, String)>,
    /// With whether all commits that it repeats are whole.
    pub damaged_checkpoints: Vec<(PathBuf, String, bool)>,
}

/// Reads every commit and every checkpoint, however many are damaged.
pub fn survey(root: &Path, origin: &str) -> Result<Survey> {
    let (commits, checkpoints) = numbers(root)?;
    let newest = commits.last().max(checkpoints.last()).copied().unwrap_or(0);
    let mut survey = Survey {
        commits: Vec::new(),
        checkpoints: checkpoints.len(),
        head: Some(Head::before_all(origin)),
        damaged_commits: Vec::new(),
        damaged_checkpoints: Vec::new(),
    };
    let mut before = Some(origin.to_owned());
    for number in 1..=newest {
        let found = find(root, number)?;
        let sha256 = found.as_ref().ok().map(|(_, bytes)| crate::hash::sha256(bytes));
        let wrong = match (&found, &mut survey.head) {
            (Err(what), _) => Err(what.clone()),
            (Ok((commit, bytes)), Some(head)) => head.step(commit, bytes),
            // Behind a damaged one it is not known what the commits build on.
            (Ok((commit, _)), None) => commit.check(number, before.as_ref().unwrap_or(&commit.previous)),
        };
        if let Err(what) = wrong {
            survey.head = None;
            survey.damaged_commits.push((commit_path(root, number), what));
        }
        survey.commits.extend(found.ok().map(|(commit, _)| commit));
        if checkpoints.contains(&number) {
            survey.check_checkpoint(root, number, sha256.as_deref())?;
        }
        before = sha256;
    }
    Ok(survey)
}

impl Survey {
    /// Compares a checkpoint with the commits up to its number, the last of which has the hash `sha256`.
    fn check_checkpoint(&mut self, root: &Path, number: u64, sha256: Option<&str>) -> Result<()> {
        let Some(found) = find_checkpoint(root, number)? else { return Ok(()) };
        let what = match (found, &self.head) {
            (Err(what), _) => what,
            (Ok(checkpoint), Some(head)) if checkpoint.repeats(head) => return Ok(()),
            (Ok(_), Some(_)) => "says otherwise than the commits that it repeats".to_owned(),
            (Ok(checkpoint), None) => {
                if sha256.is_some_and(|sha256| sha256 != checkpoint.sha256) {
                    let what = "is not the file that its checkpoint repeats".to_owned();
                    self.damaged_commits.push((commit_path(root, number), what));
                }
                return Ok(());
            }
        };
        self.damaged_checkpoints.push((checkpoint_path(root, number), what, self.head.is_some()));
        Ok(())
    }
}

impl Checkpoint {
    fn repeats(&self, head: &Head) -> bool {
        // Not the facts: JSON does not give every number back to the last bit.
        let same = |(own, of): (&Version, &Version)| {
            (&own.table, own.role, own.day, own.rows, own.state) == (&of.table, of.role, of.day, of.rows, of.state)
                && (own.stored, &own.key, &own.files) == (of.stored, &of.key, &of.files)
        };
        let state = &head.state;
        self.sha256 == head.sha256
            && self.changed == *state.changed()
            && self.versions.len() == state.versions().count()
            && self.versions.iter().zip(state.versions().map(AsRef::as_ref)).all(same)
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
