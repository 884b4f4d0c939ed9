//! A report's files as somebody has them: a page alone, its Markdown alone, or a whole folder; and in what they differ from
//! those that were made anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::publish::{Edition, MANIFEST, Manifest};
use super::told::Told;
use crate::error::{Doing, Error, Kind, Result};
use crate::hash::sha256;

pub const PAGE: &str = "index.html";
const MARKDOWN: &str = "report.md";

/// Files of a report.
#[derive(Debug)]
pub struct Given {
    pub told: Told,
    /// By their paths in the report's folder; `manifest.json` is none of them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Whether these are to be all files of the report.
    pub is_whole: bool,
    /// What lies beside them, where a whole folder is given.
    pub manifest: Option<Manifest>,
}

/// In what a report's files are not as they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A file that is made, and is not there.
    Missing { path: String },
    /// A file that is not made.
    Foreign { path: String },
    /// A file is not the one that the manifest beside it names.
    NotAsPublished { path: String },
    /// A file has other bytes than the one that is made: these lines of it, from 1.
    Differs { path: String, from: usize, to: usize },
}

impl Given {
    /// Reads a page, its Markdown, or a folder with both, which its manifest stands for as well.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            return Self::folder(path);
        }
        if name == MANIFEST {
            let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::metadata(path).doing("read", path)?;
            return Self::folder(above);
        }
        let bytes = fs::read(path).doing("read", path)?;
        let text = String::from_utf8_lossy(&bytes);
        let (as_file, told) = match text.trim_start().starts_with('<') {
            true => (PAGE, Told::of_html(&text)),
            false => (MARKDOWN, Told::of_markdown(&text)),
        };
        let told = told.ok_or_else(|| no_report(path))?;
        Ok(Self { told, files: BTreeMap::from([(as_file.to_owned(), bytes)]), is_whole: false, manifest: None })
    }

    fn folder(folder: &Path) -> Result<Self> {
        let told_by = |name: &str, tells: fn(&str) -> Option<Told>| {
            fs::read(folder.join(name)).ok().and_then(|bytes| tells(&String::from_utf8_lossy(&bytes)))
        };
        // First, so that no folder of anything else is read through.
        let told = told_by(PAGE, Told::of_html).or_else(|| told_by(MARKDOWN, Told::of_markdown));
        let told = told.ok_or_else(|| no_report(folder))?;
        let mut files = BTreeMap::new();
        let mut open = vec![PathBuf::new()];
        while let Some(inner) = open.pop() {
            let here = folder.join(&inner);
            for entry in fs::read_dir(&here).doing("list", &here)? {
                let entry = entry.doing("list", &here)?;
                let within = inner.join(entry.file_name());
                match entry.file_type().doing("look at", &entry.path())? {
                    kind if kind.is_dir() => open.push(within),
                    _ => drop(files.insert(
                        within.to_string_lossy().into_owned(),
                        fs::read(entry.path()).doing("read", &entry.path())?,
                    )),
                }
            }
        }
        let manifest = files.remove(MANIFEST);
        let manifest = match manifest {
            Some(bytes) => Some(serde_json::from_slice(&bytes).map_err(|error| {
                let path = folder.join(MANIFEST);
                Error::new(Kind::Project, format!("{} is none of a report, at line {}", path.display(), error.line()))
                    .help("verify the page or its Markdown alone")
            })?),
            None => None,
        };
        Ok(Self { told, files, is_whole: true, manifest })
    }

    /// In what the files differ from those that the manifest names; nothing where there is none.
    pub fn faults_by_manifest(&self) -> Vec<Fault> {
        let Some(manifest) = &self.manifest else { return Vec::new() };
        let mut faults = Vec::new();
        for (path, hash) in &manifest.files {
            match self.files.get(path) {
                None => faults.push(Fault::Missing { path: path.clone() }),
                Some(bytes) if sha256(bytes) != *hash => faults.push(Fault::NotAsPublished { path: path.clone() }),
                Some(_) => {}
            }
        }
        faults
    }

    /// In what the files differ from those that were made anew.
    pub fn faults(&self, edition: &Edition) -> Vec<Fault> {
        let made = &edition.files;
        // One page of several, which does not tell the folder that it lay in.
        let is_made = |path: &String, bytes: &Vec<u8>| {
            made.iter().any(|(other, made)| other.ends_with(&format!("/{path}")) && made == bytes)
        };
        if !self.is_whole && self.files.iter().all(|(path, bytes)| is_made(path, bytes)) {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for (path, wanted) in made {
            match self.files.get(path) {
                Some(bytes) if bytes == wanted => {}
                Some(bytes) => {
                    let (from, to) = differing_lines(bytes, wanted);
                    faults.push(Fault::Differs { path: path.clone(), from, to });
                }
                None if self.is_whole => faults.push(Fault::Missing { path: path.clone() }),
                None => {}
            }
        }
        faults.extend(
            self.files
                .keys()
                .filter(|path| !made.contains_key(*path))
                .map(|path| Fault::Foreign { path: path.clone() }),
        );
        faults
    }
}

/// The first and the last line of `given` that are not those of `made`; the two may differ in length. Where lines are missing,
/// the one before which they are.
fn differing_lines(given: &[u8], made: &[u8]) -> (usize, usize) {
    let (given, made): (Vec<&[u8]>, Vec<&[u8]>) = (given.split(is_end).collect(), made.split(is_end).collect());
    let same_before = given.iter().zip(&made).take_while(|(one, other)| one == other).count();
    let shorter = given.len().min(made.len());
    let same_after =
        given.iter().rev().zip(made.iter().rev()).take(shorter - same_before).take_while(|(one, other)| one == other);
    let to = given.len() - same_after.count();
    (same_before + 1, to.max(same_before + 1))
}

fn is_end(byte: &u8) -> bool {
    *byte == b'\n'
}

fn no_report(path: &Path) -> Error {
    Error::new(
        Kind::Project,
        format!("{} is no report of forecastle: it does not tell where it comes from", path.display()),
    )
    .help("give an index.html or a report.md as it was published, its manifest.json, or the folder that holds them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_differ_are_told_from_the_first_to_the_last() {
        let lines = |given: &str, made: &str| differing_lines(given.as_bytes(), made.as_bytes());
        assert_eq!(lines("a\nb\nc", "a\nx\nc"), (2, 2));
        assert_eq!(lines("a\nb\nc\nd", "a\nx\ny\nd"), (2, 3));
        assert_eq!(lines("a\nb\nb\nc", "a\nb\nc"), (3, 3), "a line too many");
        assert_eq!(lines("a\nc", "a\nb\nc"), (2, 2), "a line too few, before this one");
        assert_eq!(lines("a\n", "a\nb\n"), (2, 2));
        assert_eq!(lines("", "a"), (1, 1));
    }

    #[test]
    fn what_is_no_report_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("note.md");
        fs::write(&note, "# A note\n").unwrap();
        for path in [note.as_path(), folder.path()] {
            let error = Given::read(path).unwrap_err();
            assert_eq!(error.kind, Kind::Project);
            assert!(error.message.contains("is no report of forecastle"), "{}", error.message);
        }
        assert_eq!(Given::read(&folder.path().join("absent.html")).unwrap_err().kind, Kind::Io);
        assert_eq!(Given::read(&folder.path().join(MANIFEST)).unwrap_err().kind, Kind::Io);
    }
}
