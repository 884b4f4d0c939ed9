//! `latest/`: each table's newest rows as one plain Parquet file, for readers that know nothing of commits.
//!
//! A version that lies whole in a file of its own is linked; one that is kept as a change is written out. Each file is
//! swapped at once, the tables one after the other: who needs them all of one night reads through a pin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::file::metadata::ParquetMetaDataReader;

use super::commit::{DataFile, Stored, Version};
use super::history;
use super::name::{Role, TableName};
use super::parquet_file::ParquetFile;
use super::pin::Pin;
use super::state_hash::{StateHash, StateHasher};
use super::{fs, rows};
use crate::error::{Error, Result};

/// What a written file says of itself: the state that it shows.
const SHOWS: &str = "forecastle.state";

/// Makes `latest` show what a pin does, whatever it shows; gives back what failed, and goes on with the rest.
pub fn refresh(root: &Path, pin: &Pin, staging: &Path) -> Vec<Error> {
    remake(root, pin, staging).1
}

/// Likewise; gives back first which files were not as they are to be.
pub fn remake(root: &Path, pin: &Pin, staging: &Path) -> (Vec<PathBuf>, Vec<Error>) {
    let latest = root.join("latest");
    let wanted = wanted(pin);
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    let mut note = |path: PathBuf, done: Result<bool>| match done {
        Ok(true) => changed.push(path),
        Ok(false) => {}
        Err(error) => failed.push(error),
    };
    for (name, version) in &wanted {
        let path = latest.join(name);
        let shown = show(&path, pin, version, staging);
        note(path, shown);
    }
    match fs::list(&latest) {
        Ok(names) => {
            for name in names.iter().filter(|name| is_ours(name) && !wanted.contains_key(*name)) {
                let path = latest.join(name);
                let removed = fs::remove(&path).map(|()| true);
                note(path, removed);
            }
        }
        Err(error) => failed.push(error),
    }
    (changed, failed)
}

/// Each table's newest snapshot, or its model's newest table, by the name of its file.
fn wanted(pin: &Pin) -> BTreeMap<String, &Version> {
    let mut wanted = BTreeMap::new();
    for role in [Role::Model, Role::Snapshot] {
        for table in pin.tables(role) {
            let newest = pin.head().state.days(table, role).next_back();
            wanted.extend(newest.map(|version| (format!("{table}.parquet"), version.as_ref())));
        }
    }
    wanted
}

/// Takes away every file that the lake made; gives back what failed.
pub fn clear(root: &Path) -> Vec<Error> {
    match shown(root) {
        Ok(shown) => shown.iter().filter_map(|path| fs::remove(path).err()).collect(),
        Err(error) => vec![error],
    }
}

/// Every file that the lake made.
pub fn shown(root: &Path) -> Result<Vec<PathBuf>> {
    let latest = root.join("latest");
    Ok(fs::list(&latest)?.into_iter().filter(|name| is_ours(name)).map(|name| latest.join(name)).collect())
}

/// Whether the lake made a file of this name; others are left alone.
fn is_ours(name: &str) -> bool {
    name.strip_suffix(".parquet").is_some_and(|table| table.parse::<TableName>().is_ok())
}

/// Makes a file show a version; tells whether it did not yet.
fn show(shown: &Path, pin: &Pin, version: &Version, staging: &Path) -> Result<bool> {
    let unfinished = staging.join("latest");
    fs::remove(&unfinished)?;
    if version.stored == Stored::Whole {
        let Some(file) = version.rows_file().map(|file| pin.path(file)) else { return Ok(false) };
        if fs::is_same_file(shown, &file) {
            return Ok(false);
        }
        fs::link(&file, &unfinished)?;
    } else {
        let schema = pin.schema(version)?;
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let shows = format!("{} {} {}", version.day, version.state, columns.join(" "));
        if said(shown).is_some_and(|said| said == shows) {
            return Ok(false);
        }
        let mut file = ParquetFile::create(&unfinished, &schema)?;
        // Piece by piece: whoever reads it knows nothing of keys, and putting them in order costs as much as writing.
        for piece in history::pieces(pin, version)? {
            for rows in piece.open(Some(&columns))? {
                file.write(&rows?.0, &unfinished)?;
            }
        }
        file.say(SHOWS, &shows, &unfinished)?;
        file.finish(&unfinished, String::new())?;
    }
    fs::rename(&unfinished, shown).map(|()| true)
}

/// The files of the lake's own that do not show what they say, or say nothing and are none of the data files, with what
/// is wrong. One that shows an earlier state is well: the next commit replaces it.
pub fn damages(root: &Path, data: &BTreeMap<&str, &DataFile>) -> Result<Vec<(PathBuf, String)>> {
    let mut damages = Vec::new();
    for path in shown(root)? {
        let is_well = match (said(&path), fs::open(&path)?) {
            (Some(said), _) => said.split(' ').nth(1) == state(&path)?.map(|state| state.to_string()).as_deref(),
            (None, Some((open, bytes))) => {
                let alike = || data.values().filter(|file| file.bytes == bytes);
                // A link is as well as the file itself, which is looked at in its place.
                alike().any(|file| fs::is_same_file(&root.join(&file.path), &path)) || {
                    let sha256 = fs::sha256_of(&open, &path)?;
                    alike().any(|file| file.sha256 == sha256)
                }
            }
            (None, None) => true,
        };
        if !is_well {
            damages.push((path, "does not show what the lake holds".to_owned()));
        }
    }
    Ok(damages)
}

/// The state of the rows in a file; `None` where they cannot be read.
fn state(shown: &Path) -> Result<Option<StateHash>> {
    let Some((_, bytes)) = fs::open(shown)? else { return Ok(None) };
    // Nothing tells the file's hash, so it cannot be proved before it is read, and the reader panics at some bytes.
    Ok(std::panic::catch_unwind(|| hash(shown, bytes)).unwrap_or_default())
}

fn hash(shown: &Path, bytes: u64) -> Option<StateHash> {
    let mut hasher = StateHasher::default();
    for batch in rows::builder(shown, bytes).ok()?.build().ok()? {
        hasher.add(&batch.ok()?);
    }
    Some(hasher.finish())
}

/// Which state a written file says that it shows. Of its footer no more is read than that: it may be damaged.
fn said(shown: &Path) -> Option<String> {
    let (file, _) = fs::open(shown).ok()??;
    let footer = ParquetMetaDataReader::new().parse_and_finish(&file).ok()?;
    let said = footer.file_metadata().key_value_metadata()?.iter().find(|said| said.key == SHOWS)?;
    said.value.clone()
}
