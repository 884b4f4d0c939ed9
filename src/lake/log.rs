//! What commits changed: the tables that they added, replaced or removed, and whether that corrected a past.

use std::collections::BTreeMap;

use super::commit::{Commit, Version};
use super::name::Role;
use crate::day::Day;

/// What a commit did to a table of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<'c> {
    pub kind: ChangeKind,
    /// As it is after the commit; as it was, if it was removed.
    pub version: &'c Version,
    /// What a replaced or confirmed one was.
    pub before: Option<&'c Version>,
    /// Whether it changes what the lake had said of a snapshot's day: one that is replaced or removed, or that came
    /// although the lake held a later day.
    pub is_correction: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Replaced,
    Removed,
    /// The same rows came again: what the lake remembers beside them is new, or a file of theirs was mended. It is told of
    /// commits that did nothing else.
    Confirmed,
}

/// What each of the lake's commits, given oldest first, changed: in order of role, table and day.
///
/// A version that only came to lie in another file is as it was, and is not told.
pub fn changes(log: &[Commit]) -> Vec<Vec<Change<'_>>> {
    // How many snapshots the lake holds of each day.
    let mut held: BTreeMap<Day, usize> = BTreeMap::new();
    let mut told = Vec::with_capacity(log.len());
    for commit in log {
        told.push(of_commit(commit, held.keys().next_back().copied()));
        for version in commit.removed.iter().filter(|version| version.role == Role::Snapshot) {
            if let Some(count) = held.get_mut(&version.day) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&version.day);
                }
            }
        }
        for version in commit.added.iter().filter(|version| version.role == Role::Snapshot) {
            *held.entry(version.day).or_default() += 1;
        }
    }
    told
}

fn of_commit(commit: &Commit, newest: Option<Day>) -> Vec<Change<'_>> {
    // As a version was, and as it is.
    let mut pairs: BTreeMap<_, [Option<&Version>; 2]> = BTreeMap::new();
    for (at, versions) in [&commit.removed, &commit.added].into_iter().enumerate() {
        for version in versions {
            pairs.entry((version.role, &version.table, version.day)).or_default()[at] = Some(version);
        }
    }
    let (mut changes, mut confirmed) = (Vec::new(), Vec::new());
    for ((role, _, day), pair) in pairs {
        let is_late = newest.is_some_and(|newest| day < newest);
        let (kind, version, before, is_correction) = match pair {
            [Some(before), Some(after)] if (before.state, before.rows) == (after.state, after.rows) => {
                // What was derived anew from a day before it keeps its facts, and came to lie in other files.
                if before.facts != after.facts || before.has_files_of(after) {
                    let kind = ChangeKind::Confirmed;
                    confirmed.push(Change { kind, version: after, before: Some(before), is_correction: false });
                }
                continue;
            }
            [Some(before), Some(after)] => (ChangeKind::Replaced, after, Some(before), true),
            [Some(before), None] => (ChangeKind::Removed, before, None, true),
            [None, Some(after)] => (ChangeKind::Added, after, None, is_late),
            [None, None] => continue,
        };
        changes.push(Change { kind, version, before, is_correction: is_correction && role == Role::Snapshot });
    }
    if changes.is_empty() { confirmed } else { changes }
}
