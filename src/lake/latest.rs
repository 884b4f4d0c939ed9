//! `latest/`: each table's newest rows as one plain Parquet file, for readers that know nothing of commits.
//!
//! The tables are shown one after the other: who needs them all of one night reads through a pin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::commit::Version;
use super::name::{Role, TableName};
use super::pin::Pin;
use super::{fs, shown};
use crate::error::{Error, Result};

/// Makes `latest` show what a pin does, whatever it shows; gives back what failed, and goes on with the rest.
pub fn refresh(root: &Path, pin: &Pin, staging: &Path) -> Vec<Error> {
    remake(root, pin, staging).1
}

/// Likewise; gives back first which files were not as they are to be.
pub fn remake(root: &Path, pin: &Pin, staging: &Path) -> (Vec<PathBuf>, Vec<Error>) {
    let wanted = wanted(root, pin);
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    let mut note = |path: PathBuf, done: Result<bool>| match done {
        Ok(true) => changed.push(path),
        Ok(false) => {}
        Err(error) => failed.push(error),
    };
    for (path, version) in &wanted {
        note(path.clone(), shown::show(path, pin, version, staging));
    }
    match files(root) {
        Ok(files) => {
            for path in files.into_iter().filter(|path| !wanted.contains_key(path)) {
                let removed = fs::remove(&path).map(|()| true);
                note(path, removed);
            }
        }
        Err(error) => failed.push(error),
    }
    (changed, failed)
}

/// Each table's newest snapshot, or its model's newest table, by its file.
fn wanted<'p>(root: &Path, pin: &'p Pin) -> BTreeMap<PathBuf, &'p Version> {
    let latest = root.join("latest");
    let mut wanted = BTreeMap::new();
    for role in [Role::Check, Role::Model, Role::Snapshot] {
        for table in pin.tables(role) {
            let newest = pin.head().state.days(table, role).next_back();
            wanted.extend(newest.map(|version| (latest.join(format!("{table}.parquet")), version.as_ref())));
        }
    }
    wanted
}

/// Takes away every file that the lake made; gives back what failed.
pub fn clear(root: &Path) -> Vec<Error> {
    match files(root) {
        Ok(files) => files.iter().filter_map(|path| fs::remove(path).err()).collect(),
        Err(error) => vec![error],
    }
}

/// Every file that the lake made.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let latest = root.join("latest");
    Ok(fs::list(&latest)?.into_iter().filter(|name| is_ours(name)).map(|name| latest.join(name)).collect())
}

/// Whether the lake made a file of this name; others are left alone.
fn is_ours(name: &str) -> bool {
    name.strip_suffix(".parquet").is_some_and(|table| table.parse::<TableName>().is_ok())
}
