//! The shelf: takes the manifests of all pages in a folder of reports, gives one page that lists them.
//!
//! It is told by the manifests alone, so the same manifests make the same bytes. What is no page of ours is passed over.

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::publish::{MANIFEST, Manifest, UNFINISHED};
use crate::day::Day;
use crate::error::{Doing, Result};

/// The pages that lie in a folder of reports.
#[derive(Debug, Default)]
pub struct Shelf {
    /// By report, each newest first.
    pub reports: BTreeMap<String, Vec<Manifest>>,
    /// What was passed over, and why.
    pub passed_over: Vec<String>,
}

const SHELF: &str = "index.html";

/// Writes the shelf of a folder of reports, whole or not at all; tells what was passed over.
///
/// Two may do so at once: the later one sees what both have published.
pub fn shelve(reports: &Path) -> Result<Vec<String>> {
    let folder = fs::File::open(reports).doing("open the folder", reports)?;
    match folder.lock() {
        // Without locks, two at once may each miss the other's newest page until the next run.
        Err(error) if error.kind() == ErrorKind::Unsupported => {}
        locked => locked.doing("lock the folder", reports)?,
    }
    remove_unfinished(reports)?;
    let shelf = read(reports)?;
    let (path, text) = (reports.join(SHELF), page::page(&shelf));
    if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
        let readable = fs::Permissions::from_mode(0o666);
        let mut made = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .permissions(readable)
            .tempfile_in(reports)
            .doing("create a file in", reports)?;
        made.write_all(text.as_bytes()).doing("write", made.path())?;
        made.as_file().sync_all().doing("make durable", made.path())?;
        made.persist(&path).map_err(|failed| failed.error).doing("put the shelf into", &path)?;
        folder.sync_all().doing("make durable", reports)?;
    }
    Ok(shelf.passed_over)
}

