//! Models and checks of a day, built beside each other where what they read allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::record::{DayRecord, Event, ModelOutcome, ModelRecord};
use crate::catalogue::{Catalogue, Check, CheckOutcome, Model, Subject};
use crate::checks;
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::lake::{self, Role, Staged, TableName, Transaction};
use crate::models::partition::{self, Recipe};
use crate::models::{self, Fingerprints};
use crate::project::Gravity;
use crate::query::{Relation, Session, Settings};

/// What has become of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Its rows of the day can be read.
    Ready,
    /// It has none of the day, and why.
    Missing(String),
}

/// The models and checks of one day, and what they are built over.
pub struct Schedule<'r, 'w> {
    pub catalogue: &'r Catalogue,
    pub session: &'r Session,
    pub transaction: &'r mut Transaction<'w>,
    /// The columns of each model, as planned.
    pub schemas: &'r BTreeMap<TableName, SchemaRef>,
    pub day: Day,
    /// The models that are to be built; others are read as the lake has them, or computed.
    pub selected: BTreeSet<TableName>,
    /// Those that were chosen, views among them: they are checked.
    pub chosen: &'r BTreeSet<TableName>,
    /// How the partitions of incremental models are made.
    pub recipes: &'r [Arc<Recipe>],
    /// Incremental models whose earlier partitions could not be computed, and why.
    pub unfilled: BTreeMap<TableName, String>,
    pub settings: &'r Settings,
    /// What checks that measure found on the days before.
    pub measured: BTreeMap<String, Vec<f64>>,
    pub threads: usize,
}

/// A model that has not been taken up.
struct WaitingModel<'r> {
    model: &'r Model,
    /// The models that it reads.
    reads: Vec<&'r str>,
    /// The checks that it waits for.
    gates: Vec<&'r Check>,
}

/// A check that has not been taken up.
struct WaitingCheck<'r> {
    check: &'r Check,
    /// The models that it reads.
    reads: Vec<&'r str>,
}

/// How far the day's models and checks have come.
struct Progress<'r, 'o> {
    /// In the order of who reads whom.
    models: Vec<WaitingModel<'r>>,
    checks: Vec<WaitingCheck<'r>>,
    running: JoinSet<Finished>,
    permits: Arc<Semaphore>,
    standing: BTreeMap<String, Standing>,
    /// The checks whose outcome is not known yet.
    open_checks: BTreeSet<&'r str>,
    failed_checks: Vec<&'r Check>,
    prints: Fingerprints,
    record: &'o mut DayRecord,
    observe: &'o mut dyn FnMut(Event<'_>),
}

enum Finished {
    Model(TableName, Box<Result<Staged>>),
    Checks(Result<Vec<CheckOutcome>>),
}

/// What held back whatever reads a relation, by relation.
pub type Held = BTreeMap<String, String>;

