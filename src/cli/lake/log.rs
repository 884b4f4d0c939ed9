//! `forecastle lake log`: what each commit did, for a person by commit, for a program by table.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::{Change, ChangeKind, Commit, Lake, Role, changes};

use super::super::Host;
use super::super::args::Format;
use super::super::exit::Outcome;
use super::super::rows::print;
use super::super::terminal::result;

const KINDS: [ChangeKind; 4] = [ChangeKind::Added, ChangeKind::Replaced, ChangeKind::Removed, ChangeKind::Confirmed];

/// Lists commits, newest first.
pub fn log(host: &Host, lake: &Lake, limit: usize, format: Format) -> Result<Outcome> {
    let log = lake.log()?;
    let changes = changes(&log);
    let newest_first: Vec<(&Commit, Vec<Change<'_>>)> = log.iter().zip(changes).rev().take(limit).collect();
    if format == Format::Table {
        if newest_first.is_empty() {
            host.terminal.say("there are no commits yet");
        }
        newest_first.iter().for_each(|(commit, changes)| tell(commit, changes));
    } else {
        let rows = rows(&newest_first)?;
        print(&rows.schema(), std::slice::from_ref(&rows), format)?;
    }
    Ok(Outcome::Done)
}

/// A line for the commit, and one for each kind of change.
fn tell(commit: &Commit, changes: &[Change<'_>]) {
    let made_at = commit.made_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let is_correction = changes.iter().any(|change| change.is_correction);
    let marked = if is_correction { "  correction" } else { "" };
    result(&format!("commit {}  {}  {made_at}  {}{marked}", commit.number, commit.day, commit.message));
    for kind in KINDS {
        let of_kind = || changes.iter().filter(move |change| change.kind == kind);
        let snapshots = of_kind().filter(|change| change.version.role == Role::Snapshot);
        let mut told: Vec<String> = snapshots.map(|change| table(commit, change)).collect();
        // What is computed or passed over is of little use by name: there are many, and the next run has them anew.
        for (role, noun) in [(Role::Reject, "rejects of"), (Role::Model, "models:"), (Role::Check, "checks:")] {
            let of_role: Vec<&Change<'_>> = of_kind().filter(|change| change.version.role == role).collect();
            match of_role.as_slice() {
                [] => {}
                [one] => told.push(format!("{noun} {}", table(commit, one))),
                several => told.push(format!("{noun} {} tables", several.len())),
            }
        }
        if !told.is_empty() {
            result(&format!("  {:9} {}", word(kind), told.join(" · ")));
        }
    }
}

/// `crm.deal of 2026-11-20 340 (338 before)`, without its day where that is the commit's.
fn table(commit: &Commit, change: &Change<'_>) -> String {
    let version = change.version;
    let of = if version.day == commit.day { String::new() } else { format!(" of {}", version.day) };
    let before = match (change.kind, change.before) {
        (ChangeKind::Confirmed, _) => ", the same rows again".to_owned(),
        (_, Some(before)) => format!(" ({} before)", before.rows),
        (_, None) => String::new(),
    };
    format!("{}{of} {}{before}", version.table, version.rows)
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Replaced => "replaced",
        ChangeKind::Removed => "removed",
        ChangeKind::Confirmed => "confirmed",
    }
}

/// One row is a table of a day that a commit changed; a commit that changed none has a row without a table.
fn rows(commits: &[(&Commit, Vec<Change<'_>>)]) -> Result<RecordBatch> {
    let mut lines: Vec<(&Commit, Option<&Change<'_>>)> = Vec::new();
    for (commit, changes) in commits {
        match changes.as_slice() {
            [] => lines.push((commit, None)),
            changes => lines.extend(changes.iter().map(|change| (*commit, Some(change)))),
        }
    }
    let number = |number: u64| i64::try_from(number).ok();
    let of_commit = |text: &dyn Fn(&Commit) -> String| -> ArrayRef {
        Arc::new(lines.iter().map(|(commit, _)| Some(text(commit))).collect::<StringArray>())
    };
    let of_change = |text: &dyn Fn(&Change<'_>) -> String| -> ArrayRef {
        Arc::new(lines.iter().map(|(_, change)| change.map(text)).collect::<StringArray>())
    };
    let count = |rows: &dyn Fn(&Change<'_>) -> Option<u64>| -> ArrayRef {
        Arc::new(lines.iter().map(|(_, change)| change.and_then(rows).and_then(number)).collect::<Int64Array>())
    };
    let days = |day: &dyn Fn(&Commit, Option<&Change<'_>>) -> Option<i32>| -> ArrayRef {
        Arc::new(lines.iter().map(|(commit, change)| day(commit, *change)).collect::<Date32Array>())
    };
    let numbers: Int64Array = lines.iter().map(|(commit, _)| number(commit.number)).collect();
    let corrections: BooleanArray = lines.iter().map(|(_, change)| change.map(|change| change.is_correction)).collect();
    let columns: [(&str, ArrayRef); 11] = [
        ("commit", Arc::new(numbers)),
        ("day", days(&|commit, _| Some(commit.day.to_epoch_days()))),
        ("made_at", of_commit(&|commit| commit.made_at.to_string())),
        ("message", of_commit(&|commit| commit.message.clone())),
        ("change", of_change(&|change| word(change.kind).to_owned())),
        ("role", of_change(&|change| change.version.role.to_string())),
        ("table_name", of_change(&|change| change.version.table.to_string())),
        ("version_on", days(&|_, change| change.map(|change| change.version.day.to_epoch_days()))),
        ("row_count", count(&|change| Some(change.version.rows))),
        ("row_count_before", count(&|change| change.before.map(|before| before.rows))),
        ("is_correction", Arc::new(corrections)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .map_err(|error| Error::new(Kind::Io, format!("could not write the commits: {error}")))
}
