//! Statements that were planned without a mistake before, and the columns that each then had: over the same relations they
//! need not be planned again.
//!
//! What a plan depends on is the key: the statement, the columns of every relation that it reads, the code of the
//! user's functions that it calls, and the settings of the session. Another build of the program takes nothing over. So
//! there is nothing to be declared stale: what changes is asked for under another key. A mistake is never kept; a broken
//! statement is planned each time.
//!
//! What a text reads and calls, which its parser finds out, is known in the same way by the text itself.
//!
//! Both are kept in one file of the project's cache folder, see `file`. It may be lost or spoiled at any time, and nobody
//! fails for it.

mod file;
mod key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;
use datafusion::sql::parser::Statement;

use super::statement::Reading;

pub use key::{Digest, Key};

/// So many times the file is written without a statement being asked for until it is left out: a branch that is left and
/// come back to is still known.
const FORGOTTEN_AFTER: u8 = 8;

/// The statements that are known, and those that become so.
#[derive(Debug, Default)]
pub struct Checked {
    /// `None` where nothing is kept.
    folder: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    entries: BTreeMap<Key, Entry>,
    counted: Counted,
    has_new: bool,
    trees: Trees,
}

/// The trees of texts that were just parsed, for the first who plans each.
#[derive(Debug, Default)]
struct Trees {
    of_texts: BTreeMap<Key, Statement>,
    /// The bytes of those texts.
    held: usize,
}

impl Trees {
    /// A tree takes many times the room of its text: what is more than this is parsed again.
    const MOST: usize = 1 << 20;

    fn hold(&mut self, text: &str, tree: Statement) {
        if self.held + text.len() <= Self::MOST {
            self.held += text.len();
            self.of_texts.insert(Digest::of_text(text), tree);
        }
    }

    fn take(&mut self, text: &str) -> Option<Statement> {
        let tree = self.of_texts.remove(&Digest::of_text(text))?;
        self.held -= text.len();
        Some(tree)
    }
}

impl Known {
    fn remember(&mut self, key: Key, value: Vec<u8>) {
        self.entries.insert(key, Entry { value, age: 0 });
        self.has_new = true;
    }
}

#[derive(Debug)]
struct Entry {
    /// The columns of a statement, or what a text reads.
    value: Vec<u8>,
    /// How many times the file was written since it was last asked for.
    age: u8,
}

/// How many statements were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub planned: usize,
    /// Known from before.
    pub recalled: usize,
}

impl Checked {
    /// What is known in a project's cache folder; nothing, and nothing is kept, without one.
    pub fn open(folder: Option<&Path>) -> Arc<Self> {
        let entries = folder.and_then(file::read).unwrap_or_default();
        let known = Mutex::new(Known { entries, ..Known::default() });
        Arc::new(Self { folder: folder.map(Path::to_owned), known })
    }

    /// The columns of a statement that was found right before.
    pub fn recall(&self, key: Key) -> Option<SchemaRef> {
        let mut known = self.known();
        let entry = known.entries.get_mut(&key)?;
        let columns = file::columns(&entry.value)?;
        entry.age = 0;
        known.counted.recalled += 1;
        Some(columns)
    }

    /// Remembers a statement that was planned; `None` are the columns of one with a mistake.
    pub fn planned(&self, key: Key, columns: Option<&SchemaRef>) {
        let columns = columns.and_then(file::columns_written);
        let mut known = self.known();
        known.counted.planned += 1;
        if let Some(columns) = columns {
            known.remember(key, columns);
        }
    }

    /// What a text reads, as it was found before.
    pub fn reading(&self, text: &str) -> Option<Reading> {
        let mut known = self.known();
        let entry = known.entries.get_mut(&Digest::of_text(text))?;
        let reading = serde_json::from_slice(&entry.value).ok()?;
        entry.age = 0;
        Some(reading)
    }

    /// Whether it was found before what a text reads.
    pub fn has_read(&self, text: &str) -> bool {
        self.known().entries.contains_key(&Digest::of_text(text))
    }

    /// Remembers what a text reads.
    pub fn read(&self, text: &str, reading: &Reading) {
        if let Ok(value) = serde_json::to_vec(reading) {
            self.known().remember(Digest::of_text(text), value);
        }
    }

    /// Holds the tree of a text that was parsed to find out what it reads.
    pub fn hold(&self, text: &str, tree: Statement) {
        self.known().trees.hold(text, tree);
    }

    /// The tree of a text that was just parsed, once.
    pub fn take(&self, text: &str) -> Option<Statement> {
        self.known().trees.take(text)
    }

    /// Keeps what was found out, as far as that is possible.
    pub fn keep(&self) {
        let Some(folder) = &self.folder else { return };
        let mut known = self.known();
        if known.has_new {
            // What could not be written now is planned again the next time.
            let _ = file::write(folder, &known.entries);
            known.has_new = false;
        }
    }

    pub fn counted(&self) -> Counted {
        self.known().counted
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change of it is whole before anything could panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
