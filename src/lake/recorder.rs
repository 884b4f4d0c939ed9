//! Records for tests what the lake does to the disk, each for the thread that asked for it: which file or folder, not
//! by which name, so that what a crash leaves of it can be worked out. Can leave out what a mutant would.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::panic::Location;
use std::path::{Path, PathBuf};

use super::fault;
use super::fs::Change;

/// A file or folder of a [`Disk`], by its place in the list.
pub type Node = usize;

/// The folder in which everything lies.
pub const ROOT: Node = 0;

#[derive(Debug, Clone)]
pub enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, Node>),
}

/// Files and folders; one that no folder names is gone.
#[derive(Debug, Clone)]
pub struct Disk {
    pub nodes: Vec<Content>,
}

/// A step of a record.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Bytes from a place in a file on.
    Wrote(Node, usize, Vec<u8>),
    Emptied(Node),
    /// Content or names became durable.
    Synced(Node, Sync),
    /// A folder names something, in the place of what it named so before.
    Named {
        folder: Node,
        name: String,
        node: Node,
    },
    /// A folder names something no longer; where that was renamed, the step before gave it the other name.
    Unnamed {
        folder: Node,
        name: String,
        is_renamed: bool,
    },
    /// Whoever called was told of success; how far it has come.
    Told(usize),
}

/// A place in the code that makes something durable, and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sync {
    pub place: &'static Location<'static>,
    pub path: PathBuf,
}

/// What was done to a folder and all in it.
#[derive(Debug)]
pub struct Record {
    root: PathBuf,
    /// As all was before; files and folders that came later are in it too, empty and without a name.
    pub before: Disk,
    now: Disk,
    /// The folders below `staging`: what lies in them nobody looks at again but to remove it.
    pub scratch: BTreeSet<Node>,
    pub deeds: Vec<Deed>,
}

thread_local! {
    static RECORD: RefCell<Option<Record>> = const { RefCell::new(None) };
    static LEFT_OUT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Begins a record of what is done in the folder `root`.
pub fn start(root: &Path) {
    let disk = Disk::read(root);
    let (root, before) = (root.to_owned(), disk.clone());
    RECORD.set(Some(Record { root, before, now: disk, scratch: BTreeSet::new(), deeds: Vec::new() }));
}

/// Ends the record.
pub fn stop() -> Record {
    RECORD.take().expect("a record was begun")
}

/// How many steps the record has so far.
pub fn deeds() -> usize {
    RECORD.with_borrow(|record| record.as_ref().map_or(0, |record| record.deeds.len()))
}

/// Notes, if there is a record, how far the caller was told that it has come.
pub fn tell(far: usize) {
    RECORD.with_borrow_mut(|record| {
        if let Some(record) = record {
            record.deeds.push(Deed::Told(far));
        }
    });
}

/// Lets `names` renames and links be done, and leaves the next one out.
pub fn leave_out_after(names: usize) {
    LEFT_OUT.set(Some(names));
}

/// Ends leaving out; tells whether something was left out.
pub fn end_leaving_out() -> bool {
    LEFT_OUT.take().is_none()
}

/// Makes a change, unless a fault strikes, and records it.
#[track_caller]
pub fn make<T>(change: Change<'_>, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    fault::step()?;
    let (made, place) = (call()?, Location::caller());
    RECORD.with_borrow_mut(|record| {
        if let Some(record) = record {
            record.note(change, place);
        }
    });
    Ok(made)
}

/// Likewise, unless it is to be left out.
pub fn make_name(change: Change<'_>, call: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let is_left_out = match LEFT_OUT.get() {
        None => false,
        Some(0) => LEFT_OUT.replace(None).is_some(),
        Some(left) => LEFT_OUT.replace(Some(left - 1)).is_none(),
    };
    if is_left_out { Ok(()) } else { make(change, call) }
}

impl Disk {
    /// What lies in a folder.
    fn read(root: &Path) -> Self {
        let mut disk = Self { nodes: vec![Content::Folder(BTreeMap::new())] };
        disk.read_folder(root, ROOT, &mut BTreeMap::new());
        disk
    }

