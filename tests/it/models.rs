//! Models over a lake: what is built, what is left as it is, and what becomes of one that fails.

use forecastle::error::Kind;
use forecastle::run::{Days, ModelOutcome, ReportOutcome, Status};

use crate::project::{Outcomes, TestProject, day, told};

const DEALS: [&str; 3] =
    ["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03", "3,ann,Propose,Won,10,2026-09-01"];

fn small() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &DEALS);
    project
}

#[test]
fn a_table_is_stored_for_its_day_and_a_view_is_computed_by_whoever_reads_it() {
    let project = small();
    let record = project.run();
    assert_eq!(project.model("kpi.pipeline", "2026-11-02").len(), 2);
    assert!(!project.has_model("kpi.open_deal", "2026-11-02"));
    let names: Vec<&str> = record.newest().models.iter().map(|model| model.model.as_str()).collect();
    assert_eq!(names, ["kpi.pipeline", "kpi.total"], "a view is no work of a run's");
    assert_eq!(
        project.ask("2026-11-02", "SELECT deal_id, age_days FROM kpi.open_deal ORDER BY 1"),
        ["1 | 32", "2 | 30"]
    );
    project.edit("sql/kpi/pipeline.sql", "materialize: table", "materialize: view");
    project.run();
    assert!(!project.has_model("kpi.pipeline", "2026-11-02"), "a model that became a view leaves no table behind");
    assert_eq!(project.ask("2026-11-02", "SELECT stage FROM kpi.pipeline ORDER BY 1"), ["Propose", "Qualify"]);
}

#[test]
fn only_what_depends_on_a_change_is_built_again() {
    let project = small();
    let outcomes = |record: &forecastle::run::Record| {
        [record.model("kpi.pipeline"), record.model("kpi.total"), record.model("kpi.owner")]
    };
    project.write("sql/kpi/owner.sql", "SELECT owner_id, count(*) AS deals FROM crm.deal GROUP BY owner_id");
    use ModelOutcome::{Built, Unchanged};
    assert_eq!(outcomes(&project.run()), [Built, Built, Built]);
    assert_eq!(outcomes(&project.run()), [Unchanged, Unchanged, Unchanged]);
    // A view's change is a change of whoever reads it.
    project.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status = 'open' AND amount > 200");
    assert_eq!(outcomes(&project.run()), [Built, Built, Unchanged]);
    project.edit("sql/kpi/total.sql", "count(*) AS stages", "count(*) AS number_of_stages");
    assert_eq!(outcomes(&project.run()), [Unchanged, Built, Unchanged]);
    // A table that none of them reads.
    project.write("exports/2026-11-02/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\n");
    assert_eq!(outcomes(&project.run()), [Unchanged, Unchanged, Unchanged]);
    project.deals("2026-11-02", &DEALS[..2]);
    assert_eq!(outcomes(&project.run()), [Built, Built, Built]);
    project.remove("sql/kpi/owner.sql").run();
    assert!(!project.has_model("kpi.owner", "2026-11-02"), "the table of a model that was removed is dropped");
}

