//! What a run leaves about itself, and what it tells while it goes on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::CheckOutcome;
use crate::day::Day;
use crate::error::{Kind, Result};
use crate::ingest::Counts;
use crate::lake::{Claim, Lake, TableName};
use crate::models::partition::Reason;

/// The record of a run, kept in the lake as `runs/<run id>/run.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub run_id: String,
    pub pipeline: String,
    pub program: String,
    pub started_at: Timestamp,
    /// Absent while the run goes on, or if it was killed.
    pub ended_at: Option<Timestamp>,
    pub status: Status,
    /// One entry per day, in the order in which the days were run.
    pub days: Vec<DayRecord>,
    /// Later days that took rows over from a day that was corrected, and were read again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<DayRecord>,
    /// Why the run stopped, if it did.
    pub error: Option<String>,
    /// The hash of each model's SQL as the last run that made it read it, for `state:` selectors; none before models are made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub code: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Going on, or killed.
    Unfinished,
    /// Broken off before its end, as by a signal.
    Stopped,
    Done,
    /// Done, but a check failed.
    ChecksFailed,
    /// Data was committed, a report was not written.
    ReportsFailed,
    /// A source or a model failed.
    Failed,
}

impl Status {
    pub fn words(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::ChecksFailed => "checks failed",
            Self::ReportsFailed => "reports failed",
            Self::Failed => "failed",
        }
    }
}

/// What a run did for one day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DayRecord {
    pub day: Day,
    /// `None` if the lake held all of it already, or if nothing was committed.
    pub commit: Option<u64>,
    pub sources: Vec<SourceRecord>,
    /// Days before the first export, if they were rebuilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<PastRecord>,
    /// Partitions of incremental models that were computed for earlier days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<FilledRecord>,
    pub models: Vec<ModelRecord>,
    pub checks: Vec<CheckOutcome>,
    /// Checks that could not run because what they read is not there.
    pub checks_skipped: Vec<String>,
    pub reports: Vec<ReportRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceRecord {
    pub table: String,
    pub outcome: SourceOutcome,
    pub counts: Counts,
    /// Why rows were rejected, the most frequent first.
    pub reasons: Vec<String>,
    /// What was changed of rows that were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceOutcome {
    Loaded,
    /// The export is the one that the lake already holds for the day.
    Unchanged,
    /// There is no export; the table stays as it was.
    Absent,
    Failed(String),
}

/// What was rebuilt of a table from events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRecord {
    pub table: String,
    /// The day of the first export.
    pub before: Day,
    /// The oldest day that was rebuilt, and how many there are.
    pub since: Option<Day>,
    pub days: usize,
    /// How many days have other rows than before, or none any more.
    pub changed: usize,
    /// Events before the first export that were taken, and that were not.
    pub taken: u64,
    pub passed_over: u64,
    /// Why events were passed over, and what else is not known; the most frequent first.
    pub reasons: Vec<String>,
    pub commit: Option<u64>,
}

/// Partitions of an incremental model that a run computed for days before its own, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledRecord {
    pub model: String,
    /// The oldest and the newest of the days.
    pub from: Day,
    pub to: Day,
    /// Days that had no partition.
    pub missing: usize,
    /// Partitions that other SQL had computed.
    pub changed: usize,
    /// Partitions over exports that were corrected since.
    pub corrected: usize,
    /// Partitions that were to be computed anew whatever they held.
    pub refreshed: usize,
    /// How many of them have been computed.
    pub done: usize,
    pub commits: Vec<u64>,
}

impl FilledRecord {
    /// Of what is due, nothing of which is done.
    pub fn of(model: &TableName, due: &[(Day, Reason)]) -> Self {
        let count = |reason: Reason| due.iter().filter(|(_, why)| *why == reason).count();
        let (from, to) = match due {
            [(from, _), .., (to, _)] => (*from, *to),
            [(only, _)] => (*only, *only),
            [] => (Day::FIRST, Day::FIRST),
        };
        Self {
            model: model.to_string(),
            from,
            to,
            missing: count(Reason::Missing),
            changed: count(Reason::Changed),
            corrected: count(Reason::Corrected),
            refreshed: count(Reason::Refresh),
            done: 0,
            commits: Vec::new(),
        }
    }

