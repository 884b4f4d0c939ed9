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
    #[serde(default, skip_serializing_if = "Stored::is_whole")]
    pub(super) stored: Stored,
    /// The key's columns; a snapshot that has one is kept as history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) key: Vec<String>,
    pub(super) files: Vec<DataFile>,
    /// What the run knew of it: sources, counts of rejects and of carried rows.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

/// How the rows of a version lie in files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stored {
    /// All of them in its own file.
    #[default]
    Whole,
    /// Likewise, each with the day since which it is so: what the changes of later days build on.
    Base,
    /// Its own files hold what is different from the version before.
    Change,
    /// In the file of a closed segment of history, which it shares with the versions of other days.
    Month,
}

impl Stored {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// Where the rows of a snapshot come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The day's export.
    Export,
    /// Changes that the CRM remembers from before the first export.
    Events,
}

impl Origin {
    /// The fact beside a version that tells it; a version without it is of an export.
    pub const FACT: &str = "origin";

    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Events => "events",
        }
    }

    pub(super) fn of(facts: &Facts) -> Self {
        let told = facts.get(Self::FACT).and_then(|told| told.as_str());
        if told == Some(Self::Events.name()) { Self::Events } else { Self::Export }
    }
}

impl Version {
    /// The fact that names the state which the version took rows over from.
    pub const BUILDS_ON: &str = "builds_on";
    /// The fact that names the SQL by which a partition was computed.
    pub const CODE: &str = "code";
    /// The fact that names the states of the tables over which a partition was computed.
    pub const INPUTS: &str = "inputs";
    /// The facts by which the same rows are known to be of now; others are told once, by whoever came first.
    pub(super) const STANDING: [&str; 3] = [Self::BUILDS_ON, Self::CODE, Self::INPUTS];

    pub fn origin(&self) -> Origin {
        Origin::of(&self.facts)
    }

    pub(super) fn rows_file(&self) -> Option<&DataFile> {
        self.files.iter().find(|file| file.holds == Holds::Rows)
    }

    /// Whether the own files of both have the same bytes, wherever they lie.
    pub(super) fn has_files_of(&self, other: &Self) -> bool {
        let files = |version: &Self| {
            version.files.iter().map(|file| (file.holds, file.bytes, file.sha256.clone())).collect::<Vec<_>>()
        };
        files(self) == files(other)
    }

    /// Bytes on disk of its own files: of a day that is kept as a change, those of the change.
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
    #[serde(default, skip_serializing_if = "Holds::is_rows")]
    pub holds: Holds,
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Holds {
    /// Rows of the table.
    #[default]
    Rows,
    /// Positions of rows that are so no longer.
    Ended,
}

impl Holds {
    fn is_rows(&self) -> bool {
        *self == Self::Rows
    }
}

impl Commit {
    /// Fails with what is wrong, to follow the file's name.
    pub(super) fn check(&self, number: u64, previous: &str) -> Result<(), String> {
        if self.number != number {
            return Err(format!("holds the commit {} instead of its own", self.number));
        }
        if self.previous != previous {
            let before = if number == 1 { "LAKE.json" } else { "the file before it" };
            return Err(format!("does not follow on {before}: one of the two was put in another's place"));
        }
        let strays = |file: &DataFile| {
            let plain = Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
            !plain || !file.path.starts_with("data/")
        };
        if self.added.iter().flat_map(|version| &version.files).any(strays) {
            return Err("names a data file outside the lake's folder `data`".to_owned());
        }
        let rows = |version: &Version| version.rows_file().map(|file| file.rows);
        let is_short = |version: &Version| match version.stored {
            Stored::Whole | Stored::Base => rows(version) != Some(version.rows),
            Stored::Change => rows(version).is_some_and(|rows| rows > version.rows),
            Stored::Month => rows(version).is_none_or(|rows| rows < version.rows),
        };
        match self.added.iter().any(is_short) {
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
