//! `latest/`: hard links to each table's newest version, for readers that know nothing of commits.
//!
//! Each link is swapped at once, the tables one after the other: who needs them all of one night reads through a pin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::fs;
use super::name::{Role, TableName};
use super::state::State;
use crate::error::{Error, Result};

/// Makes `latest` show a state, whatever it shows; gives back what failed, and goes on with the rest.
pub fn refresh(root: &Path, state: &State, staging: &Path) -> Vec<Error> {
    let latest = root.join("latest");
    let wanted = wanted(root, state);
    let mut failed: Vec<Error> = wanted
        .iter()
        .map(|(name, file)| (latest.join(name), file))
        .filter(|(link, file)| !fs::is_same_file(link, file))
        .filter_map(|(link, file)| swap(&link, file, &staging.join("latest")).err())
        .collect();
    match fs::list(&latest) {
        Ok(names) => {
            let gone = names.iter().filter(|name| is_link(name) && !wanted.contains_key(*name));
            failed.extend(gone.filter_map(|name| fs::remove(&latest.join(name)).err()));
        }
        Err(error) => failed.push(error),
    }
    failed
}

/// The file of each table's newest snapshot, or of its model's newest table, by the name of its link.
fn wanted(root: &Path, state: &State) -> BTreeMap<String, PathBuf> {
    let mut wanted = BTreeMap::new();
    for role in [Role::Model, Role::Snapshot] {
        for table in state.tables(role) {
            // A version of several files has no single one to link.
            if let Some([file]) = state.days(table, role).next_back().map(|version| version.files.as_slice()) {
                wanted.insert(format!("{table}.parquet"), root.join(&file.path));
            }
        }
    }
    wanted
}

/// Whether the lake made a file of this name; others are left alone.
fn is_link(name: &str) -> bool {
    name.strip_suffix(".parquet").is_some_and(|table| table.parse::<TableName>().is_ok())
}

fn swap(link: &Path, file: &Path, unfinished: &Path) -> Result<()> {
    fs::remove(unfinished)?;
    fs::link(file, unfinished)?;
    fs::rename(unfinished, link)
}