#[test]
fn a_model_that_fails_holds_back_its_readers_and_its_last_good_table_stays() {
    let alone = ["1,ann,Qualify,Open,1,", "2,ann,Propose,Open,1,"];
    let dear = ["1,ann,Qualify,Open,1000000,", "2,ann,Qualify,Open,1000000,"];
    for (expression, bad, told) in [
        ("100 / (count(*) - 1)", alone, "division by zero"),
        ("CAST(sum(amount) * 10000 AS INTEGER)", dear, "too large"),
    ] {
        let project = small();
        project.edit("sql/kpi/pipeline.sql", "count(*) AS deals", &format!("{expression} AS deals"));
        project.deals("2026-11-02", &["1,ann,Qualify,Open,1,", "2,ann,Qualify,Open,1,"]);
        assert_eq!(project.run().status, Status::Done);
        let good = project.model("kpi.pipeline", "2026-11-02");
        let files = project.report("summary", "latest");
        project.deals("2026-11-03", &bad);
        let record = project.run();
        assert_eq!(record.status, Status::Failed);
        let ModelOutcome::Failed(why) = record.model("kpi.pipeline") else {
            panic!("{:?}", record.model("kpi.pipeline"))
        };
        assert!(why.to_lowercase().contains(told), "{why}");
        assert!(why.contains("(look at sql/kpi/pipeline.sql:10:1)"), "{why}");
        assert_eq!(record.model("kpi.total"), ModelOutcome::Skipped("kpi.pipeline failed".to_owned()));
        let ReportOutcome::Kept(why) = Outcomes::report(&record, "summary") else {
            panic!("{:?}", Outcomes::report(&record, "summary"))
        };
        assert!(why.contains("kpi.pipeline failed"), "{why}");
        assert!(!record.newest().checks_skipped.is_empty(), "its checks could not run, and that is told");
        // The data of the day is committed; what was good stays as it was.
        assert_eq!(record.newest().commit, Some(2));
        assert_eq!(project.ask("2026-11-03", "SELECT count(*) FROM crm.deal"), ["2"]);
        assert_eq!(project.model("kpi.pipeline", "2026-11-02"), good);
        assert_eq!(project.report("summary", "latest"), files);
        assert!(!project.path("out/reports/summary/2026-11-03").exists());
    }
}

#[test]
fn a_past_day_serves_its_report_and_leaves_the_newest_tables_alone() {
    let project = small();
    project.deals("2026-11-03", &DEALS[..2]);
    project.run();
    let state = project.state();
    let record = project.run_day("2026-11-02");
    assert_eq!((record.status, record.newest().commit), (Status::Done, None));
    assert_eq!(project.state(), state);
    assert!(project.report("summary", "2026-11-02").markdown.contains("day 2 Nov 2026"));
    assert!(project.report("summary", "latest").markdown.contains("day 3 Nov 2026"), "latest is the newest day's");
}

#[test]
fn a_selection_builds_what_it_names_and_reads_the_rest() {
    let project = small();
    let names = |record: &forecastle::run::Record| {
        record.newest().models.iter().map(|model| model.model.clone()).collect::<Vec<_>>()
    };
    let record = project.run_selected(Days::Missing, &["kpi.total"]);
    assert_eq!(names(&record), ["kpi.total"]);
    assert_eq!(project.model("kpi.total", "2026-11-02"), ["2026-11-02 | 2 | 2 | 350.5000"]);
    assert!(record.newest().reports.is_empty());
    assert_eq!(
        names(&project.run_selected(Days::One(day("2026-11-02")), &["+kpi.total"])),
        ["kpi.pipeline", "kpi.total"]
    );
    assert_eq!(
        names(&project.run_selected(Days::One(day("2026-11-02")), &["kpi.open_deal+"])),
        ["kpi.pipeline", "kpi.total"]
    );
    assert_eq!(names(&project.run_selected(Days::One(day("2026-11-02")), &["tag:pipeline"])), ["kpi.pipeline"]);
    assert_eq!(names(&project.run_selected(Days::One(day("2026-11-02")), &["path:sql/kpi/total.sql"])), ["kpi.total"]);
    let record = project.run_selected(Days::One(day("2026-11-02")), &["report:summary"]);
    assert_eq!((names(&record).len(), Outcomes::report(&record, "summary")), (2, ReportOutcome::Written));
}

