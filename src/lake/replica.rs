//! A lake once more in another folder, as one commit left it: whatever is tried over it changes nothing of the first.
//!
//! Its files are symbolic links to those of the first lake; what is written there is written beside them.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Lake, fs};
use crate::error::Result;

/// The folders of a lake that are not filled with links.
const EMPTY: [&str; 3] = ["latest", "runs", "staging"];

impl Lake {
    /// Makes one in an empty folder. A data file that is missing is missing there too, and told of by who reads it.
    pub fn replica(&self, commit: u64, folder: &Path) -> Result<Lake> {
        let pin = self.pin_at(commit)?;
        for name in EMPTY.into_iter().chain(["commits", "data"]) {
            fs::create_folder(&folder.join(name))?;
        }
        let link = |name: &str| fs::symlink(&self.root.join(name), &folder.join(name));
        for name in ["LAKE.json", "gc.json"].into_iter().filter(|name| fs::exists(&self.root.join(name))) {
            link(name)?;
        }
        let is_of_then = |name: &String| {
            let number = name.split_once('.').and_then(|(digits, _)| digits.parse::<u64>().ok());
            number.is_some_and(|number| number <= commit)
        };
        for name in fs::list(&self.root.join("commits"))?.into_iter().filter(is_of_then) {
            link(&format!("commits/{name}"))?;
        }
        let versions = pin.head().state.versions();
        let files: BTreeSet<&str> =
            versions.flat_map(|version| &version.files).map(|file| file.path.as_str()).collect();
        for path in files.into_iter().filter(|path| fs::exists(&self.root.join(path))) {
            if let Some(above) = folder.join(path).parent() {
                fs::create_folders(above)?;
            }
            link(path)?;
        }
        Lake::open(folder)
    }
}
