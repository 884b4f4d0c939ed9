//! What stands around a report's body: where its figures come from, how fresh they are, what was not right.
//!
//! All of it follows from the lake's state as of the day, the project's files and the program, never from when
//! or how often the report was made: so the same state gives the same bytes.

use std::collections::BTreeMap;

use super::block::{Notice, NoticeKind};
use super::calendar;
use super::page::{Definition, Page};
use super::table::{Cell, Kind};
use super::words::rows;
use crate::calendar::Grain;
use crate::catalogue::{Catalogue, CheckOutcome, Report};
use crate::day::Day;
use crate::hash::sha256;
use crate::lake::{Pin, Role, TableName, Version};
use crate::project::Pipeline;

/// The groups and entries of a page's provenance that are read back from it.
pub mod label {
    pub const RUN: &str = "This report";
    pub const DAY: &str = "Day";
    pub const COMMIT: &str = "First published by commit";
    pub const STATE: &str = "State of all tables";
    pub const PROGRAM: &str = "Program";
    pub const SOURCES: &str = "Sources";
    pub const DEFINITIONS: &str = "Definitions";
    pub const TEMPLATE: &str = "Template";
    pub const SQL: &str = "Models and queries";
}

/// So many steps between exports tell how often they come: not by fewer, and the newest of more.
const FEWEST_STEPS: usize = 3;
const MOST_STEPS: usize = 12;

/// What a report is made from, beside the answers to its queries.
pub struct State<'s> {
    pub pipeline: &'s Pipeline,
    pub catalogue: &'s Catalogue,
    pub report: &'s Report,
    pub pin: &'s Pin,
    pub day: Day,
    pub checks: &'s [CheckOutcome],
    /// The tables that the pipeline's sources fill, in its order.
    pub tables: Vec<TableName>,
    pub program: &'s str,
}

impl State<'_> {
    /// The hash of the report's queries and of all models.
    pub fn sql_hash(&self) -> String {
        let queries = self.report.queries.values().map(|query| query.sql.text.as_str());
        let models = self.catalogue.models.values().map(|model| model.sql.text.as_str());
        sha256(queries.chain(models).collect::<String>())
    }
}

/// The names that a template may read beside its queries.
pub fn variable_kinds() -> BTreeMap<String, Kind> {
    let kinds = [
        ("day", Kind::Day),
        ("pipeline", Kind::Text),
        ("currency", Kind::Text),
        ("fiscal_quarter", Kind::Text),
        ("fiscal_year", Kind::Text),
        ("checks_passed", Kind::Int),
        ("checks_failed", Kind::Int),
        ("rejected_rows", Kind::Int),
    ];
    kinds.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect()
}

/// The page around a report's body.
pub fn page(state: &State<'_>) -> Page {
    let State { pipeline, report, day, .. } = state;
    let sources: Vec<Source<'_>> = state.tables.iter().map(|table| Source::of(state, table)).collect();
    let fresh = sources.iter().filter(|source| source.version.is_some_and(|version| version.day == *day)).count();
    let newest = sources.iter().filter_map(|source| source.version).map(|version| version.day).max();
    Page {
        title: report.header.title.clone(),
        who: pipeline.description.clone().unwrap_or_else(|| pipeline.name.clone()),
        day: *day,
        data_as_of: newest.map_or_else(|| "no snapshot".to_owned(), calendar::day),
        currency: Some(pipeline.currency.0.clone()),
        fiscal_year_starts: pipeline.fiscal_year_starts as i8,
        facts: vec![format!("{fresh} of {} sources of this day", sources.len())],
        links: Vec::new(),
        formats: report.header.formats.clone(),
        notices: notices(state, &sources),
        glossary: report
            .header
            .glossary
            .iter()
            .map(|(id, definition)| Definition {
                id: id.clone(),
                label: definition.label.clone(),
                text: definition.text.clone(),
            })
            .collect(),
        provenance: provenance(state, &sources),
        variables: variables(state, &sources),
    }
}

/// A declared table as of the day.
struct Source<'s> {
    table: &'s TableName,
    version: Option<&'s Version>,
    rejected: u64,
}

impl<'s> Source<'s> {
    fn of(state: &'s State<'_>, table: &'s TableName) -> Self {
        let version = state.pin.as_of(table, Role::Snapshot, state.day);
        let rejects = version.and_then(|version| state.pin.on(table, Role::Reject, version.day));
        Self { table, version, rejected: rejects.map_or(0, |rejects| rejects.rows) }
    }

    /// Words for a table of which an export is overdue: the newest is as old as the days that mostly lie between two.
    fn overdue(&self, state: &State<'_>) -> Option<String> {
        let age = state.day.to_epoch_days() - self.version?.day.to_epoch_days();
        let step = usual_step(state.pin.exports(self.table).map(|version| version.day), state.day);
        let rhythm = if step > 1 { format!(", and mostly comes every {step}") } else { String::new() };
        (age >= step).then(|| format!("{} is {} old{rhythm}", self.table, days(age)))
    }
}

/// The days that mostly lie between two exports: the median over the newest of them, up to a day. One day, where too few
/// have come to tell.
fn usual_step(exports: impl DoubleEndedIterator<Item = Day>, day: Day) -> i32 {
    let newest: Vec<i32> =
        exports.rev().filter(|of| *of <= day).take(1 + MOST_STEPS).map(|of| of.to_epoch_days()).collect();
    let mut steps: Vec<i32> = newest.windows(2).map(|pair| pair[0] - pair[1]).collect();
    if steps.len() < FEWEST_STEPS {
        return 1;
    }
    steps.sort_unstable();
    steps[(steps.len() - 1) / 2]
}

