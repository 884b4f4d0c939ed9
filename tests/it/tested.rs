//! Tests of models: rows given in YAML, held against what the model makes of them, without exports and lake.

use serde_json::Value;

use crate::command::Program;
use crate::needed::repository;
use crate::project::TestProject;

/// Runs the tests of the small project with a file of them, and gives the lines of their outcome.
fn outcome(code: i32, model: &str, tests: &str) -> Vec<String> {
    let project = TestProject::small();
    project.write(&format!("sql/{}.test.yaml", model.replace('.', "/")), tests);
    lines(&Program::in_folder(project.root()).runs_to(code, &["test"]).stdout)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_model_is_run_over_the_given_rows_and_nothing_else() {
    let project = TestProject::small();
    project.write(
        "sql/kpi/pipeline.test.yaml",
        "tests:
  - name: deals are counted and added up by stage
    given:
      kpi.open_deal:
        - {deal_id: d1, stage: Qualify, amount: 100.50}
        - {deal_id: d2, stage: Qualify, amount: 0.25}
        - {deal_id: d3, amount: 7}
    match: exact
    expect:
      - {stage: none, deals: 1, amount: 7}
      - {stage: Qualify, deals: 2, amount: 100.75}
  - name: without deals there are no stages
    expect: []
  - name: one of several rows
    given:
      kpi.open_deal: [{stage: Qualify}, {stage: Propose}]
    match: subset
    expect: [{stage: Propose, amount: null}]
",
    );
    project.write(
        "sql/kpi/open_deal.test.yaml",
        "day: 2026-11-13
tests:
  - name: age counts to the day of the test
    given: {crm.deal: [{deal_id: d1, status: open, created_on: 2026-11-01}, {deal_id: d2, status: won}]}
    expect: [{deal_id: d1, age_days: 12}]
  - name: a test may have a day of its own
    day: 2026-11-02
    given: {crm.deal: [{deal_id: d1, status: open, created_on: 2026-11-01}]}
    expect: [{age_days: 1}]
",
    );
    project
        .write("sql/kpi/total.test.yaml", "tests:\n  - {name: the first day of 2026, expect: [{day: 2026-01-01}]}\n");
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["test"]);
    assert_eq!(
        lines(&said.stdout),
        [
            "passed  kpi.open_deal  age counts to the day of the test",
            "passed  kpi.open_deal  a test may have a day of its own",
            "passed  kpi.pipeline   deals are counted and added up by stage",
            "passed  kpi.pipeline   without deals there are no stages",
            "passed  kpi.pipeline   one of several rows",
            "passed  kpi.total      the first day of 2026",
        ]
    );
    assert!(said.stderr.starts_with("6 tests: 6 passed, 0 failed, in "), "{}", said.stderr);
    assert!(!project.path("lake").exists(), "no lake is opened");
    assert_eq!(lines(&program.runs_to(0, &["test", "tag:pipeline", "kpi.total"]).stdout).len(), 4);
    assert!(program.runs_to(0, &["validate"]).stderr.contains(", 6 tests: no mistakes"));
    let said = program.runs_to(2, &["test", "kpi.totl"]);
    assert!(said.stderr.contains("did you mean `kpi.total`?"), "{}", said.stderr);
    project.remove("sql/kpi/total.test.yaml");
    let said = program.runs_to(2, &["test", "kpi.total"]);
    assert!(said.stderr.contains("the selected models have no tests"), "{}", said.stderr);
}

#[test]
fn a_mismatch_is_a_table_with_the_differing_cells_marked() {
    let tests = "tests:
  - name: deals are counted by stage
    given:
      kpi.open_deal: [{stage: Qualify, amount: 100}, {stage: Qualify, amount: 1.5}, {amount: 1.5}]
    expect:
      - {stage: Qualify, deals: 3, amount: 101.5}
      - {stage: Won, deals: 7}
";
    assert_eq!(
        outcome(3, "kpi.pipeline", tests),
        [
            "FAILED  kpi.pipeline  deals are counted by stage: 1 row differs, 1 row is missing, 1 row is surplus (sql/kpi/pipeline.test.yaml:2:11)",
            "",
            "                 | stage   | deals | amount",
            "        ---------+---------+-------+---------",
            "        expected | Qualify | [3]   | 101.5000",
            "        found    | Qualify | [2]   | 101.5000",
            "        missing  | Won     | 7     |",
            "        surplus  | none    | 1     | 1.5000",
            "",
        ]
    );
}

