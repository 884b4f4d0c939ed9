//! The executive report of an invented company: its template, its numbers, and what stands around.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::day::Day;
use crate::problem::SourceFile;
use crate::project::ReportFormat;
use crate::reports::{Cell, Column, Definition, Kind, Page, Table, Template};

pub const EXECUTIVE: &str = include_str!("executive.md");

/// A template whose front matter ends at its second `---`.
pub fn template(text: &str) -> Template {
    let offset = text.strip_prefix("---\n").and_then(|rest| rest.find("---\n")).map_or(0, |at| at + 8);
    match Template::parse(&SourceFile::new("reports/test.md", text), offset) {
        Ok(template) => template,
        Err(problems) => panic!("{}", problems.iter().map(|one| one.render(false)).collect::<String>()),
    }
}

/// A table from a line of `name kind` and lines of cells, all parted by `|`; an empty cell is NULL.
pub fn table(text: &str) -> Arc<Table> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let columns: Vec<Column> = lines
        .next()
        .unwrap_or_default()
        .split('|')
        .map(|heading| {
            let (name, kind) = heading.trim().split_once(' ').expect("a name and a kind");
            let kind = match kind.trim() {
                "bool" => Kind::Bool,
                "int" => Kind::Int,
                "decimal" => Kind::Decimal,
                "float" => Kind::Float,
                "text" => Kind::Text,
                "day" => Kind::Day,
                other => panic!("no kind {other}"),
            };
            Column::new(name, kind)
        })
        .collect();
    let rows = lines
        .map(|line| line.split('|').zip(&columns).map(|(text, column)| cell(text.trim(), column.kind)).collect())
        .collect();
    Arc::new(Table { columns, rows })
}

fn cell(text: &str, kind: Kind) -> Cell {
    match kind {
        _ if text.is_empty() => Cell::Null,
        Kind::Bool => Cell::Bool(text == "true"),
        Kind::Int => Cell::Int(text.parse().expect("a whole number")),
        Kind::Decimal => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let unscaled = format!("{whole}{fraction:0<4}").parse().expect("a decimal of four places");
            Cell::Decimal { unscaled, scale: 4 }
        }
        Kind::Float => Cell::Float(text.parse().expect("a number")),
        Kind::Text => Cell::text(text),
        Kind::Day => Cell::Day(text.parse().expect("a day")),
        Kind::Moment => unreachable!("no fixture holds moments"),
    }
}

pub fn day() -> Day {
    "2026-11-21".parse().expect("a day")
}

