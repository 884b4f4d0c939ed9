//! Metrics: the shipped ones agree with the models and with themselves, a call is a SELECT like any other, and the command shows them.

use forecastle::catalogue;
use forecastle::project;
use forecastle::query::metric::Definition;
use forecastle::run::{ModelOutcome, ReportOutcome};

use crate::command::Program;
use crate::project::{Outcomes, TestProject};
use crate::rows;
use crate::shared::{LAST, whole_demo};

const WIN_RATE: &str = "/* ---
label: Win rate
description: Deals won of those won and lost, by the day they were created
unit: percent
time: created_on
dimensions: [owner_id, stage]
aggregation: proportion
--- */
-- One row is a closed deal.
SELECT *, CASE WHEN status = 'won' THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM crm.deal
WHERE status <> 'open'
";

fn small() -> TestProject {
    let project = TestProject::small();
    project.write("sql/metric/win_rate.sql", WIN_RATE);
    project.deals(
        "2026-11-02",
        &[
            "1,ann,Close,Won,100,2026-09-01",
            "2,bob,Close,lost,250.50,2026-10-03",
            "3,ann,Close,lost,5,2026-10-05",
            "4,ann,Demo,Open,7,2026-10-05",
        ],
    );
    project
}

#[test]
fn the_shipped_metrics_agree_with_the_shipped_models() {
    let (project, _) = whole_demo();
    // Each gives the rows in which the two differ.
    let differences = [
        "SELECT * FROM metric('won_amount', grain => 'quarter', compare => ['target', 'last_year']) AS m
         -- The model has quarters from the first in which a deal was created.
         FULL JOIN kpi.won_by_quarter AS k ON k.quarter = m.period
         WHERE (coalesce(m.value, 0) IS DISTINCT FROM k.amount) OR (coalesce(m.n, 0) IS DISTINCT FROM k.deals)
            OR (m.target_value IS DISTINCT FROM k.quota) OR (m.target_attainment IS DISTINCT FROM k.attainment)
            OR (coalesce(m.last_year_value, 0) IS DISTINCT FROM coalesce(k.amount_last_year, 0))",
        "SELECT * FROM metric('win_rate', by => ['team'], trailing => 365) AS m
         FULL JOIN (SELECT * FROM kpi.win_rate WHERE scope = 'team' AND period = 'trailing_365') AS k ON k.scope_id = coalesce(m.team, 'no team')
         WHERE (m.value IS DISTINCT FROM k.narrow) OR (m.lower IS DISTINCT FROM k.narrow_lower) OR (m.upper IS DISTINCT FROM k.narrow_upper) OR (m.n IS DISTINCT FROM k.decided)",
        "SELECT * FROM metric('win_rate_broad', by => ['owner_id'], grain => 'quarter') AS m
         JOIN kpi.win_rate AS k ON k.scope = 'rep' AND k.scope_id = m.owner_id AND k.period = m.period
         WHERE (m.value IS DISTINCT FROM k.broad) OR (m.denominator IS DISTINCT FROM k.closed)",
        "SELECT * FROM metric('win_rate_of_total', by => ['owner_id'], grain => 'quarter') AS m
         JOIN kpi.win_rate AS k ON k.scope = 'rep' AND k.scope_id = m.owner_id AND k.period = m.period
         WHERE (m.value IS DISTINCT FROM k.of_total) OR (m.denominator IS DISTINCT FROM k.present)",
        "SELECT * FROM metric('win_rate_value') AS m CROSS JOIN kpi.win_rate AS k
         WHERE k.scope = 'company' AND k.period = 'total' AND (m.value IS DISTINCT FROM k.value)",
        "SELECT * FROM metric('deal_size', grain => 'quarter') AS m JOIN metric('deal_size_median', grain => 'quarter') AS d USING (period)
         JOIN kpi.deal_size AS k ON k.status = 'won' AND k.period = m.period
         WHERE (m.value IS DISTINCT FROM k.mean_amount) OR (d.value IS DISTINCT FROM k.median_amount) OR (m.n IS DISTINCT FROM k.deals)",
        "SELECT * FROM metric('cycle_days', trailing => 365) AS m CROSS JOIN metric('cycle_days_median', trailing => 365) AS d
         CROSS JOIN kpi.cycle_length AS k
         WHERE k.counted_from = 'created' AND k.status = 'won' AND k.period = 'trailing_365'
           AND ((m.value IS DISTINCT FROM k.mean_days) OR (d.value IS DISTINCT FROM k.median_days) OR (m.n IS DISTINCT FROM k.deals))",
        "SELECT * FROM metric('pipeline_value', by => ['owner_id']) AS m JOIN metric('weighted_pipeline', by => ['owner_id']) AS w USING (owner_id)
         FULL JOIN kpi.pipeline_by_owner AS k USING (owner_id)
         WHERE (m.value IS DISTINCT FROM k.amount) OR (w.value IS DISTINCT FROM k.weighted_amount)",
        "SELECT * FROM metric('pipeline_value', grain => 'quarter') AS m JOIN kpi.weighted_pipeline AS k ON k.expected_quarter = coalesce(m.period, 'no date')
         WHERE (m.value IS DISTINCT FROM k.amount)",
        "SELECT * FROM metric('open_pipeline', grain => 'month') AS m JOIN metric('open_deals', grain => 'month') AS d USING (period)
         FULL JOIN kpi.pipeline_by_month AS k ON k.asked_on = m.measured_on
         WHERE (m.value IS DISTINCT FROM k.amount) OR (d.value IS DISTINCT FROM k.deals)",
        "SELECT * FROM metric('quota_attainment', grain => 'quarter') AS m
         JOIN kpi.quota_attainment AS k ON k.scope = 'company' AND k.quarter = m.period
         WHERE (m.numerator IS DISTINCT FROM k.won_amount) OR (m.denominator IS DISTINCT FROM k.quota) OR (m.value IS DISTINCT FROM k.attainment)",
        "SELECT * FROM metric('quota_attainment', by => ['team'], grain => 'quarter') AS m
         JOIN kpi.quota_attainment AS k ON k.scope = 'team' AND k.scope_id = m.team AND k.quarter = m.period
         WHERE (m.numerator IS DISTINCT FROM k.won_amount) OR (m.denominator IS DISTINCT FROM k.quota) OR (m.value IS DISTINCT FROM k.attainment)",
        "SELECT * FROM metric('quota_attainment', by => ['owner_id'], grain => 'quarter') AS m
         JOIN kpi.quota_attainment AS k ON k.scope = 'rep' AND k.scope_id = m.owner_id AND k.quarter = m.period
         WHERE (m.denominator IS DISTINCT FROM k.quota)",
        "SELECT * FROM metric('quota_attainment_rate', by => ['team'], grain => 'quarter') AS m
         JOIN kpi.attainment_rate AS k ON k.scope = 'team' AND k.scope_id = coalesce(m.team, 'no team') AND k.last_day = m.period_end
         WHERE (m.value IS DISTINCT FROM k.rate) OR (m.n IS DISTINCT FROM k.reps) OR (m.lower IS DISTINCT FROM k.rate_lower)",
        "SELECT * FROM metric('coverage', grain => 'quarter') AS c JOIN kpi.headline AS k ON k.quarter = c.period
         CROSS JOIN metric('velocity') AS v CROSS JOIN metric('pipeline_efficiency') AS e
         WHERE (c.value IS DISTINCT FROM k.coverage) OR (v.value IS DISTINCT FROM CAST(k.velocity_per_day AS DECIMAL(18,4)))
            OR (e.value IS DISTINCT FROM k.pipeline_efficiency)",
    ];
    let questions: Vec<String> =
        differences.iter().map(|sql| sql.replacen("SELECT *", "SELECT count(*) AS differing", 1)).collect();
    let asked: Vec<&str> = questions.iter().map(String::as_str).collect();
    for (sql, answer) in differences.iter().zip(project.ask_all(LAST, &asked)) {
        assert_eq!(rows::lines(&answer), ["0"], "{sql}");
    }
}

