//! A run: the exports of one or more days become commits, and the newest day's models, checks and reports.
//!
//! The story of a day: every source is read and staged; a required one that fails ends the run before anything is
//! visible. For the newest day models are built and checked over what is staged and the reports' queries are
//! answered. Then all of it is one commit; only after that are reports written. Days before the newest are
//! committed as sources alone: what a model holds belongs to the day it was computed for. Where an older day was
//! corrected, the later days that took rows over from it are read again. Where the CRM's own record of changes tells of days
//! before the first export, those are rebuilt once the newest day's sources are read, as a commit of their own.

mod again;
mod ask;
mod fill;
pub mod offenders;
mod past;
mod prepare;
mod record;
mod schedule;
mod sources;
mod test;
mod validate;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

pub use ask::{Answer, ask};
pub use prepare::{Environment, Examined, JobTemplate, Prepared, examine, not_checked, pack_of, prepare, settings};
pub use record::{
    DayRecord, Event, FilledRecord, ModelOutcome, ModelRecord, PastRecord, Record, ReportOutcome, ReportRecord,
    SourceOutcome, SourceRecord, Status, claims, last_code,
};

pub use test::{Tested, test};
pub use validate::{Validated, validate};
pub use verify::{Finding, Verified, verify};

use crate::catalogue::{Among, Catalogue, CheckOutcome, Selector};
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::lake::{CommitMeta, Lake, Pin, Role, TableName, Transaction, Writer};
use crate::models::partition::Recipe;
use crate::models::{self, Fingerprints};
use crate::project::{PipelineFile, Project};
use crate::query::Session;
use crate::reports::{self, Table};
use crate::{checks, ingest};
use fill::{Fill, Unfilled};
use schedule::{Held, Schedule};
use sources::Sources;

/// What comes from outside the library: identity, time, and how much may be done at once.
pub struct Host<'h> {
    /// `forecastle 0.1.0`.
    pub program: String,
    pub run_id: String,
    pub now: &'h dyn Fn() -> Timestamp,
    pub fresh_uuid: &'h dyn Fn() -> Uuid,
    pub environment: &'h Environment,
    pub threads: usize,
}

/// Which days a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// Every exported day that the lake lacks, oldest first; the newest exported day, if it lacks none.
    Missing,
    One(Day),
    /// Every exported day between the two, inclusive.
    Between(Day, Day),
}

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct Request {
    pub days: Days,
    /// The models to build and reports to make, less those that excluding selectors choose; all, if empty.
    pub select: Vec<Selector>,
    /// Load the exports and do no more: no models, checks and reports.
    pub sources_only: bool,
    /// Compute the partitions of incremental models of all days anew.
    pub full_refresh: bool,
    /// A selection of nothing is no mistake.
    pub allow_empty: bool,
}

/// What a run would do.
#[derive(Debug, Clone)]
pub struct Plan {
    pub days: Vec<Day>,
    /// For the newest day.
    pub models: Vec<TableName>,
    pub reports: Vec<String>,
    pub sources_only: bool,
    pub full_refresh: bool,
    /// The models that were selected, views among them.
    chosen: BTreeSet<TableName>,
}

impl Plan {
    /// The SQL of models after a run: as it is now of those that were chosen, as it was of others.
    fn code(&self, catalogue: &Catalogue, mut last_run: BTreeMap<String, String>) -> BTreeMap<String, String> {
        last_run.retain(|name, _| catalogue.model(name).is_some());
        let made = catalogue.models.values().filter(|model| self.chosen.contains(&model.name));
        last_run.extend(made.map(|model| (model.name.to_string(), model.code())));
        last_run
    }
}

