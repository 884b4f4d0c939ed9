//! `LAKE.json`: that a folder is a lake, in which format, and which one.

use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{chain, fs};
use crate::error::{Error, Kind, Result};

/// The format that this program writes; 2 brought history.
const FORMAT: u64 = 2;
/// The formats that it reads, and goes on writing in: in a lake of format 1, days from before lie whole.
const KNOWN: std::ops::RangeInclusive<u64> = 1..=FORMAT;

const FOLDERS: [&str; 5] = ["commits", "data", "latest", "runs", "staging"];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    format: u64,
    pub uuid: Uuid,
}

/// Which lake lies in `root`, and the hash of the file that says so; `None` if none does.
pub fn read(root: &Path) -> Result<Option<(Identity, String)>> {
    let path = root.join("LAKE.json");
    let Some(bytes) = fs::read(&path)? else { return Ok(None) };
    // The format is looked at alone first: a newer one may hold anything else.
    let json: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let format = json.as_ref().and_then(|json| json.get("format")).and_then(serde_json::Value::as_u64);
    if let Some(format) = format.filter(|format| !KNOWN.contains(format)) {
        if !chain::is_origin(root, &crate::hash::sha256(&bytes))? {
            return Err(chain::damaged(&path, "is not the file that the first commit follows on"));
        }
        let said =
            format!("the lake in {} has the format {format}; this program knows the format {FORMAT}", root.display());
        return Err(
            Error::new(Kind::Project, said).help("use the version of the program that wrote this lake, or a newer one")
        );
    }
    match json.and_then(|json| serde_json::from_value(json).ok()) {
        Some(identity) => Ok(Some((identity, crate::hash::sha256(&bytes)))),
        None => Err(chain::damaged(&path, "does not say which lake this is")),
    }
}

/// Makes a lake in `root` unless one is there.
///
/// `LAKE.json` comes last, and is linked rather than written, so that it is seen whole or not at all, over folders that
/// are already durable; of two that come at once, the first link wins.
pub fn create_if_missing(root: &Path, uuid: Uuid) -> Result<()> {
    let path = root.join("LAKE.json");
    if fs::exists(&path) {
        // Whoever made it may have died before its name was durable.
        return fs::sync_folder(root);
    }
    fs::create_folders(root)?;
    refuse_foreign(root)?;
    for folder in FOLDERS {
        fs::create_folder(&root.join(folder))?;
    }
    fs::sync_folder(root)?;

    let json = serde_json::to_vec_pretty(&Identity { format: FORMAT, uuid }).expect("two plain fields");
    let unfinished = root.join("staging").join(format!("LAKE.{uuid}"));
    let linked = fs::remove(&unfinished)
        .and_then(|()| fs::write_new(&unfinished, &json))
        .and_then(|()| fs::link(&unfinished, &path));
    // Someone else's lake, just made, has a writer that may have removed our unfinished file.
    if let Err(error) = linked
        && !fs::exists(&path)
    {
        return Err(error);
    }
    fs::sync_folder(root)?;
    fs::remove(&unfinished)
}

/// A folder with anything but the beginnings of a lake is not taken, nor one whose `LAKE.json` was lost.
fn refuse_foreign(root: &Path) -> Result<()> {
    let names = fs::list(root)?;
    let foreign = |name: &&String| {
        !FOLDERS.contains(&name.as_str())
            && !["lock", "LAKE.json", "gc.json", "cache", "snapshots"].contains(&name.as_str())
    };
    if let Some(name) = names.iter().find(foreign) {
        let said = format!("the folder {} is not empty and holds no lake: `{name}` is in it", root.display());
        return Err(Error::new(Kind::Project, said).help("give the lake an empty folder, or one that is not there yet"));
    }
    refuse_nameless(root)
}

/// Fails as damage where there are commits, but nothing that says of which lake.
pub fn refuse_nameless(root: &Path) -> Result<()> {
    let path = root.join("LAKE.json");
    if fs::exists(&root.join("commits")) && !fs::list(&root.join("commits"))?.is_empty() && !fs::exists(&path) {
        return Err(chain::damaged(&path, "is missing, yet there are commits"));
    }
    Ok(())
}