/// For each slice of an additive metric its sums: those of the parts are to be those of the whole. Where nothing is known
/// there is no part at all.
#[test]
fn parts_add_up_to_the_whole_in_every_slice_of_every_additive_metric() {
    let (project, _) = whole_demo();
    let metrics = project.prepare().unwrap().catalogue.metrics;
    let mut asked = Vec::new();
    for metric in metrics.known.values() {
        let Definition::Base(base) = &metric.definition else { continue };
        let is_sum = base.aggregation.is_ratio() || base.aggregation == project::Aggregation::Sum;
        if !is_sum || !base.levels.is_empty() {
            continue;
        }
        let sums: &[&str] =
            if base.aggregation.is_ratio() { &["numerator", "denominator", "n"] } else { &["value", "n"] };
        let listed = sums.iter().map(|sum| format!("coalesce(sum({sum}), 0) AS {sum}")).collect::<Vec<_>>().join(", ");
        let id = &metric.id;
        let mut slices = vec![String::new()];
        slices.extend(metrics.dimensions(metric).iter().map(|dimension| format!(", by => ['{dimension}']")));
        if let (Some(_), false) = (&metric.header.time, metric.header.semi_additive) {
            slices.extend(["week", "month", "quarter", "year"].iter().map(|grain| format!(", grain => '{grain}'")));
            slices.push(format!(", by => ['{}'], grain => 'quarter'", metrics.dimensions(metric)[0]));
        }
        let selects: Vec<String> =
            slices.iter().map(|slice| format!("SELECT {listed} FROM metric('{id}'{slice})")).collect();
        asked.push(format!("SELECT DISTINCT * FROM ({}) AS slice", selects.join(" UNION ALL ")));
    }
    assert!(asked.len() >= 10, "the metrics were not found");
    let questions: Vec<&str> = asked.iter().map(String::as_str).collect();
    for (sql, answer) in asked.iter().zip(project.ask_all(LAST, &questions)) {
        let found = rows::lines(&answer);
        assert_eq!(found.len(), 1, "{sql}\n{found:#?}");
    }
}

