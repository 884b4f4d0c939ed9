//! Rejected rows: what could not be taken of an export, kept in the lake beside the table.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray, UInt64Array};

use crate::error::{Error, Result};
use crate::query::declared::reject_schema;

/// A row of an export that was not taken.
#[derive(Debug, Clone)]
pub struct Reject {
    pub file: Arc<str>,
    pub line: u64,
    pub column: Option<String>,
    pub reason: String,
    /// The row as it was read: header to text, as JSON. It stays in the lake and enters no message.
    pub fields: String,
}

/// The rejects of an export that is being read.
pub enum Rejects {
    Kept(Vec<Reject>),
    /// They are so many that the export is most likely refused: only how many of what.
    Counted(Tally),
}

impl Default for Rejects {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

impl Rejects {
    pub fn len(&self) -> u64 {
        match self {
            Self::Kept(rejects) => rejects.len() as u64,
            Self::Counted(tally) => tally.count,
        }
    }

    pub fn are_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// Adds a reject; its fields are asked for only where it is kept.
    pub fn add(&mut self, at: (&Arc<str>, u64), column: Option<&str>, reason: &str, fields: impl FnOnce() -> String) {
        let (file, line) = at;
        match self {
            Self::Counted(tally) => tally.add(at, column, reason),
            Self::Kept(rejects) => rejects.push(Reject {
                file: Arc::clone(file),
                line,
                column: column.map(str::to_owned),
                reason: reason.to_owned(),
                fields: fields(),
            }),
        }
    }

    pub fn extend(&mut self, more: impl Iterator<Item = Reject>) {
        match self {
            Self::Kept(rejects) => rejects.extend(more),
            Self::Counted(tally) => {
                more.for_each(|Reject { file, line, column, reason, .. }| {
                    tally.add((&file, line), column.as_deref(), &reason);
                });
            }
        }
    }

    /// Why rows were rejected, the most frequent first: `column reason` and how many, with the first place.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Kept(rejects) => Tally::of(rejects).reasons(),
            Self::Counted(tally) => tally.reasons(),
        }
    }

    /// Keeps nothing but counts from now on.
    pub fn count(&mut self) {
        if let Self::Kept(rejects) = self {
            *self = Self::Counted(Tally::of(rejects));
        }
    }
}

/// How many rows were rejected for what reason, and the first place of each.
#[derive(Default)]
pub struct Tally {
    count: u64,
    reasons: BTreeMap<String, (u64, (Arc<str>, u64))>,
}

impl Tally {
    fn of(rejects: &[Reject]) -> Self {
        let mut tally = Self::default();
        for Reject { file, line, column, reason, .. } in rejects {
            tally.add((file, *line), column.as_deref(), reason);
        }
        tally
    }

    fn add(&mut self, (file, line): (&Arc<str>, u64), column: Option<&str>, reason: &str) {
        self.count += 1;
        let what = match column {
            Some(column) => format!("`{column}` {reason}"),
            None => reason.to_owned(),
        };
        match self.reasons.entry(what) {
            Entry::Vacant(new) => drop(new.insert((1, (Arc::clone(file), line)))),
            Entry::Occupied(mut held) => {
                let (count, first) = held.get_mut();
                *count += 1;
                if (file, line) < (&first.0, first.1) {
                    *first = (Arc::clone(file), line);
                }
            }
        }
    }

    fn reasons(&self) -> Vec<String> {
        let told = |(what, (count, (file, line))): (&String, &(u64, (Arc<str>, u64)))| {
            (*count, format!("{count} × {what} (first in {file}:{line})"))
        };
        let mut sorted: Vec<(u64, String)> = self.reasons.iter().map(told).collect();
        sorted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        sorted.into_iter().map(|(_, told)| told).collect()
    }
}

/// The rejects as a table, in the order of their places.
pub fn batch(mut rejects: Vec<Reject>) -> Result<RecordBatch> {
    rejects.sort_by(|a, b| (&a.file, a.line, &a.column).cmp(&(&b.file, b.line, &b.column)));
    let text = |of: fn(&Reject) -> Option<&str>| Arc::new(rejects.iter().map(of).collect::<StringArray>());
    RecordBatch::try_new(
        reject_schema(),
        vec![
            text(|reject| Some(&reject.file)),
            Arc::new(rejects.iter().map(|reject| reject.line).collect::<UInt64Array>()),
            text(|reject| reject.column.as_deref()),
            text(|reject| Some(&reject.reason)),
            text(|reject| Some(&reject.fields)),
        ],
    )
    .map_err(|error| Error::failed(format!("could not keep the rejected rows: {error}")))
}

/// A row as JSON text under its header; fields past the header are numbered.
pub fn row_json<'a>(header: &'a [String], fields: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut object = serde_json::Map::new();
    for (at, field) in fields.enumerate() {
        let name = header.get(at).cloned().unwrap_or_else(|| format!("field {}", at + 1));
        if let Some(text) = field {
            object.insert(name, serde_json::Value::from(text));
        }
    }
    serde_json::Value::Object(object).to_string()
}
