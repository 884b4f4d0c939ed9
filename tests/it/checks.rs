//! Checks: what a failed one stops, and what it does not.

use forecastle::run::{Days, ModelOutcome, ReportOutcome, Status};

use crate::project::{Outcomes, TestProject, day};

const GOOD: [&str; 2] = ["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"];
/// A deal of a negative amount: `kpi.pipeline` has a rule against such a stage.
const BAD: [&str; 2] = ["1,ann,Qualify,Open,-100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"];
const RULE: &str = "kpi.pipeline/between(amount)";

fn small() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &GOOD);
    project
}

#[test]
fn a_failed_check_holds_back_what_depends_on_it_and_the_report_keeps_its_last_file() {
    let project = small();
    assert_eq!(project.run().status, Status::Done);
    let good = project.report("summary", "latest");
    project.deals("2026-11-03", &BAD);
    let record = project.run();
    assert_eq!((record.status, record.offenders(RULE)), (Status::ChecksFailed, 1));
    assert_eq!(record.model("kpi.pipeline"), ModelOutcome::Built, "what was checked is there to be looked at");
    assert_eq!(record.model("kpi.total"), ModelOutcome::Skipped(format!("the check {RULE} failed")));
    let ReportOutcome::Kept(why) = Outcomes::report(&record, "summary") else {
        panic!("{:?}", Outcomes::report(&record, "summary"))
    };
    assert!(why.contains(RULE) || why.contains("kpi.total"), "{why}");
    assert_eq!(project.report("summary", "latest"), good);
    assert!(!project.path("out/reports/summary/2026-11-03").exists());
    assert_eq!(
        (record.newest().commit, project.ask("2026-11-03", "SELECT sum(amount) FROM crm.deal")),
        (Some(2), vec!["150.5000".to_owned()])
    );
    // Mended, everything follows.
    project.deals("2026-11-03", &GOOD);
    let record = project.run();
    assert_eq!(
        (record.status, record.model("kpi.total"), Outcomes::report(&record, "summary")),
        (Status::Done, ModelOutcome::Built, ReportOutcome::Written)
    );
}

#[test]
fn a_warning_stops_nothing() {
    let project = small();
    project.edit(
        "sql/kpi/pipeline.sql",
        "- between: {column: amount, min: 0}",
        "- between: {column: amount, min: 0}\n    severity: warn",
    );
    project.deals("2026-11-02", &BAD);
    let record = project.run();
    assert_eq!(
        (record.status, record.offenders(RULE), Outcomes::report(&record, "summary")),
        (Status::Done, 1, ReportOutcome::Written)
    );
    project.deals("2026-11-03", &["1,,Qualify,Open,1,", "2,bob,Qualify,Open,1,"]);
    let record = project.run();
    assert_eq!((record.status, record.offenders("check.owner_missing")), (Status::Done, 1));
}

#[test]
fn a_check_of_an_input_holds_back_all_that_reads_it() {
    let project = small();
    project.edit("sql/check/owner_missing.sql", "severity: warn", "severity: error");
    project.write("sql/kpi/rep_count.sql", "SELECT count(*) AS reps FROM crm.rep");
    project.deals("2026-11-02", &["1,,Qualify,Open,1,", "2,bob,Qualify,Open,1,"]);
    let record = project.run();
    assert_eq!(record.status, Status::ChecksFailed);
    // It reads the deals through a view.
    assert_eq!(record.model("kpi.pipeline"), ModelOutcome::Skipped("the check check.owner_missing failed".to_owned()));
    assert!(matches!(record.model("kpi.total"), ModelOutcome::Skipped(_)));
    assert_eq!(record.model("kpi.rep_count"), ModelOutcome::Built, "it reads nothing of it");
    assert!(matches!(Outcomes::report(&record, "summary"), ReportOutcome::Kept(_)));
    assert!(!project.path("out/reports/summary/latest").exists(), "there never was a good one");
}

