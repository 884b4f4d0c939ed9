//! Takes a path pattern, gives the files that match it, sorted by name, and the days for which there are any.

use std::path::{Path, PathBuf};

use super::pattern::{GLOBS, PathPattern};
use super::roots::Roots;
use crate::day::Day;
use crate::error::{Doing, Error, Result};

/// How many names a hint shows.
const SHOWN: usize = 6;

/// The files that hold a day's export, sorted by name; none is not an error here.
pub fn find(roots: &Roots, pattern: &PathPattern, day: Day) -> Result<Vec<PathBuf>> {
    roots.admit(pattern)?;
    let mut files = matches(roots, &pattern.fill(day))?;
    files.retain(|file| file.is_file());
    for file in &files {
        roots.confine(file)?;
    }
    Ok(files)
}

/// The days for which the pattern finds files, in order; none when the path does not depend on the day.
pub fn days(roots: &Roots, pattern: &PathPattern) -> Result<Vec<Day>> {
    roots.admit(pattern)?;
    if !pattern.has_day() {
        return Ok(Vec::new());
    }
    let mut files = matches(roots, &pattern.any_day())?;
    files.retain(|file| file.is_file());
    Ok(days_of(roots, pattern, &files))
}

/// The newest day for which the pattern finds files; none when the path does not depend on the day.
///
/// Cheaper than all of them: most paths name the day in a folder, and only the newest folders are looked into.
pub fn newest_day(roots: &Roots, pattern: &PathPattern) -> Result<Option<Day>> {
    roots.admit(pattern)?;
    if !pattern.has_day() {
        return Ok(None);
    }
    let named = pattern.up_to_day();
    for day in days_of(roots, &named, &matches(roots, &named.any_day())?).into_iter().rev() {
        if !find(roots, pattern, day)?.is_empty() {
            return Ok(Some(day));
        }
    }
    Ok(None)
}

/// The days that paths name, in order.
fn days_of(roots: &Roots, pattern: &PathPattern, paths: &[PathBuf]) -> Vec<Day> {
    let is_absolute = pattern.any_day().starts_with('/');
    let day_of = |path: &PathBuf| {
        let from_root = path.strip_prefix(roots.project()).ok().filter(|_| !is_absolute);
        pattern.day_of(from_root.unwrap_or(path).to_str()?)
    };
    let mut days: Vec<Day> = paths.iter().filter_map(day_of).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// Tells a person why a day has no file: how far the path leads, and what lies there.
pub fn nothing_found(roots: &Roots, pattern: &PathPattern, day: Day) -> String {
    let path = pattern.fill(day);
    let parts: Vec<&str> = path.split('/').collect();
    let is_glob = |part: &str| part.contains(['*', '?', '[']);
    let mut folder = roots.project().join(if path.starts_with('/') { "/" } else { "" });
    let mut depth = 0;
    while depth + 1 < parts.len() && !is_glob(parts[depth]) && folder.join(parts[depth]).is_dir() {
        folder.push(parts[depth]);
        depth += 1;
    }
    let (at, missing) = (parts[..depth].join("/"), parts[depth]);
    let at = if at.is_empty() { "the project's folder" } else { &at };
    let names = match nearest_names(&folder, missing) {
        Ok(names) if names.is_empty() => format!("{at} is empty"),
        Ok(names) => format!("{at} holds {}", names.join(", ")),
        Err(_) => format!("{at} cannot be read"),
    };
    if depth + 1 < parts.len() && !is_glob(missing) {
        format!("no file matches {path}: there is no folder {}, {names}", parts[..=depth].join("/"))
    } else {
        format!("no file matches {path}: {names}")
    }
}

/// What lies in a folder, the names nearest to `wanted` first, and how many more there are.
fn nearest_names(folder: &Path, wanted: &str) -> Result<Vec<String>> {
    let wanted = wanted.to_lowercase();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).doing("list", folder)? {
        let name = entry.doing("list", folder)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push((strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name));
        }
    }
    names.sort_unstable();
    let more = names.len().saturating_sub(SHOWN);
    let mut names: Vec<String> = names.into_iter().take(SHOWN).map(|(_, name)| name).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    Ok(names)
}

