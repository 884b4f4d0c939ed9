//! `snapshots/`: whole snapshots of past days as plain Parquet files, for readers that know nothing of commits.
//!
//! History holds every day anyway; these repeat the days that a [`Keep`] asks for. A day that is corrected is written
//! anew, one that is asked for no longer goes, and without any file of them the lake is as whole as before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use super::commit::Version;
use super::name::TableName;
use super::pin::Pin;
use super::{fs, shown};
use crate::day::Day;
use crate::error::{Error, Result};

/// Which days of a table are kept as whole files; only days of which there was an export count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// So many of the newest days.
    #[serde(deserialize_with = "some")]
    #[schemars(range(min = 1))]
    pub daily: usize,
    /// The last day of each of so many of the newest months.
    #[serde(deserialize_with = "some")]
    #[schemars(range(min = 1))]
    pub monthly: usize,
}

impl Keep {
    /// What is kept if either asks for it.
    pub fn or(self, other: Self) -> Self {
        Self { daily: self.daily.max(other.daily), monthly: self.monthly.max(other.monthly) }
    }

    /// The snapshots to keep, by day.
    fn wanted<'p>(&self, pin: &'p Pin, table: &TableName) -> BTreeMap<Day, &'p Version> {
        let mut wanted = BTreeMap::new();
        let (mut months, mut last) = (0, None);
        for (nth, version) in pin.exports(table).rev().enumerate() {
            let month = Some(version.day.date().first_of_month());
            months += usize::from(month != last);
            let ends_month = month != last && months <= self.monthly;
            if nth < self.daily || ends_month {
                wanted.insert(version.day, version);
            } else if nth >= self.daily && months > self.monthly {
                break;
            }
            last = month;
        }
        wanted
    }
}

/// A number from 1 up.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<usize, D::Error> {
    struct Written;

    impl Visitor<'_> for Written {
        type Value = usize;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a number of snapshots, from 1 up, like `14`")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<usize, E> {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let wrong = || E::custom("nothing is kept by a 0; write a number from 1 up, or leave the key out");
            Some(number).filter(|number| *number > 0).ok_or_else(wrong)
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> std::result::Result<usize, E> {
            self.visit_str("")
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> std::result::Result<usize, E> {
            self.visit_str("")
        }

        fn visit_str<E: de::Error>(self, _: &str) -> std::result::Result<usize, E> {
            Err(E::custom("this is no number of snapshots; write one from 1 up, like `14`"))
        }
    }

    deserializer.deserialize_any(Written)
}

/// Makes `snapshots` hold what the tables keep, and nothing else of the lake's own; gives back what failed, and goes on
/// with the rest.
pub fn refresh(root: &Path, pin: &Pin, kept: &BTreeMap<TableName, Keep>, staging: &Path) -> Vec<Error> {
    let mut failed = Vec::new();
    let mut wanted: BTreeMap<PathBuf, &Version> = BTreeMap::new();
    for (table, keep) in kept {
        let folder = folder(root, table);
        let days = keep.wanted(pin, table);
        wanted.extend(days.into_iter().map(|(day, version)| (folder.join(format!("{day}.parquet")), version)));
    }
    for (path, version) in &wanted {
        failed.extend(show(root, path, pin, version, staging).err());
    }
    match files(root) {
        Ok(files) => {
            failed.extend(files.iter().filter(|file| !wanted.contains_key(*file)).filter_map(|file| remove(file).err()))
        }
        Err(error) => failed.push(error),
    }
    failed
}

fn show(root: &Path, path: &Path, pin: &Pin, version: &Version, staging: &Path) -> Result<()> {
    fs::create_own_folder(&root.join("snapshots"))?;
    fs::create_own_folder(&folder(root, &version.table))?;
    shown::show(path, pin, version, staging).map(drop)
}

/// Removes a file, and its folder with the last one.
fn remove(path: &Path) -> Result<()> {
    fs::remove(path)?;
    path.parent().map_or(Ok(()), fs::remove_empty)
}

fn folder(root: &Path, table: &TableName) -> PathBuf {
    root.join("snapshots").join(table.to_string())
}

/// Every file that the lake made; others are left alone.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let snapshots = root.join("snapshots");
    let mut files = Vec::new();
    for table in fs::list(&snapshots)?.into_iter().filter(|name| name.parse::<TableName>().is_ok()) {
        let folder = snapshots.join(table);
        if folder.is_dir() {
            files.extend(fs::list(&folder)?.into_iter().filter(|name| is_ours(name)).map(|name| folder.join(name)));
        }
    }
    Ok(files)
}

fn is_ours(name: &str) -> bool {
    name.strip_suffix(".parquet").is_some_and(|day| day.parse::<Day>().is_ok())
}
