//! What a crash of the machine may leave of what was done to a disk.
//!
//! The disk promises no more than POSIX does, with what every file system of today adds: a name is there or it is not,
//! and a rename never loses what it renames. Content is durable after a sync of the file, a name after a sync of its
//! folder; everything else may have reached the disk or not, each for itself, content also in part or as zeros.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::super::history::Chance;
use crate::lake::recorder::{Content, Deed, Disk, Node, ROOT, Record};

/// A disk at a moment of a record.
pub struct Moment<'r> {
    scratch: &'r BTreeSet<Node>,
    /// What ever had a name outside of scratch.
    in_sight: BTreeSet<Node>,
    durable: Disk,
    /// Of the files' durable content.
    hashes: BTreeMap<Node, u64>,
    /// Files whose content is not durable, with that content.
    unsynced: BTreeMap<Node, Vec<u8>>,
    /// What became of names and is not durable, in its order.
    pending: Vec<Pending>,
    /// How far success was told.
    pub told: usize,
}

#[derive(Debug)]
struct Pending {
    number: usize,
    folder: Node,
    name: String,
    /// `None` where it is gone.
    node: Option<Node>,
    /// The number of what reaches the disk before.
    after: Option<usize>,
}

/// What becomes of content that is not durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    Whole,
    Half,
    Zeros,
}

const FATES: [Fate; 4] = [Fate::Lost, Fate::Whole, Fate::Half, Fate::Zeros];

/// What reached the disk of all that is not durable.
#[derive(Debug)]
pub struct Choice {
    names: BTreeSet<usize>,
    contents: Fate,
    /// A file that fares otherwise.
    but: Option<(Node, Fate)>,
}

impl<'r> Moment<'r> {
    /// Before a record begins. What lies in `scratch` is not taken to pieces.
    pub fn before(record: &Record, scratch: &'r BTreeSet<Node>) -> Self {
        let durable = record.before.clone();
        let (unsynced, pending) = (BTreeMap::new(), Vec::new());
        let hashes = durable.nodes.iter().enumerate().filter_map(|(node, content)| match content {
            Content::File(bytes) => Some((node, hash(bytes))),
            Content::Folder(_) => None,
        });
        let (in_sight, hashes) = (record.old().collect(), hashes.collect());
        Self { scratch, in_sight, durable, hashes, unsynced, pending, told: 0 }
    }

