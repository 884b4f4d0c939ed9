//! Waterfalls, held against programs that know nothing of the SQL.

use std::path::Path;
use std::process::Command;

use crate::needed::{python, repository, succeed};
use crate::shared::{LAST, whole_demo};

const PROGRAM: &str = env!("CARGO_BIN_EXE_forecastle");

fn oracle(test: &str, script: &str) -> Option<Command> {
    let mut python = python(test)?;
    python.arg("-B").arg(repository().join("tests/oracle").join(script));
    Some(python)
}

/// An answer as a CSV file.
fn answer(project: &Path, sql: &str, file: &Path) {
    let mut query = Command::new(PROGRAM);
    let csv = succeed(query.arg("--project").arg(project).args(["query", "--day", LAST, "--format", "csv", sql]));
    std::fs::write(file, csv).unwrap();
}

#[test]
fn every_line_of_every_waterfall_agrees_with_another_programs() {
    let Some(mut cases) = oracle("every_line_of_every_waterfall_agrees_with_another_programs", "movement_cases.py")
    else {
        return;
    };
    // That program is right where figures were worked by hand.
    assert!(succeed(&mut cases).contains(" 0 differ"));
    let (project, _) = whole_demo();
    let folder = tempfile::tempdir().unwrap();
    let (windows, lines) = (folder.path().join("window.csv"), folder.path().join("waterfall.csv"));
    answer(project.root(), "SELECT * FROM movement.window WHERE NOT is_daily", &windows);
    for (scope, sql) in [
        ("company", "SELECT * FROM movement.waterfall"),
        ("team", "SELECT * FROM movement.waterfall_by_scope WHERE scope = 'team'"),
        ("rep", "SELECT * FROM movement.waterfall_by_scope WHERE scope = 'owner'"),
    ] {
        answer(project.root(), sql, &lines);
        let mut compare = oracle("compare", "movement_compare.py").unwrap();
        compare.arg("--exports").arg(project.path("testdata/demo/exports")).args(["--day", LAST, "--scope", scope]);
        // A deal that was handed over and won is won by who had it at the end: so the won line equals the bookings.
        compare.args(["--reading", "scope_first=yes"]);
        let said = succeed(compare.arg("--windows").arg(&windows).arg("--lines").arg(&lines));
        assert!(said.contains("5 windows") && said.contains(" 0 differences"), "{scope}: {said}");
    }
}

#[test]
fn the_gross_waterfalls_and_those_of_each_day_agree_with_another_programs() {
    const TEST: &str = "the_gross_waterfalls_and_those_of_each_day_agree_with_another_programs";
    let Some(_) = oracle(TEST, "movement_compare.py") else { return };
    let (project, _) = whole_demo();
    let folder = tempfile::tempdir().unwrap();
    let (windows, lines) = (folder.path().join("window.csv"), folder.path().join("waterfall.csv"));
    for (asked, told, option, counted) in [
        (
            "SELECT * FROM movement.window AS w WHERE NOT is_daily AND EXISTS (SELECT 1 FROM movement.waterfall_gross AS g WHERE g.window = w.window)",
            "SELECT window, line, CASE kind WHEN 'delta' THEN moves ELSE deals END AS deals, amount FROM movement.waterfall_gross",
            "--gross",
            "3 windows",
        ),
        (
            "SELECT * FROM movement.window WHERE is_daily",
            "SELECT w.window, d.line, sum(d.deals) AS deals, sum(d.amount) AS amount FROM movement.day AS d \
             JOIN movement.window AS w ON w.is_daily AND w.period = d.period AND w.end_day = d.day GROUP BY w.window, d.line",
            "--scope=company",
            "28 windows",
        ),
    ] {
        answer(project.root(), asked, &windows);
        answer(project.root(), told, &lines);
        let mut compare = oracle(TEST, "movement_compare.py").unwrap();
        compare.arg("--exports").arg(project.path("testdata/demo/exports")).args(["--day", LAST, option]);
        compare.args(["--reading", "scope_first=yes"]);
        let said = succeed(compare.arg("--windows").arg(&windows).arg("--lines").arg(&lines));
        assert!(said.contains(counted) && said.contains(" 0 differences"), "{option}: {said}");
    }
}

#[test]
fn waterfalls_of_3000_random_worlds_close_exactly() {
    let Some(mut worlds) = oracle("waterfalls_of_3000_random_worlds_close_exactly", "worlds.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let said = succeed(worlds.arg(PROGRAM).arg(folder.path()));
    assert!(said.contains("3000 worlds") && said.contains(" 0 faults"), "{said}");
}
