//! The whole project planned over tables without rows: names, types and functions, exactly as the run will.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::LogicalPlan;
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
    planned
        .unchecked
        .extend(catalogue.models.keys().filter(|name| order.iter().all(|model| model.name != **name)).cloned());
    let mut waiting = order;
    let mut settled: BTreeSet<TableName> = BTreeSet::new();
    let mut running = JoinSet::new();
    loop {
        let is_free = |model: &&Model| catalogue.upstream(model).all(|name| settled.contains(name));
        let (free, rest): (Vec<&Model>, Vec<&Model>) = waiting.into_iter().partition(is_free);
        waiting = rest;
        let is_moving = !free.is_empty();
        for model in free {
            let is_itself =
                |relation: &&Relation| model.incremental.is_some() && relation.name == model.name.to_string();
            let others = model.relations().iter().filter(|relation| !is_itself(relation));
            if planned.covers(catalogue, others) {
                let itself = model.incremental.as_ref().and_then(|how| how.columns.clone());
                if let Some(columns) = itself {
                    session.register(&model.name.to_string(), Arc::new(EmptyTable::new(columns)))?;
                }
                let (session, model) = (session.clone(), model.clone());
                running.spawn(async move {
                    let plan = session.check(&model.selection, &model.sql).await;
                    (model, plan)
                });
            } else {
                planned.unchecked.insert(model.name.clone());
                settled.insert(model.name.clone());
            }
        }
        if is_moving {
            // What could not be checked may have freed others.
            continue;
        }
        let Some(finished) = running.join_next().await else { break };
        let (model, plan) = finished.map_err(|error| Error::failed(format!("planning broke off: {error}")))?;
        settled.insert(model.name.clone());
        match plan.and_then(|plan| columns(&model, &plan)) {
            Ok(schema) => {
                session.register(&model.name.to_string(), Arc::new(EmptyTable::new(lake::as_read(&schema))))?;
                let wrong = metric::check(session, catalogue, &model, &schema).await;
                if wrong.is_empty() {
                    planned.schemas.insert(model.name, schema);
                }
                planned.problems.extend(wrong);
            }
            Err(found) => planned.problems.push(found),
        }
    }
    problem::sort(&mut planned.problems);
    Ok(planned)
}

/// The columns of a planned model as whoever reads it sees them, of which no two may have the same name.
fn columns(model: &Model, plan: &LogicalPlan) -> Result<SchemaRef, Problem> {
    let schema = Arc::clone(plan.schema().inner());
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