    /// Goes on by the step of that number; tells whether that is in sight.
    pub fn advance(&mut self, number: usize, deed: &Deed) -> bool {
        match deed {
            Deed::Wrote(file, at, bytes) => {
                let now = self.now(*file);
                now.resize(now.len().max(at + bytes.len()), 0);
                now[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Deed::Emptied(file) => self.now(*file).clear(),
            Deed::Synced(node, _) => self.sync(*node),
            Deed::Named { folder, name, node } => {
                if !self.scratch.contains(folder) {
                    self.in_sight.insert(*node);
                }
                self.change(number, *folder, name, Some(*node), None);
            }
            Deed::Unnamed { folder, name, is_renamed } => {
                self.change(number, *folder, name, None, is_renamed.then(|| number - 1));
            }
            Deed::Told(far) => self.told = self.told.max(*far),
        }
        match deed {
            Deed::Wrote(node, ..) | Deed::Emptied(node) | Deed::Synced(node, _) => self.in_sight.contains(node),
            Deed::Named { folder, .. } | Deed::Unnamed { folder, .. } => !self.scratch.contains(folder),
            Deed::Told(_) => true,
        }
    }

    /// A file's content as long as the machine runs.
    fn now(&mut self, file: Node) -> &mut Vec<u8> {
        let durable = self.durable.file(file);
        self.unsynced.entry(file).or_insert_with(|| durable.clone())
    }

    fn change(&mut self, number: usize, folder: Node, name: &str, node: Option<Node>, after: Option<usize>) {
        let name = name.to_owned();
        self.pending.push(Pending { number, folder, name, node, after });
    }

    fn sync(&mut self, node: Node) {
        if let Content::File(_) = self.durable.nodes[node] {
            if let Some(now) = self.unsynced.remove(&node) {
                self.hashes.insert(node, hash(&now));
                *self.durable.file(node) = now;
            }
            return;
        }
        let inside = || self.pending.iter().filter(|pending| pending.folder == node);
        let done: BTreeSet<usize> =
            inside().flat_map(|pending| pending.after.into_iter().chain([pending.number])).collect();
        for pending in self.pending.extract_if(.., |pending| done.contains(&pending.number)) {
            set(self.durable.folder(pending.folder), pending.name, pending.node);
        }
    }

    /// The choices that are looked at. Of names: any first part of them, all but one, and one alone, each with all content
    /// and with none; with all names also content in part, and each file for itself. And some by chance.
    pub fn choices(&self, by_chance: usize) -> Vec<Choice> {
        let (fixed, open): (Vec<&Pending>, Vec<&Pending>) =
            self.pending.iter().partition(|pending| self.scratch.contains(&pending.folder));
        let names = |is_there: &mut dyn FnMut(usize) -> bool| -> BTreeSet<usize> {
            let open = open.iter().enumerate().filter(|(at, _)| is_there(*at)).map(|(_, pending)| pending.number);
            open.chain(fixed.iter().map(|pending| pending.number)).collect()
        };
        let unsynced: Vec<Node> = self.unsynced.keys().copied().filter(|file| self.in_sight.contains(file)).collect();
        let mut choices = Vec::new();
        for one in 0..=open.len() {
            for names in [names(&mut |at| at < one), names(&mut |at| at != one), names(&mut |at| at == one)] {
                for contents in if unsynced.is_empty() { &FATES[..1] } else { &FATES[..2] } {
                    choices.push(Choice { names: names.clone(), contents: *contents, but: None });
                }
            }
        }
        for contents in FATES {
            let but = unsynced.iter().flat_map(|file| FATES.map(|fate| Some((*file, fate))));
            choices.extend(but.chain([None]).map(|but| Choice { names: names(&mut |_| true), contents, but }));
        }
        let mut chance = Chance(self.pending.last().map_or(0, |last| last.number as u64));
        for _ in 0..by_chance {
            let names = names(&mut |_| chance.below(2) == 0);
            let but = unsynced.get(chance.below(unsynced.len().max(1)));
            let but = but.map(|file| (*file, FATES[chance.below(4)]));
            choices.push(Choice { names, contents: FATES[chance.below(4)], but });
        }
        choices
    }

    /// Tells what a choice leaves from all else; what lies in scratch is all one.
    pub fn digest(&self, choice: &Choice) -> u64 {
        let mut hasher = DefaultHasher::new();
        // Not the numbers of nodes: which names are of one file.
        let mut met: BTreeMap<Node, usize> = BTreeMap::new();
        self.walk(choice, &mut |folder, name, node, bytes| {
            if !self.scratch.contains(&folder) {
                let (above, count) = (met.get(&folder).copied(), met.len());
                (name, above, *met.entry(node).or_insert(count)).hash(&mut hasher);
                match (self.hashes.get(&node), bytes) {
                    (Some(hash), _) if !self.unsynced.contains_key(&node) => hash.hash(&mut hasher),
                    (_, Some(bytes)) => hash(&bytes).hash(&mut hasher),
                    (_, None) => "a folder".hash(&mut hasher),
                }
            }
        });
        hasher.finish()
    }

    /// Lays what a choice leaves into an empty folder.
    pub fn lay(&self, choice: &Choice, root: &Path) {
        let mut laid: BTreeMap<Node, PathBuf> = BTreeMap::from([(ROOT, root.to_owned())]);
        self.walk(choice, &mut |folder, name, node, bytes| {
            let path = laid[&folder].join(name);
            match (laid.get(&node), bytes) {
                (Some(first), _) => std::fs::hard_link(first, &path).unwrap(),
                (None, Some(bytes)) => std::fs::write(&path, bytes).unwrap(),
                (None, None) => std::fs::create_dir(&path).unwrap(),
            }
            laid.entry(node).or_insert(path);
        });
    }

    /// Goes through what a choice leaves: the folder, the name in it, what that names, and a file's content.
    fn walk<'m>(&'m self, choice: &Choice, visit: &mut dyn FnMut(Node, &'m str, Node, Option<Cow<'m, [u8]>>)) {
        let mut changed: BTreeMap<Node, BTreeMap<&str, Option<Node>>> = BTreeMap::new();
        let is_pending = |number: usize| self.pending.iter().any(|pending| pending.number == number);
        for Pending { number, folder, name, node, after } in &self.pending {
            let is_free = after.is_none_or(|after| choice.names.contains(&after) || !is_pending(after));
            if choice.names.contains(number) && is_free {
                changed.entry(*folder).or_default().insert(name, *node);
            }
        }
        let mut folders = vec![ROOT];
        while let Some(folder) = folders.pop() {
            let Content::Folder(durable) = &self.durable.nodes[folder] else { panic!("{folder} is a file") };
            let mut names: BTreeMap<&str, Node> = durable.iter().map(|(name, node)| (name.as_str(), *node)).collect();
            for (name, node) in changed.get(&folder).into_iter().flatten() {
                set(&mut names, name, *node);
            }
            for (name, node) in names {
                let bytes = match &self.durable.nodes[node] {
                    Content::Folder(_) => {
                        folders.push(node);
                        None
                    }
                    Content::File(durable) => Some(self.unsynced.get(&node).map_or(durable.into(), |now| {
                        let other = choice.but.filter(|(file, _)| *file == node);
                        fare(durable, now, other.map_or(choice.contents, |(_, fate)| fate))
                    })),
                };
                visit(folder, name, node, bytes);
            }
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn set<K: Ord>(names: &mut BTreeMap<K, Node>, name: K, node: Option<Node>) {
    match node {
        Some(node) => drop(names.insert(name, node)),
        None => drop(names.remove(&name)),
    }
}

fn fare<'m>(durable: &'m [u8], now: &'m [u8], fate: Fate) -> Cow<'m, [u8]> {
    match fate {
        Fate::Lost => durable.into(),
        Fate::Whole => now.into(),
        Fate::Half => now[..now.len() / 2].into(),
        Fate::Zeros => vec![0; now.len()].into(),
    }
}
