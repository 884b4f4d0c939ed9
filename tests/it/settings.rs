//! What a company decides: thresholds and rules under `settings:` of a pipeline.

use forecastle::run::{Days, ModelOutcome};
use serde_json::{Value, json};

use crate::command::Program;
use crate::project::{TestProject, day};

const OLD: &str = "/* ---
description: Deals older than the threshold
materialize: table
--- */
-- One row is a deal.
SELECT deal_id FROM crm.deal WHERE created_on < current_date - setting('silent_days')
";
const RULES: &str = "-- One row is a rule.\nSELECT type, points FROM setting.lead_rule\n";
const PAST: &str = "/* ---
materialize: incremental
--- */
-- One row is a day.
SELECT count(*) FILTER (WHERE created_on < current_date - setting('silent_days')) AS silent FROM crm.deal
";
const OTHER: &str = "/* ---
materialize: incremental
--- */
-- One row is a day.
SELECT count(*) AS deals FROM crm.deal
";

fn project() -> TestProject {
    let project = TestProject::small();
    for on in ["2026-11-02", "2026-11-03"] {
        project.deals(on, &["new,ann,Qualify,Open,100,2026-10-20", "old,bob,Propose,Open,250.50,2026-09-01"]);
    }
    project.write("sql/kpi/old.sql", OLD).write("sql/kpi/rules.sql", RULES);
    project
}

fn set(project: &TestProject, settings: &str) {
    let written = project.read("pipelines/nightly.yaml");
    let head = written.split("settings:").next().unwrap().trim_end().to_owned();
    project.write("pipelines/nightly.yaml", format!("{head}\nsettings: {settings}\n"));
}

#[test]
fn a_changed_threshold_changes_the_figure_and_computes_what_asks_for_it_anew() {
    let project = project();
    let outcomes = |project: &TestProject| -> Vec<String> {
        let record = project.run_days(Days::One(day("2026-11-03")));
        let made = record.days[0].models.iter().filter(|model| model.outcome != ModelOutcome::Unchanged);
        made.map(|model| model.model.clone()).collect()
    };
    let ask = |sql: &str| project.ask("2026-11-03", sql);
    project.run();
    assert_eq!(ask("SELECT deal_id FROM kpi.old"), ["old"]);
    assert_eq!(outcomes(&project), Vec::<String>::new());
    set(&project, "{silent_days: 10}");
    assert_eq!(outcomes(&project), ["kpi.old"]);
    assert_eq!(ask("SELECT deal_id FROM kpi.old ORDER BY deal_id"), ["new", "old"]);
    // As it was, but said.
    set(&project, "{silent_days: 10, cohort_days: 180}");
    assert_eq!(outcomes(&project), Vec::<String>::new());
    assert_eq!(ask("SELECT points FROM kpi.rules WHERE type = 'wrong_company_details'"), ["-5"]);
    set(&project, "{silent_days: 10, lead_rule: [{type: demo, points: 25}]}");
    assert_eq!(outcomes(&project), ["kpi.rules"]);
    assert_eq!(ask("SELECT type, points FROM kpi.rules"), ["demo | 25"]);
}

#[test]
fn a_changed_threshold_makes_past_days_of_what_asks_for_it_stale_and_that_is_told() {
    let project = project();
    project.write("sql/past/silent.sql", PAST).write("sql/past/counted.sql", OTHER);
    let program = Program::in_folder(project.root());
    program.runs_to(0, &["run"]);
    set(&project, "{silent_days: 10}");
    let said = program.runs_to(0, &["run", "--day", "2026-11-03"]).stderr;
    assert!(
        said.contains("past.silent: its SQL or a setting has changed: computing 1 day again (2026-11-02)"),
        "{said}"
    );
    assert!(!said.contains("past.counted:"), "{said}");
    assert_eq!(
        project.ask("2026-11-03", "SELECT day, silent FROM past.silent ORDER BY day"),
        ["2026-11-02 | 2", "2026-11-03 | 2"]
    );
}

#[test]
fn own_settings_have_the_types_that_they_are_written_in() {
    let project = project();
    set(&project, "{own: {big: 200, rate: 12.5%, price: 9.90, since: 2026-10-01, is_on: true, region: EMEA}}");
    project.write(
        "sql/function/is_big.sql",
        "CREATE FUNCTION is_big(amount DECIMAL(18,4)) RETURNS BOOLEAN RETURN amount > setting('own.big')\n",
    );
    project.run();
    let ask = |sql: &str| project.ask("2026-11-03", sql);
    assert_eq!(
        ask("SELECT setting('own.big'), setting('own.rate'), setting('own.price'), setting('own.since'), \
             setting('own.is_on'), setting('own.region')"),
        ["200 | 0.125000 | 9.900000 | 2026-10-01 | true | EMEA"]
    );
    assert_eq!(ask("SELECT deal_id FROM crm.deal WHERE is_big(amount)"), ["old"]);
    assert_eq!(
        ask("SELECT deal_id FROM crm.deal WHERE created_on >= setting('own.since') LIMIT setting('own.big')"),
        ["new"]
    );
    set(&project, "{own: {big: 50}}");
    assert_eq!(ask("SELECT count(*) FROM crm.deal WHERE is_big(amount)"), ["2"]);
}

