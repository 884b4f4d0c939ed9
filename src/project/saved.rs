//! What a project's files look like from outside, to see when one is saved.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::files;
use crate::error::Result;

/// Each file of a project by its path, as it was last saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved(BTreeMap<String, (Option<SystemTime>, u64)>);

impl Saved {
    /// Looks at the files of a project; what an editor puts beside them for itself is none of them.
    pub fn look(root: &Path) -> Result<Self> {
        let paths = files::own_paths(root)?;
        // One that goes while it is looked at is gone.
        let saved = paths.into_iter().filter_map(|path| {
            let facts = fs::metadata(root.join(&path)).ok()?;
            Some((path, (facts.modified().ok(), facts.len())))
        });
        Ok(Self(saved.collect()))
    }

    /// The files that came, went or changed since an earlier look, sorted.
    pub fn since(&self, before: &Self) -> Vec<String> {
        let (now, before) = (&self.0, &before.0);
        let changed = now.iter().filter(|(path, saved)| before.get(*path) != Some(saved)).map(|(path, _)| path);
        let gone = before.keys().filter(|path| !now.contains_key(*path));
        let mut paths: Vec<String> = changed.chain(gone).cloned().collect();
        paths.sort();
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_anew_renamed_or_removed_is_seen_and_an_editors_own_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |path: &str| folder.path().join(path);
        fs::create_dir_all(path("sql/kpi")).unwrap();
        fs::write(path("sql/kpi/a.sql"), "SELECT 1").unwrap();
        fs::write(path("sql/kpi/b.sql"), "SELECT 1").unwrap();
        let first = Saved::look(folder.path()).unwrap();
        fs::write(path("sql/kpi/.a.sql.swp"), "x").unwrap();
        fs::write(path("sql/kpi/a.sql~"), "x").unwrap();
        fs::write(path("sql/kpi/4913"), "x").unwrap();
        assert_eq!(Saved::look(folder.path()).unwrap(), first);
        fs::write(path("sql/kpi/a.sql.new"), "SELECT 22").unwrap();
        fs::rename(path("sql/kpi/a.sql.new"), path("sql/kpi/a.sql")).unwrap();
        fs::remove_file(path("sql/kpi/b.sql")).unwrap();
        fs::create_dir(path("pipelines")).unwrap();
        fs::write(path("pipelines/nightly.yaml"), "pipeline: x").unwrap();
        let changed = Saved::look(folder.path()).unwrap().since(&first);
        assert_eq!(changed, ["pipelines/nightly.yaml", "sql/kpi/a.sql", "sql/kpi/b.sql"]);
    }
}