#[test]
fn of_a_selection_only_what_was_selected_is_checked_views_too() {
    let project = small();
    project.edit("sql/kpi/open_deal.sql", "materialize: view", "materialize: view\nchecks:\n  - unique: [deal_id]");
    project.run();
    let checked = |selector: &str| {
        let record = project.run_selected(Days::One(day("2026-11-02")), &[selector]);
        let names = record.newest().checks.iter().map(|check| check.check.clone());
        names.filter(|name| name.starts_with("kpi.")).collect::<Vec<_>>()
    };
    assert_eq!(checked("kpi.total"), [] as [&str; 0]);
    assert_eq!(checked("kpi.open_deal"), ["kpi.open_deal/unique(deal_id)"]);
    assert_eq!(checked("kpi.pipeline").len(), 2);
}

#[test]
fn every_rule_of_a_front_matter_finds_its_offenders() {
    let project = small();
    project.write(
        "sql/kpi/ruled.sql",
        "/* ---\nchecks:\n  - {unique: [stage, owner_id], severity: warn}\n  - {not_null: [owner_id, stage], severity: warn}\n  \
         - {between: {column: amount, min: 0, max: 10.5}, severity: warn}\n  - {accepted: {column: stage, values: [A, \"it's\"]}, severity: warn}\n--- */\n\
         SELECT stage, owner_id, amount FROM crm.deal",
    );
    project.deals(
        "2026-11-02",
        &[
            "1,ann,A,Open,0,",
            "2,ann,A,Open,10.5,",
            "3,ann,A,Open,10.51,",
            "4,,it's,Won,-1,",
            "5,,B,Open,,",
            "6,bob,,Open,1,",
        ],
    );
    let record = project.run();
    let found: Vec<(&str, u64)> = record
        .newest()
        .checks
        .iter()
        .filter(|check| check.check.starts_with("kpi.ruled/"))
        .map(|check| (check.check.as_str(), check.offenders))
        .collect();
    assert_eq!(
        found,
        [
            // One row per group that occurs more than once.
            ("kpi.ruled/accepted(stage)", 1),
            ("kpi.ruled/between(amount)", 2),
            ("kpi.ruled/not_null(owner_id, stage)", 3),
            ("kpi.ruled/unique(stage, owner_id)", 1),
        ]
    );
    assert_eq!(record.status, Status::Done);
}

#[test]
fn a_check_below_a_model_that_failed_is_told_as_not_run() {
    let project = small();
    project.edit("sql/kpi/pipeline.sql", "count(*) AS deals", "1 / (count(*) - 1) AS deals");
    let record = project.run();
    assert_eq!(record.status, Status::Failed);
    assert_eq!(record.newest().checks_skipped, [RULE, "kpi.pipeline/unique(stage)"]);
}

/// The small project with a model of one row a deal, and these checks of it.
fn with_checks(rules: &str) -> TestProject {
    let project = small();
    let header = format!("/* ---\nchecks:\n  - unique: [deal_id]\n{rules}--- */\n");
    project.write("sql/kpi/deal.sql", format!("{header}SELECT deal_id, owner_id, amount, created_on FROM crm.deal\n"));
    project
}

fn offenders(project: &TestProject, on: &str) -> Vec<String> {
    let kept = forecastle::run::offenders::kept(&project.pin(), on.parse().unwrap()).unwrap();
    kept.into_iter().map(|(check, key)| format!("{check}: {key}")).collect()
}