#[test]
fn business_days_follow_the_working_week() {
    let project = project();
    project.run();
    // From Friday the 6th to Sunday the 15th.
    let asked = "SELECT business_days(DATE '2026-11-06', DATE '2026-11-15')";
    assert_eq!(project.ask("2026-11-03", asked), ["5"]);
    set(&project, "{working_days: [sunday..thursday]}");
    assert_eq!(project.ask("2026-11-03", asked), ["6"]);
    assert_eq!(
        project.ask("2026-11-03", "SELECT array_to_string(setting('working_days'), ' ')"),
        ["monday tuesday wednesday thursday sunday"]
    );
}

#[test]
fn tests_see_the_defaults_whatever_the_pipeline_says_and_may_say_otherwise() {
    let project = project();
    set(&project, "{silent_days: 1, own: {big: 3}}");
    project.write(
        "sql/kpi/old.test.yaml",
        "day: 2026-11-03
tests:
  - name: thirty days
    given: {crm.deal: [{deal_id: d1, created_on: 2026-10-03}, {deal_id: d2, created_on: 2026-10-04}]}
    expect: [{deal_id: d1}]
  - name: a test says otherwise
    settings: {silent_days: 31}
    given: {crm.deal: [{deal_id: d1, created_on: 2026-10-03}, {deal_id: d2, created_on: 2026-10-02}]}
    expect: [{deal_id: d2}]
",
    );
    project.write(
        "sql/kpi/rules.test.yaml",
        "settings: {lead_rule: [{type: demo, points: 25}]}
tests:
  - name: the rules of the file
    expect: [{type: demo, points: 25}]
",
    );
    let said = Program::in_folder(project.root()).runs_to(0, &["test"]).stdout;
    assert_eq!(said.matches("passed ").count(), 3, "{said}");
}

#[test]
fn settings_are_listed_with_where_they_are_set() {
    let project = project();
    set(&project, "{silent_days: 45, own: {big: 200}}");
    let program = Program::in_folder(project.root());
    let listed = program.runs_to(0, &["settings"]).stdout;
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("silent_days").contains("  45 days  "), "{listed}");
    assert!(line("silent_days").contains("  pipelines/nightly.yaml:"), "{listed}");
    assert!(line("cohort_days").contains("  180 days  "), "{listed}");
    assert!(line("cohort_days").contains("  default  "), "{listed}");
    assert!(line("own.big").contains("  200  "), "{listed}");
    let json: Value = serde_json::from_str(&program.runs_to(0, &["settings", "--format", "json"]).stdout).unwrap();
    let of = |name: &str| json.as_array().unwrap().iter().find(|line| line["name"] == name).unwrap().clone();
    assert_eq!(of("silent_days")["default"], json!(30));
    assert_eq!(of("lead_rule")["value"][0], json!({"type": "pricing_page", "points": 10}));
    assert_eq!(of("age_percentile")["value"], json!(0.9));
    let shown = program.runs_to(0, &["settings", "silent_days"]).stdout;
    assert!(shown.starts_with("setting('silent_days')\n"), "{shown}");
    assert!(shown.contains("value: 45\ndefault: 30\nwrite: a whole number of days from 1 to 3660\n"), "{shown}");
    let told = program.runs_to(2, &["settings", "silent_dayz"]).stderr;
    assert!(
        told.contains("there is no setting `silent_dayz`") && told.contains("did you mean `silent_days`?"),
        "{told}"
    );
}

#[test]
fn a_metric_looks_back_as_far_as_a_setting_says() {
    let project = project();
    let head =
        |label: &str, more: &str| format!("/* ---\nlabel: {label}\ndescription: {label}\nunit: money\n{more}--- */\n");
    let amount = head("Amount", "time: created_on\n") + "SELECT *, amount AS value FROM crm.deal\n";
    let recent = head("Recent amount", "") + "SELECT trailing(amount, setting('trailing_days')) AS value\n";
    project.write("sql/metric/amount.sql", amount).write("sql/metric/recent.sql", recent);
    project.run();
    let figures = |project: &TestProject| {
        let asked = "SELECT r.value, a.value FROM metric('recent') AS r \
                     CROSS JOIN metric('amount', trailing => setting('trailing_days')) AS a";
        let by_month = "SELECT period, value FROM metric('recent', grain => 'month') ORDER BY period";
        [project.ask("2026-11-03", asked), project.ask("2026-11-03", by_month)].concat()
    };
    let all = figures(&project);
    assert_eq!(all[0], "350.5000 | 350.5000");
    set(&project, "{trailing_days: 30}");
    let some = figures(&project);
    assert_eq!(some[0], "100.0000 | 100.0000");
    assert_eq!(some[1..], ["2026-09 | 250.5000", "2026-10 | 100.0000", "2026-11 | 100.0000"], "{all:?}");
}

#[test]
fn every_shipped_setting_is_asked_for_by_what_is_shipped() {
    let paths = forecastle::project::shipped_paths();
    let shipped: String = paths.iter().filter_map(|path| forecastle::project::shipped(path)).collect();
    for setting in &forecastle::project::setting::ALL {
        let name = setting.name;
        // The working week stands behind the functions of business days.
        let asked = if name == "working_days" { "business_days(".to_owned() } else { format!("setting('{name}')") };
        let read = format!("setting.{name}");
        assert!(shipped.contains(&asked) || shipped.contains(&read), "nothing asks for `{name}`");
    }
}
