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
use crate::lake::{self, Facts, Role, Staged, TableName, Transaction};
use crate::models::{self, Fingerprints};
use crate::query::Session;

/// What has become of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Its rows of the day can be read.
    Ready,
    /// It has none of the day, and why.
    Missing(String),
}

/// The models and checks of one day while they are worked through.
pub struct Schedule<'r, 'w> {
    pub catalogue: &'r Catalogue,
    pub session: &'r Session,
    pub transaction: &'r mut Transaction<'w>,
    /// The columns of each model, as planned.
    pub schemas: &'r BTreeMap<TableName, SchemaRef>,
    pub day: Day,
    /// The models that are to be built; others are read as the lake has them, or computed.
    pub selected: BTreeSet<TableName>,
    pub threads: usize,
}

enum Finished {
    Model(TableName, Result<Staged>),
    Checks(Result<Vec<CheckOutcome>>),
}

/// What held back whatever reads a relation, by relation.
pub type Held = BTreeMap<String, String>;

impl Schedule<'_, '_> {
    /// Builds and checks everything; gives for each relation that is not to be read why that is.
    pub async fn work(
        mut self,
        mut prints: Fingerprints,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Held> {
        let order: Vec<&Model> = self.catalogue.order();
        let mut standing: BTreeMap<String, Standing> = BTreeMap::new();
        let mut waiting: Vec<&Model> = order.clone();
        let mut checks: Vec<&Check> = self.catalogue.checks.iter().filter(|check| self.takes(check)).collect();
        let mut open_checks: BTreeSet<String> = checks.iter().map(|check| check.name.clone()).collect();
        let mut failed_checks: Vec<&Check> = Vec::new();
        let mut running: JoinSet<Finished> = JoinSet::new();
        let permits = Arc::new(Semaphore::new(self.threads.max(1)));
        let is_model = |name: &str| self.catalogue.models.keys().any(|model| model.to_string() == name);
        let ancestors = ancestors(self.catalogue, &order);

        loop {
            // Start whatever can start. Entering one model may make the next one ready, so until nothing moves.
            let mut moved = true;
            while moved {
                moved = false;
                let mut still = Vec::new();
                for model in std::mem::take(&mut waiting) {
                    let reads: Vec<&str> = model
                        .relations()
                        .iter()
                        .map(|relation| relation.name.as_str())
                        .filter(|name| is_model(name))
                        .collect();
                    let gates = checks_before(self.catalogue, &ancestors, model);
                    let is_free = reads.iter().all(|name| standing.contains_key(*name))
                        && gates.iter().all(|check| !open_checks.contains(&check.name));
                    if !is_free {
                        still.push(model);
                        continue;
                    }
                    moved = true;
                    let name = model.name.to_string();
                    let missing = reads.iter().find_map(|name| match standing.get(*name) {
                        Some(Standing::Missing(why)) => Some(why.clone()),
                        _ => None,
                    });
                    let stopped =
                        gates.iter().find(|check| failed_checks.iter().any(|failed| failed.name == check.name));
                    let why = missing.or_else(|| stopped.map(|check| format!("the check {} failed", check.name)));
                    let print = prints.enter(model);
                    if let Some(why) = why {
                        if self.selected.contains(&model.name) {
                            self.note(record, observe, &model.name, ModelOutcome::Skipped(why.clone()), 0);
                        }
                        standing.insert(name, Standing::Missing(why));
                    } else if model.is_view() {
                        models::register_view(self.session, model).await?;
                        standing.insert(name, Standing::Ready);
                    } else if self.is_unchanged(&model.name, &print) {
                        models::register_model(self.session, &model.name, &self.transaction.view(), self.day)?;
                        if self.selected.contains(&model.name) {
                            let rows = self.rows(&model.name);
                            self.note(record, observe, &model.name, ModelOutcome::Unchanged, rows);
                        }
                        standing.insert(name, Standing::Ready);
                    } else if !self.selected.contains(&model.name) {
                        models::register_view(self.session, model).await?;
                        standing.insert(name, Standing::Ready);
                    } else {
                        self.start(&mut running, &permits, model)?;
                    }
                }
                waiting = still;
                let mut later = Vec::new();
                let mut by_row: BTreeMap<TableName, Vec<Check>> = BTreeMap::new();
                for check in std::mem::take(&mut checks) {
                    let reads: Vec<&str> = check
                        .selection
                        .relations
                        .iter()
                        .map(|relation| relation.name.as_str())
                        .filter(|name| is_model(name))
                        .collect();
                    if !reads.iter().all(|name| standing.contains_key(*name)) {
                        later.push(check);
                        continue;
                    }
                    moved = true;
                    if reads.iter().any(|name| matches!(standing.get(*name), Some(Standing::Missing(_)))) {
                        record.checks_skipped.push(check.name.clone());
                        open_checks.remove(&check.name);
                        continue;
                    }
                    if let (Subject::Model(model), Some(_)) = (&check.subject, &check.condition) {
                        by_row.entry(model.clone()).or_default().push(check.clone());
                        continue;
                    }
                    let (session, check, permits) = (self.session.clone(), check.clone(), Arc::clone(&permits));
                    running.spawn(async move {
                        let _permit = permits.acquire_owned().await;
                        Finished::Checks(checks::run(session, check).await.map(|outcome| vec![outcome]))
                    });
                }
                for (model, together) in by_row {
                    let (session, permits) = (self.session.clone(), Arc::clone(&permits));
                    running.spawn(async move {
                        let _permit = permits.acquire_owned().await;
                        Finished::Checks(checks::run_together(session, model, together).await)
                    });
                }
                checks = later;
            }
            let Some(finished) = running.join_next().await else { break };
            match finished.map_err(|error| Error::failed(format!("a task of the run broke off: {error}")))? {
                Finished::Checks(outcomes) => {
                    for outcome in outcomes? {
                        open_checks.remove(&outcome.check);
                        if outcome.stops() {
                            failed_checks
                                .extend(self.catalogue.checks.iter().find(|check| check.name == outcome.check));
                        }
                        observe(Event::Check(&outcome));
                        record.checks.push(outcome);
                    }
                }
                Finished::Model(name, built) => {
                    let now = self.finish(name.clone(), built, &prints, record, observe)?;
                    standing.insert(name.to_string(), now);
                }
            }
        }
        record.models.sort_by(|a, b| a.model.cmp(&b.model));
        record.checks.sort_by(|a, b| a.check.cmp(&b.check));
        record.checks_skipped.sort();
        Ok(held(&standing, &failed_checks))
    }

    /// Whether a check is to run: of a selection only what it builds is checked, and the inputs.
    fn takes(&self, check: &Check) -> bool {
        let tables = |name: &str| {
            self.catalogue.models.values().find(|model| !model.is_view() && model.name.to_string() == name)
        };
        let is_whole =
            self.catalogue.models.values().all(|model| model.is_view() || self.selected.contains(&model.name));
        let mut reads = check.selection.relations.iter().filter_map(|relation| tables(&relation.name)).peekable();
        is_whole || reads.peek().is_none() || reads.any(|model| self.selected.contains(&model.name))
    }

    /// Starts a model; its writer is made here, because only one place may begin tables of the commit.
    fn start(&mut self, running: &mut JoinSet<Finished>, permits: &Arc<Semaphore>, model: &Model) -> Result<()> {
        let schema = self
            .schemas
            .get(&model.name)
            .map(lake::as_read)
            .ok_or_else(|| Error::failed(format!("{} was not planned", model.name)))?;
        let writer = self.transaction.table(&model.name, Role::Model, self.day, &schema, &[])?;
        let (session, permits, name, model) =
            (self.session.clone(), Arc::clone(permits), model.name.clone(), model.clone());
        running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            Finished::Model(name, models::build(session, model, writer).await)
        });
        Ok(())
    }

    fn finish(
        &mut self,
        name: TableName,
        built: Result<Staged>,
        prints: &Fingerprints,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Standing> {
        match built {
            Ok(staged) => {
                let mut facts = Facts::new();
                facts.insert("fingerprint".to_owned(), prints.of(&name.to_string()).into());
                self.transaction.add(staged, facts)?;
                models::register_model(self.session, &name, &self.transaction.view(), self.day)?;
                let rows = self.rows(&name);
                self.note(record, observe, &name, ModelOutcome::Built, rows);
                Ok(Standing::Ready)
            }
            // A full disk or a lost lake is no matter of one model.
            Err(error) if error.kind > Kind::Project => Err(error),
            Err(error) => {
                let help = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
                let told = error
                    .problems
                    .first()
                    .map_or(error.message, |found| format!("{} (look at {})", found.message, found.place));
                self.note(record, observe, &name, ModelOutcome::Failed(format!("{told}{help}")), 0);
                Ok(Standing::Missing(format!("{name} failed")))
            }
        }
    }

    fn is_unchanged(&self, name: &TableName, print: &str) -> bool {
        let view = self.transaction.view();
        view.on(name, Role::Model, self.day)
            .is_some_and(|version| version.facts.get("fingerprint").and_then(|held| held.as_str()) == Some(print))
    }

    fn rows(&self, name: &TableName) -> u64 {
        self.transaction.view().on(name, Role::Model, self.day).map_or(0, |version| version.rows)
    }

    fn note(
        &self,
        record: &mut DayRecord,
        observe: &mut dyn FnMut(Event<'_>),
        name: &TableName,
        outcome: ModelOutcome,
        rows: u64,
    ) {
        let model = ModelRecord { model: name.to_string(), outcome, rows };
        observe(Event::Model(&model));
        record.models.push(model);
    }
}

/// For each model all relations that it depends on, through others.
fn ancestors(catalogue: &Catalogue, order: &[&Model]) -> BTreeMap<TableName, BTreeSet<String>> {
    let mut all: BTreeMap<TableName, BTreeSet<String>> = BTreeMap::new();
    for model in order {
        let mut reads: BTreeSet<String> = model.relations().iter().map(|relation| relation.name.clone()).collect();
        for upstream in catalogue.upstream(model) {
            reads.extend(all.get(upstream).into_iter().flatten().cloned());
        }
        all.insert(model.name.clone(), reads);
    }
    all
}

/// The checks that a model waits for: those all of whose relations it depends on itself. Another one could depend
/// on the model, and the two would wait for each other.
fn checks_before<'c>(
    catalogue: &'c Catalogue,
    ancestors: &BTreeMap<TableName, BTreeSet<String>>,
    model: &Model,
) -> Vec<&'c Check> {
    let above = &ancestors[&model.name];
    let reads = |check: &Check| {
        !check.selection.relations.is_empty()
            && check.selection.relations.iter().all(|relation| above.contains(&relation.name))
    };
    catalogue.checks.iter().filter(|check| check.gravity == crate::project::Gravity::Error && reads(check)).collect()
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