impl<'r> Schedule<'r, '_> {
    /// Builds and checks everything; gives for each relation that is not to be read why that is.
    pub async fn work(
        mut self,
        prints: Fingerprints,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Held> {
        let mut progress = self.begin(prints, record, observe);
        loop {
            // A check that cannot be run may set models free that waited for it: until nothing can start.
            while self.start_models(&mut progress).await? || self.start_checks(&mut progress) {}
            let Some(finished) = progress.running.join_next().await else { break };
            match finished.map_err(|error| Error::failed(format!("a task of the run broke off: {error}")))? {
                Finished::Model(name, built) => self.finish_model(&mut progress, &name, *built)?,
                Finished::Checks(outcomes) => self.finish_checks(&mut progress, outcomes?),
            }
        }
        let Progress { models, standing, failed_checks, record, .. } = progress;
        if let Some(WaitingModel { model, .. }) = models.first() {
            return Err(Error::failed(format!(
                "{} was never free to be built: this is a mistake of the program",
                model.name
            )));
        }
        record.models.sort_by(|a, b| a.model.cmp(&b.model));
        record.checks.sort_by(|a, b| a.check.cmp(&b.check));
        record.checks_skipped.sort();
        Ok(held(&standing, &failed_checks))
    }

    /// Everything waits, nothing runs.
    fn begin<'o>(
        &self,
        prints: Fingerprints,
        record: &'o mut DayRecord,
        observe: &'o mut dyn FnMut(Event<'_>),
    ) -> Progress<'r, 'o> {
        let catalogue = self.catalogue;
        let order = catalogue.order();
        let names: BTreeSet<String> = catalogue.models.keys().map(ToString::to_string).collect();
        let models_of = |relations: &'r [Relation]| -> Vec<&'r str> {
            relations.iter().map(|relation| relation.name.as_str()).filter(|name| names.contains(*name)).collect()
        };
        let ancestors = ancestors(catalogue, &order);
        let unread = catalogue.unread_metrics();
        let waiting_model = |model: &'r Model| WaitingModel {
            model,
            // Its own earlier days are there already.
            reads: models_of(model.relations()).into_iter().filter(|name| *name != model.name.to_string()).collect(),
            gates: checks_before(catalogue, &ancestors[&model.name]),
        };
        let waiting_check = |check: &'r Check| WaitingCheck { check, reads: models_of(&check.selection.relations) };
        let checks: Vec<WaitingCheck<'r>> =
            catalogue.checks.iter().filter(|check| self.takes(check)).map(waiting_check).collect();
        let is_read = |model: &&Model| !unread.contains(&model.name);
        Progress {
            models: order.into_iter().filter(is_read).map(waiting_model).collect(),
            open_checks: checks.iter().map(|waiting| waiting.check.name.as_str()).collect(),
            checks,
            running: JoinSet::new(),
            permits: Arc::new(Semaphore::new(self.threads.max(1))),
            standing: BTreeMap::new(),
            failed_checks: Vec::new(),
            prints,
            record,
            observe,
        }
    }

    /// Takes up every model that waits for nothing any more; `false` if there is none.
    async fn start_models(&mut self, progress: &mut Progress<'r, '_>) -> Result<bool> {
        let mut has_moved = false;
        for waiting in std::mem::take(&mut progress.models) {
            if !progress.is_free(&waiting) {
                progress.models.push(waiting);
                continue;
            }
            has_moved = true;
            // One that runs stands nowhere until it has finished.
            if let Some(standing) = self.take_up(progress, &waiting).await? {
                progress.standing.insert(waiting.model.name.to_string(), standing);
            }
        }
        Ok(has_moved)
    }

    /// Skips a model, finds it as it is to be, or starts it; `None` for one that was started.
    async fn take_up(
        &mut self,
        progress: &mut Progress<'r, '_>,
        waiting: &WaitingModel<'r>,
    ) -> Result<Option<Standing>> {
        let WaitingModel { model, .. } = *waiting;
        let is_selected = self.selected.contains(&model.name);
        let print = progress.prints.enter(model);
        if let Some(why) = progress.hindrance(waiting) {
            if is_selected {
                progress.note_model(&model.name, ModelOutcome::Skipped(why.clone()), 0);
            }
            return Ok(Some(Standing::Missing(why)));
        }
        if let Some(why) = self.unfilled.get(&model.name) {
            progress.note_model(&model.name, ModelOutcome::Failed(why.clone()), 0);
            return Ok(Some(Standing::Missing(format!("{} failed", model.name))));
        }
        if let Some(recipe) = self.recipe(&model.name) {
            return self.take_up_partition(progress, &recipe, &print).await;
        }
        if !model.is_view() && self.is_unchanged(&model.name, &print) {
            models::register_model(self.session, &model.name, &self.transaction.view(), self.day)?;
            if is_selected {
                progress.note_model(&model.name, ModelOutcome::Unchanged, self.rows(&model.name));
            }
            return Ok(Some(Standing::Ready));
        }
        if model.is_view() || !is_selected {
            models::register_view(self.session, model).await?;
            return Ok(Some(Standing::Ready));
        }
        self.start(progress, model)?;
        Ok(None)
    }

    fn recipe(&self, name: &TableName) -> Option<Arc<Recipe>> {
        self.recipes.iter().find(|recipe| recipe.name() == name).cloned()
    }

    /// Finds the partition of the day as it is to be, or starts it; those before it have been seen to.
    async fn take_up_partition(
        &mut self,
        progress: &mut Progress<'r, '_>,
        recipe: &Recipe,
        print: &str,
    ) -> Result<Option<Standing>> {
        let (name, view) = (recipe.name(), self.transaction.view());
        let is_selected = self.selected.contains(name);
        let is_due = recipe.days(&view, self.settings).last() == Some(&self.day);
        if !is_due || self.is_unchanged(name, print) || recipe.is_settled(&view, self.settings) {
            if is_selected {
                progress.note_model(name, ModelOutcome::Unchanged, self.rows(name));
            }
            self.show_partitions(progress, recipe)?;
            return Ok(Some(Standing::Ready));
        }
        if !is_selected {
            recipe.register_computed(self.session, &view, self.settings).await?;
            progress.prints.enter_partitions(recipe, &view, self.settings);
            return Ok(Some(Standing::Ready));
        }
        if recipe.model.reads_itself() {
            recipe.register(self.session, &view, self.settings, false)?;
        }
        self.start(progress, &recipe.model)?;
        Ok(None)
    }

    /// Lets those that read an incremental model see its partitions up to the day.
    fn show_partitions(&self, progress: &mut Progress<'r, '_>, recipe: &Recipe) -> Result<()> {
        let view = self.transaction.view();
        recipe.register(self.session, &view, self.settings, true)?;
        progress.prints.enter_partitions(recipe, &view, self.settings);
        Ok(())
    }

    /// Starts a model; its writer is made here, because only one place may begin tables of the commit.
    fn start(&mut self, progress: &mut Progress<'r, '_>, model: &Model) -> Result<()> {
        let schema = self
            .schemas
            .get(&model.name)
            .map(lake::as_read)
            .ok_or_else(|| Error::failed(format!("{} was not planned", model.name)))?;
        let writer = self.transaction.table(&model.name, Role::Model, self.day, &schema, &[])?;
        let (session, name, model, day) = (self.session.clone(), model.name.clone(), model.clone(), self.day);
        progress.run(async move {
            let built = match model.incremental {
                Some(_) => partition::build(session, model, writer, day).await,
                None => models::build(session, model, writer).await,
            };
            Finished::Model(name, Box::new(built))
        });
        Ok(())
    }

    /// Takes up every check whose models have come to stand; `false` if there is none.
    fn start_checks(&self, progress: &mut Progress<'r, '_>) -> bool {
        let (ready, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut progress.checks).into_iter().partition(|waiting| progress.have_come(&waiting.reads));
        progress.checks = waiting;
        let has_moved = !ready.is_empty();
        // The rules for single rows of a model are one pass over it.
        let mut by_row: BTreeMap<&TableName, Vec<Check>> = BTreeMap::new();
        for WaitingCheck { check, reads } in ready {
            if progress.missing(&reads).is_some() {
                progress.record.checks_skipped.push(check.name.clone());
                progress.open_checks.remove(check.name.as_str());
                continue;
            }
            if let (Subject::Model(model), Some(_)) = (&check.subject, &check.condition) {
                by_row.entry(model).or_default().push(check.clone());
                continue;
            }
            let (session, check) = (self.session.clone(), check.clone());
            let before = self.measured.get(&check.name).cloned().unwrap_or_default();
            progress.run(async move {
                Finished::Checks(checks::run(session, check, before).await.map(|outcome| vec![outcome]))
            });
        }
        for (model, together) in by_row {
            let (session, model) = (self.session.clone(), model.clone());
            progress.run(async move { Finished::Checks(checks::run_together(session, model, together).await) });
        }
        has_moved
    }

    fn finish_model(&mut self, progress: &mut Progress<'r, '_>, name: &TableName, built: Result<Staged>) -> Result<()> {
        let standing = match built {
            Ok(staged) => {
                let recipe = self.recipe(name);
                let view = || self.transaction.view();
                let mut facts =
                    recipe.as_ref().map(|of| of.facts(&view(), self.day, self.settings)).unwrap_or_default();
                facts.insert("fingerprint".to_owned(), progress.prints.of(&name.to_string()).into());
                self.transaction.add(staged, facts)?;
                match recipe {
                    Some(recipe) => {
                        self.transaction.close_months(name)?;
                        self.show_partitions(progress, &recipe)?;
                    }
                    None => drop(models::register_model(self.session, name, &self.transaction.view(), self.day)?),
                }
                progress.note_model(name, ModelOutcome::Built, self.rows(name));
                Standing::Ready
            }
            // A full disk or a lost lake is no matter of one model.
            Err(error) if error.kind > Kind::Project => return Err(error),
            Err(error) => {
                let help = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
                let told = error
                    .problems
                    .first()
                    .map_or(error.message, |found| format!("{} (look at {})", found.message, found.place));
                progress.note_model(name, ModelOutcome::Failed(format!("{told}{help}")), 0);
                Standing::Missing(format!("{name} failed"))
            }
        };
        progress.standing.insert(name.to_string(), standing);
        Ok(())
    }

    fn finish_checks(&self, progress: &mut Progress<'r, '_>, outcomes: Vec<CheckOutcome>) {
        for outcome in outcomes {
            progress.open_checks.remove(outcome.check.as_str());
            if outcome.stops() {
                progress.failed_checks.extend(self.catalogue.checks.iter().find(|check| check.name == outcome.check));
            }
            (progress.observe)(Event::Check(&outcome));
            progress.record.checks.push(outcome);
        }
    }

    /// Whether a check is to run: of a selection only what it builds is checked, and the inputs.
    fn takes(&self, check: &Check) -> bool {
        let is_whole =
            self.catalogue.models.values().all(|model| model.is_view() || self.selected.contains(&model.name));
        let relations = &check.selection.relations;
        let mut reads = relations.iter().filter_map(|relation| self.catalogue.model(&relation.name)).peekable();
        is_whole || reads.peek().is_none() || reads.any(|model| self.chosen.contains(&model.name))
    }

    fn is_unchanged(&self, name: &TableName, print: &str) -> bool {
        let view = self.transaction.view();
        view.on(name, Role::Model, self.day).is_some_and(|version| {
            version.facts.get("fingerprint").and_then(|held| held.as_str()) == Some(print) && view.is_whole(version)
        })
    }

    fn rows(&self, name: &TableName) -> u64 {
        self.transaction.view().on(name, Role::Model, self.day).map_or(0, |version| version.rows)
    }
}