#[test]
fn what_is_excluded_is_not_built_and_reports_read_what_the_lake_holds() {
    let project = small();
    let exclude = |text: &str| vec![text.parse::<forecastle::catalogue::Selector>().unwrap().excluding()];
    let run = |select| {
        let request = forecastle::run::Request {
            days: Days::One(day("2026-11-02")),
            select,
            sources_only: false,
            full_refresh: false,
            allow_empty: false,
        };
        project.try_run(&request).unwrap_or_else(|error| panic!("{}", told(&error)))
    };
    let names = |record: &forecastle::run::Record| {
        record.newest().models.iter().map(|model| model.model.clone()).collect::<Vec<_>>()
    };
    let record = run(exclude("report:summary"));
    assert_eq!((names(&record).len(), record.newest().reports.len()), (2, 0));
    let record = run(exclude("kpi.total"));
    assert_eq!(
        (names(&record), Outcomes::report(&record, "summary")),
        (vec!["kpi.pipeline".to_owned()], ReportOutcome::Written)
    );
}

#[test]
fn a_selection_of_nothing_is_a_mistake_that_names_the_nearest() {
    let project = small();
    let request = forecastle::run::Request {
        days: Days::Missing,
        select: vec!["kpi.totl".parse().unwrap()],
        sources_only: false,
        full_refresh: false,
        allow_empty: false,
    };
    let error = project.try_run(&request).err().unwrap();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Project, "`kpi.totl` selects nothing"));
    assert_eq!(error.help.as_deref(), Some("did you mean `kpi.total`?"));
}

#[test]
fn the_clock_of_sql_is_the_runs_day() {
    let project = small();
    project.write(
        "sql/kpi/clock.sql",
        "SELECT now() AS a, current_timestamp AS b, current_date AS c, today() AS d, current_time AS e, date_trunc('month', now()) AS f, now() - INTERVAL '1 day' AS g",
    );
    project.run();
    let wanted = |day: &str, before: &str| {
        vec![format!(
            "{day}T00:00:00 | {day}T00:00:00 | {day} | {day} | 00:00:00 | 2026-11-01T00:00:00 | {before}T00:00:00"
        )]
    };
    assert_eq!(project.model("kpi.clock", "2026-11-02"), wanted("2026-11-02", "2026-11-01"));
    assert_eq!(project.ask("2026-11-21", "SELECT * FROM kpi.clock"), wanted("2026-11-21", "2026-11-20"));
}

#[test]
fn what_says_something_else_than_at_the_last_run_can_be_selected() {
    let project = small();
    project.run();
    let request = |selector: &str, allow_empty: bool| forecastle::run::Request {
        days: Days::One(day("2026-11-02")),
        select: vec![selector.parse().unwrap()],
        sources_only: false,
        full_refresh: false,
        allow_empty,
    };
    let error = project.try_run(&request("state:modified", false)).err().unwrap();
    assert_eq!(error.help.as_deref(), Some("where that is no mistake, add --allow-empty"));
    assert!(project.try_run(&request("state:modified", true)).unwrap().newest().models.is_empty());
    project.edit("sql/kpi/total.sql", "count(*) AS stages", "-- so many\ncount( * ) AS stages");
    assert!(project.try_run(&request("state:modified", false)).is_err(), "a comment says nothing else");
    // A view that says something else, with what reads it; a run of these alone knows the others as they were.
    project.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status = 'open' AND amount > 200");
    project.write("sql/kpi/fresh.sql", "SELECT count(*) AS n FROM crm.deal");
    let names = |record: &forecastle::run::Record| -> Vec<String> {
        record.newest().models.iter().map(|model| model.model.clone()).collect()
    };
    assert_eq!(names(&project.try_run(&request("state:new", false)).unwrap()), ["kpi.fresh"]);
    let of_view = names(&project.try_run(&request("state:modified+", false)).unwrap());
    assert_eq!(of_view, ["kpi.pipeline", "kpi.total"]);
    assert!(project.try_run(&request("state:modified", false)).is_err());
}

#[test]
fn a_file_may_begin_with_the_mark_of_its_byte_order() {
    let project = TestProject::small();
    project.write("sql/kpi/marked.sql", "\u{feff}SELECT count(*) AS deals FROM crm.deal\n");
    project.prepare().unwrap();
}
