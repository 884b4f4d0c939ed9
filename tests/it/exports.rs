//! What becomes of an export: rows, rejects, carried rows, deletions, and exports that are not taken.

use forecastle::error::Kind;
use forecastle::run::{Days, Request, SourceOutcome, Status};

use crate::command::Program;
use crate::project::{Outcomes, TestProject, day};

const PIPELINE: &str = "pipelines/nightly.yaml";
const DEAL_SQL: &str = "SELECT deal_id, stage, status, amount FROM crm.deal ORDER BY deal_id";

/// The small project with three deals on the first day.
fn three_deals() -> TestProject {
    let project = TestProject::small();
    project.deals(
        "2026-11-02",
        &[
            "1,ann,Qualify,Open,100,2026-10-01",
            "2,bob,Propose,Open,250.50,2026-10-03",
            "3,ann,Propose,Won,10,2026-09-01",
        ],
    );
    project
}

#[test]
fn a_rejected_row_is_kept_with_its_file_line_column_and_reason() {
    let project = three_deals();
    project.deals(
        "2026-11-02",
        &[
            "1,ann,Qualify,Open,much,2026-10-01",
            "2,bob,Propose,Open,250.50,2026-02-30",
            "3,ann,Propose,Mislaid,10,2026-09-01",
            "4,ann,Propose,Won,7,",
            ",ann,Propose,Won,8,",
            "6,ann,Propose,,9,2026-09-01",
            "7,ann,Propose,Won,9,2026-09-01",
        ],
    );
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 100%}");
    let record = project.run();
    // The row as it was read: what was empty is left out.
    let row = |fields: &[(&str, &str)]| {
        let told: Vec<String> = fields.iter().map(|(name, text)| format!("\"{name}\":\"{text}\"")).collect();
        format!("{{{}}}", told.join(","))
    };
    assert_eq!(
        project.rejects("crm.deal", "2026-11-02"),
        [
            format!(
                "exports/2026-11-02/deal.csv | 2 | amount | is not a number | {}",
                row(&[
                    ("Amount", "much"),
                    ("Created", "2026-10-01"),
                    ("Id", "1"),
                    ("Owner", "ann"),
                    ("Stage", "Qualify"),
                    ("Status", "Open")
                ])
            ),
            format!(
                "exports/2026-11-02/deal.csv | 3 | created_on | is not a day | {}",
                row(&[
                    ("Amount", "250.50"),
                    ("Created", "2026-02-30"),
                    ("Id", "2"),
                    ("Owner", "bob"),
                    ("Stage", "Propose"),
                    ("Status", "Open")
                ])
            ),
            format!(
                "exports/2026-11-02/deal.csv | 4 | status | is none of the values that the table allows (open, won, lost) | {}",
                row(&[
                    ("Amount", "10"),
                    ("Created", "2026-09-01"),
                    ("Id", "3"),
                    ("Owner", "ann"),
                    ("Stage", "Propose"),
                    ("Status", "Mislaid")
                ])
            ),
            format!(
                "exports/2026-11-02/deal.csv | 6 | deal_id | is missing | {}",
                row(&[("Amount", "8"), ("Owner", "ann"), ("Stage", "Propose"), ("Status", "Won")])
            ),
            format!(
                "exports/2026-11-02/deal.csv | 7 | status | is missing | {}",
                row(&[("Amount", "9"), ("Created", "2026-09-01"), ("Id", "6"), ("Owner", "ann"), ("Stage", "Propose")])
            ),
        ]
    );
    let (outcome, counts) = record.source("crm.deal");
    assert_eq!(
        (outcome, counts.read, counts.rejected, counts.carried, counts.rows),
        (SourceOutcome::Loaded, 7, 5, 0, 2)
    );
    assert_eq!(project.ask("2026-11-02", DEAL_SQL), ["4 | Propose | won | 7.0000", "7 | Propose | won | 9.0000"]);
    let told = record.newest().sources[0].reasons.join("\n");
    assert!(!told.contains("much") && !told.contains("Mislaid"), "a value of the data is told: {told}");
}