impl Progress<'_, '_> {
    /// Starts a task; no more of them work at once than the run has threads.
    fn run(&mut self, task: impl Future<Output = Finished> + Send + 'static) {
        let permits = Arc::clone(&self.permits);
        self.running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            task.await
        });
    }

    fn have_come(&self, models: &[&str]) -> bool {
        models.iter().all(|name| self.standing.contains_key(*name))
    }

    /// Whether nothing that a model waits for is still to come.
    fn is_free(&self, waiting: &WaitingModel<'_>) -> bool {
        let is_open = |check: &&Check| self.open_checks.contains(check.name.as_str());
        self.have_come(&waiting.reads) && !waiting.gates.iter().any(is_open)
    }

    /// Why one of these models has no rows of the day.
    fn missing(&self, models: &[&str]) -> Option<&str> {
        models.iter().find_map(|name| match self.standing.get(*name) {
            Some(Standing::Missing(why)) => Some(why.as_str()),
            _ => None,
        })
    }

    /// Why a model cannot be built.
    fn hindrance(&self, waiting: &WaitingModel<'_>) -> Option<String> {
        let has_failed = |check: &&&Check| self.failed_checks.iter().any(|failed| failed.name == check.name);
        self.missing(&waiting.reads)
            .map(str::to_owned)
            .or_else(|| waiting.gates.iter().find(has_failed).map(|check| format!("the check {} failed", check.name)))
    }

    fn note_model(&mut self, name: &TableName, outcome: ModelOutcome, rows: u64) {
        let model = ModelRecord { model: name.to_string(), outcome, rows };
        (self.observe)(Event::Model(&model));
        self.record.models.push(model);
    }
}

