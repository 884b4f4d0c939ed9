//! The whole project planned over tables without rows: names, types and functions, exactly as the run will.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;
use tokio::task::JoinSet;

use super::{metric, partition};
use crate::catalogue::{Catalogue, Companion, Incremental, Model, Planned};
use crate::error::{Error, Result};
use crate::lake::{self, TableName};
use crate::problem::{self, Problem};
use crate::query::past::{Past, Versions};
use crate::query::{Relation, Session};

/// Registers every declared table without rows, then plans each model after those that it reads, others beside it.
///
/// Afterwards the session can plan anything else over the same relations: checks and report queries.
pub async fn plan(session: &Session, catalogue: &Catalogue) -> Result<Planned> {
    for (name, table) in &catalogue.tables {
        let schema = table.schema();
        session.register(&name.to_string(), Arc::new(EmptyTable::new(lake::as_read(&schema))))?;
        session.register_past(&name.to_string(), Past { schema: schema.clone(), versions: Versions::Nowhere });
        for companion in Companion::ALL {
            let empty = Arc::new(EmptyTable::new(companion.schema(table)));
            session.register(&format!("{name}{}", companion.ending()), empty)?;
        }
    }
    session.register(lake::SNAPSHOTS, Arc::new(EmptyTable::new(lake::snapshot_schema())))?;
    let mut planned = Planned::default();
    let order = catalogue.order();
    let ordered: BTreeSet<&TableName> = order.iter().map(|model| &model.name).collect();
    planned.unchecked.extend(catalogue.models.keys().filter(|name| !ordered.contains(name)).cloned());
    let mut waiting = Waiting::of(catalogue, &order);
    let mut running = JoinSet::new();
    loop {
        // What could not be checked may free others.
        while let Some(model) = waiting.next() {
            let is_itself =
                |relation: &&Relation| model.incremental.is_some() && relation.name == model.name.to_string();
            let others = model.relations().iter().filter(|relation| !is_itself(relation));
            if !catalogue.calls_broken(&model.selection) && planned.covers_all(catalogue, others) {
                let itself = model.incremental.as_ref().and_then(|how| how.columns.clone());
                if let Some(columns) = itself {
                    session.register(&model.name.to_string(), Arc::new(EmptyTable::new(columns)))?;
                }
                // Known from before, it may free others at once.
                if let Some(made) = session.recall(&model.selection) {
                    waiting.settle(&model.name);
                    take(session, catalogue, &mut planned, model, Ok(made)).await?;
                    continue;
                }
                let (session, model) = (session.clone(), model.clone());
                running.spawn(async move {
                    let made = session.columns(&model.selection, &model.sql).await;
                    (model, made)
                });
            } else {
                planned.unchecked.insert(model.name.clone());
                waiting.settle(&model.name);
            }
        }
        let Some(finished) = running.join_next().await else { break };
        let (model, made) = finished.map_err(|error| Error::failed(format!("planning broke off: {error}")))?;
        waiting.settle(&model.name);
        take(session, catalogue, &mut planned, &model, made).await?;
    }
    problem::sort(&mut planned.problems);
    Ok(planned)
}

/// Notes what became of a model; its columns are there for whoever reads it.
async fn take(
    session: &Session,
    catalogue: &Catalogue,
    planned: &mut Planned,
    model: &Model,
    made: Result<SchemaRef, Problem>,
) -> Result<()> {
    match made.and_then(|made| columns(model, made)) {
        Ok(schema) => {
            session.register(&model.name.to_string(), Arc::new(EmptyTable::new(lake::as_read(&schema))))?;
            let wrong = metric::check(session, catalogue, model, &schema).await;
            if wrong.is_empty() {
                planned.schemas.insert(model.name.clone(), schema);
            }
            planned.problems.extend(wrong);
        }
        Err(found) => planned.problems.push(found),
    }
    Ok(())
}

/// Models that have not been planned, each until all that it reads has.
struct Waiting<'c> {
    free: VecDeque<&'c Model>,
    /// How many of the models that one reads are still to come.
    open: BTreeMap<&'c TableName, usize>,
    readers: BTreeMap<&'c TableName, Vec<&'c Model>>,
}

impl<'c> Waiting<'c> {
    fn of(catalogue: &'c Catalogue, order: &[&'c Model]) -> Self {
        let mut waiting = Self { free: VecDeque::new(), open: BTreeMap::new(), readers: BTreeMap::new() };
        for model in order {
            let upstream: BTreeSet<&TableName> = catalogue.upstream(model).collect();
            waiting.open.insert(&model.name, upstream.len());
            if upstream.is_empty() {
                waiting.free.push_back(model);
            }
            upstream.into_iter().for_each(|read| waiting.readers.entry(read).or_default().push(model));
        }
        waiting
    }

    fn next(&mut self) -> Option<&'c Model> {
        self.free.pop_front()
    }

    /// A model need not be waited for any more.
    fn settle(&mut self, name: &TableName) {
        for reader in self.readers.remove(name).into_iter().flatten() {
            let Some(open) = self.open.get_mut(&reader.name) else { continue };
            *open -= 1;
            if *open == 0 {
                self.free.push_back(reader);
            }
        }
    }
}

/// The columns that a model makes as whoever reads it sees them, of which no two may have the same name.
fn columns(model: &Model, schema: SchemaRef) -> Result<SchemaRef, Problem> {
    if let Some(found) = partition::mistake(model, &schema) {
        return Err(found);
    }
    match repeated(&schema) {
        None if model.incremental.is_some() => Ok(Incremental::stored(&schema)),
        None => Ok(schema),
        Some(twice) => {
            let found = Problem::error(model.sql.start(), format!("two columns of this model are named `{twice}`"));
            Err(found.help("give one of them another name with AS"))
        }
    }
}

fn repeated(schema: &SchemaRef) -> Option<&str> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)).map(|(_, name)| *name)
}