#[test]
fn a_rejected_row_is_carried_and_a_vanished_row_is_deleted() {
    let project = three_deals();
    project.run();
    // Deal 1 is broken, deal 2 is gone, deal 3 is as it was, deal 4 is new and broken.
    project.deals(
        "2026-11-03",
        &["1,ann,Propose,Open,lots,2026-10-01", "3,ann,Propose,Won,10,2026-09-01", "4,ann,Qualify,Open,x,2026-11-03"],
    );
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 100%}");
    let record = project.run();
    let (_, counts) = record.source("crm.deal");
    assert_eq!((counts.read, counts.rejected, counts.carried, counts.rows), (3, 2, 1, 2));
    assert_eq!(project.ask("2026-11-03", DEAL_SQL), ["1 | Qualify | open | 100.0000", "3 | Propose | won | 10.0000"]);
    assert_eq!(project.ask("2026-11-02", "SELECT count(*) FROM crm.deal"), ["3"], "the day before is as it was");
    // Once mended, the row is what the export says; once gone, it is gone.
    project.deals("2026-11-04", &["1,ann,Propose,Open,120,2026-10-01", "3,ann,Propose,Won,10,2026-09-01"]);
    project.run();
    assert_eq!(project.ask("2026-11-04", DEAL_SQL), ["1 | Propose | open | 120.0000", "3 | Propose | won | 10.0000"]);
}

#[test]
fn a_row_of_the_wrong_length_is_a_reject_and_its_deal_is_carried() {
    let project = three_deals();
    project.run();
    project.deals(
        "2026-11-03",
        &["1,ann,Qualify", "2,bob,Propose,Open,1,2026-10-03", "3,ann,Propose,Won,10,2026-09-01,extra"],
    );
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 100%}");
    let record = project.run();
    let (_, counts) = record.source("crm.deal");
    assert_eq!((counts.read, counts.rejected, counts.carried, counts.rows), (3, 2, 2, 3));
    let rejects = project.rejects("crm.deal", "2026-11-03");
    assert_eq!(rejects.len(), 2);
    assert!(rejects[0].starts_with("exports/2026-11-03/deal.csv | 2 | NULL | "), "{}", rejects[0]);
    assert_eq!(
        project.ask("2026-11-03", "SELECT deal_id, amount FROM crm.deal ORDER BY deal_id"),
        ["1 | 100.0000", "2 | 1.0000", "3 | 10.0000"]
    );
}

#[test]
fn rejected_rows_can_be_asked_for_in_sql() {
    let project = three_deals();
    let ask = |on: &str| {
        project.ask(on, "SELECT file, line, column_name, reason FROM crm.deal_reject ORDER BY line, column_name")
    };
    project.run();
    assert!(ask("2026-11-01").is_empty(), "a run without rejects leaves none");
    project.deals(
        "2026-11-02",
        &[
            "1,ann,Qualify,Open,much,2026-10-01",
            "2,bob,Propose,Open,250.50,2026-10-03",
            "3,ann,Propose,Mislaid,10,2026-09-01",
        ],
    );
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 100%}");
    project.run();
    assert_eq!(
        ask("2026-11-02"),
        [
            "exports/2026-11-02/deal.csv | 2 | amount | is not a number",
            "exports/2026-11-02/deal.csv | 4 | status | is none of the values that the table allows (open, won, lost)",
        ]
    );
    assert!(ask("2026-11-01").is_empty(), "a day sees its own rejects");
}

#[test]
fn of_rows_with_one_key_the_first_stays_and_the_others_are_rejected() {
    let project = three_deals();
    project.deals(
        "2026-11-02",
        &["1,ann,Qualify,Open,100,", "2,bob,Propose,Open,2,", "1,ann,Propose,Open,999,", "1,ann,Close,Open,998,"],
    );
    let record = project.run();
    assert_eq!(record.source("crm.deal").1.rejected, 2);
    assert_eq!(project.ask("2026-11-02", DEAL_SQL), ["1 | Qualify | open | 100.0000", "2 | Propose | open | 2.0000"]);
    let rejects = project.rejects("crm.deal", "2026-11-02");
    assert_eq!(
        rejects,
        [
            "exports/2026-11-02/deal.csv | 4 | NULL | has the key of line 2 | {}",
            "exports/2026-11-02/deal.csv | 5 | NULL | has the key of line 2 | {}"
        ]
    );
}

