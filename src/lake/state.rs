//! Which versions the lake holds after a commit: the sum of all commits up to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::{Commit, Stored, Version};
use super::name::{Role, TableName};
use super::state_hash::StateHash;
use crate::day::Day;

/// The versions of every table in every role, by day.
#[derive(Debug, Clone, Default)]
pub struct State {
    tables: BTreeMap<(Role, TableName), BTreeMap<Day, Arc<Version>>>,
    changed: BTreeMap<Day, u64>,
}

impl State {
    /// The state that a checkpoint wrote down.
    pub fn of(versions: Vec<Version>, changed: BTreeMap<Day, u64>) -> Self {
        let mut state = Self { tables: BTreeMap::new(), changed };
        for version in versions {
            state.put(version.into());
        }
        state
    }

    /// The state after one more commit; fails with what is wrong with it, to follow the file's name.
    pub fn apply(&mut self, commit: &Commit) -> Result<(), String> {
        for removed in &commit.removed {
            let taken = self.take(&removed.table, removed.role, removed.day);
            // Not by the facts: JSON does not give every number back to the last bit.
            if taken.is_none_or(|taken| (taken.state, &taken.files) != (removed.state, &removed.files)) {
                return Err(unfitting("removes", removed));
            }
        }
        for added in &commit.added {
            if self.put(added.clone().into()).is_some() {
                return Err(unfitting("adds a second", added));
            }
        }
        let added: BTreeSet<_> = commit.added.iter().map(what).collect();
        let removed: BTreeSet<_> = commit.removed.iter().map(what).collect();
        // What only came to lie in another file is the same as before.
        for (role, _, day, _) in added.symmetric_difference(&removed) {
            if *role == Role::Snapshot {
                self.changed.insert(*day, commit.number);
            }
        }
        Ok(())
    }

    pub fn put(&mut self, version: Arc<Version>) -> Option<Arc<Version>> {
        self.tables.entry((version.role, version.table.clone())).or_default().insert(version.day, version)
    }

    pub fn take(&mut self, table: &TableName, role: Role, day: Day) -> Option<Arc<Version>> {
        let key = (role, table.clone());
        let days = self.tables.get_mut(&key)?;
        let taken = days.remove(&day);
        if days.is_empty() {
            self.tables.remove(&key);
        }
        taken
    }

    /// The versions of one table by day, oldest first.
    pub fn days(&self, table: &TableName, role: Role) -> impl DoubleEndedIterator<Item = &Arc<Version>> {
        self.tables.get(&(role, table.clone())).into_iter().flat_map(BTreeMap::values)
    }

    pub fn on(&self, table: &TableName, role: Role, day: Day) -> Option<&Arc<Version>> {
        self.tables.get(&(role, table.clone()))?.get(&day)
    }

    pub fn as_of(&self, table: &TableName, role: Role, day: Day) -> Option<&Arc<Version>> {
        Some(self.tables.get(&(role, table.clone()))?.range(..=day).next_back()?.1)
    }

    /// The versions that the rows as of a version lie in, oldest first: itself, and what it builds on.
    pub fn chain(&self, version: &Version) -> Vec<Arc<Version>> {
        let Some(days) = self.tables.get(&(version.role, version.table.clone())) else { return Vec::new() };
        let mut chain = Vec::new();
        for (_, part) in days.range(..=version.day).rev() {
            chain.push(part.clone());
            if part.stored != Stored::Change {
                break;
            }
        }
        chain.reverse();
        chain
    }

    /// The tables of a role, in order of name.
    pub fn tables(&self, role: Role) -> impl Iterator<Item = &TableName> {
        self.tables.keys().filter(move |(of, _)| *of == role).map(|(_, table)| table)
    }

    /// All versions, in order of role, table and day.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.tables.values().flat_map(BTreeMap::values)
    }

    /// For each day of which a snapshot was ever added or removed, the last commit that did.
    pub fn changed(&self) -> &BTreeMap<Day, u64> {
        &self.changed
    }
}

/// What a version says, wherever its rows lie.
fn what(version: &Version) -> (Role, &TableName, Day, StateHash) {
    (version.role, &version.table, version.day, version.state)
}

fn unfitting(does: &str, version: &Version) -> String {
    let Version { table, role, day, .. } = version;
    format!("does not fit the commits before it: it {does} {role} of {table} of {day}")
}
