//! The shipped demo, whole: against the simulator's own books, and against figures worked out by another program.

use std::collections::BTreeMap;
use std::io::Read;

use forecastle::day::Day;
use forecastle::run::{ModelOutcome, ReportOutcome, SourceOutcome, Status};

use crate::needed::{python, repository};
use crate::oracle::{compared, script};
use crate::project::{Outcomes, TestProject};
use crate::shared::{LAST, whole_demo};

/// The rows of a packed CSV file of the simulator's, whose fields hold no commas.
fn truth(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = repository().join("testdata/demo/truth").join(format!("{name}.csv.gz"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(|line| header.iter().map(ToString::to_string).zip(line.split(',').map(str::to_owned)).collect()).collect()
}

/// What the books of a scope say, one text per day and currency.
fn books(scope: &str, keep: impl Fn(&str) -> bool) -> Vec<String> {
    let columns = [
        "day",
        "currency",
        "open_deals",
        "open_amount",
        "open_without_amount",
        "won_deals",
        "won_amount",
        "lost_deals",
        "disqualified_deals",
    ];
    let mut said: Vec<String> = truth("daily_state")
        .iter()
        .filter(|row| row["scope"] == scope && keep(&row["day"]))
        .map(|row| columns.map(|column| row[column].clone()).join(" | "))
        .collect();
    said.sort();
    said
}

/// The same figures of a relation's rows, with the books' two decimals.
fn figures(from: &str, day: &str, amount: &str) -> String {
    let sum =
        |status: &str| format!("CAST(coalesce(sum({amount}) FILTER (WHERE status = '{status}'), 0) AS DECIMAL(18,2))");
    let count = |status: &str| format!("count(*) FILTER (WHERE status = '{status}')");
    format!(
        "SELECT {day} AS day, currency, {}, {}, count(*) FILTER (WHERE status = 'open' AND {amount} IS NULL), {}, {}, {}, {} FROM {from} GROUP BY {day}, currency ORDER BY 1, 2",
        count("open"),
        sum("open"),
        count("won"),
        sum("won"),
        count("lost"),
        count("disqualified")
    )
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn a_run_of_every_day_agrees_with_the_simulators_own_books() {
    let (project, record) = whole_demo();
    assert_eq!(record.status, Status::Done, "{:?}", record.error);
    assert_eq!((record.days.len(), record.days.last().unwrap().day.to_string().as_str()), (105, LAST));
    let numbers: Vec<Option<u64>> = record.days.iter().map(|day| day.commit).collect();
    assert_eq!(numbers, (1..=105).map(Some).collect::<Vec<_>>());
    for day in &record.days {
        assert!(
            day.sources.iter().all(|source| matches!(source.outcome, SourceOutcome::Loaded | SourceOutcome::Absent)),
            "{}: {:?}",
            day.day,
            day.sources
        );
        assert_eq!(day.sources.iter().map(|source| source.counts.rejected).sum::<u64>(), 0, "{}", day.day);
    }
    assert!(record.newest().models.iter().all(|model| model.outcome == ModelOutcome::Built));
    let reports =
        ["executive", "executive_monthly", "pipeline_review", "win_loss", "team", "territory", "data_quality", "rep"];
    for report in reports {
        assert_eq!(Outcomes::report(record, report), ReportOutcome::Written, "{report}");
        let page = project.read(&format!("out/reports/{report}/latest/index.html"));
        let without_tables =
            page.split("<table").map(|part| part.split_once("</table>").map_or(part, |(_, after)| after));
        let bytes = without_tables.map(str::len).sum::<usize>();
        assert!(bytes <= 300_000, "{report} has {bytes} bytes without its tables");
        let told = project.read(&format!("out/reports/{report}/latest/report.md"));
        assert!(!told.contains("NaN"), "{report} tells a figure that is none");
    }

    // Every exported row, on every day.
    let all = figures("crm.deal_snapshot", "snapshot_on", "amount");
    assert_eq!(sorted(project.ask(LAST, &all)), books("all", |_| true));
    // Without the deals that the exclusion list of each day names.
    let counted = "(SELECT d.* FROM crm.deal_snapshot AS d LEFT ANTI JOIN crm.exclusion_snapshot AS e \
                   ON e.snapshot_on = d.snapshot_on AND e.entity = 'deal' AND e.entity_id = d.deal_id)";
    assert_eq!(sorted(project.ask(LAST, &figures(counted, "snapshot_on", "amount"))), books("counted", |_| true));
    // What the shipped models count, on the newest day and on a past one.
    for on in [LAST, "2025-12-29"] {
        let resolved = figures("sales.deal", "current_date", "amount");
        assert_eq!(sorted(project.ask(on, &resolved)), books("counted", |day| day == on), "{on}");
    }
}

#[test]
fn left_out_deals_agree_with_the_simulators_own_books() {
    let (project, _) = whole_demo();
    let sql = "SELECT currency, count(*) FILTER (WHERE kind = 'deleted'), count(*) FILTER (WHERE kind = 'merged') FROM sales.deal_left_out GROUP BY currency ORDER BY 1";
    let wanted: Vec<String> = truth("daily_state")
        .iter()
        .filter(|row| row["day"] == LAST && row["scope"] == "all")
        .map(|row| format!("{} | {} | {}", row["currency"], row["deleted_deals"], row["merged_deals"]))
        .collect();
    assert_eq!(project.ask(LAST, sql), sorted(wanted));
    // A deal that is no longer exported is left out as vanished, and the simulator's truth says so too.
    let vanished = project.ask(LAST, "SELECT deal_id FROM sales.deal_left_out WHERE kind = 'vanished'");
    let outcomes: BTreeMap<String, String> = truth("deal_truth")
        .into_iter()
        .map(|mut row| (row.remove("deal_id").unwrap(), row.remove("outcome").unwrap()))
        .collect();
    assert!(!vanished.is_empty());
    for deal in vanished {
        assert_eq!(outcomes[&deal], "vanished", "{deal}");
    }
}

#[test]
fn every_model_and_metric_agrees_with_another_programs_arithmetic() {
    let Some(mut oracle) = python("every_model_and_metric_agrees_with_another_programs_arithmetic") else { return };
    let (project, _) = whole_demo();
    let exports = project.path("testdata/demo/exports");
    let said = compared(project, LAST, oracle.arg(script("oracle.py")).arg("--exports").arg(exports), Some("sql"));
    assert!(said.contains(" 0 differences"), "{said}");
}

#[test]
fn the_shipped_exports_are_what_the_simulator_writes() {
    let made = tempfile::tempdir().unwrap();
    let written = forecastle::demo::write(made.path(), &forecastle::demo::Options::default()).unwrap();
    let shipped = repository().join("testdata/demo");
    let mut compared = 0;
    let mut folders = vec!["exports".to_owned(), "truth".to_owned()];
    while let Some(folder) = folders.pop() {
        let names = |root: &std::path::Path| {
            let mut names: Vec<String> = std::fs::read_dir(root.join(&folder))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&shipped), names(made.path()), "{folder}");
        for name in names(&shipped) {
            let path = format!("{folder}/{name}");
            if shipped.join(&path).is_dir() {
                folders.push(path);
                continue;
            }
            assert!(
                std::fs::read(shipped.join(&path)).unwrap() == std::fs::read(made.path().join(&path)).unwrap(),
                "{path} differs"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, written.files);
}

#[test]
fn a_demo_with_a_broken_row_carries_the_deal_and_keeps_the_reject() {
    let project =
        TestProject::demo(|day: Day| (2..=3).contains(&day.date().day()) && day.to_string().starts_with("2026-11"));
    let path = "testdata/demo/exports/2026-11-03/Opportunity.csv.gz";
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(project.path(path)).unwrap()).read_to_string(&mut text).unwrap();
    // The first deal's amount becomes a word.
    let lines: Vec<&str> = text.lines().collect();
    let amount_at = lines[0].split(',').position(|name| name == "Amount").unwrap();
    let broken_at = lines
        .iter()
        .position(|line| {
            line.contains(",USD,")
                && !line.contains('"')
                && line.split(',').nth(amount_at).is_some_and(|text| !text.is_empty())
        })
        .unwrap();
    let fields: Vec<&str> = lines[broken_at]
        .split(',')
        .enumerate()
        .map(|(at, field)| if at == amount_at { "plenty" } else { field })
        .collect();
    let deal = fields[0].to_owned();
    let mended: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| if at == broken_at { fields.join(",") } else { (*line).to_owned() })
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, (mended.join("\n") + "\n").as_bytes()).unwrap();
    project.write(path, packed.finish().unwrap());
    let record = project.run_selected(forecastle::run::Days::Missing, &["sales.plan_rate"]);
    let (_, counts) = record.source("crm.deal");
    assert_eq!((counts.rejected, counts.carried), (1, 1));
    let rejects = project.rejects("crm.deal", "2026-11-03");
    assert!(
        rejects[0].starts_with(&format!("{path} | {} | amount | is not a number | ", broken_at + 1)),
        "{rejects:?}"
    );
    let amount = format!("SELECT amount FROM crm.deal WHERE deal_id = '{deal}'");
    assert_eq!(project.ask("2026-11-03", &amount), project.ask("2026-11-02", &amount));
}