#[test]
fn more_rejects_than_the_limit_fail_the_source_and_leave_the_lake_as_it_was() {
    let project = three_deals();
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 30%}");
    project.run();
    let before = project.state();
    project.deals("2026-11-03", &["1,ann,Qualify,Open,x,", "2,bob,Propose,Open,2,", "3,ann,Propose,Won,3,"]);
    let error = project.fail_to_run("2026-11-03");
    assert_eq!(error.kind, Kind::Failed);
    let wanted = "crm.deal: 1 of 3 rows were rejected, more than the limit of 30%: 1 × `amount` is not a number (first in exports/2026-11-03/deal.csv:2)";
    assert!(error.message.contains(wanted), "{}", error.message);
    assert_eq!((project.state(), project.commits()), (before, 1));
    // The record of the run that failed is kept.
    let lake = project.lake();
    let records: Vec<forecastle::run::Record> =
        lake.run_ids().unwrap().iter().filter_map(|id| lake.read_run(id).unwrap()).collect();
    let failed: Vec<_> = records.iter().filter(|record| record.status == Status::Failed).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].error.as_ref().is_some_and(|told| told.contains("more than the limit of 30%")));
    // Exactly the limit is not more than it.
    project.edit(PIPELINE, "rejects: {limit: 30%}", "rejects: {limit: 0.34}");
    assert_eq!(project.run_day("2026-11-03").source("crm.deal").1.rejected, 1);
}

