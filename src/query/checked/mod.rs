//! Statements that were planned without a mistake before, and the columns that each then had: over the same relations they
//! need not be planned again.
//!
//! What a plan depends on is the key: the parsed statement, the columns of every relation that it reads, the code of the
//! user's functions that it calls, and the settings of the session. Another build of the program takes nothing over. So
//! there is nothing to be declared stale: what changes is asked for under another key. A mistake is never kept; a broken
//! statement is planned each time.
//!
//! They are kept in one file of the project's cache folder, see [`file`]. It may be lost or spoiled at any time, and nobody
//! fails for it.

mod file;
mod key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;

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
    statements: BTreeMap<Key, Statement>,
    counted: Counted,
    has_new: bool,
}

#[derive(Debug)]
struct Statement {
    /// As the file has them.
    columns: Vec<u8>,
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
        let statements = folder.and_then(file::read).unwrap_or_default();
        let known = Mutex::new(Known { statements, ..Known::default() });
        Arc::new(Self { folder: folder.map(Path::to_owned), known })
    }

    /// The columns of a statement that was found right before.
    pub fn recall(&self, key: Key) -> Option<SchemaRef> {
        let mut known = self.known();
        let statement = known.statements.get_mut(&key)?;
        let columns = file::columns(&statement.columns)?;
        statement.age = 0;
        known.counted.recalled += 1;
        Some(columns)
    }

    /// Remembers a statement that was planned; `None` are the columns of one with a mistake.
    pub fn planned(&self, key: Key, columns: Option<&SchemaRef>) {
        let columns = columns.filter(|_| self.folder.is_some()).and_then(file::columns_written);
        let mut known = self.known();
        known.counted.planned += 1;
        if let Some(columns) = columns {
            known.statements.insert(key, Statement { columns, age: 0 });
            known.has_new = true;
        }
    }

    /// Keeps what was found out, as far as that is possible.
    pub fn keep(&self) {
        let Some(folder) = &self.folder else { return };
        let mut known = self.known();
        if known.has_new {
            // What could not be written now is planned again the next time.
            let _ = file::write(folder, &known.statements);
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
