//! Names the source that the library is built from, so that a build can tell its own cache from another build's.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// What the command line adds changes nothing that is planned, and would have the library built anew.
const LEFT_OUT: [&str; 2] = ["cli", "main.rs"];

fn main() {
    let mut hasher = DefaultHasher::new();
    let mut add = |path: &Path| {
        println!("cargo::rerun-if-changed={}", path.display());
        hash(path, &mut hasher);
    };
    // Which crates the engine comes from.
    ["Cargo.toml", "Cargo.lock"].iter().for_each(|path| add(Path::new(path)));
    for name in names(Path::new("src")).into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str())) {
        add(&Path::new("src").join(name));
    }
    println!("cargo::rustc-env=FORECASTLE_SOURCE={:016x}", hasher.finish());
}

/// Hashes a file, or all files of a folder, with their paths.
fn hash(path: &Path, hasher: &mut DefaultHasher) {
    if path.is_dir() {
        return names(path).iter().for_each(|name| hash(&path.join(name), hasher));
    }
    path.hash(hasher);
    // Without its lock file a crate is built of whatever it finds; there is then nothing to be told.
    fs::read(path).unwrap_or_default().hash(hasher);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("could not list {}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