#[test]
fn a_call_stands_where_a_table_stands() {
    let project = small();
    project.run();
    let ask = |sql: &str| project.ask("2026-11-02", sql);
    assert_eq!(ask("SELECT value, n FROM metric('win_rate')"), ["0.3333333333333333 | 3"]);
    assert_eq!(
        ask("SELECT owner_id, value FROM metric('win_rate', by => ['owner_id']) ORDER BY owner_id"),
        ["ann | 0.5", "bob | 0.0"]
    );
    // Its own name in FROM is the metric's, so that two stand beside each other.
    assert_eq!(
        ask(
            "SELECT win_rate.value, other.n FROM metric('win_rate') CROSS JOIN metric('win_rate', where => owner_id = 'ann') AS other"
        ),
        ["0.3333333333333333 | 2"]
    );
    assert_eq!(
        ask(
            "WITH piece AS (SELECT * FROM metric('win_rate', by => 'owner_id')) SELECT count(*) FROM piece WHERE value > (SELECT value FROM metric('win_rate'))"
        ),
        ["1"]
    );
    assert_eq!(
        ask("SELECT period, numerator, denominator, value FROM metric('win_rate', grain => 'month') ORDER BY period"),
        ["2026-09 | 1 | 1 | 1.0", "2026-10 | 0 | 2 | 0.0", "2026-11 | 0 | 0 | NULL"]
    );
    // Days of the call itself may be computed.
    assert_eq!(
        ask("SELECT n FROM metric('win_rate', from => current_date - INTERVAL '30 days', to => '2026-10-04')"),
        ["1"]
    );
    // What a figure is made of is there to be looked at.
    assert_eq!(ask("SELECT deal_id FROM metric.win_rate WHERE numerator = 0 ORDER BY deal_id"), ["2", "3"]);
}

#[test]
fn checks_and_reports_call_metrics_too() {
    let project = small();
    project.write(
        "sql/check/rate_low.sql",
        "/* ---\nseverity: warn\n--- */\nSELECT owner_id FROM metric('win_rate', by => ['owner_id']) WHERE value < 0.6\n",
    );
    project.write(
        "reports/rates.md",
        "---\ntitle: Rates\nqueries:\n  rate: SELECT n FROM metric('win_rate', where => owner_id = 'ann')\n---\n# {{ rate[0].n }} deals of Ann decided\n",
    );
    project.edit("pipelines/nightly.yaml", "reports: [summary]", "reports: [summary, rates]");
    let record = project.run();
    assert_eq!((record.offenders("check.rate_low"), record.report("rates")), (2, ReportOutcome::Written));
    assert!(project.report("rates", "2026-11-02").markdown.contains("2 deals of Ann decided"));
}

#[test]
fn a_call_sees_its_day_and_nothing_later() {
    let project = small();
    let sql = "SELECT value, n FROM metric('win_rate')";
    project.run();
    let before = project.ask("2026-11-02", sql);
    project.deals("2026-11-03", &["1,ann,Close,lost,100,2026-09-01", "9,eve,Close,Won,1,2026-11-03"]);
    project.run();
    assert_eq!(project.ask("2026-11-02", sql), before);
    assert_eq!(project.ask("2026-11-03", sql), ["0.5 | 2"]);
}

