//! Plain Parquet files that each show one version, for readers that know nothing of commits.
//!
//! A version that lies whole in a file of its own is linked; one that is kept as a change is written out, and the file
//! says which state it shows. Each is put into its place at once; they repeat what the lake holds, so none is confirmed
//! to be on disk, and what a crash leaves of them is made anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::file::metadata::ParquetMetaDataReader;

use super::commit::{DataFile, Stored, Version};
use super::history;
use super::parquet_file::ParquetFile;
use super::pin::Pin;
use super::state_hash::{StateHash, StateHasher};
use super::{fs, rows};
use crate::error::Result;

/// What a written file says of itself: the state that it shows.
const SHOWS: &str = "forecastle.state";

/// Makes a file show a version; tells whether it did not yet.
pub fn show(shown: &Path, pin: &Pin, version: &Version, staging: &Path) -> Result<bool> {
    let unfinished = staging.join("shown");
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

/// Those of the files that do not show what they say, or say nothing and are none of the data files, with what is wrong.
/// One that shows an earlier state is well: the next run replaces it.
pub fn damages(root: &Path, files: Vec<PathBuf>, data: &BTreeMap<&str, &DataFile>) -> Result<Vec<(PathBuf, String)>> {
    let mut damages = Vec::new();
    for path in files {
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