/// The files and folders that match a path, sorted by name.
fn matches(roots: &Roots, path: &str) -> Result<Vec<PathBuf>> {
    let unusable = |why: &str| Error::failed(format!("could not look for {path}: {why}"));
    let full = if path.starts_with('/') {
        path.to_owned()
    } else {
        let project = roots.project().to_str().ok_or_else(|| unusable("the project's path is not UTF-8"))?;
        format!("{}/{path}", glob::Pattern::escape(project))
    };
    let mut files = Vec::new();
    for found in glob::glob_with(&full, GLOBS).map_err(|error| unusable(error.msg))? {
        let file = found.map_err(|error| Error::io("list", error.path(), error.error()))?;
        files.push(file);
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn project(files: &[&str]) -> (tempfile::TempDir, Roots) {
        let folder = tempfile::Builder::new().prefix("odd [name]*").tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "id\n1\n").unwrap();
        }
        let roots = Roots::new(folder.path(), &[]).unwrap();
        (folder, roots)
    }

    fn names(roots: &Roots, pattern: &str, day: &str) -> Vec<String> {
        let files = find(roots, &pattern.parse().unwrap(), day.parse().unwrap()).unwrap();
        files.iter().map(|file| roots.name(file)).collect()
    }

    #[test]
    fn files_of_the_day_are_found_sorted_by_name() {
        let (_folder, roots) = project(&[
            "exports/2026-11-13/Deal_2.csv",
            "exports/2026-11-13/Deal_1.csv",
            "exports/2026-11-13/.Deal_0.csv",
            "exports/2026-11-13/old/Deal_3.csv",
            "exports/2026-11-14/Deal_4.csv",
        ]);
        let expected = ["exports/2026-11-13/Deal_1.csv", "exports/2026-11-13/Deal_2.csv"];
        assert_eq!(names(&roots, "exports/{day}/Deal*.csv", "2026-11-13"), expected);
        assert_eq!(names(&roots, "exports/{day}/Deal_1.csv", "2026-11-13"), expected[..1]);
        assert_eq!(names(&roots, "exports/{day}/**/Deal_3.csv", "2026-11-13"), ["exports/2026-11-13/old/Deal_3.csv"]);
        assert!(names(&roots, "exports/{day}", "2026-11-13").is_empty());
        assert!(names(&roots, "exports/{day}/Deal.csv", "2026-11-13").is_empty());
    }

    #[test]
    fn the_days_that_have_files_are_found_in_order() {
        let (_folder, roots) = project(&[
            "exports/2026-11-14/Deal.csv",
            "exports/2026-11-13/Deal.csv",
            "exports/2026-11-12/Account.csv",
            "exports/newest/Deal.csv",
            "flat/Deal_20261101_a.csv",
            "flat/Deal_20261101_b.csv",
            "flat/Deal_20261399_a.csv",
            "deep/2026/01/31/x.csv",
        ]);
        let days = |pattern: &str| {
            let days = days(&roots, &pattern.parse().unwrap()).unwrap();
            days.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(days("exports/{day}/Deal.csv"), ["2026-11-13", "2026-11-14"]);
        assert_eq!(days("./flat/Deal_{day:%Y%m%d}_*.csv"), ["2026-11-01"]);
        assert_eq!(days("deep/{day:%Y/%m/%d}/*.csv"), ["2026-01-31"]);
        assert!(days("exports/*/Deal.csv").is_empty());

        let newest = |pattern: &str| newest_day(&roots, &pattern.parse().unwrap()).unwrap().map(|day| day.to_string());
        assert_eq!(newest("exports/{day}/Deal.csv").as_deref(), Some("2026-11-14"));
        // A newer folder without such a file is passed over.
        assert_eq!(newest("exports/{day}/Account.csv").as_deref(), Some("2026-11-12"));
        assert_eq!(newest("exports/{day}/Lead.csv"), None);
        assert_eq!(newest("./flat/Deal_{day:%Y%m%d}_*.csv").as_deref(), Some("2026-11-01"));
        assert_eq!(newest("deep/{day:%Y/%m/%d}/*.csv").as_deref(), Some("2026-01-31"));
        assert_eq!(newest("exports/*/Deal.csv"), None);
    }

    #[test]
    fn a_link_that_leads_outside_is_refused() {
        let (folder, roots) = project(&["exports/2026-11-13/Deal.csv"]);
        symlink("/etc/hostname", folder.path().join("exports/2026-11-13/Owner.csv")).unwrap();
        let found = find(&roots, &"exports/{day}/*.csv".parse().unwrap(), "2026-11-13".parse().unwrap());
        assert_eq!(found.unwrap_err().message, "exports/2026-11-13/Owner.csv lies outside the project");
    }

    #[test]
    fn days_of_an_allowed_folder_are_found_by_absolute_and_by_relative_paths() {
        let (outside, _) = project(&["2026-11-13/Deal.csv"]);
        let (inside, _) = project(&[]);
        let roots = Roots::new(inside.path(), &[outside.path().to_owned()]).unwrap();
        let escaped = glob::Pattern::escape(outside.path().to_str().unwrap());
        for base in [escaped.clone(), format!("../{}", escaped.rsplit('/').next().unwrap())] {
            let pattern: PathPattern = format!("{base}/{{day}}/*.csv").parse().unwrap();
            let days = days(&roots, &pattern).unwrap();
            assert_eq!(days.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-11-13"], "{base}");
            assert_eq!(find(&roots, &pattern, days[0]).unwrap().len(), 1);
        }
    }

    #[test]
    fn a_miss_tells_what_lies_there() {
        let (_folder, roots) =
            project(&["exports/2026-11-13/Opportunity.csv", "exports/2026-11-13/Account.csv", "exports/2026-11-13/.x"]);
        let miss = |pattern: &str, day: &str| nothing_found(&roots, &pattern.parse().unwrap(), day.parse().unwrap());
        assert_eq!(
            miss("exports/{day}/Oportunity.csv", "2026-11-13"),
            "no file matches exports/2026-11-13/Oportunity.csv: exports/2026-11-13 holds Opportunity.csv, Account.csv"
        );
        assert_eq!(
            miss("exports/{day}/Deal.csv", "2026-11-14"),
            "no file matches exports/2026-11-14/Deal.csv: there is no folder exports/2026-11-14, exports holds 2026-11-13"
        );
        assert_eq!(
            miss("export/*/Deal.csv", "2026-11-14"),
            "no file matches export/*/Deal.csv: there is no folder export, the project's folder holds exports"
        );
        assert_eq!(
            miss("exports/*/Deal.csv", "2026-11-14"),
            "no file matches exports/*/Deal.csv: exports holds 2026-11-13"
        );
    }
}
