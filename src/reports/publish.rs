//! A rendered report becomes a folder: whole or not at all, with `latest/` beside.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::block::PageLink;
use super::standing::{MainFigure, Revision, Standing, following};
use crate::day::Day;
use crate::error::{Doing, Result};
use crate::hash::sha256;

/// What a report's folder is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub headline: String,
    /// The first key figure that has a value, of the one page.
    pub figure: Option<MainFigure>,
    /// Path in the folder to bytes.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Its pages in folders below, where it has several.
    pub pages: Vec<PageLink>,
}

/// What a report's folder holds, told to programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub report: String,
    pub day: Day,
    pub headline: String,
    /// Path in the folder to SHA-256, in order of path.
    pub files: Vec<(String, String)>,
    /// The pages in folders below, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageLink>,
    /// For the shelf's line over the days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<MainFigure>,
    /// What the page is of; `None` in manifests of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// The pages of the same day that were replaced, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
}

/// Where a report was written, and whether its bytes are other than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub folder: PathBuf,
    pub is_changed: bool,
}

pub const MANIFEST: &str = "manifest.json";
pub const UNFINISHED: &str = ".unfinished-";

/// Writes a report below `reports` as `<name>/<day>/`, and as `<name>/latest/` unless a later day is there.
pub fn publish(reports: &Path, name: &str, day: Day, edition: &Edition, standing: Standing) -> Result<Published> {
    let files = &edition.files;
    let hashes = files.iter().map(|(path, bytes)| (path.clone(), sha256(bytes))).collect();

    let home = reports.join(name);
    fs::create_dir_all(&home).doing("create the folder", &home)?;
    remove_unfinished(&home)?;
    let folder = home.join(day.to_string());
    let manifest = Manifest {
        report: name.to_owned(),
        day,
        headline: edition.headline.clone(),
        files: hashes,
        pages: edition.pages.clone(),
        figure: edition.figure.clone(),
        standing: Some(standing),
        revisions: Vec::new(),
    };
    let manifest = following(read_manifest(&folder), manifest);
    let is_changed = put(&home, &folder, files, &manifest)?;
    let latest = home.join("latest");
    if read_manifest(&latest).is_none_or(|held| held.day <= day) {
        put(&home, &latest, files, &manifest)?;
    }
    Ok(Published { folder, is_changed })
}

/// Removes what runs left that were killed while they wrote here; only one run writes at a time.
fn remove_unfinished(home: &Path) -> Result<()> {
    for entry in fs::read_dir(home).doing("list", home)? {
        let entry = entry.doing("list", home)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path()).doing("remove", &entry.path())?;
        }
    }
    Ok(())
}

/// Puts a whole folder in the place of whatever is there; `false` if that was the same already.
fn put(home: &Path, folder: &Path, files: &BTreeMap<String, Vec<u8>>, manifest: &Manifest) -> Result<bool> {
    if read_manifest(folder).as_ref() == Some(manifest)
        && manifest.files.iter().all(|(path, wanted)| hash_of(&folder.join(path)).as_ref() == Some(wanted))
    {
        return Ok(false);
    }
    let made = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home).doing("create a folder in", home)?;
    for (path, bytes) in files {
        write(&made.path().join(path), bytes)?;
    }
    let text = serde_json::to_string_pretty(manifest).expect("a manifest is plain text and dates");
    write(&made.path().join(MANIFEST), text.as_bytes())?;
    if folder.exists() {
        // One step: whoever looks sees the old folder or the new one. What was there is removed with `made`.
        exchange(made.path(), folder)?;
    } else {
        fs::rename(made.path(), folder).doing("put the report into", folder)?;
    }
    fs::File::open(home).and_then(|home| home.sync_all()).doing("make durable", home)?;
    Ok(true)
}

fn exchange(made: &Path, folder: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, made, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // A file system that cannot exchange: the second best is a moment without the folder.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            let aside = made.with_extension("before");
            fs::rename(folder, &aside).doing("move aside", folder)?;
            fs::rename(made, folder).doing("put the report into", folder)?;
            fs::remove_dir_all(&aside).doing("remove", &aside)
        }
        Err(error) => Err(std::io::Error::from(error)).doing("put the report into", folder),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).doing("create the folder", folder)?;
    }
    let mut file = fs::File::create(path).doing("create", path)?;
    file.write_all(bytes).doing("write", path)?;
    file.sync_all().doing("make durable", path)
}

fn read_manifest(folder: &Path) -> Option<Manifest> {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
}

fn hash_of(path: &Path) -> Option<String> {
    fs::read(path).ok().map(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(html: &str) -> Edition {
        let files = [("index.html", html), ("report.md", "# x"), ("assets/a.svg", "<svg/>")];
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_owned())).collect();
        Edition { headline: "x".to_owned(), files, figure: None, pages: Vec::new() }
    }

    fn standing() -> Standing {
        Standing {
            title: "X".to_owned(),
            who: "We".to_owned(),
            commit: Some(1),
            published_at: None,
            state: "1".to_owned(),
            template: "t".to_owned(),
            sql: "s".to_owned(),
            program: "p".to_owned(),
            status: crate::reports::Status::Fine,
            checks: 0,
            checks_passed: 0,
        }
    }

    #[test]
    fn a_report_replaces_its_day_and_an_older_day_leaves_latest_alone() {
        let out = tempfile::tempdir().unwrap();
        let (older, newer): (Day, Day) = ("2026-11-12".parse().unwrap(), "2026-11-13".parse().unwrap());
        let latest = || fs::read_to_string(out.path().join("x/latest/index.html")).unwrap();
        fs::create_dir_all(out.path().join("x/.unfinished-of-a-killed-run")).unwrap();
        assert!(publish(out.path(), "x", newer, &edition("new"), standing()).unwrap().is_changed);
        assert!(!publish(out.path(), "x", newer, &edition("new"), standing()).unwrap().is_changed);
        publish(out.path(), "x", older, &edition("old"), standing()).unwrap();
        assert_eq!(latest(), "new");
        assert!(publish(out.path(), "x", newer, &edition("newer"), standing()).unwrap().is_changed);
        assert_eq!(latest(), "newer");
        let manifest = read_manifest(&out.path().join("x/2026-11-13")).unwrap();
        assert_eq!(
            manifest.revisions.len(),
            1,
            "a page that was replaced is remembered, one that was made alike is not"
        );
        assert_eq!(manifest.revisions[0].page, sha256("new"));
        let names: Vec<String> = fs::read_dir(out.path().join("x"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), 3, "nothing unfinished stays: {names:?}");
    }
}
