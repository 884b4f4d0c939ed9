//! What was known on other days: histories, `as_of`, `each`, and the list of snapshots.

use forecastle::error::Kind;

use crate::project::{TestProject, day, told};

/// Two deals over four snapshots: one moves and is won, the other one goes and comes back.
fn moving() -> TestProject {
    let project = TestProject::small();
    project.edit("pipelines/nightly.yaml", "    rejects: {limit: 50%}", "    volume: {drop: 100%}");
    project.deals("2026-10-30", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    project.deals("2026-11-02", &["1,ann,Propose,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    project.deals("2026-11-03", &["1,ann,Propose,Open,120,2026-10-01"]);
    project.deals("2026-11-10", &["1,ann,Close,Won,120,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    project.run();
    project
}

#[test]
fn a_history_has_each_version_once_with_the_days_on_which_it_was_so() {
    let project = moving();
    let history = "SELECT deal_id, stage, status, amount, valid_from, valid_to FROM crm.deal_history ORDER BY 1, 5";
    assert_eq!(
        project.ask("2026-11-10", history),
        [
            "1 | Qualify | open | 100.0000 | 2026-10-30 | 2026-11-02",
            "1 | Propose | open | 100.0000 | 2026-11-02 | 2026-11-03",
            "1 | Propose | open | 120.0000 | 2026-11-03 | 2026-11-10",
            "1 | Close | won | 120.0000 | 2026-11-10 | NULL",
            "2 | Propose | open | 250.5000 | 2026-10-30 | 2026-11-03",
            "2 | Propose | open | 250.5000 | 2026-11-10 | NULL",
        ]
    );
    // What ended later had not ended yet.
    assert_eq!(
        project.ask("2026-11-02", history),
        [
            "1 | Qualify | open | 100.0000 | 2026-10-30 | 2026-11-02",
            "1 | Propose | open | 100.0000 | 2026-11-02 | NULL",
            "2 | Propose | open | 250.5000 | 2026-10-30 | NULL",
        ]
    );
    assert_eq!(
        project.ask("2026-11-10", "SELECT count(*), count(DISTINCT valid_from) FROM crm.deal_history"),
        ["6 | 4"]
    );
}

#[test]
fn changes_are_told_column_by_column() {
    let project = moving();
    let changes = "SELECT * FROM crm.deal_change ORDER BY deal_id, changed_on, column_name";
    assert_eq!(
        project.ask("2026-11-10", changes),
        [
            "1 | 2026-10-30 | added | NULL | NULL | NULL",
            "1 | 2026-11-02 | changed | stage | Qualify | Propose",
            "1 | 2026-11-03 | changed | amount | 100.0000 | 120.0000",
            "1 | 2026-11-10 | changed | stage | Propose | Close",
            "1 | 2026-11-10 | changed | status | open | won",
            "2 | 2026-10-30 | added | NULL | NULL | NULL",
            "2 | 2026-11-03 | gone | NULL | NULL | NULL",
            "2 | 2026-11-10 | added | NULL | NULL | NULL",
        ]
    );
    assert_eq!(
        project.ask("2026-11-02", "SELECT change, count(*) FROM crm.deal_change GROUP BY change ORDER BY 1"),
        ["added | 2", "changed | 1"]
    );
}

#[test]
fn changes_are_told_whatever_the_columns_are_called() {
    let project = moving();
    project.write(
        "sql/crm/note.sql",
        "CREATE TABLE note (deal_id TEXT, column_name TEXT, entry TEXT, \"it's \"\"so\"\"\" TEXT, had_before TEXT, changed_on DATE,\n\
         PRIMARY KEY (deal_id, column_name, entry))\n",
    );
    project.edit(
        "pipelines/nightly.yaml",
        "  - table: crm.rep\n",
        "  - table: crm.note\n    csv: {path: \"exports/{day}/deal.csv\"}\n    map: {deal_id: Id, column_name: \"'stage'\", entry: Owner, \
         'it''s \"so\"': Stage, had_before: Owner, changed_on: day(Created)}\n    volume: {drop: 100%}\n  - table: crm.rep\n",
    );
    project.run_day("2026-10-30");
    project.run_day("2026-11-02");
    let changes = "SELECT deal_id, column_name, entry, changed_on, change, changed_column, value_before, value_after \
                   FROM crm.note_change ORDER BY deal_id, changed_on";
    assert_eq!(
        project.ask("2026-11-10", changes),
        [
            "1 | stage | ann | 2026-10-30 | added | NULL | NULL | NULL",
            "1 | stage | ann | 2026-11-02 | changed | it's \"so\" | Qualify | Propose",
            "2 | stage | bob | 2026-10-30 | added | NULL | NULL | NULL",
        ]
    );
}

#[test]
fn a_table_can_be_asked_for_as_of_several_days_at_once() {
    let project = moving();
    let moved = "SELECT now.deal_id, was.stage, now.stage FROM as_of('crm.deal', DATE '2026-11-10') AS now \
                 LEFT JOIN as_of('crm.deal', '2026-10-31') AS was ON was.deal_id = now.deal_id ORDER BY 1";
    assert_eq!(project.ask("2026-11-10", moved), ["1 | Qualify | Close", "2 | Propose | Propose"]);
    let in_capitals = "SELECT count(*) FROM AS_OF('CRM.Deal', DATE '2026-11-03') AS a, LATERAL Each('crm.deal', EVERY => 'week') AS b";
    assert_eq!(project.ask("2026-11-10", in_capitals), ["5"]);
    let week_ago = "SELECT sum(amount) FROM as_of('crm.deal', current_date - INTERVAL '7 days')";
    assert_eq!(project.ask("2026-11-10", week_ago), ["120.0000"]);
    assert_eq!(project.ask("2026-11-10", "SELECT count(*) FROM as_of('crm.deal', DATE '2020-01-01')"), ["0"]);
}

#[test]
fn each_gives_the_rows_of_every_period() {
    let project = moving();
    let each = |every: &str| {
        let sql = format!(
            "SELECT day, count(*), sum(amount) FROM each('crm.deal', every => '{every}') GROUP BY day ORDER BY day"
        );
        project.ask("2026-11-10", &sql)
    };
    // The running week ends with the run's day.
    assert_eq!(each("week"), ["2026-11-01 | 2 | 350.5000", "2026-11-08 | 1 | 120.0000", "2026-11-10 | 2 | 370.5000"]);
    assert_eq!(each("month"), ["2026-10-31 | 2 | 350.5000", "2026-11-10 | 2 | 370.5000"]);
    assert_eq!(each("snapshot").len(), 4);
    assert_eq!(each("day").len(), 12);
    let snapshots = "SELECT snapshot_on, count(*), sum(amount) FROM crm.deal_snapshot GROUP BY 1 ORDER BY 1";
    assert_eq!(project.ask("2026-11-10", snapshots), each("snapshot"));
}

#[test]
fn snapshots_are_listed_with_what_became_of_their_rows() {
    let project = moving();
    let listed = "SELECT snapshot_on, row_count, rejected_count FROM lake.snapshot WHERE table_name = 'crm.deal'";
    assert_eq!(project.ask("2026-11-02", listed), ["2026-10-30 | 2 | 0", "2026-11-02 | 2 | 0"]);
}

#[test]
fn how_old_a_table_is_can_be_asked_and_stands_at_the_head_of_reports() {
    let project = moving();
    project.write("exports/2026-11-03/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-01\n");
    project.run_day("2026-11-03");
    project.run_day("2026-11-10");
    let age =
        "SELECT table_name, days_between(max(snapshot_on), current_date) FROM lake.snapshot GROUP BY 1 ORDER BY 1";
    assert_eq!(project.ask("2026-11-10", age), ["crm.deal | 0", "crm.rep | 7"]);
    assert_eq!(project.ask("2026-11-04", age), ["crm.deal | 1", "crm.rep | 1"]);
    let told = "Not all data is of this day: crm.rep is 7 days old.";
    let report = project.report("summary", "2026-11-10");
    let head = report.markdown.split("## Stages").next().unwrap();
    assert!(head.contains(told) && report.html.contains(told), "{head}");
    assert!(!project.report("summary", "2026-11-03").markdown.contains("Not all data is of this day"));
}

#[test]
fn a_table_is_called_old_when_its_next_export_is_overdue_by_its_own_rhythm() {
    let project = TestProject::small();
    for nth in 0..26 {
        let on = day("2026-10-05").plus(nth).unwrap().to_string();
        project.deals(&on, &["1,ann,Qualify,Open,5,2026-10-01"]);
        if nth % 7 == 0 {
            project.write(&format!("exports/{on}/rep.csv"), "Id,Name,Hired\nann,Ann,2020-01-01\n");
        }
    }
    // The last export of reps is of the 26th; the one of 2 November does not come.
    for on in ["2026-11-01", "2026-11-02"] {
        project.deals(on, &["1,ann,Qualify,Open,5,2026-10-01"]);
    }
    project.run();
    let old = |on: &str| {
        project.run_day(on);
        let report = project.report("summary", on).markdown;
        report.lines().find(|line| line.contains("Not all data is of this day")).map(str::to_owned)
    };
    // Three steps tell how often it comes; until then each day without it is one too many.
    assert!(old("2026-10-13").is_some_and(|told| told.contains("day: crm.rep is 1 day old.")));
    assert_eq!(old("2026-10-30"), None);
    assert_eq!(old("2026-11-01").filter(|told| told.contains("crm.rep")), None);
    let told = "Not all data is of this day: crm.rep is 7 days old, and mostly comes every 7.";
    assert!(old("2026-11-02").is_some_and(|line| line.contains(told)), "{:?}", old("2026-11-02"));
}

#[test]
fn a_model_over_the_past_is_built_again_when_the_past_changes() {
    let project = moving();
    let model = "SELECT day, sum(amount) AS amount FROM each('crm.deal', every => 'month') GROUP BY day ORDER BY day\n";
    project.write("sql/kpi/by_month.sql", model);
    project.run();
    assert_eq!(project.model("kpi.by_month", "2026-11-10"), ["2026-10-31 | 350.5000", "2026-11-10 | 370.5000"]);
    project.deals("2026-10-30", &["1,ann,Qualify,Open,90,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    project.run_day("2026-10-30");
    project.run_day("2026-11-10");
    assert_eq!(project.model("kpi.by_month", "2026-11-10"), ["2026-10-31 | 340.5000", "2026-11-10 | 370.5000"]);
}

#[test]
fn values_that_do_not_fit_the_type_declared_since_are_told_with_column_and_day() {
    let project = moving();
    project.edit("sql/crm/deal.sql", "stage TEXT", "stage INTEGER").edit("sql/crm/deal.sql", "DECIMAL(18,4)", "TEXT");
    project.edit("pipelines/nightly.yaml", "stage: Stage", "stage: number(Amount)");
    project.edit("pipelines/nightly.yaml", "number(Amount)\n      created", "Amount\n      created");
    project.write("sql/kpi/open_deal.sql", "SELECT deal_id, NULL AS stage, 1 AS amount FROM crm.deal\n");
    for (asked, day) in [
        ("crm.deal", "2026-11-10"),
        ("as_of('crm.deal', DATE '2026-11-02')", "2026-11-02"),
        ("each('crm.deal', every => 'snapshot')", "2026-10-30"),
        ("crm.deal_history", "2026-10-30"),
        ("crm.deal_change", "2026-10-30"),
    ] {
        let column = if asked.ends_with("change") { "value_before" } else { "stage" };
        let error = project.try_ask("2026-11-10", &format!("SELECT {column} FROM {asked}")).unwrap_err();
        assert_eq!(
            told(&error),
            format!(
                "error: `stage` of crm.deal was TEXT on {day}, and not every value fits its type now, INTEGER\n\
                 help: declare it as TEXT again in sql/crm/deal.sql, and add a new column for what is INTEGER"
            )
        );
    }
    // What fits is cast, and what is not asked for need not fit.
    for (asked, wanted) in [
        ("crm.deal", &["120.0000", "250.5000"][..]),
        ("as_of('crm.deal', DATE '2026-10-30')", &["100.0000", "250.5000"]),
        ("as_of('crm.deal', DATE '2026-11-03')", &["120.0000"]),
    ] {
        assert_eq!(project.ask("2026-11-10", &format!("SELECT amount FROM {asked} ORDER BY deal_id")), wanted);
    }
    assert_eq!(project.ask("2026-11-10", "SELECT count(*) FROM crm.deal_history WHERE amount = '100.0000'"), ["2"]);
    // The first snapshot of the new type: rows of before and after are asked for together.
    project.deals("2026-11-11", &["1,ann,Close,Won,7,2026-10-01", "2,bob,Propose,Open,8,2026-10-03"]);
    project.run_day("2026-11-11");
    assert_eq!(project.ask("2026-11-11", "SELECT stage, amount FROM crm.deal ORDER BY 1"), ["7 | 7", "8 | 8"]);
    assert_eq!(
        project.ask("2026-11-11", "SELECT amount, valid_from FROM crm.deal_history WHERE deal_id = '2' ORDER BY 2"),
        ["250.5000 | 2026-10-30", "250.5000 | 2026-11-10", "8 | 2026-11-11"]
    );
}

#[test]
fn what_cannot_be_asked_of_the_past_is_said_with_its_place() {
    let project = moving();
    for (sql, message) in [
        (
            "SELECT * FROM as_of('crm.deal', DATE '2026-11-03')",
            "the function as_of is asked for 2026-11-03, a later day than the run's, 2026-11-02: it is not known yet",
        ),
        ("SELECT * FROM as_of('crm.dael', DATE '2026-11-01')", "there is no declared table `crm.dael`"),
        ("SELECT * FROM as_of('crm.dael', DATE '2026-11-01')", "did you mean `crm.deal`?"),
        ("SELECT * FROM EACH('deal', every => 'week')", "did you mean `crm.deal`?"),
        ("SELECT * FROM LATERAL each('crm.dael', every => 'week')", "there is no declared table `crm.dael`"),
        ("SELECT * FROM as_of('crm.deal_history', DATE '2026-11-01')", "help: write as_of('crm.deal', ...)"),
        (
            "SELECT * FROM as_of('kpi.total', DATE '2026-11-01')",
            "as_of takes a declared table, and `kpi.total` is a model, which has no history\n --> <query>:1:21",
        ),
        ("SELECT * FROM asof('crm.deal', DATE '2026-11-01')", "did you mean `as_of`?"),
        ("SELECT * FROM as_of('crm.deal', 20000)", "the function as_of takes a table's name and a day"),
        ("SELECT * FROM as_of('crm.deal', '2026-02-30')", "`2026-02-30` is no DATE\n --> <query>:1:33"),
        ("SELECT * FROM as_of('crm.deal', DATE '2026-02-30')", "`2026-02-30` is no DATE\n --> <query>:1:38"),
        ("SELECT * FROM crm.deal WHERE created_on > '2026-02-30'", "`2026-02-30` is no DATE\n --> <query>:1:43"),
        ("SELECT current_date - INTERVAL '1 fortnigt'", "`1 fortnigt` is no INTERVAL\n --> <query>:1:32"),
        (
            "SELECT * FROM as_of('crm.deal', '2026-11-01'), as_of('crm.deal', '2026-11-02')",
            "`as_of` is called twice in one FROM, and neither has a name of its own\n --> <query>:1:48",
        ),
        (
            "SELECT * FROM as_of('crm.deal', '2026-11-01') AS d, crm.deal AS d",
            "two relations of one FROM are called `d`, and both have a column `deal_id`",
        ),
        ("SELECT * FROM crm.deal JOIN crm.deal USING (deal_id)", "`crm.deal` stands twice in one FROM"),
        ("SELECT * FROM as_of(crm.deal, DATE '2026-11-01')", "the function as_of takes a table's name as a text"),
        ("SELECT * FROM each('crm.deal', every => 'fortnight')", "the function each knows no period fortnight"),
        ("SELECT * FROM each('crm.deal', per => 'week')", "the function each has no argument `per`"),
        ("SELECT * FROM as_of('crm.deal')", "the function as_of takes a table's name and a day"),
        ("SELECT d.* FROM crm.deal AS d, as_of('crm.deal', d.created_on) AS o", "as_of"),
        ("SELECT * FROM crm.deal FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-01 00:00:00'", "FOR SYSTEM_TIME AS OF"),
    ] {
        let error = project.try_ask("2026-11-02", sql).unwrap_err();
        assert_eq!(error.kind, Kind::Project, "{sql}: {error}");
        let told = told(&error);
        assert!(told.contains(message), "{sql}: {told}");
    }
}

#[test]
fn what_the_lake_tells_cannot_be_declared_again() {
    let project = moving();
    project.write("sql/crm/deal_change.sql", "SELECT 1 AS a\n").write("sql/lake/snapshot.sql", "SELECT 1 AS a\n");
    let complaints = project.complaints();
    assert!(complaints.contains("`crm.deal_change` is what the lake tells of `crm.deal`"), "{complaints}");
    assert!(complaints.contains("`lake.snapshot` is the lake's list of snapshots"), "{complaints}");
}