/// The numbers of the executive report.
pub fn data() -> BTreeMap<String, Arc<Table>> {
    let tables = [
        ("figure", "won decimal|quota decimal|won_year_ago decimal|won_deals int|commit decimal|weighted decimal|weighted_before decimal|win_rate float|win_rate_before float|win_rate_low float|win_rate_high float|decided int|cycle_days decimal|cycle_before decimal|deal_size decimal|deal_size_before decimal|public_rate float|public_rate_before float|public_decided int|missing_sources int|activity_day day
            8431250.50|9200000|7012400|61|1260000|37214900.25|38010300|0.274|0.279|0.241|0.309|725|71|65|98500|91200|0.19|0.28|21|1|2026-11-19"),
        ("won_by_quarter", "quarter text|won decimal|quota decimal|outlook decimal
            2026-Q1|7120400|6800000|
            2026-Q2|7655000|7200000|
            2026-Q3|6904800|7600000|
            2026-Q4|9320000|8800000|
            2027-Q1|7988100|8000000|
            2027-Q2|9105600|8400000|
            2027-Q3|7790200|8800000|
            2027-Q4|8431250.50|9200000|8950000"),
        ("movement", "line text|amount decimal|kind text
            Open on 1 Oct|48210000|start
            新增 New|12430500|delta
            มูลค่าเพิ่ม Upsell|1300000|delta
            Won|-9105600|delta
            Lost|-7634900|delta
            Slipped to next quarter|-2200000|delta
            Open on 21 Nov|43000000|end"),
        ("win_rate_by_month", "month day|win_rate float|low float|high float
            2025-12-01|0.312|0.27|0.357
            2026-01-01|0.308|0.268|0.351
            2026-02-01|0.301|0.262|0.343
            2026-03-01|0.305|0.267|0.346
            2026-04-01|0.297|0.26|0.337
            2026-05-01|0.292|0.256|0.331
            2026-06-01|0.289|0.253|0.328
            2026-07-01|0.293|0.257|0.332
            2026-08-01|0.284|0.249|0.322
            2026-09-01|0.279|0.244|0.317
            2026-10-01|0.281|0.247|0.318
            2026-11-01|0.274|0.241|0.309"),
        ("pipeline_by_stage", "stage text|weighted decimal|weighted_before decimal
            Discovery|2104000|2450000
            Qualified|4380500|4120000
            Demo|6210400|7344300
            Trial|10120000|9800000
            Final decision|14400000|14296000"),
        ("pipeline_by_owner", "owner text|deals int|open decimal|weighted decimal|change decimal|win_rate float
            陳怡君 Chen Yi-chun|41|14210000|6310400|820500|0.312
            Ștefan Ionescu|38|11800500|5940000|-1240000|0.288
            สมชาย ใจดี|35|10450000|4800200|310000|0.254
            Aisha Okafor|29|9720000|4410800|-90500|0.301
            Maria del Carmen Fernández-Villanueva|22|7300400|3120000|0|0.243
            Jonas Lindqvist|17|4901000|1980500|560000|"),
        ("loss_reason", "reason text|share float|share_before float|deals int|low float|high float
            Price|0.334|0.168|176|0.295|0.375
            No decision|0.241|0.262|127|0.206|0.279
            Competitor|0.182|0.214|96|0.151|0.217
            Missing feature|0.11|0.125|58|0.086|0.14
            Timing|0.085|0.141|45|0.064|0.112
            Champion left|0.048|0.09|25|0.033|0.07"),
        ("attainment", "rep text|attainment float|deals int
            Chen Yi-chun|1.24|38
            Jonas Lindqvist|1.09|31
            Aisha Okafor|1.02|44
            Ștefan Ionescu|0.97|36
            Nguyễn Thị Hương|0.91|33
            Somchai Jaidee|0.84|30
            Priya Raman|0.8|41
            Tom Becker|0.72|12
            Lucía Torres|0.61|35
            Ivan Petrov|0.35|9"),
        ("cycle", "month day|median_days decimal
            2026-05-01|62
            2026-06-01|64
            2026-07-01|61
            2026-08-01|66
            2026-09-01|65
            2026-10-01|69
            2026-11-01|71"),
        ("outlook", "month day|won decimal|forecast decimal|quota decimal|low decimal|high decimal
            2026-02-01|2980000||3100000||
            2026-03-01|5900500||6400000||
            2026-04-01|9940000||9600000||
            2026-05-01|12870000||13000000||
            2026-06-01|16510400||16800000||
            2026-07-01|20930000||20600000||
            2026-08-01|24220500||24700000||
            2026-09-01|28015000||29000000||
            2026-10-01|32410000||33400000|32410000|32410000
            2026-11-01||35900000|37600000|34900000|36900000
            2026-12-01||39200000|42000000|37100000|41500000
            2027-01-01||43100000|46400000|39600000|47200000"),
        ("stage_forecast", "quarter day|came decimal|said decimal
            2025-05-01|7655000|8310000
            2025-08-01|6904800|8123000
            2025-11-01|9320000|9050000
            2026-02-01|7988100|8904000
            2026-05-01|9105600|9480000
            2026-08-01|7790200|9011000"),
        ("deal_at_risk", "name text|owner text|amount decimal|days int
            台積電 Q4 擴充|陳怡君|8400000|92
            SCG โซลาร์|สมชาย|5100000|71
            Dedeman SRL|Ștefan|3100000|22"),
        ("source", "name text|latest_day day|age int|rows int|is_stale bool
            Deals|2026-11-21|0|48210|false
            Quotas|2026-11-21|0|312|false
            Accounts|2026-11-21|0|20114|false
            Activities|2026-11-19|2|310552|true"),
    ];
    tables.into_iter().map(|(name, text)| (name.to_owned(), table(text))).collect()
}

/// The columns of each query.
pub fn queries(data: &BTreeMap<String, Arc<Table>>) -> BTreeMap<String, Vec<Column>> {
    data.iter().map(|(name, table)| (name.clone(), table.columns.clone())).collect()
}

pub fn definitions(page: &Page) -> BTreeSet<String> {
    page.glossary.iter().map(|definition| definition.id.clone()).collect()
}

/// What stands around the executive report.
pub fn page() -> Page {
    let definition =
        |id: &str, label: &str, text: &str| Definition { id: id.into(), label: label.into(), text: text.into() };
    let fact = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Page {
        title: "Executive report".into(),
        who: "ACME Sales".into(),
        day: day(),
        data_as_of: "2026-11-21 02:00 UTC".into(),
        currency: Some("USD".into()),
        fiscal_year_starts: 2,
        facts: vec!["3 of 4 sources fresh".into(), "14 checks passed".into()],
        links: Vec::new(),
        formats: ReportFormat::all(),
        notices: Vec::new(),
        glossary: vec![
            definition(
                "won_amount",
                "Won bookings",
                "Sum of the amounts of deals won in the period, at the plan rate of the fiscal year.",
            ),
            definition(
                "weighted_pipeline",
                "Weighted pipeline",
                "Sum of amount times probability over open deals; the deal's own probability, else its stage's default.",
            ),
            definition(
                "win_rate.narrow",
                "Win rate",
                "Won deals divided by won and lost deals, by the day they closed.",
            ),
            definition("cycle_days", "Sales cycle", "Days from creation to close of won deals; the median."),
            definition("deal_size.won", "Deal size", "Amount of won deals; the median."),
        ],
        provenance: vec![
            (
                "Run".into(),
                vec![
                    fact("Day", "2026-11-21"),
                    fact("Pipeline", "nightly"),
                    fact("Commit", "42 (9f2c41d7)"),
                    fact("Program", "forecastle 0.1.0"),
                ],
            ),
            (
                "Tables".into(),
                vec![fact("crm.deal", "48,210 rows, state 5d0c77a1"), fact("crm.quota", "312 rows, state 0b91fe3c")],
            ),
        ],
        variables: BTreeMap::from([
            ("day".to_owned(), Cell::Day(day())),
            ("pipeline".to_owned(), Cell::text("nightly")),
        ]),
    }
}
