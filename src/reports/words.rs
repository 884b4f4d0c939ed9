//! Every word that the reports module itself puts on a page, in one place, so that another language replaces
//! one file.

use super::standing::Cause;

pub const NOT_AVAILABLE: &str = "–";
pub const YES: &str = "yes";
pub const NO: &str = "no";
pub const TOTAL: &str = "Total";
pub const DATA: &str = "Data";
pub const ACTUAL: &str = "Actual";
pub const PREVIOUS: &str = "Previous";
pub const PLAN: &str = "Plan";
pub const FORECAST: &str = "Forecast";
pub const ACTUAL_SHORT: &str = "AC";
pub const FORECAST_SHORT: &str = "FC";
pub const PLAN_SHORT: &str = "PL";
pub const PREVIOUS_SHORT: &str = "PP";
pub const INTERVAL: &str = "95 % interval";
pub const LOW: &str = "Low";
pub const HIGH: &str = "High";
pub const PREDICTED: &str = "Predicted";
pub const OBSERVED: &str = "Observed";
pub const DIFFERENCE: &str = "Difference";
/// The line on which probabilities that come true lie.
pub const AS_PREDICTED: &str = "observed as predicted";
pub const SIZE_BY_CASES: &str = "The area of a dot follows its number of cases.";
pub const FROM_STAGE_BEFORE: &str = "From the stage before";
pub const OF_FIRST_STAGE: &str = "Of the first";
/// One of the four fields of a chart of two measures.
pub const QUARTER: &str = "Field";
pub const NAMELESS: &str = "Where names would meet, some are left out; all are in the data below.";
pub const TREND: &str = "Trend";
pub const TABLE: &str = "Table";
pub const VALUE: &str = "Value";
pub const NOTE: &str = "Note";
pub const SOURCE: &str = "Source";
pub const DATA_DAY: &str = "Data of";
pub const AGE: &str = "Age";
pub const ROWS: &str = "Rows";
/// Of a matrix, behind their number.
pub const ROWS_COUNTED: &str = "rows";
pub const COLUMNS_COUNTED: &str = "columns";
pub const STAGES_COUNTED: &str = "stages";
pub const STATUS: &str = "Status";
pub const FRESH: &str = "● fresh";
pub const STALE: &str = "▲ stale";
pub const GLOSSARY: &str = "Glossary";
pub const LEGEND: &str = "How to read this";
pub const PROVENANCE: &str = "Provenance";
pub const MARKDOWN: &str = "Markdown";
pub const CSV: &str = "CSV";
pub const EXCEL: &str = "Excel";
pub const DATA_FILES: &str = "Data files";
/// The first sheet of a workbook.
pub const REPORT: &str = "Report";
pub const SHEETS: &str = "Sheets";
pub const NOTICES: &str = "Notices";
pub const DAY: &str = "Day";
pub const DATA_AS_OF: &str = "Data as of";
pub const CURRENCY: &str = "Currency";
pub const LONG_NUMBERS: &str = "stand as text: they have more than 15 digits, which a spreadsheet would round.";
pub const CUT_TEXTS: &str =
    "are cut: they hold more than the 32,767 characters of a spreadsheet's cell. The CSV files have all of them.";
/// Ends a text that has been cut.
pub const CUT: &str = "… [cut]";
pub const PAGES: &str = "Pages";
pub const ALL_PAGES: &str = "All pages";
pub const SKIP: &str = "Skip to the report";
pub const SECTIONS: &str = "Sections";
pub const KEY_FIGURES: &str = "Key figures";
pub const THIN: &str = "thin";
pub const THIN_SIGN: &str = "°";
/// Fewer cases than this make a rate thin.
pub const THIN_BELOW: i64 = 30;
pub const DEFINITION: &str = "definition";
pub const GOOD: &str = "good";
pub const BAD: &str = "bad";
pub const NOTICE_INFO: &str = "Note:";
pub const NOTICE_GOOD: &str = "Good:";
pub const NOTICE_WARN: &str = "Warning:";
pub const NOTICE_BAD: &str = "Problem:";

pub const SHELF: &str = "Reports";
pub const SKIP_TO_SHELF: &str = "Skip to the reports";
pub const SHELF_EMPTY: &str = "No report has been made yet.";
pub const SHELF_FILTER: &str = "Filter";
/// Of the rows that a filter leaves: `3 / 40 shown`.
pub const SHELF_SHOWN: &str = "shown";
pub const HEADLINE: &str = "Headline";
pub const FIGURE: &str = "Main figure";
pub const STATE_PUBLISHED: &str = "State published";
pub const NEIGHBOURS: &str = "Older, newer";
pub const OLDER: &str = "older";
pub const NEWER: &str = "newer";
pub const CHECKS_FAILED: &str = "▲ checks failed";
pub const PARTIAL: &str = "▲ partial";
pub const FINE: &str = "● fine";
pub const BEFORE: &str = "Before";
pub const UNKNOWN_CAUSE: &str = "what it depends on was not recorded";

