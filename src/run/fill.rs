//! The partitions that incremental models lack of days before the run's, or have of other SQL, are computed.
//!
//! They are put into the lake by commits of their own, before the night's: a run that is ended in the middle has lost
//! little, and the next one goes on. No partition sees anything of the day of the run, so none waits for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

use super::record::{Event, FilledRecord};
use super::{Host, settings};
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::lake::{CommitMeta, Pin, Role, Staged, TableName, TableWriter, Transaction, Writer, as_read};
use crate::models::partition::{Reason, Recipe};
use crate::project::Pipeline;

/// What has been computed lies in the lake after so long.
const BETWEEN_COMMITS: SignedDuration = SignedDuration::from_secs(20);

/// Whose partitions are looked at, on behalf of which day.
pub struct Fill<'r> {
    pub pipeline: &'r Pipeline,
    pub recipes: Vec<Arc<Recipe>>,
    pub selected: BTreeSet<TableName>,
    pub is_refresh: bool,
    pub host: &'r Host<'r>,
    pub day: Day,
}

/// What became of the models: which could not be filled, and why.
pub type Unfilled = BTreeMap<TableName, String>;

impl Fill<'_> {
    /// Whether a run of the day finds nothing to compute of earlier ones.
    pub fn is_idle(&self, pin: &Pin) -> bool {
        let settings = settings(self.pipeline, self.day);
        self.recipes().all(|recipe| recipe.due(pin, &settings, self.is_refresh).is_empty())
    }

    fn recipes(&self) -> impl Iterator<Item = &Arc<Recipe>> {
        self.recipes.iter().filter(|recipe| self.selected.contains(recipe.name()))
    }

    /// Computes what is due, model after model, and commits it.
    pub async fn work(
        &self,
        writer: &mut Writer,
        records: &mut Vec<FilledRecord>,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Unfilled> {
        let mut unfilled = Unfilled::new();
        for recipe in self.recipes() {
            let reads = |name: &TableName| recipe.partitioned_above().any(|above| above == name);
            if let Some(upstream) = unfilled.keys().find(|name| reads(name)) {
                let why = format!("the earlier days of {upstream} could not be computed");
                unfilled.insert(recipe.name().clone(), why);
                continue;
            }
            let settings = settings(self.pipeline, self.day);
            let due = recipe.due(writer.pin(), &settings, self.is_refresh);
            if due.is_empty() {
                continue;
            }
            let mut record = FilledRecord::of(recipe.name(), &due);
            observe(Event::Filling(&record));
            let computed = self.model(recipe, due, writer, &mut record, observe).await;
            records.push(record);
            match computed {
                Ok(()) => {}
                // A full disk or a lost lake is no matter of one model.
                Err(error) if error.kind > Kind::Project => return Err(error),
                Err(error) => drop(unfilled.insert(recipe.name().clone(), told(error))),
            }
        }
        Ok(unfilled)
    }

    async fn model(
        &self,
        recipe: &Arc<Recipe>,
        due: Vec<(Day, Reason)>,
        writer: &mut Writer,
        record: &mut FilledRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let mut due = due.into_iter().map(|(day, _)| day).peekable();
        while due.peek().is_some() {
            let began = (self.host.now)();
            let mut transaction = writer.begin(self.day)?;
            let done = match recipe.model.reads_itself() {
                true => self.one_by_one(recipe, &mut due, &mut transaction, record, began, observe).await,
                false => self.side_by_side(recipe, &mut due, &mut transaction, record, began, observe).await,
            };
            // What was computed before one failed is right, and need not be computed again.
            transaction.close_months(recipe.name())?;
            let message = format!("{} of days before {}", recipe.name(), self.day);
            let outcome = transaction.commit(CommitMeta {
                uuid: (self.host.fresh_uuid)(),
                made_at: (self.host.now)(),
                program: self.host.program.clone(),
                message,
            })?;
            outcome.warnings.into_iter().for_each(|warning| observe(Event::Warning(warning.message)));
            record.commits.extend(outcome.commit.map(|commit| commit.number));
            done?;
        }
        Ok(())
    }

    /// Partitions that do not depend on each other, several at once: while one waits for the disk, another is computed.
    async fn side_by_side(
        &self,
        recipe: &Arc<Recipe>,
        due: &mut impl Iterator<Item = Day>,
        transaction: &mut Transaction<'_>,
        record: &mut FilledRecord,
        began: Timestamp,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let view = transaction.view();
        let at_once = self.host.threads.max(1) * 2;
        let mut running = VecDeque::new();
        // The first is always taken, so that there is an end.
        let mut is_first = true;
        loop {
            while running.len() < at_once && (std::mem::take(&mut is_first) || self.is_in_time(began)) {
                let Some(day) = due.next() else { break };
                let table = begin(recipe, transaction, day)?;
                let computing = Arc::clone(recipe).compute(view.clone(), settings(self.pipeline, day), table);
                running.push_back((day, AbortOnDrop(tokio::spawn(computing))));
            }
            let Some((day, mut task)) = running.pop_front() else { return Ok(()) };
            let staged = (&mut task.0).await;
            let staged = staged.map_err(|error| Error::failed(format!("a task of the run broke off: {error}")))?;
            self.add(recipe, transaction, &view, day, staged.map_err(|error| of_day(error, day))?)?;
            record.done += 1;
            observe(Event::Filled(record));
        }
    }

    /// Partitions of which each sees those before it.
    async fn one_by_one(
        &self,
        recipe: &Arc<Recipe>,
        due: &mut impl Iterator<Item = Day>,
        transaction: &mut Transaction<'_>,
        record: &mut FilledRecord,
        began: Timestamp,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        for day in due {
            let table = begin(recipe, transaction, day)?;
            let view = transaction.view();
            let staged = Arc::clone(recipe).compute(view.clone(), settings(self.pipeline, day), table).await;
            self.add(recipe, transaction, &view, day, staged.map_err(|error| of_day(error, day))?)?;
            record.done += 1;
            observe(Event::Filled(record));
            if !self.is_in_time(began) {
                break;
            }
        }
        Ok(())
    }

    fn is_in_time(&self, began: Timestamp) -> bool {
        (self.host.now)().duration_since(began) < BETWEEN_COMMITS
    }

    fn add(
        &self,
        recipe: &Recipe,
        transaction: &mut Transaction<'_>,
        view: &Pin,
        day: Day,
        staged: Staged,
    ) -> Result<()> {
        let facts = recipe.facts(view, day, &settings(self.pipeline, day));
        transaction.add(staged, facts).map(drop)
    }
}

fn begin(recipe: &Recipe, transaction: &mut Transaction<'_>, day: Day) -> Result<TableWriter> {
    transaction.table(recipe.name(), Role::Model, day, &as_read(&recipe.schema), &[])
}

/// A task that nobody waits for any more ends.
struct AbortOnDrop(JoinHandle<Result<Staged>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn of_day(error: Error, day: Day) -> Error {
    Error { message: format!("of {day}: {}", told_shortly(&error)), problems: Vec::new(), ..error }
}

fn told_shortly(error: &Error) -> String {
    match error.problems.first() {
        Some(found) => format!("{} (look at {})", found.message, found.place),
        None => error.message.clone(),
    }
}

fn told(error: Error) -> String {
    let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}{help}", told_shortly(&error))
}