/// What a reader must know before any figure.
fn notices(state: &State<'_>, sources: &[Source<'_>]) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |kind, text: String| notices.push(Notice { kind, text });
    let failed: Vec<&CheckOutcome> = state.checks.iter().filter(|check| !check.is_passed()).collect();
    for check in failed.iter().filter(|check| check.stops()) {
        say(NoticeKind::Bad, format!("A check failed: {} ({}).", described(state, check), rows(check.offenders)));
    }
    let old: Vec<String> = sources.iter().filter_map(|source| source.overdue(state)).collect();
    if !old.is_empty() {
        say(NoticeKind::Warn, format!("Not all data is of this day: {}.", old.join(", ")));
    }
    let missing: Vec<String> =
        sources.iter().filter(|source| source.version.is_none()).map(|source| source.table.to_string()).collect();
    if !missing.is_empty() {
        say(NoticeKind::Warn, format!("Not available, because no export was taken yet: {}.", missing.join(", ")));
    }
    let rejected: u64 = sources.iter().map(|source| source.rejected).sum();
    if rejected > 0 {
        let told: Vec<String> = sources
            .iter()
            .filter(|source| source.rejected > 0)
            .map(|source| format!("{} of {}", source.rejected, source.table))
            .collect();
        say(NoticeKind::Warn, format!("{} of the exports could not be taken: {}.", rows(rejected), told.join(", ")));
    }
    let warned: Vec<String> = failed
        .iter()
        .filter(|check| !check.stops())
        .map(|check| format!("{} ({})", check.check, rows(check.offenders)))
        .collect();
    if !warned.is_empty() {
        say(NoticeKind::Info, format!("To look into: {}.", warned.join(", ")));
    }
    notices
}

/// What a check is about, in the words of its file; its name, where it has none.
fn described(state: &State<'_>, outcome: &CheckOutcome) -> String {
    let check = state.catalogue.checks.iter().find(|check| check.name == outcome.check);
    check.and_then(|check| check.description.clone()).unwrap_or_else(|| outcome.check.clone())
}

fn days(count: i32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn provenance(state: &State<'_>, sources: &[Source<'_>]) -> Vec<(String, Vec<(String, String)>)> {
    let State { pin, day, report, checks, program, pipeline, .. } = state;
    let zone = pipeline.timezone.0.iana_name().unwrap_or("UTC").to_owned();
    let commit = pin.first_published(*day).map_or_else(|| "none".to_owned(), |commit| commit.to_string());
    let passed = checks.iter().filter(|check| check.is_passed()).count();
    let run = vec![
        (label::DAY.to_owned(), day.to_string()),
        ("Time zone".to_owned(), zone),
        (label::COMMIT.to_owned(), commit),
        (label::STATE.to_owned(), short(&pin.state_hash(*day))),
        ("Checks passed".to_owned(), format!("{passed} of {}", checks.len())),
        (label::PROGRAM.to_owned(), (*program).to_owned()),
    ];
    let tables = sources.iter().map(|source| {
        let told = match source.version {
            Some(version) => format!(
                "{}, snapshot of {}, state {}",
                rows(version.rows),
                version.day,
                short(&version.state.to_string())
            ),
            None => "no export yet".to_owned(),
        };
        (source.table.to_string(), told)
    });
    let definitions = vec![
        (label::TEMPLATE.to_owned(), format!("{}, {}", report.source.path, short(&sha256(&report.source.text)))),
        (label::SQL.to_owned(), short(&state.sql_hash())),
    ];
    vec![
        (label::RUN.to_owned(), run),
        (label::SOURCES.to_owned(), tables.collect()),
        (label::DEFINITIONS.to_owned(), definitions),
    ]
}

fn variables(state: &State<'_>, sources: &[Source<'_>]) -> BTreeMap<String, Cell> {
    let State { day, pipeline, checks, .. } = state;
    let calendar = pipeline.calendar();
    let count = |number: usize| Cell::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let passed = checks.iter().filter(|check| check.is_passed()).count();
    let rejected: u64 = sources.iter().map(|source| source.rejected).sum();
    let values = [
        ("day", Cell::Day(*day)),
        ("pipeline", Cell::text(pipeline.name.as_str())),
        ("currency", Cell::text(pipeline.currency.0.as_str())),
        ("fiscal_quarter", Cell::text(calendar.label(*day, Grain::Quarter))),
        ("fiscal_year", Cell::text(calendar.label(*day, Grain::Year))),
        ("checks_passed", count(passed)),
        ("checks_failed", count(checks.len() - passed)),
        ("rejected_rows", Cell::Int(i64::try_from(rejected).unwrap_or(i64::MAX))),
    ];
    values.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
}

/// Enough of a hash to tell two states apart by eye.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_an_export_comes_is_told_by_the_newest_of_them() {
        let step = |days: &[i32], day: i32| {
            let day_of = |day: i32| Day::from_epoch_days(20_000 + day).unwrap();
            usual_step(days.iter().map(|day| day_of(*day)), day_of(day))
        };
        assert_eq!(step(&[], 9), 1);
        assert_eq!(step(&[0, 7, 14], 20), 1, "two steps are too few");
        assert_eq!(step(&[0, 7, 14, 21], 23), 7);
        assert_eq!(step(&[0, 7, 14, 21], 20), 1, "of what came later nothing is known");
        assert_eq!(step(&[0, 7, 9, 21, 28], 28), 7, "one came early and one late");
        assert_eq!(step(&[0, 1, 2, 3, 4, 7, 8, 9, 10, 11], 14), 1, "weekends");
        let daily_after_weekly: Vec<i32> = (0..20).map(|week| week * 7).chain(134..142).collect();
        assert_eq!(step(&daily_after_weekly, 142), 1);
    }
}
