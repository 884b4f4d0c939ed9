//! The file of what is known, in the cache folder of a project: `.forecastle/statements`.
//!
//! It holds hashes, and names of relations, functions and columns with their types; no data and no SQL. The folder tells version control and backups to
//! leave it alone, and may be deleted at any time.
//!
//! ```text
//! head         32 bytes: magic, hash of the source that the program was built from
//! entries      each: key, age, length, and the columns of a statement in Arrow's IPC format, or what a text reads as JSON
//! ```
//!
//! A reader takes the file whole or not at all: it is moved to its name when it is finished, its last bytes are a hash of
//! the others, and those of another build are passed over. Of two processes that would write it at once one does; the
//! other's statements are planned again some day.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc;
use arrow::ipc::convert::{IpcSchemaEncoder, fb_to_schema};
use twox_hash::XxHash3_128;

use super::{Entry, FORGOTTEN_AFTER, Key};
use crate::lake::Scrap;

const NAME: &str = "statements";
const UNFINISHED: &str = "statements.unfinished";
const LOCK: &str = "lock";

const MAGIC: &[u8; 16] = b"forecastle plan\x01";
const HEAD: usize = 32;
const KEY: usize = 16;
const LENGTH: usize = 4;

/// A larger file is none that this program has written for any project it could plan.
const MOST_BYTES: u64 = 256 << 20;

/// By the tools that know them, the contents of these two keep a folder out of version control and of backups.
const IGNORED: [(&str, &str); 2] = [
    (".gitignore", "*\n"),
    (
        "CACHEDIR.TAG",
        "Signature: 8a477f597d28d172789f06886806bc55\n# What forecastle has worked out and can work out again. Delete it as you like.\n",
    ),
];

/// What the file of a folder holds; `None` where there is none, or none that can be trusted.
pub(super) fn read(folder: &Path) -> Option<BTreeMap<Key, Entry>> {
    let path = folder.join(NAME);
    let facts = fs::symlink_metadata(&path).ok()?;
    if !facts.is_file() || facts.len() > MOST_BYTES {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    let (head, mut rest) = Scrap::open(&bytes, HEAD)?;
    if head != self::head() {
        return None;
    }
    let mut entries = BTreeMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_at_checked(KEY)?;
        let (age, after) = after.split_first()?;
        let (length, after) = after.split_at_checked(LENGTH)?;
        let length = u32::from_le_bytes(length.try_into().ok()?);
        let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        let key = Key(u128::from_le_bytes(key.try_into().ok()?));
        entries.insert(key, Entry { value: value.to_vec(), age: *age });
        rest = after;
    }
    Some(entries)
}

/// Writes the file anew, without what has not been asked for in a long time.
pub(super) fn write(folder: &Path, entries: &BTreeMap<Key, Entry>) -> io::Result<()> {
    make(folder)?;
    let lock = File::create(folder.join(LOCK))?;
    // Another process writes what it knows; it is held until this one is done.
    lock.try_lock()?;
    let unfinished = folder.join(UNFINISHED);
    // Left by a process that died.
    let _ = fs::remove_file(&unfinished);
    let mut scrap = Scrap::create(&unfinished).map_err(io::Error::other)?;
    scrap.leave_room(HEAD)?;
    let mut out = BufWriter::with_capacity(1 << 16, scrap);
    for (key, entry) in entries {
        // One that was asked for has the age 0 and grows older from here on.
        if entry.age < FORGOTTEN_AFTER {
            out.write_all(&key.0.to_le_bytes())?;
            out.write_all(&[entry.age + 1])?;
            out.write_all(&u32::try_from(entry.value.len()).map_err(io::Error::other)?.to_le_bytes())?;
            out.write_all(&entry.value)?;
        }
    }
    out.into_inner()?.end(&head())?;
    fs::rename(unfinished, folder.join(NAME))
}

/// Makes the folder, with what keeps it out of version control.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => {}
        // A link could lead anywhere.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::symlink_metadata(folder)?.is_dir() => {
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    IGNORED.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

fn head() -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    let build = XxHash3_128::oneshot(concat!(env!("CARGO_PKG_VERSION"), " ", env!("FORECASTLE_SOURCE")).as_bytes());
    head[MAGIC.len()..].copy_from_slice(&build.to_le_bytes());
    head
}

/// Columns as bytes; `None` of those that would not come back as they are.
pub(super) fn columns_written(columns: &SchemaRef) -> Option<Vec<u8>> {
    let written = IpcSchemaEncoder::new().schema_to_fb(columns).finished_data().to_vec();
    (self::columns(&written)? == *columns).then_some(written)
}

pub(super) fn columns(written: &[u8]) -> Option<SchemaRef> {
    let columns: Schema = ipc::root_as_schema(written).ok().map(fb_to_schema)?;
    Some(Arc::new(columns))
}
