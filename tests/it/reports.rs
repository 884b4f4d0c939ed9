//! The shelf of all pages, and the proof that a page is what the lake gives.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::command::{Program, Said};
use crate::project::{TestProject, copy};

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

/// The bytes of all files below a folder, by path.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(contents(&path)),
            false => drop(found.insert(path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found
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
    let listed = program.runs_to(0, &["report", "list", "--pipeline", "other"]).stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
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

// ---- report verify

fn verify(program: &Program, code: i32, file: &str) -> Said {
    program.runs_to(code, &["report", "verify", file])
}

#[test]
fn a_page_as_it_was_published_is_what_the_lake_gives_and_nothing_is_written() {
    let (project, program) = two_days();
    let before = contents(project.root());
    // The older day's models have left the lake: they are computed once more.
    for folder in [home(FIRST), home(SECOND), home("latest")] {
        for file in ["", "/index.html", "/report.md", "/manifest.json"] {
            let said = verify(&program, 0, &format!("{folder}{file}"));
            assert!(said.stdout.contains("every byte as the lake gives it"), "{}", said.stdout);
        }
    }
    // A page that was mailed stands alone; a run that goes on is in nobody's way.
    project.write("mailed.html", project.read(&format!("{}/index.html", home(FIRST))));
    let writer = project.lake().lock("goes-on").unwrap();
    verify(&program, 0, "mailed.html");
    fs::remove_file(project.path("mailed.html")).unwrap();
    drop(writer);
    let mut after = contents(project.root());
    after.retain(|path, _| !path.ends_with("/lake/lock") && !path.contains("/.forecastle/"));
    assert!(after.iter().all(|(path, bytes)| before.get(path) == Some(bytes)));
}

#[test]
fn a_byte_that_was_altered_is_told_with_its_line() {
    let (project, program) = two_days();
    let page = format!("{}/index.html", home(FIRST));
    let whole = project.read(&page);
    let at = whole.lines().position(|line| line.starts_with("<h1>")).unwrap();
    let altered = between(&whole, "<h1>", "</h1>").replace("107", "907");
    assert!(whole.contains("<h1>") && altered.contains("907"), "{altered}");
    project.write(&page, whole.replace(between(&whole, "<h1>", "</h1>"), &altered));
    let alone = verify(&program, 3, &page);
    assert_eq!(alone.stdout, format!("index.html differs in line {}\n", at + 1));
    assert!(alone.stderr.contains("it was altered after it was made"), "{}", alone.stderr);
    verify(&program, 0, &format!("{}/report.md", home(FIRST)));

    project.write(&format!("{}/assets/more.svg", home(FIRST)), "<svg/>");
    fs::remove_file(project.path(&format!("{}/report.md", home(FIRST)))).unwrap();
    let whole = verify(&program, 3, &home(FIRST)).stdout;
    for text in
        ["index.html is not the file that manifest.json names", "report.md is missing", "assets/more.svg is no file"]
    {
        assert!(whole.contains(text), "{text}\n{whole}");
    }
}

#[test]
fn a_page_whose_provenance_was_altered_is_told() {
    let (project, program) = two_days();
    let page = format!("{}/index.html", home(FIRST));
    let state = manifest(&project, FIRST)["standing"]["state"].as_str().unwrap()[..16].to_owned();
    project.write("altered.html", project.read(&page).replace(&state, "0123456789abcdef"));
    let said = verify(&program, 3, "altered.html");
    assert!(said.stdout.contains("commit 1 of this lake has another state of 2026-11-02"), "{}", said.stdout);
    assert!(said.stdout.contains("differs in line"), "{}", said.stdout);
}

#[test]
fn a_corrected_export_makes_the_page_before_it_out_of_date() {
    let (project, program) = two_days();
    copy(&project.path(&home(FIRST)), &project.path("archive"));
    deals(&project, FIRST, 999);
    project.run_day(FIRST);
    verify(&program, 0, &home(FIRST));
    let said = verify(&program, 3, "archive");
    assert!(said.stdout.starts_with("data corrected since, by commit "), "{}", said.stdout);
    assert!(said.stdout.ends_with(": crm.deal\n"), "{}", said.stdout);
    assert!(said.stderr.contains("is genuine, as of commit 1; its data was corrected since"), "{}", said.stderr);
    // That it is out of date hides nothing.
    let text = project.read("archive/report.md");
    project.write("archive/report.md", text.replace("107", "108"));
    assert!(verify(&program, 3, "archive").stdout.contains("report.md is not the file that manifest.json names"));
}

#[test]
fn another_template_or_other_sql_is_told_as_the_reason() {
    let (project, program) = two_days();
    let template = project.read("reports/summary.md");
    project.write("reports/summary.md", template.replace("No deal is open.", "Nothing is open."));
    let said = verify(&program, 3, &home(FIRST));
    assert!(said.stdout.contains("the template has changed: the page tells reports/summary.md, "), "{}", said.stdout);
    assert!(said.stderr.contains("was made by something else than what is here"), "{}", said.stderr);
    project.write("reports/summary.md", &template);
    verify(&program, 0, &home(FIRST));

    let sql = project.read("sql/kpi/total.sql");
    project.write("sql/kpi/total.sql", format!("{sql}\n-- another thought\n"));
    let said = verify(&program, 3, &home(FIRST));
    assert!(said.stdout.contains("the SQL of models or of the report's queries has changed"), "{}", said.stdout);
}

#[test]
fn what_cannot_be_verified_is_told_without_a_verdict() {
    let (project, program) = two_days();
    project.write("note.md", "# A note\n\n107 deals\n");
    assert!(verify(&program, 2, "note.md").stderr.contains("note.md is no report of forecastle"));
    assert!(verify(&program, 74, "absent.html").stderr.contains("absent.html"));
    let page = project.read(&format!("{}/index.html", home(FIRST)));
    project.write("later.html", page.replace("commit</dt><dd>1</dd>", "commit</dt><dd>99</dd>"));
    let said = verify(&program, 2, "later.html").stderr;
    assert!(said.contains("the page is of commit 99, and the lake's newest is 2"), "{said}");
    project.write("other.html", page.replace("reports/summary.md", "reports/sumary.md"));
    let said = verify(&program, 2, "other.html").stderr;
    assert!(said.contains("there is no report `sumary`") && said.contains("summary"), "{said}");

    let elsewhere = TestProject::small();
    deals(&elsewhere, FIRST, 5);
    elsewhere.run();
    elsewhere.write("page.html", &page);
    let said = verify(&Program::in_folder(elsewhere.root()), 3, "page.html").stdout;
    assert!(said.contains("it was made over another lake"), "{said}");
}
