//! The whole project planned over tables without rows: names, types and functions, exactly as the run will.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::SessionContext;

use crate::catalogue::{Catalogue, Planned, REJECT_SUFFIX, SNAPSHOT_SUFFIX};
use crate::error::Result;
use crate::lake;
use crate::problem::Problem;
use crate::query::declared::reject_schema;
use crate::query::{self, session};

/// Registers every declared table without rows, then plans each model after those that it reads.
///
/// Afterwards the context can plan anything else over the same relations: checks and report queries.
pub async fn plan(context: &SessionContext, catalogue: &Catalogue) -> Result<Planned> {
    for (name, table) in &catalogue.tables {
        let schema = table.schema();
        session::register(context, &name.to_string(), Arc::new(EmptyTable::new(lake::as_read(&schema))))?;
        let rejects = Arc::new(EmptyTable::new(lake::as_read(&reject_schema())));
        session::register(context, &format!("{name}{REJECT_SUFFIX}"), rejects)?;
        let snapshots = lake::snapshots_as_read(&schema);
        session::register(context, &format!("{name}{SNAPSHOT_SUFFIX}"), Arc::new(EmptyTable::new(snapshots)))?;
    }
    let mut planned = Planned::default();
    let order = catalogue.order();
    planned
        .unchecked
        .extend(catalogue.models.keys().filter(|name| order.iter().all(|model| model.name != **name)).cloned());
    for model in order {
        if !planned.covers(catalogue, model.relations()) {
            planned.unchecked.insert(model.name.clone());
            continue;
        }
        match query::check(context, &model.selection, &model.sql).await {
            Ok(plan) => {
                let schema = Arc::clone(plan.schema().inner());
                if let Some(twice) = repeated(&schema) {
                    let found =
                        Problem::error(model.sql.start(), format!("two columns of this model are named `{twice}`"));
                    planned.problems.push(found.help("give one of them another name with AS"));
                    continue;
                }
                session::register(context, &model.name.to_string(), Arc::new(EmptyTable::new(lake::as_read(&schema))))?;
                planned.schemas.insert(model.name.clone(), schema);
            }
            Err(found) => planned.problems.push(found),
        }
    }
    Ok(planned)
}

fn repeated(schema: &SchemaRef) -> Option<&str> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)).map(|(_, name)| *name)
}