pub const KILO: &str = "k";
pub const MEGA: &str = "m";
pub const GIGA: &str = "bn";
pub const PERCENT: &str = "%";
pub const POINTS: &str = "pp";

pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The sentences of the legend: the sign's name, and what it says.
pub const LEGEND_LINES: [(&str, &str); 5] = [
    ("actual", "what happened (AC)"),
    ("previous", "a period before (PP), or the same one a year before (PY)"),
    ("plan", "plan or quota (PL)"),
    ("forecast", "forecast (FC)"),
    ("variance", "Δ is the difference to plan or to a period before; ▲ more and ▼ less, green is good and red is bad"),
];

/// How numbers are written, in one line under the legend.
pub const NUMBERS: &str =
    "k thousand, m million, bn thousand million; pp percentage points; – not available; ° from fewer than 30 cases.";

/// A series of another time: `Previous (PY)`; a longer name stands for itself.
pub fn previous(label: &str) -> String {
    if label.chars().count() <= 3 { format!("{PREVIOUS} ({label})") } else { label.to_owned() }
}

pub fn data_as_of(moment: &str) -> String {
    format!("data as of {moment}")
}

pub fn day(day: &str) -> String {
    format!("day {day}")
}

pub fn unit_in(measure: &str, unit: &str) -> String {
    if measure.is_empty() { format!("in {unit}") } else { format!("{measure} in {unit}") }
}

/// Where a range ends that begins where the one before it ends: `Poor, up to`.
pub fn range_until(name: &str) -> String {
    format!("{name}, up to")
}

/// A share of another time: `From the stage before, PY`.
pub fn before_in(measure: &str, label: &str) -> String {
    format!("{measure}, {label}")
}

/// A measure with its unit beside an axis: `Observed, %`.
pub fn unit_beside(measure: &str, unit: &str) -> String {
    if unit.is_empty() { measure.to_owned() } else { format!("{measure}, {unit}") }
}

pub fn delta(reference: &str) -> String {
    format!("Δ{reference}")
}

pub fn data_of(figure: &str) -> String {
    format!("{DATA}: {figure}")
}

pub fn cases(n: &str) -> String {
    format!("n = {n}")
}

pub fn interval(low: &str, high: &str) -> String {
    format!("{INTERVAL} {low} to {high}")
}

pub fn thin_note() -> String {
    format!("{THIN_SIGN} fewer than {THIN_BELOW} cases: read with care.")
}

pub fn remainder(shown: usize, all: usize) -> String {
    format!("{shown} of {all} rows shown; the total covers all.")
}

pub fn remainder_without_total(shown: usize, all: usize) -> String {
    format!("{shown} of {all} rows shown.")
}

pub fn latest(shown: usize, all: usize) -> String {
    format!("The last {shown} of {all} periods.")
}

pub fn others(count: usize) -> String {
    format!("And {count} more, in the data below.")
}

/// What a drawing leaves out, and what of it: `rows`, `columns`.
pub fn others_of(count: usize, what: &str) -> String {
    format!("And {count} more {what}, in the data below.")
}

pub fn listed_of(listed: usize, all: usize, what: &str) -> String {
    format!("{listed} of {all} {what} listed.")
}

/// Heads a column of moments.
pub fn in_utc(label: &str) -> String {
    format!("{label} (UTC)")
}

pub fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// A report of several pages, as a headline.
pub fn pages_of(report: &str, count: usize) -> String {
    if count == 1 { format!("{report}: 1 page") } else { format!("{report}: {count} pages") }
}

/// One page of a report: `Rep report – Chen Yi-chun`.
pub fn page_of(report: &str, page: &str) -> String {
    format!("{report} – {page}")
}

pub fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

pub fn days(count: &str) -> String {
    if count == "1" { "1 day".to_owned() } else { format!("{count} days") }
}

pub fn reports(count: usize) -> String {
    if count == 1 { "1 report".to_owned() } else { format!("{count} reports") }
}

pub fn pages(count: usize) -> String {
    if count == 1 { "1 page".to_owned() } else { format!("{count} pages") }
}

pub fn newest(day: &str) -> String {
    format!("newest of {day}")
}

/// `Earlier: 12 days`.
pub fn earlier(days: &str) -> String {
    format!("Earlier: {days}")
}

/// For who hears a link to the page of the day before or after: `older: 12 Nov 2026`.
pub fn neighbour(word: &str, day: &str) -> String {
    format!("{word}: {day}")
}

