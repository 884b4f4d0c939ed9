//! The same lake state and day give the same bytes, however and wherever a run came to them.

use std::io::{Read, Write};
use std::path::Path;

use forecastle::run::{Days, ReportOutcome};

use crate::command::Program;
use crate::project::{Outcomes, TestProject, day};

const DAYS: [&str; 3] = ["2026-11-09", "2026-11-12", "2026-11-13"];

fn demo() -> TestProject {
    TestProject::demo(|day| DAYS.contains(&day.to_string().as_str()))
}

/// Turns the rows of a packed CSV file round; a row goes on to the next line while a quote is open.
fn reverse(path: &Path) {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut rows = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let row = rows.last_mut().unwrap();
        row.push_str(line);
        if row.matches('"').count().is_multiple_of(2) {
            rows.push(String::new());
        }
    }
    assert_eq!(rows.pop().as_deref(), Some(""), "{} ends within a quote", path.display());
    rows[1..].reverse();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(rows.concat().as_bytes()).unwrap();
    std::fs::write(path, packed.finish().unwrap()).unwrap();
}

#[test]
fn the_order_of_the_rows_in_exports_changes_nothing_in_any_table_and_no_byte_of_a_page() {
    let (as_exported, reversed) = (demo(), demo());
    for on in DAYS {
        for file in std::fs::read_dir(reversed.path(&format!("testdata/demo/exports/{on}"))).unwrap() {
            reverse(&file.unwrap().path());
        }
    }
    as_exported.run();
    reversed.run();
    assert_eq!(as_exported.state(), reversed.state());
    assert_eq!(as_exported.report("executive", DAYS[2]), reversed.report("executive", DAYS[2]));
}

#[test]
fn days_run_at_once_or_one_by_one_give_the_same_tables_and_the_same_pages() {
    let at_once = demo().with_threads(1);
    at_once.run();
    let one_by_one = demo().with_threads(4);
    one_by_one.run_days(Days::Between(day(DAYS[0]), day(DAYS[1])));
    one_by_one.run_day(DAYS[2]);
    assert_eq!(at_once.state(), one_by_one.state());
    assert_eq!(at_once.report("executive", DAYS[2]), one_by_one.report("executive", DAYS[2]));

    // A past day of one lake is what was said on that day in the other.
    let before = at_once.commits();
    let record = at_once.run_day(DAYS[1]);
    assert_eq!((record.newest().commit, at_once.commits()), (None, before));
    assert_eq!(at_once.report("executive", DAYS[1]), one_by_one.report("executive", DAYS[1]));
    assert_eq!(at_once.report("executive", "latest"), at_once.report("executive", DAYS[2]));

    // The program in another time zone and language, on its own number of threads.
    let elsewhere = demo();
    let program = Program::in_folder(elsewhere.root())
        .with("TZ", "Asia/Tokyo")
        .with("LANG", "de_DE.UTF-8")
        .with("LC_ALL", "de_DE.UTF-8");
    program.runs_to(0, &["run"]);
    assert_eq!(elsewhere.state(), at_once.state());
    assert_eq!(elsewhere.report("executive", DAYS[2]), at_once.report("executive", DAYS[2]));
}

#[test]
fn a_past_day_run_again_gives_the_same_bytes_and_no_commit() {
    let project = TestProject::small();
    for (on, amount) in [("2026-11-02", 1), ("2026-11-03", 20), ("2026-11-04", 300)] {
        project.deals(on, &[&format!("1,ann,Qualify,Open,{amount},2026-10-01"), "2,bob,Propose,Open,7,2026-10-03"]);
        project.run();
    }
    let said = project.report("summary", "2026-11-02");
    let (state, commits) = (project.state(), project.commits());
    for _ in 0..2 {
        let record = project.run_day("2026-11-02");
        assert_eq!((record.newest().commit, Outcomes::report(&record, "summary")), (None, ReportOutcome::Unchanged));
    }
    assert_eq!((project.report("summary", "2026-11-02"), project.state(), project.commits()), (said, state, commits));
    // Also when its files were lost.
    let said = project.report("summary", "2026-11-03");
    std::fs::remove_dir_all(project.path("out")).unwrap();
    let record = project.run_day("2026-11-03");
    assert_eq!((record.newest().commit, Outcomes::report(&record, "summary")), (None, ReportOutcome::Written));
    assert_eq!(project.report("summary", "2026-11-03"), said);
}

#[test]
fn a_page_does_not_depend_on_the_folder_the_clock_or_the_identities() {
    let project = || {
        let project = TestProject::small();
        project.deals("2026-11-02", &["1,ann,Qualify,Open,5,2026-10-01"]);
        project
    };
    let (one, other) = (project(), project());
    one.run();
    other.run();
    assert_ne!(one.lake().uuid(), other.lake().uuid());
    assert_eq!(one.report("summary", "2026-11-02"), other.report("summary", "2026-11-02"));
}