/// Decides what a run is to do, without doing any of it.
///
/// `last_run` is the SQL of models as the last run read it, see [`last_code`].
pub fn plan(
    prepared: &Prepared,
    file: &PipelineFile,
    lake: Option<&Pin>,
    last_run: &BTreeMap<String, String>,
    request: &Request,
) -> Result<Plan> {
    let mut exported: BTreeSet<Day> = BTreeSet::new();
    let mut missing: BTreeSet<Day> = BTreeSet::new();
    for template in &prepared.jobs {
        let days = template.days()?;
        let held: BTreeSet<Day> =
            lake.map(|pin| pin.exports(&template.table.name).map(|version| version.day).collect()).unwrap_or_default();
        missing.extend(days.iter().filter(|day| !held.contains(day)));
        exported.extend(days);
    }
    let days: Vec<Day> = match request.days {
        Days::One(day) => vec![day],
        Days::Between(from, to) if from > to => {
            return Err(Error::new(Kind::Project, format!("--from {from} is after --to {to}"))
                .help("give the earlier day first"));
        }
        Days::Between(from, to) => exported.range(from..=to).copied().collect(),
        Days::Missing if missing.is_empty() => exported.last().copied().into_iter().collect(),
        Days::Missing => missing.into_iter().collect(),
    };
    if days.is_empty() {
        return Err(no_days(prepared, file, request));
    }
    let models =
        prepared.catalogue.order().into_iter().filter(|model| !model.is_view()).map(|model| model.name.clone());
    let among = Among { catalogue: &prepared.catalogue, last_run, may_be_empty: request.allow_empty };
    let chosen = Selector::models(&request.select, among)?;
    let reports = file.pipeline.reports.iter().filter(|name| Selector::takes_report(&request.select, name)).cloned();
    let (sources_only, full_refresh) = (request.sources_only, request.full_refresh);
    if sources_only {
        let (models, reports, chosen) = (Vec::new(), Vec::new(), BTreeSet::new());
        return Ok(Plan { days, models, reports, sources_only, full_refresh, chosen });
    }
    let models = models.filter(|name| chosen.contains(name)).collect();
    Ok(Plan { days, models, reports: reports.collect(), sources_only, full_refresh, chosen })
}

/// The partitions of days before a plan's newest that it is to compute, as far as the lake knows now: what the plan's own
/// days bring is not among them.
pub fn due(prepared: &Prepared, file: &PipelineFile, lake: &Pin, plan: &Plan) -> Vec<FilledRecord> {
    let Some(newest) = plan.days.last() else { return Vec::new() };
    let settings = settings(&file.pipeline, *newest);
    let recipes = models::partition::recipes(&prepared.catalogue, &prepared.planned, &settings);
    let chosen = recipes.iter().filter(|recipe| plan.chosen.contains(recipe.name()));
    chosen
        .map(|recipe| FilledRecord::of(recipe.name(), &recipe.due(lake, &settings, plan.full_refresh)))
        .filter(|filled| filled.due() > 0)
        .collect()
}

fn no_days(prepared: &Prepared, file: &PipelineFile, request: &Request) -> Error {
    let patterns: Vec<String> = prepared.jobs.iter().map(|job| job.format.path().to_string()).take(3).collect();
    let name = &file.pipeline.name;
    if file.pipeline.sources.is_empty() {
        return Error::new(Kind::Project, format!("the pipeline {name} has no sources"))
            .help("add one under `sources:`");
    }
    let has_days = prepared.jobs.iter().any(|job| job.format.path().has_day());
    match request.days {
        _ if !has_days => {
            Error::new(Kind::Project, format!("the exports of {name} do not carry their day in their path"))
                .help("say which day they are for with --day YYYY-MM-DD, or put {day} into the paths of the sources")
        }
        Days::Between(from, to) => Error::failed(format!("{name}: there are no exports from {from} to {to}"))
            .help(format!("looked for {}", patterns.join(", "))),
        _ => Error::failed(format!("{name}: there are no exports")).help(format!("looked for {}", patterns.join(", "))),
    }
}