pub fn checks_passed(passed: usize, all: usize) -> String {
    format!("{passed} of {all} checks passed")
}

pub fn commit(number: u64) -> String {
    format!("commit {number}")
}

pub fn made_again(times: usize) -> String {
    if times == 1 { "Made again once".to_owned() } else { format!("Made again {times} times") }
}

pub fn replaced_because(causes: &str) -> String {
    format!("Made again because of: {causes}")
}

pub fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Data => "other data",
        Cause::Template => "another template",
        Cause::Sql => "other SQL",
        Cause::Program => "another version of the program",
    }
}

pub fn files_changed(files: &str) -> String {
    format!("Changed: {files}")
}

pub fn not_summing(lines: &str, total: &str, difference: &str) -> String {
    format!("The lines add up to {lines}, not to {total}: {difference} is unexplained.")
}

pub fn axis_begins(at: &str) -> String {
    format!("The axis begins at {at}, not at zero.")
}

/// One edge of a named interval: `80 % interval, low`.
pub fn edge_of(interval: &str, edge: &str) -> String {
    format!("{interval}, {}", edge.to_lowercase())
}

pub fn empty() -> String {
    "There is nothing to show: no rows.".to_owned()
}

pub fn no_numbers() -> String {
    "There is nothing to draw: no row has a number.".to_owned()
}

/// A number with its cases: `41.0 (n = 12)`.
pub fn with_cases(number: &str, n: &str) -> String {
    format!("{number} ({})", cases(n))
}

/// What a screen reader says of a series: its name, its ends, its extremes with where they are.
pub fn series(name: &str, first: (&str, &str), last: (&str, &str), low: (&str, &str), high: (&str, &str)) -> String {
    format!(
        "{name}: {} ({}) to {} ({}), lowest {} ({}), highest {} ({}).",
        first.1, first.0, last.1, last.0, low.1, low.0, high.1, high.0
    )
}

pub fn trend(first: &str, last: &str, low: &str, high: &str) -> String {
    format!("{TREND} from {first} to {last}, lowest {low}, highest {high}")
}

pub fn bars_say(count: usize) -> String {
    format!("Bars, {count} of them, top to bottom.")
}

pub fn columns_say(first: &str, last: &str) -> String {
    format!("Columns from {first} to {last}.")
}

pub fn lines_say(first: &str, last: &str) -> String {
    format!("Lines from {first} to {last}.")
}

pub fn reliability_says(count: usize) -> String {
    format!("Predicted against observed, {count} groups of cases.")
}

pub fn bin_says(predicted: &str, observed: &str, n: &str) -> String {
    format!("{predicted} predicted, {observed} observed ({}).", cases(n))
}

pub fn bullets_say(count: usize) -> String {
    format!("Bars against marks of the plan, {count} of them, top to bottom.")
}

pub fn bullet_says(label: &str, actual: &str, plan: &str) -> String {
    format!("{label} {actual}, plan {plan}.")
}

pub fn funnel_says(count: usize) -> String {
    format!("Bars, {count} stages, top to bottom.")
}

/// A stage, how many reached it, and which share of the stage before that is.
pub fn stage_says(label: &str, value: &str, share: Option<&str>) -> String {
    match share {
        Some(share) => format!("{label} {value}, {share} of the stage before."),
        None => format!("{label} {value}."),
    }
}

pub fn quadrant_says(count: usize, across: &str, up: &str) -> String {
    format!("Points, {count} of them, by {across} and {up}.")
}

/// One of four fields, with how many points lie in it.
pub fn quarter(name: &str, count: usize) -> String {
    format!("{name}: {count}")
}

pub fn without_numbers(count: usize) -> String {
    let rows = rows(count as u64);
    format!("{rows} without both numbers left out.")
}

pub fn fan_says(first: &str, last: &str) -> String {
    format!("What happened and what is forecast, from {first} to {last}.")
}

/// An interval where a forecast ends: its name, the period, and both edges.
pub fn interval_says(name: &str, period: &str, low: &str, high: &str) -> String {
    format!("{name} for {period}: {low} to {high}.")
}

pub fn waterfall_say(first: &str, last: &str) -> String {
    format!("Waterfall from {first} to {last}.")
}

pub fn heat_says(rows: usize, columns: usize) -> String {
    format!("Matrix, {rows} by {columns}.")
}

/// The cells that a matrix is read for: each the row, the column and the number.
pub fn extremes(low: (&str, &str, &str), high: (&str, &str, &str)) -> String {
    format!("Lowest {} ({}, {}), highest {} ({}, {}).", low.2, low.0, low.1, high.2, high.0, high.1)
}

pub const DATA_BELOW: &str = "The numbers are in the table below.";
