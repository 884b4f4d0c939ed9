//! Whether the lake holds what its commits say.

mod claims;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use claims::{Claim, Lost};
pub use whole::Verified;

use super::commit::{DataFile, Version};
use super::pin::Pin;
use super::{chain, collect, fs};
use crate::error::Result;

/// A file that is not what its commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub path: PathBuf,
    /// What is wrong, to follow the path.
    pub what: String,
    /// What to do, where [`super::Lake::repair`] can do nothing.
    pub help: String,
    pub(in crate::lake) part: Part,
}

impl Damage {
    /// Whether it is a copy for readers outside, in `latest` or `snapshots`: the lake is whole without it.
    pub fn is_copy(&self) -> bool {
        matches!(self.part, Part::Latest | Part::Kept)
    }
}

/// Which part of the lake a damaged file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lake) enum Part {
    Commit,
    /// With whether all commits that it repeats are whole.
    Checkpoint {
        is_repeated: bool,
    },
    Data(DataFile),
    /// The files of a table, all as they were committed, do not give the rows that were.
    State,
    Latest,
    /// A file of `snapshots`.
    Kept,
    /// `gc.json`.
    Record,
}

/// What is wrong with the data files of a pin, in order of their paths; fails where one cannot be read at all.
pub fn data_files(pin: &Pin) -> Result<Vec<Damage>> {
    let versions = pin.head().state.versions();
    let files: BTreeMap<&str, &DataFile> =
        versions.flat_map(|version| &version.files).map(|file| (file.path.as_str(), file)).collect();
    let mut damages = Vec::new();
    for file in files.into_values() {
        let path = pin.path(file);
        if let Some(what) = damage(&path, file)? {
            let help = "put it back from a backup of the lake".to_owned();
            damages.push(Damage { path, what, help, part: Part::Data(file.clone()) });
        }
    }
    Ok(damages)
}

/// The files that were found to be what was committed, by path and hash: they never change, so one look in a process
/// is enough. They may go: gc takes those that only old commits name.
static PROVED: Mutex<BTreeSet<(PathBuf, String)>> = Mutex::new(BTreeSet::new());

/// Fails as damage where a version's file is not the one that was committed: Parquet does not notice a flipped bit.
pub fn prove(pin: &Pin, version: &Version) -> Result<()> {
    // What is staged was written by this process, and hashed while it was.
    for file in version.files.iter().filter(|file| file.path.starts_with("data/")) {
        let path = pin.path(file);
        let known = (path.clone(), file.sha256.clone());
        let is_proved = PROVED.lock().is_ok_and(|proved| proved.contains(&known));
        if is_proved && fs::exists(&path) {
            continue;
        }
        if let Some(what) = damage(&path, file)? {
            let collected = if fs::exists(&path) { None } else { collect::explain(pin, version, file)? };
            return Err(collected.unwrap_or_else(|| chain::damaged(&path, &what)));
        }
        remember(&path, file);
    }
    Ok(())
}

fn remember(path: &Path, file: &DataFile) {
    if let Ok(mut proved) = PROVED.lock() {
        proved.insert((path.to_owned(), file.sha256.clone()));
    }
}

fn damage(path: &Path, file: &DataFile) -> Result<Option<String>> {
    Ok(match fs::open(path)? {
        None => Some("is missing".to_owned()),
        Some((_, bytes)) if bytes != file.bytes => Some(format!("is {bytes} bytes long instead of {}", file.bytes)),
        Some((open, _)) if fs::sha256_of(&open, path)? != file.sha256 => {
            Some("has other bytes than were committed".to_owned())
        }
        Some(_) => None,
    })
}
