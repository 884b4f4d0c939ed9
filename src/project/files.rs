//! The project's files in two layers: the shipped pack below, the user's own above.
//!
//! A file of the user's replaces the pack's of the same path, so that an upgrade of the program upgrades
//! what was not touched. The pack's tests are no layer: what they prove is proved before it is shipped, and of models that
//! the user's own replace they would say nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rust_embed::Embed;

use crate::error::{Doing, Error, Kind, Result};
use crate::problem::{Place, Problem, SourceFile};

const MAX_BYTES: u64 = 1 << 20;
/// The folders that are layered. Pipelines are not: a job is nobody's default.
const LAYERED: [&str; 2] = ["sql", "reports"];
/// What the name of a file with tests has behind that of its model.
const TEST: [&str; 2] = [".test.yaml", ".test.yml"];

/// The shipped tables, models and checks.
#[derive(Embed)]
#[folder = "sql/"]
#[prefix = "sql/"]
struct ShippedSql;

/// The shipped reports.
#[derive(Embed)]
#[folder = "reports/"]
#[prefix = "reports/"]
struct ShippedReports;

/// The shipped jobs, as examples and for the demo.
#[derive(Embed)]
#[folder = "pipelines/"]
#[prefix = "pipelines/"]
struct ShippedPipelines;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Pack,
    User,
}

/// A file of the project and the layer that it comes from.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    pub source: Arc<SourceFile>,
    pub layer: Layer,
}

/// Files by their path from the project's root, written with `/`.
pub type Files = BTreeMap<String, ProjectFile>;

/// The text of a file of the pack, for `eject`; `None` if there is none of that path.
pub fn shipped(path: &str) -> Option<String> {
    let file = ShippedSql::get(path).or_else(|| ShippedReports::get(path)).or_else(|| ShippedPipelines::get(path))?;
    is_of_the_project(path).then(|| String::from_utf8_lossy(&file.data).into_owned())
}

/// Every path of the pack, sorted.
pub fn shipped_paths() -> Vec<String> {
    let all = ShippedSql::iter().chain(ShippedReports::iter()).chain(ShippedPipelines::iter());
    let mut paths: Vec<String> = all.map(|path| path.into_owned()).filter(|path| is_of_the_project(path)).collect();
    paths.sort();
    paths
}

/// Whether a file of these folders means anything to the program: notes for people do not.
fn is_of_the_project(path: &str) -> bool {
    match path.split_once('/') {
        Some(("sql", rest)) => rest.ends_with(".sql") || tested(rest).is_some(),
        Some(("reports", rest)) => rest.ends_with(".md") && !rest.ends_with("README.md"),
        Some(("pipelines", rest)) => rest.ends_with(".yaml") || rest.ends_with(".yml"),
        _ => false,
    }
}

/// What the path of a file with tests says without its ending: the path of the model that they are of. `None` for other files.
pub fn tested(path: &str) -> Option<&str> {
    TEST.iter().find_map(|ending| path.strip_suffix(ending))
}

/// The layered files below `sql/` and `reports/`.
pub fn load(root: &Path, with_pack: bool) -> Result<Files> {
    Ok(load_and_tell(root, with_pack)?.0)
}

/// Likewise, with warnings of those that are passed over though they seem to be meant.
pub fn load_and_tell(root: &Path, with_pack: bool) -> Result<(Files, Vec<Problem>)> {
    let mut files = Files::new();
    let mut passed_over = Vec::new();
    if with_pack {
        let is_layered = |path: &String| !path.starts_with("pipelines/") && tested(path).is_none();
        for path in shipped_paths().into_iter().filter(is_layered) {
            if let Some(text) = shipped(&path) {
                files.insert(path.clone(), ProjectFile { source: SourceFile::new(path, text), layer: Layer::Pack });
            }
        }
    }
    for folder in LAYERED {
        let mut found = Found::default();
        walk(root, folder, &mut found)?;
        passed_over.extend(found.links.iter().filter(|path| is_of_the_project(path)).map(|path| {
            let message = "this file is a link, and links are passed over";
            Problem::warning(nowhere_in(path), message).help("copy the file here")
        }));
        for path in found.files {
            if is_of_the_project(&path) {
                let source = read(root, &path)?;
                files.insert(path, ProjectFile { source, layer: Layer::User });
            } else if let Some(meant) = meant(&path) {
                let found = Problem::warning(nowhere_in(&path), "this file is passed over for its name");
                passed_over.push(found.help(format!("name it {meant}")));
            }
        }
    }
    Ok((files, passed_over))
}

/// A file without a place in it.
fn nowhere_in(path: &str) -> Place {
    SourceFile::new(path, "").place(0..0)
}

/// The path that a file of another name was to have: with its ending in small letters, and no second one behind it.
fn meant(path: &str) -> Option<String> {
    let ending = |from: usize| path[from..].to_lowercase();
    let (stem, _) = path.rsplit_once('.')?;
    let small = format!("{stem}{}", ending(stem.len()));
    let without = small.strip_suffix(".txt").unwrap_or(&small);
    (without != path && is_of_the_project(without)).then(|| without.to_owned())
}

/// The project's own pipelines, sorted by path: `pipelines/*.yaml`.
pub fn pipelines(root: &Path) -> Result<Vec<Arc<SourceFile>>> {
    let mut found = Found::default();
    walk(root, "pipelines", &mut found)?;
    found.files.retain(|path| path.matches('/').count() == 1 && is_of_the_project(path));
    found.files.iter().map(|path| read(root, path)).collect()
}

/// The paths of a project's own files, the pack's left out.
pub fn own_paths(root: &Path) -> Result<Vec<String>> {
    let mut found = Found::default();
    for folder in ["pipelines"].into_iter().chain(LAYERED) {
        walk(root, folder, &mut found)?;
    }
    found.files.retain(|path| is_of_the_project(path));
    Ok(found.files)
}

/// Reads one text file of the project.
pub fn read(root: &Path, path: &str) -> Result<Arc<SourceFile>> {
    let full = root.join(path);
    let size = fs::metadata(&full).doing("read", &full)?.len();
    if size > MAX_BYTES {
        return Err(Error::new(Kind::Project, format!("{path} is larger than 1 MiB")).help("split it"));
    }
    let bytes = fs::read(&full).doing("read", &full)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        // What could not be read shows as the sign for that, so that the place can be shown.
        let source = SourceFile::new(path, String::from_utf8_lossy(error.as_bytes()));
        let at = error.utf8_error().valid_up_to();
        let place = source.place(at..at + char::REPLACEMENT_CHARACTER.len_utf8());
        Error::project(vec![Problem::error(place, "a byte is no UTF-8 text").help("save the file as UTF-8")])
    })?;
    // Editors of some systems begin a file with the mark of its byte order, which says nothing of UTF-8.
    Ok(SourceFile::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

/// What lies below folders of the project.
#[derive(Default)]
struct Found {
    files: Vec<String>,
    links: Vec<String>,
}

/// The files below a folder of the project; links are not followed out of it.
fn walk(root: &Path, folder: &str, found: &mut Found) -> Result<()> {
    let full = root.join(folder);
    let entries = match fs::read_dir(&full) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("list the folder", &full, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.doing("list the folder", &full)?;
        let kind = entry.file_type().doing("look at", &entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push((name, kind));
        }
    }
    names.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, kind) in names {
        let path = format!("{folder}/{name}");
        if kind.is_dir() {
            walk(root, &path, found)?;
        } else if kind.is_symlink() {
            found.links.push(path);
        } else {
            found.files.push(path);
        }
    }
    Ok(())
}
