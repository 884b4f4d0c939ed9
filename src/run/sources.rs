//! The sources of a day, read beside each other into what the day is about to publish.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::prepare::JobTemplate;
use super::record::{DayRecord, Event, SourceOutcome, SourceRecord};
use crate::error::{Error, Kind, Result};
use crate::ingest::{Counts, Job, Loaded};
use crate::lake::{Facts, Origin, Pin, Role, TableName, Transaction, Version};
use crate::query::declared::reject_schema;
use crate::query::{Settings, session};

/// Which sources are read, for which day.
pub struct Sources<'r> {
    pub templates: &'r [JobTemplate],
    pub settings: Settings,
    pub program: &'r str,
    pub threads: usize,
    /// The tables to read, because the day took rows over from one that was corrected; all, if `None`.
    pub again: Option<BTreeSet<TableName>>,
}

impl Sources<'_> {
    fn wanted(&self) -> impl Iterator<Item = &JobTemplate> {
        let is_wanted = |table: &TableName| self.again.as_ref().is_none_or(|again| again.contains(table));
        self.templates.iter().filter(move |template| is_wanted(&template.table.name))
    }
}

/// A source that was read.
type Read = (Job, Result<Loaded>);

/// Reads the sources of the day into the transaction. All are tried, so that all that fail are told.
pub async fn read(
    sources: &Sources<'_>,
    transaction: &mut Transaction<'_>,
    record: &mut DayRecord,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    let engine = session::open_for_mapping(&sources.settings)?;
    let view = transaction.view();
    let permits = Arc::new(Semaphore::new(sources.threads.max(1)));
    let mut running: JoinSet<Result<Read>> = JoinSet::new();
    let mut done: Vec<SourceRecord> = Vec::new();
    for template in sources.wanted() {
        let job = template.on(&sources.settings, &engine);
        let files = job.files()?;
        if sources.again.is_some() && files.is_empty() {
            let (table, day) = (&job.table.name, job.day());
            let said = format!("{table} of {day} took rows over from a day that was corrected, and its export is gone");
            observe(Event::Warning(format!("{said}: put it back and run again")));
        }
        if let Some(source) = told(&job, &files, &view, sources.program)? {
            done.push(source);
            continue;
        }
        let (name, day) = (&job.table.name, job.day());
        let table = transaction.table(name, Role::Snapshot, day, &job.table.schema(), &job.table.key)?;
        let rejects = transaction.table(name, Role::Reject, day, &reject_schema(), &[])?;
        let (pin, permits) = (view.clone(), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let task = tokio::task::spawn_blocking(move || {
                let loaded = job.load(&files, &pin, table, rejects);
                (job, loaded)
            });
            task.await.map_err(broke_off)
        });
    }
    done.iter().for_each(|source| observe(Event::Source(source)));
    let mut fatal: Option<Error> = None;
    while let Some(finished) = running.join_next().await {
        let (job, loaded) = finished.map_err(broke_off)??;
        let name = &job.table.name;
        let source = match loaded {
            Ok(loaded) => {
                let print = job.fingerprint_of_read(&loaded.files, &view, sources.program);
                enter(transaction, &job, print, loaded)?
            }
            // Mistakes in the project and failures of the machine are no matter of one source.
            Err(error) if error.kind > Kind::Failed => {
                fatal = Some(error);
                continue;
            }
            Err(error) => {
                let told = match &error.help {
                    Some(help) => format!("{}\n  help: {help}", error.message),
                    None => error.message.clone(),
                };
                without_rows(name, SourceOutcome::Failed(told))
            }
        };
        observe(Event::Source(&source));
        done.push(source);
    }
    done.sort_by(|a, b| a.table.cmp(&b.table));
    let failed = failed_required(sources, &done);
    record.sources = done;
    match fatal {
        Some(error) => Err(error),
        None if failed.is_empty() => Ok(()),
        None => Err(not_committed(sources, &failed)),
    }
}

fn broke_off(error: tokio::task::JoinError) -> Error {
    Error::failed(format!("reading a source broke off: {error}"))
}

/// What is told of a source that need not be read; `None` of one that is to be.
fn told(job: &Job, files: &[PathBuf], view: &Pin, program: &str) -> Result<Option<SourceRecord>> {
    let name = &job.table.name;
    // A day that was rebuilt from events has had no export.
    let held = view.on(name, Role::Snapshot, job.day()).filter(|held| held.origin() == Origin::Export);
    let counts = held.map(counts_of).unwrap_or_default();
    if files.is_empty() {
        let outcome = match held {
            // The export was put away since; the lake remembers it.
            Some(_) => SourceOutcome::Unchanged,
            None if job.source.required => SourceOutcome::Failed(job.nothing_found()),
            None => SourceOutcome::Absent,
        };
        return Ok(Some(SourceRecord { counts, ..without_rows(name, outcome) }));
    }
    let Some(held) = held else { return Ok(None) };
    let print = job.fingerprint(files, view, program)?;
    let is_as_held = held.facts.get("fingerprint").and_then(|held| held.as_str()) == Some(&print)
        && view.is_whole(held)
        && view.on(name, Role::Reject, job.day()).is_none_or(|rejects| view.is_whole(rejects));
    Ok(is_as_held.then(|| SourceRecord { counts, ..without_rows(name, SourceOutcome::Unchanged) }))
}

/// Puts what was read of a source into the transaction.
fn enter(transaction: &mut Transaction<'_>, job: &Job, print: String, loaded: Loaded) -> Result<SourceRecord> {
    let name = &job.table.name;
    let Loaded { table, rejects, counts, mut facts, reasons, notes, .. } = loaded;
    facts.insert("fingerprint".to_owned(), print.into());
    let is_new = transaction.add(table, facts)?;
    match rejects {
        Some(rejects) => drop(transaction.add(rejects, Facts::new())?),
        None => drop(transaction.remove(name, Role::Reject, job.day())?),
    }
    let outcome = if is_new { SourceOutcome::Loaded } else { SourceOutcome::Unchanged };
    Ok(SourceRecord { table: name.to_string(), outcome, counts, reasons, notes })
}

fn without_rows(table: &TableName, outcome: SourceOutcome) -> SourceRecord {
    let (counts, reasons, notes) = (Counts::default(), Vec::new(), Vec::new());
    SourceRecord { table: table.to_string(), outcome, counts, reasons, notes }
}

/// Why required sources failed.
fn failed_required(sources: &Sources<'_>, done: &[SourceRecord]) -> Vec<String> {
    let is_required =
        |table: &str| sources.templates.iter().any(|job| job.source.required && job.table.name.to_string() == table);
    let why = |source: &SourceRecord| match &source.outcome {
        SourceOutcome::Failed(why) if is_required(&source.table) => Some(why.clone()),
        _ => None,
    };
    done.iter().filter_map(why).collect()
}

fn not_committed(sources: &Sources<'_>, failed: &[String]) -> Error {
    let what = if failed.len() == 1 { "a required source" } else { "required sources" };
    let day = sources.settings.day;
    Error::failed(format!("{day} was not committed: {what} failed\n{}", failed.join("\n")))
        .help("the lake is as it was; run again when the exports are mended")
}

/// The counts that the lake remembers beside a snapshot.
pub fn counts_of(version: &Version) -> Counts {
    version.facts.get("counts").and_then(|counts| serde_json::from_value(counts.clone()).ok()).unwrap_or_default()
}
