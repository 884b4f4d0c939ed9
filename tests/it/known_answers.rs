//! Figures of real CRM data, computed apart from this project, come out to the last digit.

use std::sync::OnceLock;

use forecastle::run::{Days, Record, Status};

use crate::needed::{python, real_data, succeed};
use crate::oracle::{compared, script};
use crate::project::{Outcomes, TestProject, day};

const SNAPSHOTS: [&str; 8] =
    ["2020-12-31", "2021-03-31", "2021-06-30", "2021-07-31", "2021-08-31", "2021-09-30", "2021-10-31", "2021-11-10"];
/// By then every row of the sample is in the export, as its own export shows it.
const LAST: &str = "2021-11-10";

/// The regional sales with their rebuilt snapshots in the lake.
pub fn regional(test: &str) -> Option<&'static (TestProject, Record)> {
    static REGIONAL: OnceLock<(TestProject, Record)> = OnceLock::new();
    let (data, mut rebuild) = (real_data(test)?, python(test)?);
    Some(REGIONAL.get_or_init(|| {
        let project = TestProject::copy_of("regional-sales").with_variable("FORECASTLE_DATA", &data);
        let exports = project.path("exports");
        succeed(rebuild.arg(data.join("regional-sales/snapshots.py")).arg(&exports).args(SNAPSHOTS));
        let project = project.with_variable("FORECASTLE_EXPORTS", &exports);
        let record = project.run();
        (project, record)
    }))
}

#[test]
fn the_regional_sales_agree_with_their_known_answers() {
    let Some((project, record)) = regional("the_regional_sales_agree_with_their_known_answers") else { return };
    assert_eq!((record.status, record.days.len()), (Status::Done, SNAPSHOTS.len()));
    let rows: Vec<u64> = ["crm.deal", "crm.account", "crm.rep", "crm.territory"]
        .iter()
        .map(|table| record.source(table).1.rows)
        .collect();
    assert_eq!(rows, [20_000, 300, 20, 51]);
    let ask = |sql: &str| project.ask(LAST, sql);
    assert_eq!(
        ask(
            "SELECT won, won_amount, lost, lost_amount, round(narrow, 6) FROM kpi.win_rate WHERE scope = 'company' AND period = 'total'"
        ),
        ["7282 | 26435925.0000 | 7385 | 23003910.0000 | 0.496489"]
    );
    assert_eq!(
        ask("SELECT open_deals, open_amount, weighted_amount FROM kpi.headline"),
        ["5333 | 27812381.0000 | 10893405.5000"]
    );
    assert_eq!(
        ask("SELECT stage, weighted_amount FROM kpi.pipeline_by_stage ORDER BY stage"),
        ["1-Qualify | 791202.0000", "2-Develop | 2451124.5000", "3-Propose | 3632340.5000", "4-Close | 4018738.5000"]
    );
    assert_eq!(
        ask(
            "SELECT status, round(mean_days, 4) FROM kpi.cycle_length WHERE counted_from = 'created' AND period = 'total' ORDER BY status DESC"
        ),
        ["won | 121.1156", "lost | 94.6241"]
    );
    let quarters = "('2020-Q4', '2021-Q1', '2021-Q2', '2021-Q3')";
    assert_eq!(
        ask(&format!(
            "SELECT period, won, lost, won_amount FROM kpi.win_rate WHERE scope = 'company' AND period IN {quarters} ORDER BY period"
        )),
        [
            "2020-Q4 | 1086 | 275 | 3339714.0000",
            "2021-Q1 | 748 | 1292 | 2652971.0000",
            "2021-Q2 | 1064 | 1202 | 4454500.0000",
            "2021-Q3 | 1840 | 738 | 8402513.0000"
        ]
    );
    assert_eq!(
        ask(&format!(
            "SELECT quarter, deals, amount FROM kpi.won_by_quarter WHERE quarter IN {quarters} ORDER BY quarter"
        )),
        [
            "2020-Q4 | 1086 | 3339714.0000",
            "2021-Q1 | 748 | 2652971.0000",
            "2021-Q2 | 1064 | 4454500.0000",
            "2021-Q3 | 1840 | 8402513.0000"
        ]
    );
    assert_eq!(
        ask(
            "SELECT name, won_amount FROM kpi.win_rate WHERE scope = 'team' AND period = 'total' ORDER BY won_amount DESC"
        ),
        ["Amelie Garner | 9815874.0000", "Peyton Davis | 8599357.0000", "Ethan Brooks | 8020694.0000"]
    );
    // The traps of the sample.
    assert_eq!(ask("SELECT count(*) FROM crm.deal WHERE lead_source IS NULL"), ["6732"]);
    assert_eq!(ask("SELECT count(*) FROM crm.rep AS r LEFT ANTI JOIN crm.deal AS d ON d.owner_id = r.rep_id"), ["1"]);
    assert!(record.offenders("check.expected_close_past") > 0, "some open deals are overdue");
}