#[test]
fn an_export_much_smaller_or_larger_than_the_one_before_is_not_taken() {
    let project = three_deals();
    project.edit(PIPELINE, "rejects: {limit: 50%}", "volume: {drop: 30%, grow: 100%}");
    project.run();
    project.deals("2026-11-03", &["1,ann,Qualify,Open,100,", "2,bob,Propose,Open,2,"]);
    let error = project.fail_to_run("2026-11-03");
    assert!(
        error.message.contains("crm.deal: the export has 2 rows, the one of 2026-11-02 had 3: more than 30% are gone"),
        "{}",
        error.message
    );
    let many: Vec<String> = (1..=7).map(|id| format!("{id},ann,Qualify,Open,1,")).collect();
    project.deals("2026-11-03", &many.iter().map(String::as_str).collect::<Vec<_>>());
    let error = project.fail_to_run("2026-11-03");
    assert!(
        error.message.contains("the export has 7 rows, the one of 2026-11-02 had 3: more than 100% were added"),
        "{}",
        error.message
    );
    assert_eq!(project.commits(), 1);
    project.deals("2026-11-03", &many[..6].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(project.run_day("2026-11-03").source("crm.deal").1.rows, 6);
}

#[test]
fn an_export_without_rows_is_a_deletion_of_everything_and_the_volume_guard_stops_it() {
    let project = three_deals();
    project.run();
    project.write("exports/2026-11-03/deal.csv", "Id,Owner,Stage,Status,Amount,Created\n");
    let error = project.fail_to_run("2026-11-03");
    assert!(error.message.contains("the export has 0 rows"), "{}", error.message);
    project.edit(PIPELINE, "rejects: {limit: 50%}", "volume: {drop: 100%}");
    let record = project.run_day("2026-11-03");
    assert_eq!(record.source("crm.deal").1.rows, 0);
    assert_eq!(project.ask("2026-11-03", "SELECT count(*) FROM crm.deal"), ["0"]);
    // A file without even a header is no export.
    project.write("exports/2026-11-04/deal.csv", "");
    let error = project.fail_to_run("2026-11-04");
    assert!(error.message.contains("exports/2026-11-04/deal.csv is empty"), "{}", error.message);
}

#[test]
fn an_export_of_a_header_alone_is_an_empty_table_however_its_line_ends() {
    let header = "Id,Owner,Stage,Status,Amount,Created";
    for end in ["", "\n", "\r\n"] {
        let project = TestProject::small();
        project.write("exports/2026-11-02/deal.csv", format!("{header}{end}"));
        assert_eq!(project.run().source("crm.deal").1.rows, 0, "{end:?}");
        project.deals("2026-11-03", &["1,ann,Qualify,Open,100,2026-10-01"]);
        project.run();
        project.write("exports/2026-11-04/deal.csv", format!("{header}{end}"));
        let error = project.fail_to_run("2026-11-04");
        assert!(error.message.contains("the export has 0 rows, the one of 2026-11-03 had 1"), "{end:?}: {error}");
    }
}

#[test]
fn a_number_with_more_decimals_than_its_column_keeps_is_rounded_and_told() {
    let project = TestProject::small();
    let deals = ["1,ann,Qualify,Open,1.00005,2026-10-01", "2,ann,Qualify,Open,1.23450000,2026-10-01"];
    project.deals("2026-11-02", &[&deals[..], &["3,ann,Qualify,Open,-7.00009,2026-02-30"]].concat());
    let told = Program::in_folder(project.root()).runs_to(0, &["run"]).stderr;
    assert!(told.contains("\n            crm.deal: 1 × `created_on` is not a day"), "{told}");
    let note = "\n            crm.deal: 1 × `amount` has more decimals than DECIMAL(18, 4) keeps, and was rounded\n";
    assert!(told.contains(note), "{told}");
    assert_eq!(project.ask("2026-11-02", DEAL_SQL), ["1 | Qualify | open | 1.0001", "2 | Qualify | open | 1.2345"]);
    // What is as it was is not told again, and what is rounded by the map is no surprise.
    project.deals("2026-11-03", &deals);
    assert!(!Program::in_folder(project.root()).runs_to(0, &["run"]).stderr.contains("decimals"));
    project.edit(PIPELINE, "number(Amount)", "round(number(Amount), 4)");
    project.deals("2026-11-04", &deals);
    assert!(!Program::in_folder(project.root()).runs_to(0, &["run"]).stderr.contains("decimals"));
}

#[test]
fn a_missing_export_of_a_required_source_stops_the_day_and_says_what_lies_there() {
    let project = three_deals();
    project
        .write("exports/2026-11-03/deals.csv", "Id\n")
        .write("exports/2026-11-03/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\n");
    let error = project.fail_to_run("2026-11-03");
    assert_eq!(error.kind, Kind::Failed);
    assert!(
        error.message.contains(
            "crm.deal: no file matches exports/2026-11-03/deal.csv: exports/2026-11-03 holds deals.csv, rep.csv"
        ),
        "{}",
        error.message
    );
    assert_eq!(project.commits(), 0);
}

#[test]
fn a_missing_export_of_another_source_leaves_its_table_as_it_was() {
    let project = three_deals();
    project.write("exports/2026-11-02/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\n");
    let record = project.run();
    assert_eq!(record.source("crm.rep").0, SourceOutcome::Loaded);
    project.deals("2026-11-03", &["1,ann,Qualify,Open,100,", "2,ann,Qualify,Open,100,"]);
    let record = project.run();
    assert_eq!((record.source("crm.rep").0, record.status), (SourceOutcome::Absent, Status::Done));
    assert_eq!(project.ask("2026-11-03", "SELECT rep_id, name FROM crm.rep"), ["ann | Ann"]);
}

#[test]
fn an_optional_source_that_fails_is_told_and_the_others_are_committed() {
    let project = three_deals();
    project.write("exports/2026-11-02/rep.csv", "Id,Name,Hired\nann,Ann\n");
    let record = project.run();
    assert_eq!(record.status, Status::Failed);
    let SourceOutcome::Failed(why) = record.source("crm.rep").0 else { panic!("{:?}", record.source("crm.rep")) };
    assert!(why.contains("crm.rep: 1 of 1 rows were rejected"), "{why}");
    assert_eq!(record.source("crm.deal").0, SourceOutcome::Loaded);
    assert_eq!(project.ask("2026-11-02", "SELECT count(*) FROM crm.deal"), ["3"]);
}

#[test]
fn an_export_of_changes_leaves_absent_rows_as_they_were() {
    let project = three_deals();
    project.edit(PIPELINE, "    rejects: {limit: 50%}", "    export: changes");
    project.run();
    project.deals("2026-11-03", &["2,bob,Close,Open,300,2026-10-03", "4,ann,Qualify,Open,40,2026-11-03"]);
    let record = project.run();
    let (_, counts) = record.source("crm.deal");
    assert_eq!((counts.read, counts.rows), (2, 4));
    let wanted = [
        "1 | Qualify | open | 100.0000",
        "2 | Close | open | 300.0000",
        "3 | Propose | won | 10.0000",
        "4 | Qualify | open | 40.0000",
    ];
    assert_eq!(project.ask("2026-11-03", DEAL_SQL), wanted);
    // No change is no deletion either.
    project.write("exports/2026-11-04/deal.csv", "Id,Owner,Stage,Status,Amount,Created\n");
    project.run();
    assert_eq!(project.ask("2026-11-04", DEAL_SQL), wanted);
}

#[test]
fn where_leaves_rows_out_and_counts_them() {
    let project = three_deals();
    project.edit(PIPELINE, "    rejects: {limit: 50%}", "    where: Owner = 'ann' OR number(Amount) > 1000");
    project.deals(
        "2026-11-02",
        &["1,ann,Qualify,Open,100,", "2,bob,Propose,Open,nothing,", ",bob,Propose,Open,1,", "4,,Propose,Open,1,"],
    );
    let record = project.run();
    let (_, counts) = record.source("crm.deal");
    assert_eq!((counts.read, counts.left_out, counts.rejected, counts.rows), (1, 3, 0, 1));
    assert_eq!(project.ask("2026-11-02", "SELECT deal_id FROM crm.deal"), ["1"]);
}

#[test]
fn running_a_day_again_with_the_same_export_commits_nothing() {
    let project = three_deals();
    let first = project.run();
    assert_eq!(first.newest().commit, Some(1));
    let files = project.report("summary", "2026-11-02");
    for again in [project.run(), project.run_day("2026-11-02")] {
        assert_eq!((again.newest().commit, again.status), (None, Status::Done));
        assert_eq!(again.source("crm.deal").0, SourceOutcome::Unchanged);
        assert_eq!(
            again.source("crm.deal").1,
            first.source("crm.deal").1,
            "counts are those of the export that the lake holds"
        );
    }
    assert_eq!((project.commits(), project.report("summary", "2026-11-02")), (1, files));
}

#[test]
fn the_newest_day_may_come_again_and_is_replaced() {
    let project = three_deals();
    project.run();
    project.deals("2026-11-02", &["1,ann,Close,Open,101,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    let record = project.run();
    assert_eq!((record.newest().commit, record.source("crm.deal").0), (Some(2), SourceOutcome::Loaded));
    assert_eq!(project.ask("2026-11-02", DEAL_SQL), ["1 | Close | open | 101.0000", "2 | Propose | open | 250.5000"]);
    assert_eq!(project.ask("2026-11-02", "SELECT count(*) FROM crm.deal_snapshot"), ["2"]);
    assert_eq!(project.model("kpi.total", "2026-11-02"), ["2026-11-02 | 2 | 2 | 351.5000"]);
    let markdown = project.report("summary", "2026-11-02").markdown;
    assert!(markdown.contains("# 2 open deals are worth USD\u{a0}352"), "{markdown}");
}

#[test]
fn an_export_that_was_put_away_stays_in_the_lake() {
    let project = three_deals();
    project.run();
    project.remove("exports/2026-11-02/deal.csv");
    let record = project.run_day("2026-11-02");
    assert_eq!(
        (record.source("crm.deal").0, record.status, record.newest().commit),
        (SourceOutcome::Unchanged, Status::Done, None)
    );
}

#[test]
fn every_exported_day_that_the_lake_lacks_is_run_oldest_first() {
    let project = three_deals();
    for on in ["2026-11-04", "2026-11-03"] {
        project.deals(on, &["1,ann,Qualify,Open,1,", "2,ann,Qualify,Open,2,", "3,ann,Qualify,Open,3,"]);
    }
    let record = project.run();
    let days: Vec<String> = record.days.iter().map(|day| format!("{} {:?}", day.day, day.commit)).collect();
    assert_eq!(days, ["2026-11-02 Some(1)", "2026-11-03 Some(2)", "2026-11-04 Some(3)"]);
    assert!(
        record.days[0].models.is_empty() && record.days[0].reports.is_empty(),
        "models and reports are the newest day's"
    );
    assert_eq!(
        project
            .ask("2026-11-04", "SELECT snapshot_on, count(*) FROM crm.deal_snapshot GROUP BY snapshot_on ORDER BY 1")
            .len(),
        3
    );
    assert_eq!(
        project.ask("2026-11-03", "SELECT count(DISTINCT snapshot_on) FROM crm.deal_snapshot"),
        ["2"],
        "no query sees a later day"
    );
    assert_eq!(project.run_days(Days::Between(day("2026-11-01"), day("2026-11-03"))).days.len(), 2);
}

#[test]
fn text_is_read_as_declared_and_what_does_not_fit_is_no_silent_null() {
    let project = TestProject::small();
    project.write(
        "sql/crm/deal.sql",
        "CREATE TABLE deal (deal_id TEXT, status TEXT NOT NULL, stage TEXT, owner_id TEXT, amount DECIMAL(10,2), created_on DATE,
           seats INTEGER, share DOUBLE, is_new BOOLEAN, seen_at TIMESTAMP, PRIMARY KEY (deal_id))",
    );
    project.edit(PIPELINE, "      created_on: day(Created)", "      seats: Seats\n      share: Share\n      is_new: New\n      seen_at: Seen\n      created_on: day_of(moment(Seen))");
    let header = "Id,Owner,Stage,Status,Amount,Seats,Share,New,Seen";
    let rows = [
        "1,ann,A,Open,1234.5,7,0.25,TRUE,2026-11-03T02:30:00Z",
        "2,ann,A,Open,,,,,",
        "3,ann,A,Open,1,7.5,0,no,2026-11-02 23:00",
        "4,ann,A,Open,1,7,many,1,",
        "5,ann,A,Open,1,7,1,perhaps,",
        "6,ann,A,Open,1,7,1,1,yesterday",
        "7,ann,A,Open,123456789.00,1,1,1,",
    ];
    project.edit(PIPELINE, "rejects: {limit: 50%}", "rejects: {limit: 100%}");
    project.write("exports/2026-11-02/deal.csv", format!("{header}\n{}\n", rows.join("\n")));
    project.run();
    let sql = "SELECT deal_id, amount, seats, share, is_new, seen_at, created_on FROM crm.deal ORDER BY deal_id";
    assert_eq!(
        project.ask("2026-11-02", sql),
        // 02:30 in UTC is the evening before in New York.
        [
            "1 | 1234.50 | 7 | 0.25 | true | 2026-11-03T02:30:00 | 2026-11-02",
            "2 | NULL | NULL | NULL | NULL | NULL | NULL"
        ]
    );
    let reasons: Vec<String> = project
        .rejects("crm.deal", "2026-11-02")
        .iter()
        .map(|line| line.split(" | ").skip(1).take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        reasons,
        [
            "4 seats is not a whole number",
            "5 share is not a number",
            "6 is_new is neither true nor false",
            "7 created_on is not a moment",
            "8 amount does not fit the type of its column",
        ]
    );
}

#[test]
fn a_corrected_day_corrects_what_later_days_took_over_from_it() {
    let project = three_deals();
    project.edit(PIPELINE, "    rejects: {limit: 50%}", "    export: changes");
    project.run();
    project.deals("2026-11-03", &["2,bob,Close,Open,300,2026-10-03"]);
    project.deals("2026-11-04", &["4,ann,Qualify,Open,40,2026-11-03"]);
    project.run();
    project.deals(
        "2026-11-02",
        &["1,ann,Qualify,Open,111,2026-10-01", "2,bob,Propose,Open,222,2026-10-03", "3,ann,Propose,Won,10,2026-10-05"],
    );
    let record = project.run_day("2026-11-02");
    let followed: Vec<String> = record.followed.iter().map(|day| day.day.to_string()).collect();
    assert_eq!(followed, ["2026-11-03", "2026-11-04"]);
    let wanted = [
        "1 | Qualify | open | 111.0000",
        "2 | Close | open | 300.0000",
        "3 | Propose | won | 10.0000",
        "4 | Qualify | open | 40.0000",
    ];
    assert_eq!(project.ask("2026-11-04", DEAL_SQL), wanted);
    assert_eq!(project.ask("2026-11-02", "SELECT amount FROM crm.deal WHERE deal_id = '2'"), ["222.0000"]);
    // Nothing is left to do.
    assert!(project.run_day("2026-11-02").followed.is_empty());
}

#[test]
fn a_corrected_day_corrects_the_rows_that_were_carried_from_it() {
    let project = three_deals();
    project.run();
    project.deals("2026-11-03", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,nothing,2026-10-03"]);
    let (_, counts) = project.run().source("crm.deal");
    assert_eq!(counts.carried, 1);
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,999,2026-10-03"]);
    project.run_day("2026-11-02");
    let carried = "SELECT amount FROM crm.deal WHERE deal_id = '2'";
    assert_eq!(project.ask("2026-11-03", carried), ["999.0000"]);
    let history = "SELECT amount, valid_from, valid_to FROM crm.deal_history WHERE deal_id = '2'";
    assert_eq!(project.ask("2026-11-03", history), ["999.0000 | 2026-11-02 | NULL"]);
}

#[test]
fn a_row_that_was_rejected_before_it_could_be_carried_is_carried_after_a_correction() {
    let project = three_deals();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    let rejected = ["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,nothing,2026-10-03"];
    project.deals("2026-11-03", &rejected).deals("2026-11-04", &rejected);
    project.run();
    let carried = "SELECT amount FROM crm.deal WHERE deal_id = '2'";
    assert!(project.ask("2026-11-04", carried).is_empty());
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,77,2026-10-03"]);
    assert_eq!(project.run_day("2026-11-02").followed.len(), 2);
    assert_eq!(project.ask("2026-11-04", carried), ["77.0000"]);
}

#[test]
fn a_correction_that_was_cut_short_is_taken_up_by_the_next_run() {
    let project = three_deals();
    project.edit(PIPELINE, "    rejects: {limit: 50%}", "    export: changes");
    project.deals("2026-11-03", &["2,bob,Close,Open,300,2026-10-03"]);
    project.deals("2026-11-04", &["4,ann,Qualify,Open,40,2026-11-03"]);
    project.run();
    // The export of a later day is not there while the first day is corrected.
    let later = project.read("exports/2026-11-03/deal.csv");
    project.remove("exports/2026-11-03/deal.csv");
    project.deals("2026-11-02", &["1,ann,Qualify,Open,111,2026-10-01"]);
    project.run_day("2026-11-02");
    let amount = "SELECT amount FROM crm.deal WHERE deal_id = '1'";
    assert_eq!(project.ask("2026-11-03", amount), ["100.0000"]);
    project.write("exports/2026-11-03/deal.csv", later);
    let record = project.run();
    assert_eq!(record.followed.iter().map(|day| day.day.to_string()).collect::<Vec<_>>(), ["2026-11-03", "2026-11-04"]);
    for on in ["2026-11-02", "2026-11-03", "2026-11-04"] {
        assert_eq!(project.ask(on, amount), ["111.0000"], "{on}");
    }
}

#[test]
fn years_of_old_exports_can_be_loaded_without_building_anything() {
    let project = three_deals();
    project.deals("2026-11-03", &["1,ann,Propose,Open,100,2026-10-01"]);
    project.edit(PIPELINE, "    rejects: {limit: 50%}", "    volume: {drop: 100%}");
    let request = Request {
        days: Days::Missing,
        select: Vec::new(),
        sources_only: true,
        full_refresh: false,
        allow_empty: false,
    };
    let record = project.try_run(&request).unwrap();
    assert_eq!(record.days.iter().map(|day| day.commit).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert!(record.days.iter().all(|day| day.models.is_empty() && day.checks.is_empty() && day.reports.is_empty()));
    assert!(!project.has_model("kpi.total", "2026-11-03"));
    // The next run has the newest day's models to build.
    assert!(project.run().newest().commit.is_some());
    assert!(project.has_model("kpi.total", "2026-11-03"));
}
