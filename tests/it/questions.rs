//! Questions to the lake: they see a day, and they only ever read.

use forecastle::error::Kind;

use crate::project::{TestProject, told};

fn small() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-03"]);
    project.deals("2026-11-03", &["1,ann,Propose,Open,100,2026-10-01", "2,bob,Propose,Won,260,2026-10-03"]);
    project.run();
    project
}

#[test]
fn columns_of_one_name_and_several_types_are_answered_in_the_one_that_holds_all() {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    project.run();
    let sql = "SELECT CAST(1 AS INTEGER) AS n UNION ALL SELECT 3000000000 ORDER BY n";
    assert_eq!(project.ask("2026-11-02", sql), ["1", "3000000000"]);
    project.write(
        "sql/kpi/number.sql",
        "/* ---\nmaterialize: view\n--- */\nSELECT CAST(1 AS INTEGER) AS n UNION ALL SELECT 2",
    );
    assert_eq!(project.ask("2026-11-02", "SELECT n FROM kpi.number ORDER BY n"), ["1", "2"]);
}

#[test]
fn whole_numbers_that_are_too_great_together_are_an_error_and_no_figure() {
    let project = TestProject::small();
    project.deals("2026-11-02", &["12,ann,Qualify,Open,100,2026-10-01"]);
    project.run();
    let greatest = i64::MAX;
    for sql in [
        format!("SELECT {greatest} + 1 AS n"),
        format!("SELECT {greatest} + count(*) AS n FROM crm.deal"),
        format!("SELECT -2 - {greatest} * length(deal_id) AS n FROM crm.deal"),
        format!("SELECT deal_id FROM crm.deal WHERE length(deal_id) * {greatest} < 0"),
        format!("SELECT max(length(deal_id) * {greatest}) AS n FROM crm.deal"),
    ] {
        assert!(project.try_ask("2026-11-02", &sql).is_err(), "{sql}");
    }
    let fits = format!("SELECT {greatest} - count(*) AS n FROM crm.deal");
    assert_eq!(project.ask("2026-11-02", &fits), [(greatest - 1).to_string()]);
}

#[test]
fn a_question_sees_its_day_and_nothing_later() {
    let project = small();
    let stages = "SELECT string_agg(stage, ',' ORDER BY deal_id) FROM crm.deal";
    for (on, wanted) in [
        ("2026-11-01", "NULL"),
        ("2026-11-02", "Qualify,Propose"),
        ("2026-11-03", "Propose,Propose"),
        ("2027-01-01", "Propose,Propose"),
    ] {
        assert_eq!(project.ask(on, stages), [wanted], "{on}");
    }
    assert_eq!(project.ask("2026-11-02", "SELECT max(snapshot_on) FROM crm.deal_snapshot"), ["2026-11-02"]);
    // A model's stored rows are those of its own day; for another day it is computed.
    assert_eq!(project.ask("2026-11-03", "SELECT deals, amount FROM kpi.total"), ["1 | 100.0000"]);
    assert_eq!(project.ask("2026-11-02", "SELECT deals, amount FROM kpi.total"), ["2 | 350.5000"]);
}

#[test]
fn nothing_but_a_read_only_select_is_answered() {
    let project = small();
    let state = project.state();
    let file = project.path("written.csv");
    let export = project.path("exports/2026-11-02/deal.csv");
    for sql in [
        "CREATE TABLE x (a INT)".to_owned(),
        "CREATE VIEW x AS SELECT 1".to_owned(),
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/hostname'".to_owned(),
        format!("COPY crm.deal TO '{}'", file.display()),
        format!("COPY (SELECT * FROM crm.deal) TO '{}' STORED AS CSV", file.display()),
        "INSERT INTO crm.deal VALUES ('9', 'ann', 'A', 'open', 1, NULL)".to_owned(),
        "UPDATE crm.deal SET amount = 0".to_owned(),
        "DELETE FROM crm.deal".to_owned(),
        "DROP TABLE crm.deal".to_owned(),
        "TRUNCATE TABLE crm.deal".to_owned(),
        "SET datafusion.execution.time_zone = 'UTC'".to_owned(),
        "SHOW TABLES".to_owned(),
        "SHOW ALL".to_owned(),
        "EXPLAIN SELECT * FROM crm.deal".to_owned(),
        "EXPLAIN ANALYZE SELECT * FROM crm.deal".to_owned(),
        "DESCRIBE crm.deal".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT * INTO x FROM crm.deal".to_owned(),
        "WITH x AS (INSERT INTO crm.deal VALUES ('9')) SELECT * FROM x".to_owned(),
        "PREPARE q AS SELECT 1".to_owned(),
        "BEGIN".to_owned(),
        "VACUUM".to_owned(),
        "SELECT random()".to_owned(),
        "SELECT uuid()".to_owned(),
        "SELECT rand()".to_owned(),
        "SELECT * FROM crm.deal TABLESAMPLE (10 ROWS)".to_owned(),
        "SELECT * FROM information_schema.tables".to_owned(),
        "SELECT * FROM information_schema.df_settings".to_owned(),
        format!("SELECT * FROM '{}'", export.display()),
        "SELECT * FROM 'exports/2026-11-02/deal.csv'".to_owned(),
        "SELECT * FROM read_csv('/etc/hostname')".to_owned(),
        "SELECT * FROM generate_series(1, 3, 0)".to_owned(),
        "".to_owned(),
        "-- nothing".to_owned(),
    ] {
        let error = match project.try_ask("2026-11-03", &sql) {
            Ok(_) => panic!("answered: {sql}"),
            Err(error) => error,
        };
        assert!(matches!(error.kind, Kind::Project | Kind::Failed), "{sql}: {}", told(&error));
        assert!(!file.exists(), "{sql}");
    }
    assert_eq!(project.state(), state);
}

#[test]
fn a_mistake_in_a_question_is_shown_in_its_line_with_a_caret() {
    let project = small();
    for (sql, wanted) in [
        (
            "SELECT * FROM crm.deals",
            "error: there is no table or model `crm.deals`\n --> <query>:1:15\n  |\n1 | SELECT * FROM crm.deals\n  |               ^^^^^^^^^\n  |\n  = help: did you mean `crm.deal`?",
        ),
        ("SELECT amuont\nFROM crm.deal", "help: did you mean `amount`?"),
        ("SELECT FROM WHERE", "<query>:1:"),
    ] {
        let error = project.try_ask("2026-11-03", sql).err().unwrap();
        assert!(told(&error).contains(wanted), "{}", told(&error));
        assert_eq!((error.kind, error.message.as_str()), (Kind::Project, "the query has a mistake"));
    }
}

#[test]
fn a_question_over_a_lake_that_was_damaged_says_so() {
    let project = small();
    let folder = project.path("lake/data/crm.deal");
    let file = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.display().to_string().contains("2026-11-03"))
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = project.try_ask("2026-11-03", "SELECT count(*), sum(amount) FROM crm.deal").err().unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(error.kind, Kind::Damaged);
    assert!(told(&error).contains(&name), "{}", told(&error));
}