    /// How many days are due.
    pub fn due(&self) -> usize {
        self.missing + self.changed + self.corrected + self.refreshed
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelRecord {
    pub model: String,
    pub outcome: ModelOutcome,
    pub rows: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelOutcome {
    Built,
    /// Nothing that it depends on has changed since it was built for this day.
    Unchanged,
    /// Not built because of what it reads; its last good table stays.
    Skipped(String),
    Failed(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportRecord {
    pub report: String,
    pub outcome: ReportOutcome,
    /// From the project's root.
    pub folder: Option<String>,
    pub headline: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportOutcome {
    Written,
    Unchanged,
    /// Not made because of what it reads; its last good files stay.
    Kept(String),
    Failed(String),
}

/// Something that happened in a run, for whoever watches.
#[derive(Debug, Clone)]
pub enum Event<'e> {
    /// A day begins; it is the `nth` of `of`.
    Day {
        day: Day,
        nth: usize,
        of: usize,
    },
    Source(&'e SourceRecord),
    Past(&'e PastRecord),
    /// Partitions of earlier days are about to be computed.
    Filling(&'e FilledRecord),
    /// One more of them is done.
    Filled(&'e FilledRecord),
    Model(&'e ModelRecord),
    Check(&'e CheckOutcome),
    Committed {
        day: Day,
        commit: Option<u64>,
    },
    Report(&'e ReportRecord),
    Warning(String),
}

/// What the records of all runs say that they committed; a record that cannot be read says nothing.
pub fn claims(lake: &Lake) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for run_id in lake.run_ids()? {
        let record: Option<Record> = match lake.read_run(&run_id) {
            Err(error) if error.kind == Kind::Damaged => None,
            read => read?,
        };
        claims.extend(record.iter().flat_map(Record::claims));
    }
    Ok(claims)
}

/// Records that are looked through for the numbers of past days.
const LATEST_RUNS: usize = 200;
/// Days whose numbers make the median.
const DAYS: usize = 30;

/// What checks that measure found on the last days before one, by check: of each day the newest run's number. A record that
/// cannot be read says nothing.
pub fn measured(lake: &Lake, before: Day) -> Result<BTreeMap<String, Vec<f64>>> {
    let mut by_day: BTreeMap<String, BTreeMap<Day, f64>> = BTreeMap::new();
    let ids = lake.run_ids()?;
    for run_id in ids.iter().rev().take(LATEST_RUNS) {
        let Ok(Some(record)) = lake.read_run::<Record>(run_id) else { continue };
        for day in record.days.iter().filter(|of| of.day < before) {
            let numbers = day.checks.iter().filter_map(|check| Some((check.check.clone(), check.measured?)));
            for (check, number) in numbers {
                by_day.entry(check).or_default().entry(day.day).or_insert(number);
            }
        }
    }
    let newest = |days: BTreeMap<Day, f64>| days.into_values().rev().take(DAYS).collect();
    Ok(by_day.into_iter().map(|(check, days)| (check, newest(days))).collect())
}

/// The checks that the newest run has run which made a report for a day; `None` where no record tells.
pub fn ran_checks(lake: &Lake, report: &str, day: Day) -> Result<Option<BTreeSet<String>>> {
    for run_id in lake.run_ids()?.iter().rev().take(LATEST_RUNS) {
        let Ok(Some(record)) = lake.read_run::<Record>(run_id) else { continue };
        let made = |of: &ReportRecord| of.report == report && of.folder.is_some();
        if let Some(of) = record.days.iter().rev().find(|of| of.day == day && of.reports.iter().any(made)) {
            return Ok(Some(of.checks.iter().map(|outcome| outcome.check.clone()).collect()));
        }
    }
    Ok(None)
}

/// What the newest run that made models says of their SQL; nothing before the first.
pub fn last_code(lake: &Lake) -> Result<BTreeMap<String, String>> {
    for run_id in lake.run_ids()?.iter().rev().take(LATEST_RUNS) {
        match lake.read_run::<Record>(run_id) {
            Ok(Some(record)) if !record.code.is_empty() => return Ok(record.code),
            _ => {}
        }
    }
    Ok(BTreeMap::new())
}

impl Record {
    fn claims(&self) -> impl Iterator<Item = Claim> {
        self.days.iter().chain(&self.followed).flat_map(|record| {
            let rebuilt = record.past.as_ref().and_then(|past| past.commit);
            let of = |commit| Claim { commit, run_id: self.run_id.clone(), day: record.day };
            let filled = record.filled.iter().flat_map(|filled| &filled.commits).copied();
            rebuilt.into_iter().chain(filled).chain(record.commit).map(of).collect::<Vec<_>>()
        })
    }

    /// The worst that happened.
    pub fn judge(&self) -> Status {
        let days = || self.days.iter().chain(&self.followed);
        let source_failed =
            days().flat_map(|day| &day.sources).any(|source| matches!(source.outcome, SourceOutcome::Failed(_)));
        let model_failed =
            days().flat_map(|day| &day.models).any(|model| matches!(model.outcome, ModelOutcome::Failed(_)));
        let report_failed =
            days().flat_map(|day| &day.reports).any(|report| matches!(report.outcome, ReportOutcome::Failed(_)));
        let check_failed = days().flat_map(|day| &day.checks).any(CheckOutcome::stops);
        if source_failed || model_failed {
            Status::Failed
        } else if report_failed {
            Status::ReportsFailed
        } else if check_failed {
            Status::ChecksFailed
        } else {
            Status::Done
        }
    }
}