/// Runs a pipeline. The record tells what happened, also where the run ended early with an error, or was dropped
/// before its end.
pub async fn run(
    project: &Project,
    file: &PipelineFile,
    prepared: &Prepared,
    request: &Request,
    host: &Host<'_>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Record> {
    let lake = Lake::open_or_create(&project.root.join(&file.pipeline.lake), (host.fresh_uuid)())?;
    let mut writer = lake.lock(&host.run_id)?;
    let last_run = record::last_code(&lake)?;
    let plan = plan(prepared, file, Some(writer.pin()), &last_run, request)?;
    let record = Record {
        run_id: host.run_id.clone(),
        pipeline: file.pipeline.name.clone(),
        program: host.program.clone(),
        started_at: (host.now)(),
        ended_at: None,
        status: Status::Unfinished,
        days: Vec::new(),
        followed: Vec::new(),
        error: None,
        code: BTreeMap::new(),
    };
    lake.write_run(&host.run_id, &record)?;
    let mut going = Going { record, lake: &lake, host };
    let work = Work { project, file, prepared, host, plan: &plan, lake: &lake };
    let result = work.days(&mut writer, &mut going.record, observe).await;
    let status = if result.is_err() { Status::Failed } else { going.record.judge() };
    if result.is_ok() && !plan.sources_only {
        going.record.code = plan.code(&prepared.catalogue, last_run);
    }
    going.record.error = result.as_ref().err().map(|error| error.message.clone());
    going.end(status)?;
    result.map(|()| going.record.clone())
}

/// The record of a run that goes on; one that is dropped before its end has been stopped.
struct Going<'r> {
    record: Record,
    lake: &'r Lake,
    host: &'r Host<'r>,
}

impl Going<'_> {
    fn end(&mut self, status: Status) -> Result<()> {
        self.record.ended_at = Some((self.host.now)());
        self.record.status = status;
        self.lake.write_run(&self.host.run_id, &self.record)
    }
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        if self.record.ended_at.is_none() && !std::thread::panicking() {
            // What cannot be written here stays as it was: unfinished.
            let _ = self.end(Status::Stopped);
        }
    }
}

/// Begins the record of a day.
fn begin(days: &mut Vec<DayRecord>, day: Day) -> &mut DayRecord {
    days.push(DayRecord {
        day,
        commit: None,
        sources: Vec::new(),
        past: None,
        filled: Vec::new(),
        models: Vec::new(),
        checks: Vec::new(),
        checks_skipped: Vec::new(),
        reports: Vec::new(),
    });
    days.last_mut().expect("one was pushed the line before")
}

fn tell_past(past: PastRecord, record: &mut DayRecord, observe: &mut dyn FnMut(Event<'_>)) {
    observe(Event::Past(&past));
    record.past = Some(past);
}

/// What stays the same over a run.
struct Work<'r> {
    project: &'r Project,
    file: &'r PipelineFile,
    prepared: &'r Prepared,
    host: &'r Host<'r>,
    plan: &'r Plan,
    lake: &'r Lake,
}

/// The answers of the reports' queries, or why a report is not made.
type Answers = BTreeMap<String, std::result::Result<BTreeMap<String, Arc<Table>>, ReportOutcome>>;