    fn read_folder(&mut self, path: &Path, folder: Node, known: &mut BTreeMap<u64, Node>) {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.metadata().unwrap();
            let node = known.get(&metadata.ino()).copied().unwrap_or_else(|| {
                let content = match metadata.is_dir() {
                    true => Content::Folder(BTreeMap::new()),
                    false => Content::File(std::fs::read(&path).unwrap()),
                };
                self.add(content)
            });
            known.insert(metadata.ino(), node);
            let name = path.file_name().unwrap().to_str().unwrap();
            self.folder(folder).insert(name.to_owned(), node);
            if metadata.is_dir() {
                self.read_folder(&path, node, known);
            }
        }
    }

    fn add(&mut self, content: Content) -> Node {
        self.nodes.push(content);
        self.nodes.len() - 1
    }

    pub fn folder(&mut self, node: Node) -> &mut BTreeMap<String, Node> {
        match &mut self.nodes[node] {
            Content::Folder(names) => names,
            Content::File(_) => panic!("{node} is a file"),
        }
    }

    pub fn file(&mut self, node: Node) -> &mut Vec<u8> {
        match &mut self.nodes[node] {
            Content::File(bytes) => bytes,
            Content::Folder(_) => panic!("{node} is a folder"),
        }
    }
}

impl Record {
    /// What had a name before.
    pub fn old(&self) -> impl Iterator<Item = Node> {
        let folders = self.before.nodes.iter().filter_map(|content| match content {
            Content::Folder(names) => Some(names.values().copied()),
            Content::File(_) => None,
        });
        folders.flatten().chain([ROOT])
    }

    fn note(&mut self, change: Change<'_>, place: &'static Location<'static>) {
        match change {
            Change::Create(path) => {
                if self.find(path).is_none() {
                    self.new_node(path, Content::File(Vec::new()));
                }
            }
            Change::CreateFolder(path) => {
                let node = self.new_node(path, Content::Folder(BTreeMap::new()));
                if path.parent().is_some_and(|above| above.iter().any(|name| name == "staging")) {
                    self.scratch.insert(node);
                }
            }
            Change::Write(path, at, bytes) => {
                self.deeds.push(Deed::Wrote(self.known(path), at as usize, bytes.to_vec()));
            }
            Change::Empty(path) => self.deeds.push(Deed::Emptied(self.known(path))),
            Change::Sync(path) | Change::SyncFolder(path) => {
                // The folder's own name is durable.
                let Ok(inside) = path.strip_prefix(&self.root) else { return };
                self.deeds.push(Deed::Synced(self.known(path), Sync { place, path: inside.to_owned() }));
            }
            Change::Link(path, name) => self.name(name, self.known(path)),
            Change::Rename(from, to) => {
                self.name(to, self.known(from));
                self.unname(from, true);
            }
            Change::Remove(path) => self.unname(path, false),
            Change::RemoveAll(path) => self.unname_all(path),
        }
    }

    fn new_node(&mut self, path: &Path, content: Content) -> Node {
        self.before.add(content.clone());
        let node = self.now.add(content);
        self.name(path, node);
        node
    }

    fn name(&mut self, path: &Path, node: Node) {
        let (folder, name) = self.place(path);
        self.now.folder(folder).insert(name.clone(), node);
        self.deeds.push(Deed::Named { folder, name, node });
    }

    fn unname(&mut self, path: &Path, is_renamed: bool) {
        let (folder, name) = self.place(path);
        self.now.folder(folder).remove(&name);
        self.deeds.push(Deed::Unnamed { folder, name, is_renamed });
    }

    fn unname_all(&mut self, path: &Path) {
        if let Content::Folder(names) = &self.now.nodes[self.known(path)] {
            names.clone().keys().for_each(|name| self.unname_all(&path.join(name)));
        }
        self.unname(path, false);
    }

    /// The folder that a path leads to, and the name in it.
    fn place(&self, path: &Path) -> (Node, String) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (self.known(path.parent().unwrap()), name)
    }

    fn known(&self, path: &Path) -> Node {
        self.find(path).unwrap_or_else(|| panic!("{} is not recorded", path.display()))
    }

    fn find(&self, path: &Path) -> Option<Node> {
        let inside = path.strip_prefix(&self.root).unwrap();
        inside.iter().try_fold(ROOT, |folder, name| match &self.now.nodes[folder] {
            Content::Folder(names) => names.get(name.to_str().unwrap()).copied(),
            Content::File(_) => None,
        })
    }
}