/// For each model all relations that it depends on, through others.
fn ancestors(catalogue: &Catalogue, order: &[&Model]) -> BTreeMap<TableName, BTreeSet<String>> {
    let mut all: BTreeMap<TableName, BTreeSet<String>> = BTreeMap::new();
    for model in order {
        // A model that reads its own earlier days would wait for the checks of what it is about to make.
        let own = model.name.to_string();
        let mut reads: BTreeSet<String> =
            model.relations().iter().map(|relation| relation.name.clone()).filter(|name| *name != own).collect();
        for upstream in catalogue.upstream(model) {
            reads.extend(all.get(upstream).into_iter().flatten().cloned());
        }
        all.insert(model.name.clone(), reads);
    }
    all
}

/// The checks that a model waits for, by what it depends on: those all of whose relations are among that. Another one could depend
/// on the model, and the two would wait for each other.
fn checks_before<'c>(catalogue: &'c Catalogue, above: &BTreeSet<String>) -> Vec<&'c Check> {
    let reads = |check: &Check| {
        !check.selection.relations.is_empty()
            && check.selection.relations.iter().all(|relation| above.contains(&relation.name))
    };
    catalogue.checks.iter().filter(|check| check.gravity == Gravity::Error && reads(check)).collect()
}

/// Relations whose readers are held back: missing ones, and those that a failed check guards.
fn held(standing: &BTreeMap<String, Standing>, failed: &[&Check]) -> Held {
    let mut held = Held::new();
    for (name, standing) in standing {
        if let Standing::Missing(why) = standing {
            held.insert(name.clone(), why.clone());
        }
    }
    for check in failed {
        for relation in &check.selection.relations {
            held.entry(relation.name.clone()).or_insert_with(|| format!("the check {} failed", check.name));
        }
    }
    held
}