impl Work<'_> {
    async fn days(&self, writer: &mut Writer, record: &mut Record, observe: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        // What a run that was ended in the middle of a correction left is taken up before anything builds on it.
        self.mend(writer, record, observe).await?;
        let of = self.plan.days.len();
        for (at, day) in self.plan.days.iter().enumerate() {
            observe(Event::Day { day: *day, nth: at + 1, of });
            let this = begin(&mut record.days, *day);
            let answers = self.day(writer, *day, at + 1 == of, this, observe).await?;
            self.publish(writer.pin(), *day, &answers, this, observe)?;
            // A run that is killed later has told what it had done.
            self.lake.write_run(&self.host.run_id, record)?;
        }
        self.shelve(record, observe)?;
        self.mend(writer, record, observe).await?;
        if self.file.pipeline.latest {
            writer.show_latest().into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
        } else {
            // What an earlier run showed would be taken for today's.
            writer.hide_latest().into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
        }
        let kept = self.project.kept(&self.file.pipeline.lake);
        writer.keep_snapshots(&kept).into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
        Ok(())
    }

    /// One day up to its commit; the newest one also has models, checks and answers for reports.
    async fn day(
        &self,
        writer: &mut Writer,
        day: Day,
        is_newest: bool,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Answers> {
        let newest_model_day = writer
            .pin()
            .tables(Role::Model)
            .filter_map(|name| writer.pin().days(name, Role::Model).last().copied())
            .max();
        let mut transaction = writer.begin(day)?;
        sources::read(&self.sources(day, None), &mut transaction, record, observe).await?;
        if is_newest && let Some(past) = self.past(day, &transaction.view(), observe)? {
            if past.is_idle() {
                tell_past(past.record(0), record, observe);
            } else {
                // Models are to see the rebuilt days, and those are built onto what is committed.
                let message = format!("{} for {day}, its sources", self.file.pipeline.name);
                self.commit(transaction, day, &message, record, observe)?;
                self.rebuild(writer, day, past, record, observe)?;
                transaction = writer.begin(day)?;
            }
        }
        let mut answers = Answers::new();
        if is_newest && !self.plan.sources_only {
            let fill = self.filling(day);
            let mut unfilled = Unfilled::new();
            if !fill.is_idle(&transaction.view()) {
                let message = format!("{} for {day}, its sources", self.file.pipeline.name);
                self.commit(transaction, day, &message, record, observe)?;
                unfilled = fill.work(writer, &mut record.filled, observe).await?;
                transaction = writer.begin(day)?;
            }
            answers = self.compute(&mut transaction, day, (&fill.recipes, unfilled), record, observe).await?;
            self.settle_models(&mut transaction, day, newest_model_day, &fill.recipes, observe)?;
        }
        self.commit(transaction, day, &format!("{} for {day}", self.file.pipeline.name), record, observe)?;
        Ok(answers)
    }

    /// What is computed of incremental models for days before the run's.
    fn filling(&self, day: Day) -> Fill<'_> {
        let Prepared { catalogue, planned, .. } = self.prepared;
        let pipeline = &self.file.pipeline;
        Fill {
            pipeline,
            recipes: models::partition::recipes(catalogue, planned, &settings(pipeline, day)),
            selected: self.plan.models.iter().cloned().collect(),
            is_refresh: self.plan.full_refresh,
            host: self.host,
            day,
        }
    }

    fn past(&self, day: Day, view: &Pin, observe: &mut dyn FnMut(Event<'_>)) -> Result<Option<past::Found<'_>>> {
        let zone = settings(&self.file.pipeline, day).timezone;
        past::find(&self.prepared.catalogue, view, &zone, &self.host.program, observe)
    }

    /// Puts rebuilt days into the lake, as a commit of their own.
    fn rebuild(
        &self,
        writer: &mut Writer,
        day: Day,
        past: past::Found<'_>,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let mut transaction = writer.begin(day)?;
        let mut rebuilt = past.enter(&mut transaction)?;
        let message = format!("{} before {}, rebuilt from events", rebuilt.table, rebuilt.before);
        let outcome = transaction.commit(self.meta(&message))?;
        outcome.warnings.into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
        rebuilt.commit = outcome.commit.map(|commit| commit.number);
        tell_past(rebuilt, record, observe);
        Ok(())
    }

    /// Reads days again that took rows over from a day that has changed since, oldest first.
    async fn mend(&self, writer: &mut Writer, record: &mut Record, observe: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let mut after = None;
        while let Some((day, tables)) = self.outdated(writer.pin(), after) {
            after = Some(day);
            let mut transaction = writer.begin(day)?;
            observe(Event::Day { day, nth: 1, of: 1 });
            let this = begin(&mut record.followed, day);
            match sources::read(&self.sources(day, Some(tables)), &mut transaction, this, observe).await {
                Ok(()) => {
                    let message = format!("{} for {day}, after a correction", self.file.pipeline.name);
                    self.commit(transaction, day, &message, this, observe)?;
                }
                // It is told as a failed source, and tried again by the next run.
                Err(error) if error.kind == Kind::Failed => {
                    let said =
                        format!("{day} took rows over from a day that was corrected, and could not be read again");
                    observe(Event::Warning(format!("{said}: {}", error.message)));
                }
                Err(error) => return Err(error),
            }
            self.lake.write_run(&self.host.run_id, record)?;
        }
        Ok(())
    }

    /// The first day past another of which a table took rows over from a state that is no longer that of the day before.
    fn outdated(&self, pin: &Pin, after: Option<Day>) -> Option<(Day, BTreeSet<TableName>)> {
        let mut outdated: BTreeMap<Day, BTreeSet<TableName>> = BTreeMap::new();
        for template in &self.prepared.jobs {
            let name = &template.table.name;
            let mut before = None;
            for version in pin.exports(name) {
                if after.is_none_or(|after| version.day > after) && ingest::is_outdated(before, version) {
                    outdated.entry(version.day).or_default().insert(name.clone());
                }
                before = Some(version);
            }
        }
        outdated.into_iter().next()
    }

    fn sources(&self, day: Day, again: Option<BTreeSet<TableName>>) -> Sources<'_> {
        Sources {
            templates: &self.prepared.jobs,
            settings: settings(&self.file.pipeline, day),
            program: &self.host.program,
            threads: self.host.threads,
            again,
        }
    }

    fn commit(
        &self,
        transaction: Transaction<'_>,
        day: Day,
        message: &str,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let outcome = transaction.commit(self.meta(message))?;
        outcome.warnings.into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
        let commit = outcome.commit.map(|commit| commit.number);
        record.commit = commit.or(record.commit);
        observe(Event::Committed { day, commit });
        Ok(())
    }

    fn meta(&self, message: &str) -> CommitMeta {
        CommitMeta {
            uuid: (self.host.fresh_uuid)(),
            made_at: (self.host.now)(),
            program: self.host.program.clone(),
            message: message.to_owned(),
        }
    }

    /// Models, checks and the answers to the reports' queries, over what the transaction is about to publish.
    async fn compute(
        &self,
        transaction: &mut Transaction<'_>,
        day: Day,
        (recipes, unfilled): (&[Arc<Recipe>], Unfilled),
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Answers> {
        let settings = settings(&self.file.pipeline, day);
        let catalogue = &self.prepared.catalogue;
        let session = Session::open(&settings, &catalogue.functions)?;
        let view = transaction.view();
        models::register_declared(&session, catalogue.tables.values(), &view, day)?;
        let prints = Fingerprints::new(catalogue, &view, &settings, &self.host.program);
        let selected = self.plan.models.iter().cloned().collect();
        let measured = match catalogue.checks.iter().any(|check| check.measure.is_some()) {
            true => record::measured(self.lake, day)?,
            false => BTreeMap::new(),
        };
        let schedule = Schedule {
            catalogue,
            session: &session,
            transaction,
            schemas: &self.prepared.planned.schemas,
            day,
            selected,
            chosen: &self.plan.chosen,
            recipes,
            unfilled,
            settings: &settings,
            measured,
            threads: self.host.threads,
        };
        let held: Held = schedule.work(prints, record, observe).await?;
        self.keep_offenders(transaction, &session, day, record).await?;
        let mut answers = Answers::new();
        for name in &self.plan.reports {
            let report = &catalogue.reports[name];
            let reads = report.queries.values().flat_map(|query| &query.selection.relations);
            let why = reads.filter_map(|relation| held.get(&relation.name)).next();
            let answer = match why {
                Some(why) => Err(ReportOutcome::Kept(why.clone())),
                None => match reports::query(&session, report).await {
                    Ok(answers) => Ok(answers),
                    // Damage and a failing disk are no matter of one report.
                    Err(error) if error.kind > Kind::Project => return Err(error),
                    Err(error) => Err(ReportOutcome::Failed(error.message)),
                },
            };
            answers.insert(name.clone(), answer);
        }
        Ok(answers)
    }

    /// Keeps the keys of what broke a rule, as a table of the day in the lake.
    async fn keep_offenders(
        &self,
        transaction: &mut Transaction<'_>,
        session: &Session,
        day: Day,
        record: &DayRecord,
    ) -> Result<()> {
        let catalogue = &self.prepared.catalogue;
        let mut found = offenders::Offenders::default();
        for outcome in record.checks.iter().filter(|outcome| !outcome.is_passed() && outcome.measured.is_none()) {
            let Some(check) = catalogue.checks.iter().find(|check| check.name == outcome.check) else { continue };
            found.add(outcome, &checks::offenders(session, catalogue, check, offenders::MOST).await?);
        }
        found.keep(transaction, day)
    }

    /// A model's table is of the newest day: an older day's rows served its reports, and a newer day's replace them. An
    /// incremental model's partitions stay, but for those that the newest day and any later one leave out.
    fn settle_models(
        &self,
        transaction: &mut Transaction<'_>,
        day: Day,
        newest: Option<Day>,
        recipes: &[Arc<Recipe>],
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let view = transaction.view();
        let is_newest = newest.is_none_or(|newest| newest <= day);
        let settings = settings(&self.file.pipeline, day);
        for name in view.tables(Role::Model) {
            if let Some(recipe) = recipes.iter().find(|recipe| recipe.name() == name) {
                for old in recipe.thinned(&view, &settings).into_iter().filter(|_| is_newest) {
                    transaction.remove(name, Role::Model, old)?;
                }
                continue;
            }
            let days = view.days(name, Role::Model);
            let is_known = self.prepared.catalogue.models.get(name).is_some_and(|model| !model.is_view());
            let keep = days.iter().max().copied().filter(|_| is_known);
            let keep = if is_newest { keep } else { keep.filter(|keep| *keep != day) };
            let gone: Vec<Day> = days.into_iter().filter(|of| Some(*of) != keep).collect();
            if gone.len() > 1 {
                let said = format!("{name} is no incremental model any more: its {} days leave the lake", gone.len());
                let until = format!("`--commit {}` shows them until `lake gc` has removed them", view.commit());
                observe(Event::Warning(format!("{said}; {until}")));
            }
            for old in gone {
                transaction.remove(name, Role::Model, old)?;
            }
        }
        Ok(())
    }

    /// Writes the day's reports; data is committed by then, so a report that fails ends nothing else.
    fn publish(
        &self,
        pin: &Pin,
        day: Day,
        answers: &Answers,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let out = self.out();
        for (name, answer) in answers {
            let report = match answer {
                Err(outcome) => {
                    ReportRecord { report: name.clone(), outcome: outcome.clone(), folder: None, headline: None }
                }
                Ok(data) => self.write(pin, day, name, data, &out, record)?,
            };
            observe(Event::Report(&report));
            record.reports.push(report);
        }
        Ok(())
    }

    fn write(
        &self,
        pin: &Pin,
        day: Day,
        name: &str,
        data: &BTreeMap<String, Arc<Table>>,
        out: &std::path::Path,
        record: &DayRecord,
    ) -> Result<ReportRecord> {
        let state = self.state(pin, day, name, &record.checks);
        let page = reports::page(&state);
        let failed = |why: String| ReportRecord {
            report: name.to_owned(),
            outcome: ReportOutcome::Failed(why),
            folder: None,
            headline: None,
        };
        let edition = match reports::edition(&self.prepared.templates[name], state.report.each.as_ref(), data, &page) {
            Ok(edition) => edition,
            Err(found) => return Ok(failed(format!("{} (look at {})", found.message, found.place))),
        };
        let published_at = match pin.first_published(day) {
            Some(commit) => self.lake.made_at(commit)?,
            None => None,
        };
        let standing = reports::Standing::of(&state, &page, published_at);
        // A full disk is worse than a report that fails, and the next one would meet it too.
        let published = reports::publish(out, name, day, &edition, standing)?;
        let folder = published.folder.strip_prefix(&self.project.root).unwrap_or(&published.folder);
        Ok(ReportRecord {
            report: name.to_owned(),
            outcome: if published.is_changed { ReportOutcome::Written } else { ReportOutcome::Unchanged },
            folder: Some(folder.display().to_string()),
            headline: Some(edition.headline),
        })
    }

    /// What a report is made from, beside the answers to its queries.
    fn state<'s>(&'s self, pin: &'s Pin, day: Day, name: &str, checks: &'s [CheckOutcome]) -> reports::State<'s> {
        reports::State {
            pipeline: &self.file.pipeline,
            catalogue: &self.prepared.catalogue,
            report: &self.prepared.catalogue.reports[name],
            pin,
            day,
            checks,
            tables: self.prepared.jobs.iter().map(|job| job.table.name.clone()).collect(),
            program: &self.host.program,
        }
    }

    /// Puts the pages of all runs onto the shelf, if this one has published any.
    fn shelve(&self, record: &Record, observe: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let mut reports = record.days.iter().flat_map(|day| &day.reports);
        if reports.any(|report| report.folder.is_some()) {
            let passed_over = reports::shelve(&self.out())?;
            passed_over.into_iter().for_each(|said| observe(Event::Warning(said)));
        }
        Ok(())
    }

    /// Where reports are published.
    fn out(&self) -> PathBuf {
        self.project.root.join(&self.file.pipeline.out).join("reports")
    }
}
