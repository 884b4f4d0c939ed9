//! A commit: one atomic publication of tables' versions, as its file says it.
//!
//! A field that this program does not know is refused rather than passed over: whoever does not know what it means
//! would compute a wrong state from the rest. So every new field needs a new format version in `LAKE.json`.

use std::path::{Component, Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::name::{Role, TableName};
use super::state_hash::StateHash;
use crate::day::Day;

/// What a caller wants remembered beside a version or a commit: small, free JSON.
pub type Facts = serde_json::Map<String, serde_json::Value>;

/// One publication: what it added, what it took away, who made it and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// From 1, without gaps.
    pub number: u64,
    /// The SHA-256 of the bytes of the commit file before, of `LAKE.json` for the first.
    pub previous: String,
    pub uuid: Uuid,
    pub run_id: String,
    /// The day of the run.
    pub day: Day,
    #[serde(with = "moment")]
    pub made_at: Timestamp,
    /// The program and its version.
    pub program: String,
    pub message: String,
    /// In order of table, role and day.
    pub added: Vec<Version>,
    /// What was replaced or dropped, as it was.
    pub removed: Vec<Version>,
}

/// What a commit is to remember of its making; identity and time come from outside the lake.
#[derive(Debug, Clone)]
pub struct CommitMeta {
    /// Never used before: by it a commit knows its own file again.
    pub uuid: Uuid,
    pub made_at: Timestamp,
    pub program: String,
    pub message: String,
}

/// A table, in one role, as of one day: what it is known by, not how it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub table: TableName,
    pub role: Role,
    pub day: Day,
    pub rows: u64,
    pub state: StateHash,
    pub(super) files: Vec<DataFile>,
    /// What the run knew of it: sources, counts of rejects and of carried rows.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

impl Version {
    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// One immutable Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataFile {
    /// From the lake's folder, with `/`.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    pub rows: u64,
}

impl Commit {
    /// Fails with what is wrong, to follow the file's name.
    pub(super) fn check(&self, number: u64, previous: &str) -> Result<(), String> {
        if self.number != number {
            return Err(format!("holds the commit {} instead of its own", self.number));
        }
        if self.previous != previous {
            return Err("does not follow on the file before it: one of the two was put in another's place".to_owned());
        }
        let strays = |file: &DataFile| {
            let plain = Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
            !plain || !file.path.starts_with("data/")
        };
        if self.added.iter().flat_map(|version| &version.files).any(strays) {
            return Err("names a data file outside the lake's folder `data`".to_owned());
        }
        let rows = |version: &Version| version.files.iter().map(|file| file.rows).sum::<u64>();
        match self.added.iter().any(|version| version.files.is_empty() || rows(version) != version.rows) {
            true => Err("adds a table whose files do not make up its rows".to_owned()),
            false => Ok(()),
        }
    }
}

mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(moment)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