#[test]
fn a_machine_reads_an_event_for_each_test() {
    let project = TestProject::small();
    project.write("sql/kpi/total.test.yaml", "tests:\n  - {name: one deal, expect: [{deals: 1}]}\n");
    let said = Program::in_folder(project.root()).runs_to(3, &["--log-format", "json", "test"]);
    assert_eq!(said.stdout, "");
    let event: Value = serde_json::from_str(said.stderr.lines().next().unwrap()).unwrap();
    let of = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    assert_eq!((of("event"), of("model"), of("outcome")), ("test".into(), "kpi.total".into(), "differs".into()));
    assert_eq!((of("file"), event["line"].as_u64()), ("sql/kpi/total.test.yaml".into(), Some(2)));
    assert!(of("table").contains("expected | [1]"), "{event}");
}

#[test]
fn a_model_that_breaks_off_fails_its_test_and_not_the_others() {
    let project = TestProject::small();
    project.edit("sql/kpi/pipeline.sql", "count(*) AS deals", "100 / (count(*) - 1) AS deals");
    project.write(
        "sql/kpi/pipeline.test.yaml",
        "tests:
  - {name: one deal, given: {kpi.open_deal: [{stage: Won}]}, expect: []}
  - {name: two deals, given: {kpi.open_deal: [{stage: Won}, {stage: Won}]}, expect: [{deals: 100}]}
",
    );
    let said = Program::in_folder(project.root()).runs_to(3, &["test"]);
    let told = lines(&said.stdout);
    assert!(told[0].starts_with("FAILED  kpi.pipeline  one deal: ") && told[0].contains("ivi"), "{told:?}");
    assert!(told[0].contains("(look at sql/kpi/pipeline.sql:"), "{told:?}");
    assert_eq!(told[1], "passed  kpi.pipeline  two deals");
}

#[test]
fn what_the_lake_tells_of_a_table_can_be_given_too() {
    let project = TestProject::small();
    project.write(
        "sql/kpi/was.sql",
        "SELECT day, string_agg(deal_id, ',' ORDER BY deal_id) AS deals FROM each('crm.deal', every => 'month') GROUP BY day
UNION ALL
SELECT DATE '2026-03-15', string_agg(deal_id, ',' ORDER BY deal_id) FROM as_of('crm.deal', DATE '2026-03-15')
UNION ALL
SELECT max(snapshot_on), max(table_name) FROM lake.snapshot
UNION ALL
SELECT max(changed_on), max(column_name) FROM crm.deal_change",
    );
    project.write(
        "sql/kpi/was.test.yaml",
        "tests:
  - name: versions hold from their first day up to the one before their end
    day: 2026-04-10
    given:
      crm.deal_history:
        - {deal_id: d1, valid_from: 2026-02-20, valid_to: 2026-03-15}
        - {deal_id: d2, valid_from: 2026-03-15}
        - {deal_id: d3, valid_from: 2026-03-31, valid_to: 2026-04-01}
        - {deal_id: d4, valid_from: 2026-04-11}
      lake.snapshot: [{table_name: crm.deal, snapshot_on: 2026-04-09}]
      crm.deal_change: [{changed_on: 2026-04-08, column_name: stage}]
    expect:
      - {day: 2026-02-28, deals: d1}
      - {day: 2026-03-31, deals: 'd2,d3'}
      - {day: 2026-04-10, deals: d2}
      - {day: 2026-03-15, deals: d2}
      - {day: 2026-04-09, deals: crm.deal}
      - {day: 2026-04-08, deals: stage}
",
    );
    let said = Program::in_folder(project.root()).command(&["test"]).output().unwrap();
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
fn a_mistake_in_a_test_keeps_no_run_back_and_one_in_another_model_no_test() {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    project.write("sql/kpi/total.test.yaml", "tests:\n  - {name: one deal, expect: [{deels: 1}]}\n");
    let program = Program::in_folder(project.root());
    assert!(program.runs_to(2, &["validate"]).stderr.contains("kpi.total has no column `deels`"));
    program.runs_to(0, &["run"]);
    project.write("sql/kpi/total.test.yaml", "tests:\n  - {name: no deal, expect: [{deals: 0}]}\n");
    project.write("sql/kpi/other.sql", "SELECT nothing FROM kpi.total");
    program.runs_to(0, &["test"]);
    program.runs_to(2, &["validate"]);
}

#[test]
fn the_tests_of_the_pack_pass_here_and_are_not_run_in_other_projects() {
    let said = Program::in_folder(repository()).runs_to(0, &["test"]);
    assert!(lines(&said.stdout).len() >= 10 && said.stderr.contains(" 0 failed"), "{}{}", said.stdout, said.stderr);
    let home = TestProject::empty();
    let program = Program::in_folder(home.root());
    program.runs_to(0, &["init", "."]);
    assert!(program.runs_to(0, &["test"]).stderr.starts_with("there are no tests"));
    program.runs_to(0, &["eject", "sql/sales/plan_rate.test.yaml"]);
    assert_eq!(lines(&program.runs_to(0, &["test"]).stdout).len(), 2);
}
