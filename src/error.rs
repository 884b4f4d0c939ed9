//! What can stop a command: the kind that chooses the exit code, the words for a person, and the
//! problems found in the user's files.

use std::fmt;
use std::path::Path;

use crate::problem::Problem;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command stopped. The order is the order of gravity: of several, the gravest gives the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The run went through; a report or a delivery did not.
    Delivery,
    /// A source or a model failed.
    Failed,
    /// The project's files or the command line are wrong; nothing ran.
    Project,
    /// Another run holds the lake; the same command will do later.
    Busy,
    /// Disk, permissions, file system.
    Io,
    /// The lake does not hold what its commits say.
    Damaged,
}

/// A failure told once, by `main`.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// What was being done to what, and why it failed; no value from a customer's data.
    pub message: String,
    /// The action that mends it.
    pub help: Option<String>,
    /// For `Kind::Project`: everything that is wrong, in file order.
    pub problems: Vec<Problem>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None, problems: Vec::new() }
    }

    /// A failure of the file system: `doing` is a verb phrase, as in `read`, `create the folder`.
    pub fn io(doing: &str, path: &Path, source: &std::io::Error) -> Self {
        Self::new(Kind::Io, format!("could not {doing} {}: {source}", path.display()))
    }

    /// A source or a model that failed while it ran.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The user's files are wrong.
    pub fn project(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::new(Kind::Project, "the project has mistakes; nothing ran") }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Gives a file-system result its words: `fs::read(p).doing("read", p)?`.
pub trait Doing<T> {
    fn doing(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::io(doing, path, &source))
    }
}
