//! The lake as one commit left it: a reader holds on to it however many commits follow.
//!
//! It answers by table and day, never by file: how a version is stored is the lake's own affair.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::chain::Head;
use super::commit::{DataFile, Origin, Version};
use super::history;
use super::name::{Role, TableName};
use super::rows::{self, Rows};
use super::verify;
use crate::day::Day;
use crate::error::Result;

/// The versions that the lake holds after one commit; cheap to clone, and safe to share between threads.
#[derive(Debug, Clone)]
pub struct Pin {
    root: Arc<Path>,
    head: Arc<Head>,
}

impl Pin {
    pub(super) fn new(root: Arc<Path>, head: Head) -> Self {
        Self { root, head: Arc::new(head) }
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The number of the commit, 0 for a lake without any.
    pub fn commit(&self) -> u64 {
        self.head.number
    }

    /// The tables that have a version in this role, in order of name.
    pub fn tables(&self, role: Role) -> impl Iterator<Item = &TableName> {
        self.head.state.tables(role)
    }

    /// The days of which the table has a version in this role, oldest first.
    pub fn days(&self, table: &TableName, role: Role) -> Vec<Day> {
        self.head.state.days(table, role).map(|version| version.day).collect()
    }

    /// The table's snapshots that came from exports, oldest first.
    pub fn exports(&self, table: &TableName) -> impl DoubleEndedIterator<Item = &Version> {
        self.of_origin(table, Origin::Export)
    }

    /// The table's snapshots that were rebuilt from events, oldest first.
    pub fn rebuilt(&self, table: &TableName) -> impl DoubleEndedIterator<Item = &Version> {
        self.of_origin(table, Origin::Events)
    }

    fn of_origin(&self, table: &TableName, origin: Origin) -> impl DoubleEndedIterator<Item = &Version> {
        let snapshots = self.head.state.days(table, Role::Snapshot).map(Arc::as_ref);
        snapshots.filter(move |version| version.origin() == origin)
    }

    /// The newest version of a day up to `day`: its own `day` tells how old it is.
    pub fn as_of(&self, table: &TableName, role: Role, day: Day) -> Option<&Version> {
        self.head.state.as_of(table, role, day).map(Arc::as_ref)
    }

    /// The version of exactly this day.
    pub fn on(&self, table: &TableName, role: Role, day: Day) -> Option<&Version> {
        self.head.state.on(table, role, day).map(Arc::as_ref)
    }

    /// The commit that first published the lake's state as of a day: the last one that changed a snapshot of a day up
    /// to it. `None` if there never was a snapshot that old.
    pub fn first_published(&self, day: Day) -> Option<u64> {
        self.head.state.changed().range(..=day).map(|(_, number)| *number).max()
    }

    /// The hash of all snapshots as of a day: each table's name, the day its snapshot is of, and its state.
    pub fn state_hash(&self, day: Day) -> String {
        let lines: String = (self.tables(Role::Snapshot))
            .filter_map(|table| self.as_of(table, Role::Snapshot, day))
            .map(|version| format!("{} {} {}\n", version.table, version.day, version.state))
            .collect();
        crate::hash::sha256(lines.as_bytes())
    }

    /// The columns of a version, without metadata; fails as damage where their file is not the one that was committed.
    pub fn schema(&self, version: &Version) -> Result<SchemaRef> {
        let chain = self.head.state.chain(version);
        let part = chain.iter().rev().find_map(|part| part.rows_file().map(|file| (part, file)));
        let (part, file) = part.expect("a version that is checked on reading builds on a file of rows");
        // Not every flipped bit of a footer is survived by who reads it.
        verify::prove(self, part)?;
        let builder = rows::builder(&self.path(file), file.bytes)?;
        Ok(Arc::new(history::without_own(builder.schema())))
    }

    /// The rows of a version, in the order of its key, or else as they were written.
    ///
    /// Fails as damage where a file is not the one that was committed.
    pub fn read(&self, version: &Version) -> Result<Rows> {
        Rows::open(&history::pieces(self, version)?, self.schema(version)?, &version.key)
    }

    /// Whether the version's own files are those that were committed: what is not whole is loaded or computed again.
    pub fn is_whole(&self, version: &Version) -> bool {
        verify::prove(self, version).is_ok()
    }

    pub(super) fn path(&self, file: &DataFile) -> PathBuf {
        self.root.join(&file.path)
    }
}
