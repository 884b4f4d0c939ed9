//! Mistakes that a user can make, one folder each below `testdata/errors`: files that lie over the small project, and in
//! `expected.txt` what they are told. `UPDATE_EXPECTED=1` writes those files anew; read them like a newcomer before they
//! are committed.

use std::fs;
use std::path::PathBuf;

use crate::needed::repository;
use crate::project::{TestProject, copy};

const EXPECTED: &str = "expected.txt";

fn cases() -> Vec<PathBuf> {
    let corpus = repository().join("testdata/errors");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let is_update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let cases = cases();
    assert!(cases.len() >= 25, "the corpus was not found");
    let mut differing = Vec::new();
    for case in &cases {
        let project = TestProject::small();
        copy(case, project.root());
        fs::remove_file(project.path(EXPECTED)).ok();
        let root = project.root().display().to_string();
        let told = project.complaints().replace(&root, "PROJECT") + "\n";
        let expected = case.join(EXPECTED);
        if is_update {
            fs::write(&expected, &told).unwrap();
            continue;
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if told != wanted {
            differing.push(format!("---- {}\n-- wanted\n{wanted}-- told\n{told}", case.file_name().unwrap().display()));
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {} mistakes are told in other words:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}

#[test]
fn every_told_mistake_names_a_file_and_an_action() {
    for case in cases() {
        let expected =
            fs::read_to_string(case.join(EXPECTED)).unwrap_or_else(|_| panic!("{} has no {EXPECTED}", case.display()));
        let actions = ["help: ", "did you mean ", "needs `", "expected ", "(look at "];
        assert!(actions.iter().any(|action| expected.contains(action)), "{}: no action\n{expected}", case.display());
        let names_a_file = [".sql", ".yaml", ".md", ".csv", "exports"].iter().any(|ending| expected.contains(ending));
        assert!(names_a_file, "{}: no file\n{expected}", case.display());
        assert!(
            !expected.contains("DataFusion") && !expected.contains("Optimizer") && !expected.contains("Utf8"),
            "{}: words of the engine\n{expected}",
            case.display()
        );
    }
}