#[test]
fn every_kind_of_rule_finds_its_offenders_and_the_lake_keeps_their_keys() {
    let project = with_checks(
        "  - references: {column: owner_id, table: crm.rep, key: rep_id}\n    severity: warn\n\
         \x20 - expression: amount > 200 OR owner_id = 'ann' -- the small ones are hers\n    severity: warn\n\
         \x20 - freshness: {column: created_on, days: 30}\n    severity: warn\n\
         \x20 - row_count: {min: 3, max: 10}\n    severity: warn\n\
         \x20 - not_null: [owner_id]\n    severity: warn\n",
    );
    project.write("exports/2026-11-02/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\n");
    project.deals(
        "2026-11-02",
        &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,50,2026-10-02", "3,,Propose,Open,500,"],
    );
    let record = project.run();
    assert_eq!(record.status, Status::Done, "they warn");
    let found = |rule: &str| record.offenders(&format!("kpi.deal/{rule}"));
    let expression = "expression(amount > 200 OR owner_id = 'ann' -- the small ones are hers)";
    assert_eq!([found("references(owner_id)"), found(expression), found("freshness(created_on)")], [1, 1, 1]);
    assert_eq!([found("row_count"), found("not_null(owner_id)"), found("unique(deal_id)")], [0, 1, 0]);
    let kept = offenders(&project, "2026-11-02");
    assert_eq!(
        kept,
        [
            "check.owner_missing: deal_id=3".to_owned(),
            format!("kpi.deal/{expression}: deal_id=2"),
            "kpi.deal/freshness(created_on): newest=2026-10-02".to_owned(),
            "kpi.deal/not_null(owner_id): deal_id=3".to_owned(),
            "kpi.deal/references(owner_id): deal_id=2".to_owned(),
        ],
        "names of people and amounts are not kept"
    );
    assert!(project.path("lake/latest/check.offender.parquet").exists());
    // On the next day all is well, and that is what readers outside find.
    project.write("exports/2026-11-03/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\nbob,Bob,2020-01-01\n");
    let rows =
        ["1,ann,Qualify,Open,100,2026-11-01", "2,bob,Propose,Open,500,2026-10-02", "3,bob,Propose,Open,500,2026-10-02"];
    project.deals("2026-11-03", &rows);
    project.run();
    assert!(offenders(&project, "2026-11-03").is_empty() && offenders(&project, "2026-11-02").is_empty());
    assert!(!project.path("lake/latest/check.offender.parquet").exists());
    let commits = project.commits();
    project.run();
    assert_eq!(project.commits(), commits);
}

#[test]
fn a_number_is_held_against_the_days_before() {
    let project = with_checks(
        "  - row_count: {drop: 30%}\n    severity: warn\n  - null_share: {column: owner_id, rise: 10%}\n    severity: warn\n",
    );
    let day = |rows: usize, nameless: usize| -> Vec<String> {
        let owner = |row: usize| if row < nameless { "" } else { "ann" };
        (0..rows).map(|row| format!("{row},{},Qualify,Open,300,2026-10-01", owner(row))).collect()
    };
    let put = |on: &str, rows: Vec<String>| {
        project.deals(on, &rows.iter().map(String::as_str).collect::<Vec<_>>());
        project.run_day(on)
    };
    let note = |record: &forecastle::run::Record, rule: &str| {
        let checks = &record.newest().checks;
        checks.iter().find(|check| check.check == format!("kpi.deal/{rule}")).unwrap().note.clone()
    };
    for on in ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"] {
        put(on, day(10, 1));
    }
    let fifth = put("2026-11-06", day(5, 3));
    assert_eq!(note(&fifth, "row_count(median)"), None, "four days are too few to tell what is usual");
    let sixth = put("2026-11-07", day(6, 3));
    let said = "6 rows, and 10 in the median of the 5 days before";
    assert_eq!(note(&sixth, "row_count(median)").as_deref(), Some(said));
    let said = "50.0 % of rows without a value, and 10.0 % in the median of the 5 days before";
    assert_eq!(note(&sixth, "null_share(owner_id)").as_deref(), Some(said));
    assert_eq!(
        note(&put("2026-11-07", day(7, 1)), "row_count(median)"),
        None,
        "the day again is not held against itself"
    );
    // An older day sees what was before it.
    assert_eq!(note(&put("2026-11-06", day(5, 4)), "row_count(median)"), None);
}
