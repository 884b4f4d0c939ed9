//! The shelf of all pages.

use std::fs;
use std::process::Stdio;

use crate::command::Program;
use crate::project::TestProject;

const FIRST: &str = "2026-11-02";
const SECOND: &str = "2026-11-03";
const SHELF: &str = "out/reports/index.html";

fn deals(project: &TestProject, on: &str, amount: u32) {
    project.deals(on, &[&format!("1,ann,Qualify,Open,{amount},2026-10-01"), "2,bob,Propose,Open,7,2026-10-03"]);
    reps(project, on);
}

fn reps(project: &TestProject, on: &str) {
    project.write(&format!("exports/{on}/rep.csv"), "Id,Name,Hired\nann,Ann,2020-01-01\nbob,Bob,2021-01-01\n");
}

/// Two days, run one after the other.
fn two_days() -> (TestProject, Program) {
    let project = TestProject::small();
    for (on, amount) in [(FIRST, 100), (SECOND, 250)] {
        deals(&project, on, amount);
        project.run();
    }
    let program = Program::in_folder(project.root());
    (project, program)
}

fn home(on: &str) -> String {
    format!("out/reports/summary/{on}")
}

fn manifest(project: &TestProject, on: &str) -> serde_json::Value {
    serde_json::from_str(&project.read(&format!("{}/manifest.json", home(on)))).unwrap()
}

/// The part of a text from one mark up to another.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no {to} after {from} in {text}"));
    &text[start..start + end]
}

fn row<'t>(shelf: &'t str, on: &str) -> &'t str {
    between(shelf, &format!("<tr id=\"summary/{on}\""), "</tr>")
}

// ---- the shelf

#[test]
fn the_shelf_tells_of_every_page_which_state_it_is_of_and_what_was_said_before() {
    let (project, _) = two_days();
    let shelf = project.read(SHELF);
    let second = row(&shelf, SECOND);
    for text in ["2 open deals are worth", "commit 2", "● fine", "summary/2026-11-02/index.html\" aria-label=\"older"]
    {
        assert!(second.contains(text), "{text} in {second}");
    }
    assert!(!shelf.contains("Made again"));
    assert!(shelf.contains("Content-Security-Policy") && shelf.contains("A small company"));
    assert_eq!(manifest(&project, FIRST)["standing"]["commit"], 1);

    let headline = manifest(&project, FIRST)["headline"].as_str().unwrap().to_owned();
    deals(&project, FIRST, 999);
    project.run_day(FIRST);
    let shelf = project.read(SHELF);
    let first = row(&shelf, FIRST);
    for text in ["Made again once", "Before, commit 1", &headline, "because of: other data", "index.html, report.md"] {
        assert!(first.contains(text), "{text} in {first}");
    }
    assert!(!row(&shelf, SECOND).contains("Made again"));
    let revisions = &manifest(&project, FIRST)["revisions"];
    assert_eq!(revisions.as_array().unwrap().len(), 1);
    assert_eq!(revisions[0]["because"], serde_json::json!(["data"]));

    // No clock, no order of the runs: made from the same manifests it has the same bytes.
    fs::remove_file(project.path(SHELF)).unwrap();
    project.run_day(FIRST);
    assert_eq!(project.read(SHELF), shelf);
}

#[test]
fn that_a_row_was_rejected_stands_on_the_shelf() {
    let project = TestProject::small();
    project.deals(FIRST, &["1,ann,Qualify,Open,5,2026-10-01", "2,bob,Propose,Open,much,2026-10-03"]);
    reps(&project, FIRST);
    project.run();
    assert!(row(&project.read(SHELF), FIRST).contains("▲ partial"));
    assert_eq!(manifest(&project, FIRST)["standing"]["status"], "partial");
}

#[test]
fn a_shelf_that_a_killed_run_left_unfinished_is_made_anew_and_foreign_files_are_passed_over() {
    let (project, program) = two_days();
    let whole = project.read(SHELF);
    project.write("out/reports/.unfinished-of-a-killed-run", "<!doctype html><html");
    project.write(SHELF, &whole[..whole.len() / 2]);
    project.write("out/reports/pictures/2026-11-02/cat.png", "meow");
    project.write("out/reports/summary/2026-01-01/manifest.json", "{");
    let said = program.runs_to(0, &["run"]);
    assert_eq!(project.read(SHELF), whole);
    assert!(!project.path("out/reports/.unfinished-of-a-killed-run").exists());
    for text in ["pictures/2026-11-02 is not on the shelf", "summary/2026-01-01 is not on the shelf"] {
        assert!(said.stderr.contains(text), "{}", said.stderr);
    }
}

#[test]
fn two_runs_at_once_leave_a_shelf_with_the_pages_of_both() {
    let project = TestProject::small();
    deals(&project, FIRST, 1);
    project.write("reports/other.md", project.read("reports/summary.md"));
    let other = project.read("pipelines/nightly.yaml");
    let other = other.replace("pipeline: nightly", "pipeline: other\nlake: other").replace("[summary]", "[other]");
    project.write("pipelines/other.yaml", other);
    let program = Program::in_folder(project.root());
    let start = |name| program.command(&["run", name]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let runs = ["nightly", "other"].map(start);
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let shelf = project.read(SHELF);
    for name in ["summary", "other"] {
        assert!(shelf.contains(&format!("<tr id=\"{name}/{FIRST}\"")), "{name} in {shelf}");
    }
}

#[test]
fn a_hostile_headline_is_text_on_the_shelf() {
    let project = TestProject::small();
    let headline = "# {{ stages[0].stage }}";
    let template = project.read("reports/summary.md");
    let from = template.lines().find(|line| line.starts_with("# ")).unwrap();
    project.write("reports/summary.md", template.replace(from, headline));
    let hostile = "<script>alert(1)</script><img src=x onerror=y>\u{202e}";
    project.deals(FIRST, &[&format!("1,ann,{hostile},Open,5,2026-10-01")]);
    project.run();
    let shelf = project.read(SHELF);
    assert!(row(&shelf, FIRST).contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=y&gt;"));
    assert_eq!(shelf.matches("<script").count(), 1, "the shelf's own");
    assert!(!shelf.contains("<img") && !shelf.contains('\u{202e}'));
}
