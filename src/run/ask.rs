//! A question to the lake: SQL over the tables as of a day.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::{Prepared, settings};
use crate::catalogue::Catalogue;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::lake::{Pin, Role, TableName};
use crate::models;
use crate::problem::Problem;
use crate::project::Pipeline;
use crate::query::{self, Selection, Session, Sql, statement};

/// Answers a SELECT as of a day. A model that the lake holds for that day is read, any other is computed.
pub async fn ask(
    prepared: &Prepared,
    pipeline: &Pipeline,
    pin: &Pin,
    day: Day,
    sql: &Sql,
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let wrong = |found: Problem| Error { message: "the query has a mistake".to_owned(), ..Error::project(vec![found]) };
    let selection = statement::parse_over(sql, &prepared.catalogue.metrics).map_err(wrong)?;
    let session = Session::open(&settings(pipeline, day))?;
    let catalogue = &prepared.catalogue;
    models::register_declared(&session, catalogue.tables.values(), pin, day)?;
    let needed = needed(catalogue, pin, day, &selection);
    let settings = settings(pipeline, day);
    let recipes = models::partition::recipes(catalogue, &prepared.planned, &settings);
    for model in catalogue.order().into_iter().filter(|model| needed.contains(&model.name)) {
        if let Some(recipe) = recipes.iter().find(|recipe| *recipe.name() == model.name) {
            match pin.on(&model.name, Role::Model, day) {
                Some(_) => recipe.register(&session, pin, &settings, true)?,
                None => recipe.register_computed(&session, pin, &settings).await?,
            }
            continue;
        }
        if model.is_view() || !models::register_model(&session, &model.name, pin, day)? {
            models::register_view(&session, model).await?;
        }
    }
    if let Some(unknown) = catalogue.unknown_relations(&selection).into_iter().next() {
        return Err(wrong(unknown));
    }
    let plan = session.check(&selection, sql).await.map_err(wrong)?;
    let failed = |error: datafusion::error::DataFusionError| {
        query::lake_failure(&error)
            .unwrap_or_else(|| Error::failed(format!("the query failed: {}", sql.problem(&error).message)))
    };
    let schema = headed(plan.schema().inner(), &selection);
    let rows = session.collect(&plan).await.map_err(failed)?;
    let rows = rows.into_iter().map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()));
    let rows = rows.collect::<Result<Vec<_>, _>>();
    Ok((schema, rows.map_err(|error| Error::failed(format!("could not head the answer's columns: {error}")))?))
}

/// The answer's columns: what was given no name is called by its SQL, as it was written, and not as the engine has it.
fn headed(schema: &Schema, selection: &Selection) -> SchemaRef {
    let unnamed = selection.unnamed_columns(schema.fields().len());
    let fields = schema.fields().iter().zip(unnamed).map(|(field, sql)| match sql {
        // Whether a column may be NULL is known for the plan, and not always kept by what runs it.
        Some(sql) => field.as_ref().clone().with_name(sql).with_nullable(true),
        None => field.as_ref().clone().with_nullable(true),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The models that an answer reads: what the lake holds for the day is not computed, so nothing below it is needed.
fn needed<'c>(catalogue: &'c Catalogue, pin: &Pin, day: Day, selection: &Selection) -> BTreeSet<&'c TableName> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<&str> = selection.relations.iter().map(|relation| relation.name.as_str()).collect();
    while let Some(name) = open.pop() {
        let Some(model) = catalogue.model(name) else { continue };
        let is_held = !model.is_view() && pin.on(&model.name, Role::Model, day).is_some();
        if needed.insert(&model.name) && !is_held {
            open.extend(model.relations().iter().map(|relation| relation.name.as_str()));
        }
    }
    needed
}
