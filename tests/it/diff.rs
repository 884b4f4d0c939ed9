//! `forecastle diff`: what a change of SQL, of day or of commit does to rows.

use serde_json::Value;

use crate::command::Program;
use crate::project::{TestProject, copy};

/// The small project with two days of deals, run for both.
fn project() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-12", &["d1,o1,Qualify,Open,100.50,2026-11-01", "d2,o1,Propose,Open,7,2026-11-02"]);
    project.deals(
        "2026-11-13",
        &["d1,o1,Qualify,Open,90,2026-11-01", "d3,o1,Qualify,Open,5,2026-11-13", "d4,o2,,Won,1000,2026-11-03"],
    );
    project.run();
    project
}

#[test]
fn changed_sql_is_held_against_what_the_lake_holds() {
    let project = project();
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["diff", "kpi.pipeline"]);
    assert!(said.stdout.starts_with("kpi.pipeline: no row differs, 1 unchanged\n"), "{}", said.stdout);
    let said = program.runs_to(0, &["diff"]);
    assert_eq!((said.stdout.as_str(), said.stderr.trim()), ("", "2 models compared: 0 differ"));

    project.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status IN ('open', 'won')");
    let said = program.runs_to(0, &["diff", "kpi.pipeline"]);
    assert_eq!(
        said.stdout,
        "\
kpi.pipeline: 1 row added, 1 unchanged
  before  the lake of 2026-11-13: 1 row
  after   the SQL at hand, 2026-11-13: 2 rows
  told apart by stage

  columns
    column  rows changed  total before  total after   difference
    ------  ------------  ------------  -----------  -----------
    amount             0       95.0000   1,095.0000  +1,000.0000

  largest moves of money
    row    stage  column  before       after   difference
    -----  -----  ------  ------  ----------  -----------
    added  none   amount       –  1,000.0000  +1,000.0000

  added rows
    stage
    -----
    none
"
    );
    let said = program.runs_to(0, &["diff"]);
    assert_eq!(said.stderr.trim(), "2 models compared: 2 differ");
    let said = program.runs_to(0, &["diff", "kpi.pipeline", "--format", "markdown"]);
    assert!(said.stdout.starts_with("### kpi.pipeline: 1 row added, 1 unchanged\n"), "{}", said.stdout);
    assert!(said.stdout.contains("| added | none | amount | – | 1,000.0000 | +1,000.0000 |"), "{}", said.stdout);
    let said = program.runs_to(0, &["diff", "kpi.pipeline", "--format", "json"]);
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(told["differences"][0]["rows"]["added"], 1);
    assert_eq!(told["differences"][0]["columns"][1]["total"]["difference"], "+1000.0000");
}

#[test]
fn a_day_is_held_against_another_and_a_folder_against_a_folder() {
    let project = project();
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["diff", "crm.deal", "--against", "2026-11-12"]);
    assert!(said.stdout.starts_with("crm.deal: 2 rows added, 1 removed, 1 changed, 0 unchanged\n"), "{}", said.stdout);
    let said = program.runs_to(0, &["diff", "kpi.pipeline", "--against", "2026-11-12"]);
    assert!(said.stdout.starts_with("kpi.pipeline: 1 row removed, 1 changed, 0 unchanged\n"), "{}", said.stdout);

    let other = TestProject::empty();
    copy(project.root(), other.root());
    other.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status = 'won'");
    let folder = other.root().to_string_lossy().into_owned();
    // A view is compared too: both sides are computed.
    let said = program.runs_to(0, &["diff", "kpi.open_deal", "--against", &folder, "--key", "deal_id"]);
    assert!(said.stdout.starts_with("kpi.open_deal: 2 rows added, 1 removed, 0 unchanged\n"), "{}", said.stdout);
}

#[test]
fn of_an_incremental_model_the_partition_of_the_day_is_compared() {
    let project = TestProject::small();
    let sql = "SELECT count(*) AS deals, sum(amount) AS amount FROM kpi.open_deal";
    project.write("sql/kpi/daily.sql", format!("/* ---\nmaterialize: incremental\n--- */\n{sql}\n"));
    project.deals("2026-11-12", &["d1,o1,Qualify,Open,100,2026-11-01"]);
    project.deals("2026-11-13", &["d1,o1,Qualify,Open,90,2026-11-01", "d2,o1,,Won,5,2026-11-02"]);
    project.run();
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["diff", "kpi.daily"]);
    assert!(said.stdout.starts_with("kpi.daily: no row differs, 1 unchanged\n"), "{}", said.stdout);
    project.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status IN ('open', 'won')");
    let said = program.runs_to(0, &["diff", "kpi.daily", "--key", "day"]);
    assert!(said.stdout.starts_with("kpi.daily: 1 row changed, 0 unchanged\n"), "{}", said.stdout);
    assert!(said.stdout.contains("90.0000      95.0000     +5.0000"), "{}", said.stdout);
}

#[test]
fn a_commit_is_held_against_the_lake_of_now() {
    let project = project();
    let before = project.commits().to_string();
    project.deals("2026-11-13", &["d1,o1,Qualify,Open,90,2026-11-01"]);
    project.run_day("2026-11-13");
    let said = Program::in_folder(project.root()).runs_to(0, &["diff", "kpi.pipeline", "--commit", &before]);
    assert!(said.stdout.starts_with("kpi.pipeline: 1 row changed, 0 unchanged\n"), "{}", said.stdout);
    assert!(said.stdout.contains(&format!("before  commit {before}, 2026-11-13: 1 row")), "{}", said.stdout);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let project = project();
    let program = Program::in_folder(project.root());
    for (arguments, wanted) in [
        (vec!["diff", "kpi.pipelin"], "did you mean `kpi.pipeline`?"),
        (
            vec!["diff", "kpi.pipeline", "--key", "stge"],
            "the key names `stge`, which is no column of both sides of kpi.pipeline\nhelp: did you mean `stage`?",
        ),
        (
            vec!["diff", "kpi.open_deal"],
            "kpi.open_deal is not in the lake of 2026-11-13, so there is nothing to compare\nhelp: a view and a new model are not in the lake; compare two folders with --against DIR, or two days with --against DAY",
        ),
        (
            vec!["diff", "kpi.pipeline", "--against", "nowhere"],
            "`nowhere` is neither a day nor the folder of a project",
        ),
    ] {
        let said = program.runs_to(2, &arguments);
        assert!(said.stderr.contains(wanted), "{arguments:?}: {}", said.stderr);
    }
}
