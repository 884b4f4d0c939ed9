//! Checks: what a failed one stops, and what it does not.

use forecastle::run::{ModelOutcome, ReportOutcome, Status};

use crate::project::{Outcomes, TestProject};

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