/// Removes what was left by runs that were killed while they wrote a shelf; only the holder of the lock writes one.
fn remove_unfinished(reports: &Path) -> Result<()> {
    for name in names(reports)? {
        let path = reports.join(&name);
        if name.starts_with(UNFINISHED) && path.is_file() {
            fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}

/// Reads the manifests in a folder of reports.
pub fn read(reports: &Path) -> Result<Shelf> {
    let mut shelf = Shelf::default();
    for report in folders(reports)? {
        let home = reports.join(&report);
        let days: Vec<Day> = folders(&home)?.iter().filter_map(|name| name.parse().ok()).collect();
        for day in days.into_iter().rev() {
            match manifest(&home.join(day.to_string()), &report, day) {
                Ok(manifest) => shelf.reports.entry(report.clone()).or_default().push(manifest),
                Err(why) => shelf.passed_over.push(format!("{report}/{day} is not on the shelf: {why}")),
            }
        }
    }
    Ok(shelf)
}

/// The manifest of a report's folder, or why it is none of this report and day.
fn manifest(folder: &Path, report: &str, day: Day) -> std::result::Result<Manifest, String> {
    let bytes = fs::read(folder.join(MANIFEST)).map_err(|error| format!("its {MANIFEST} cannot be read: {error}"))?;
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| format!("its {MANIFEST} is none of a report, at line {}", error.line()))?;
    match (manifest.report == report, manifest.day == day) {
        (true, true) => Ok(manifest),
        (false, _) => Err(format!("its {MANIFEST} is of another report")),
        (_, false) => Err(format!("its {MANIFEST} is of another day")),
    }
}

/// The folders in a folder, in order of name; links are none.
fn folders(folder: &Path) -> Result<Vec<String>> {
    let mut names = names(folder)?;
    names.retain(|name| fs::symlink_metadata(folder.join(name)).is_ok_and(|found| found.is_dir()));
    Ok(names)
}

/// The names in a folder, in order, without those that are no text.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).doing("list", folder)? {
        names.extend(entry.doing("list", folder)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::MainFigure;

    fn put(out: &Path, report: &str, folder: &str, manifest: &Manifest) {
        let folder = out.join(report).join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(MANIFEST), serde_json::to_vec(manifest).unwrap()).unwrap();
    }

    fn manifest(report: &str, day: &str, headline: &str, value: &str) -> Manifest {
        let figure = MainFigure {
            label: "Won".to_owned(),
            value: value.to_owned(),
            unit: "USD".to_owned(),
            shown: format!("USD {value}"),
        };
        Manifest {
            report: report.to_owned(),
            day: day.parse().unwrap(),
            headline: headline.to_owned(),
            pages: Vec::new(),
            files: Vec::new(),
            figure: Some(figure),
            standing: None,
            revisions: Vec::new(),
        }
    }

    fn shelf(out: &Path) -> String {
        fs::read_to_string(out.join(SHELF)).unwrap()
    }

    #[test]
    fn the_newest_page_of_a_report_stands_first_and_each_leads_to_its_neighbours() {
        let out = tempfile::tempdir().unwrap();
        for (day, value) in [("2026-11-12", "20"), ("2026-11-13", "30"), ("2026-11-11", "10")] {
            put(out.path(), "x", day, &manifest("x", day, &format!("of {day}"), value));
        }
        put(out.path(), "x", "latest", &manifest("x", "2026-11-13", "of 2026-11-13", "30"));
        assert_eq!(shelve(out.path()).unwrap(), Vec::<String>::new());
        let html = shelf(out.path());
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
        assert!(at("of 2026-11-13") < at("of 2026-11-12") && at("of 2026-11-12") < at("of 2026-11-11"));
        assert_eq!(html.matches("<tr id=").count(), 3, "`latest` is no day of its own");
        let row = &html[at("<tr id=\"x/2026-11-12\"")..at("<tr id=\"x/2026-11-11\"")];
        for link in ["x/2026-11-11/index.html", "x/2026-11-12/index.html", "x/2026-11-13/index.html"] {
            assert!(row.contains(&format!("href=\"{link}\"")), "{link} in {row}");
        }
        assert!(html.contains("Trend from USD 10 to USD 30, lowest USD 10, highest USD 30"), "{html}");
        shelve(out.path()).unwrap();
        assert_eq!(shelf(out.path()), html);
    }

    #[test]
    fn what_is_no_page_of_ours_is_passed_over() {
        let out = tempfile::tempdir().unwrap();
        put(out.path(), "x", "2026-11-12", &manifest("x", "2026-11-12", "one", "1"));
        put(out.path(), "x", "2026-11-13", &manifest("y", "2026-11-13", "two", "1"));
        put(out.path(), "x", "2026-11-14", &manifest("x", "2026-11-13", "three", "1"));
        fs::create_dir_all(out.path().join("pictures/2026-11-12")).unwrap();
        fs::create_dir_all(out.path().join("x/notes")).unwrap();
        fs::create_dir_all(out.path().join("z/2026-11-12")).unwrap();
        fs::write(out.path().join("z/2026-11-12").join(MANIFEST), "{\n]").unwrap();
        fs::write(out.path().join(format!("{UNFINISHED}of-a-killed-run")), "<html").unwrap();
        let passed_over = shelve(out.path()).unwrap();
        let expected = [
            "pictures/2026-11-12 is not on the shelf: its manifest.json cannot be read: ",
            "x/2026-11-14 is not on the shelf: its manifest.json is of another day",
            "x/2026-11-13 is not on the shelf: its manifest.json is of another report",
            "z/2026-11-12 is not on the shelf: its manifest.json is none of a report, at line 2",
        ];
        assert_eq!(passed_over.len(), expected.len(), "{passed_over:?}");
        for (found, expected) in passed_over.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
        let html = shelf(out.path());
        assert!(html.contains("one") && !html.contains("two") && !html.contains("three"));
        assert!(names(out.path()).unwrap().iter().all(|name| !name.starts_with(UNFINISHED)));
    }

    #[test]
    fn two_that_shelve_at_once_leave_what_both_have_published() {
        let out = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for report in 0..8 {
                let out = out.path();
                scope.spawn(move || {
                    let name = format!("report_{report}");
                    put(out, &name, "2026-11-12", &manifest(&name, "2026-11-12", "said", "1"));
                    shelve(out).unwrap();
                });
            }
        });
        assert_eq!(shelf(out.path()).matches("<tr id=").count(), 8);
        assert_eq!(names(out.path()).unwrap().len(), 9, "nothing unfinished stays");
    }

    #[test]
    fn strangers_text_on_the_shelf_is_text() {
        let out = tempfile::tempdir().unwrap();
        let hostile = "<script>alert(1)</script>\"'& \u{202e}gnp =cmd";
        let name = "javascript:alert(1)'\"<b>";
        let mut of = manifest(name, "2026-11-12", hostile, "NaN");
        of.figure =
            of.figure.map(|figure| MainFigure { label: hostile.to_owned(), shown: hostile.to_owned(), ..figure });
        of.revisions.push(crate::reports::Revision {
            commit: None,
            headline: hostile.to_owned(),
            page: String::new(),
            changed: vec![hostile.to_owned()],
            because: Vec::new(),
        });
        put(out.path(), name, "2026-11-12", &of);
        shelve(out.path()).unwrap();
        let html = shelf(out.path());
        assert_eq!(html.matches("<script").count(), 1, "the page's own");
        assert!(!html.contains("<b>\"") && !html.contains('\u{202e}'));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(!html.contains("href=\"javascript:"));
        assert!(html.contains("href=\"javascript%3Aalert%281%29%27%22%3Cb%3E/2026-11-12/index.html\""));
    }
}