#[test]
fn every_figure_of_the_regional_sales_agrees_with_another_programs_arithmetic() {
    const TEST: &str = "every_figure_of_the_regional_sales_agrees_with_another_programs_arithmetic";
    let (Some(data), Some(mut oracle), Some((project, _))) = (real_data(TEST), python(TEST), regional(TEST)) else {
        return;
    };
    // Every metric, and the models of figures; not those of deals, which are many.
    let figures = "metric|kpi|market|people|customer.(cohort|largest)|win_loss.(breakdown|figure|trait)\
                   |restatement.(line|quarter)|risk.(span|period|leading|conc)";
    oracle.arg(script("oracle.py")).args(["--shape", "regional", "--only", figures]);
    oracle.arg("--data").arg(data.join("regional-sales")).arg("--exports").arg(project.path("exports"));
    let said = compared(project, LAST, &mut oracle, None);
    assert!(said.contains(" 0 differences"), "{said}");
}

#[test]
fn past_days_of_the_regional_sales_are_answered_as_they_were_known() {
    let Some((project, _)) = regional("past_days_of_the_regional_sales_are_answered_as_they_were_known") else {
        return;
    };
    for (on, deals, amount) in
        [("2020-12-31", 2488, 8_864_635), ("2021-06-30", 2997, 13_604_991), ("2021-09-30", 5358, 26_910_696)]
    {
        let sql = "SELECT count(*), sum(amount) FROM crm.deal WHERE status = 'open'";
        assert_eq!(project.ask(on, sql), [format!("{deals} | {amount}.0000")], "{on}");
    }
    // Through a shipped model, which is computed: the lake holds that of the newest day.
    let sql = "SELECT sum(deals), sum(amount) FROM kpi.pipeline_by_stage";
    assert_eq!(project.ask("2020-12-31", sql), ["2488 | 8864635.0000"]);
}

#[test]
fn a_raw_salesforce_export_agrees_with_its_known_answers() {
    let Some(data) = real_data("a_raw_salesforce_export_agrees_with_its_known_answers") else { return };
    let project = TestProject::copy_of("salesforce-export").with_variable("FORECASTLE_DATA", &data);
    let record = project.run_day("2024-12-31");
    assert_eq!((record.status, record.source("crm.deal").1.rejected), (Status::Done, 0));
    let sql = "SELECT stage, status, count(*), sum(amount) FROM crm.deal WHERE stage LIKE 'Closed%' GROUP BY stage, status ORDER BY stage DESC";
    let closed = project.ask("2024-12-31", sql);
    assert_eq!(closed[0], "Closed Won | won | 12 | 10542562.9800");
    assert!(closed[1].starts_with("Closed Lost | lost | 3 | "), "{closed:?}");
    let sql = "SELECT won, won_amount, lost FROM kpi.win_rate WHERE scope = 'company' AND period = 'total'";
    assert_eq!(project.ask("2024-12-31", sql), ["12 | 10542562.9800 | 3"]);
}

#[test]
fn quotas_that_run_from_one_effective_date_to_the_next_agree_with_their_known_answers() {
    let Some(data) = real_data("quotas_that_run_from_one_effective_date_to_the_next_agree_with_their_known_answers")
    else {
        return;
    };
    let project = TestProject::copy_of("adventureworks").with_variable("FORECASTLE_DATA", &data);
    let record = project.run_selected(Days::One(day("2014-06-30")), &["+kpi.quota_attainment"]);
    assert_eq!(
        (record.status, record.source("crm.deal").1.rows, record.source("crm.quota").1.rows),
        (Status::Done, 60_855, 163)
    );
    let ask = |sql: &str| project.ask("2014-06-30", sql);
    let totals = "scope, count(*), count(*) FILTER (WHERE is_reached), sum(won_amount), sum(quota), \
                  round(ratio(sum(won_amount), sum(quota)), 6), min(period_start)";
    assert_eq!(
        ask(&format!("SELECT {totals} FROM kpi.quota_attainment WHERE scope <> 'team' GROUP BY scope ORDER BY scope")),
        [
            "company | 12 | 0 | 80450596.9823 | 95714000.0000 | 0.840531 | 2010-12-29",
            "rep | 163 | 8 | 80450596.9823 | 95714000.0000 | 0.840531 | 2010-12-29",
        ]
    );
    let wanted = [
        "0.8218", "0.8658", "0.8567", "0.8196", "0.8428", "0.8136", "0.8906", "0.8377", "0.7956", "0.8359", "0.8822",
        "0.8626",
    ];
    let sql = "SELECT round(attainment, 4) FROM kpi.quota_attainment WHERE scope = 'company' ORDER BY period_start";
    assert_eq!(ask(sql), wanted);
}
