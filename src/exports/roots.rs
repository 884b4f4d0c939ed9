//! The one rule for where export files may lie: under the project's folder, or under a folder that its owner allowed,
//! whatever `..` and symbolic links say on the way.

use std::path::{Component, Path, PathBuf};

use super::pattern::PathPattern;
use crate::error::{Doing, Error, Kind, Result};

const HOW_TO_ALLOW: &str = "keep exports under the project's folder, or name the folder that they lie in by an environment variable: \
                            path: \"${env:EXPORTS}/deal_{day}.csv\"";

/// The folders that export files may lie in.
#[derive(Debug, Clone)]
pub struct Roots {
    project: PathBuf,
    allowed: Vec<PathBuf>,
}

impl Roots {
    /// The project's folder, and folders allowed beside it; each must exist.
    pub fn new(project: &Path, allowed: &[PathBuf]) -> Result<Self> {
        let project = project.canonicalize().doing("find the project's folder", project)?;
        let allowed = allowed.iter().map(|folder| folder.canonicalize().doing("find the allowed folder", folder));
        Ok(Self { allowed: allowed.collect::<Result<_>>()?, project })
    }

    /// The project's folder.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// Says what is wrong with a pattern that leaves the project where nothing outside is allowed.
    pub fn admit(&self, pattern: &PathPattern) -> Result<()> {
        let written = pattern.to_string();
        let leaves =
            Path::new(&written).components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        if leaves && self.allowed.is_empty() {
            return Err(Error::new(Kind::Project, format!("the path {written} leaves the project")).help(HOW_TO_ALLOW));
        }
        Ok(())
    }

    /// The real place of a file, links resolved; an error when that is in none of the folders.
    pub fn confine(&self, path: &Path) -> Result<PathBuf> {
        let real = self.project.join(path).canonicalize().doing("open", path)?;
        if std::iter::once(&self.project).chain(&self.allowed).any(|root| real.starts_with(root)) {
            return Ok(real);
        }
        Err(Error::new(Kind::Project, format!("{} lies outside the project", self.name(path))).help(HOW_TO_ALLOW))
    }

    /// How messages and records call a file: its path from the project's folder where it is under that.
    pub fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.project).unwrap_or(path).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with `project/exports/a.csv`, `shared/b.csv` and `private/c.csv`.
    fn folders() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in ["project/exports/a.csv", "shared/b.csv", "private/c.csv"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "id\n1\n").unwrap();
        }
        folder
    }

    #[test]
    fn a_file_within_the_project_is_admitted_by_any_way() {
        let folder = folders();
        let roots = Roots::new(&folder.path().join("project"), &[]).unwrap();
        let real = roots.project().join("exports/a.csv");
        for path in [real.clone(), PathBuf::from("exports/a.csv"), PathBuf::from("exports/../exports/a.csv")] {
            assert_eq!(roots.confine(&path).unwrap(), real);
        }
        assert_eq!(roots.name(&real), "exports/a.csv");
    }

    #[test]
    fn a_file_outside_is_refused_by_path_and_by_link() {
        let folder = folders();
        let project = folder.path().join("project");
        symlink("../../private/c.csv", project.join("exports/link.csv")).unwrap();
        symlink("../../private", project.join("exports/folder")).unwrap();
        let roots = Roots::new(&project, &[]).unwrap();
        for path in ["../private/c.csv", "exports/link.csv", "exports/folder/c.csv", "/etc/hostname"] {
            let error = roots.confine(Path::new(path)).unwrap_err();
            assert_eq!((error.kind, error.message), (Kind::Project, format!("{path} lies outside the project")));
        }
    }

    #[test]
    fn an_allowed_folder_admits_its_files_and_no_others() {
        let folder = folders();
        let project = folder.path().join("project");
        symlink("../../shared/b.csv", project.join("exports/link.csv")).unwrap();
        let roots = Roots::new(&project, &[folder.path().join("shared")]).unwrap();
        for path in ["../shared/b.csv", "exports/link.csv", folder.path().join("shared/b.csv").to_str().unwrap()] {
            assert!(roots.confine(Path::new(path)).is_ok(), "{path}");
        }
        assert!(roots.confine(Path::new("../private/c.csv")).is_err());
        assert!(roots.confine(Path::new("../shared/../private/c.csv")).is_err());
    }

    #[test]
    fn a_pattern_that_leaves_the_project_is_refused_before_anything_is_read() {
        let folder = folders();
        let roots = Roots::new(&folder.path().join("project"), &[]).unwrap();
        for text in ["../shared/*.csv", "/etc/*.csv", "exports/../../shared/b.csv", "*/../x.csv"] {
            assert!(roots.admit(&text.parse().unwrap()).unwrap_err().message.contains("leaves the project"), "{text}");
        }
        assert!(roots.admit(&"./exports/{day}..old/*.csv".parse().unwrap()).is_ok());
        let open = Roots::new(&folder.path().join("project"), &[folder.path().join("shared")]).unwrap();
        assert!(open.admit(&"../shared/*.csv".parse().unwrap()).is_ok());
    }
}