#[test]
fn a_model_that_calls_a_metric_is_made_anew_when_its_definition_changes() {
    let project = small();
    project.write("sql/kpi/rate.sql", "-- One row is the company.\nSELECT value FROM metric('win_rate')\n");
    project.run();
    assert_eq!(project.run_day("2026-11-02").model("kpi.rate"), ModelOutcome::Unchanged);
    project.edit("sql/metric/win_rate.sql", "WHERE status <> 'open'", "WHERE status <> 'open' AND owner_id = 'bob'");
    let again = project.run_day("2026-11-02");
    assert_eq!((again.model("kpi.rate"), again.model("kpi.total")), (ModelOutcome::Built, ModelOutcome::Unchanged));
    assert_eq!(project.model("kpi.rate", "2026-11-02"), ["0.0"]);
}

#[test]
fn a_users_metric_stands_over_the_packs_of_that_name() {
    let project = TestProject::empty();
    project.write("sql/metric/win_rate.sql", WIN_RATE.replace("Win rate", "Our win rate"));
    let catalogue = catalogue::load(&project::load_files(project.root(), true).unwrap());
    assert!(catalogue.problems.is_empty(), "{:?}", catalogue.problems);
    let metrics = &catalogue.metrics.known;
    assert_eq!(metrics["win_rate"].header.label, "Our win rate");
    assert!(metrics.contains_key("won_amount"), "the others are still the pack's");
    // Those that are made of it are made of the user's.
    assert_eq!(catalogue.metrics.dimensions(&metrics["velocity"]), ["owner_id"]);
}

#[test]
fn the_command_lists_metrics_and_shows_one_as_table_csv_json_and_line() {
    let project = small();
    project.write("sql/metric/rate_of_two.sql", "/* ---\nlabel: Twice the rate\ndescription: The win rate doubled\nunit: ratio\n--- */\nSELECT win_rate * 2 AS value\n");
    project.run();
    let program = Program::in_folder(project.root());
    assert_eq!(
        program.runs_to(0, &["metric"]).stdout,
        "rate_of_two  ratio    Twice the rate  owner_id, stage\nwin_rate     percent  Win rate        owner_id, stage\n"
    );
    let said = program.runs_to(0, &["metric", "win_rate", "--by", "owner_id"]);
    assert_eq!(
        said.stdout,
        "owner_id   value  numerator  denominator  n  lower   upper\n\
         ann       50.0 %          1            2  2  9.5 %  90.5 %\n\
         bob        0.0 %          0            1  1  0.0 %  79.3 %\n"
    );
    assert!(
        said.stderr.contains("Win rate: Deals won of those won and lost, by the day they were created"),
        "{}",
        said.stderr
    );
    assert_eq!(
        program.runs_to(0, &["metric", "rate_of_two", "--grain", "month", "--format", "csv"]).stdout,
        "period,period_start,period_end,is_complete,value\n\
         2026-09,2026-09-01,2026-09-30,true,2.0\n\
         2026-10,2026-10-01,2026-10-31,true,0.0\n\
         2026-11,2026-11-01,2026-11-30,false,\n"
    );
    assert_eq!(
        program.runs_to(0, &["metric", "win_rate", "--where", "owner_id = 'bob'", "--format", "json"]).stdout,
        "{\"value\":0.0,\"numerator\":0,\"denominator\":1,\"n\":1,\"lower\":0.0,\"upper\":0.7934506856227626}\n"
    );
    let line = program.runs_to(0, &["metric", "win_rate", "--grain", "month", "--format", "line"]).stdout;
    assert_eq!(
        line,
        "100.0 % |--------.\n        |        |\n        |        |\n        |        |\n        |        |\n        |        |\n        |        |\n  \
         0.0 % |        '-------\n         2026-09          2026-11\n",
        "{line}"
    );
    let mistake = program.runs_to(2, &["metric", "win_rate", "--by", "ownr_id"]);
    assert!(
        mistake.stderr.contains("did you mean `owner_id`?") && mistake.stderr.contains("by => ['ownr_id']"),
        "{}",
        mistake.stderr
    );
    assert!(program.runs_to(2, &["metric", "win_rat"]).stderr.contains("did you mean `win_rate`?"));
    let no_grain = program.runs_to(2, &["metric", "win_rate", "--format", "line"]).stderr;
    assert!(no_grain.contains("add one, as in --grain month"), "{no_grain}");
    assert!(program.runs_to(0, &["validate"]).stderr.contains("3 models, 2 metrics, "));
    assert!(program.runs_to(0, &["list"]).stdout.contains("metric    metric.win_rate"));
}
