//! A question to the lake: SQL over the tables as of a day.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use tokio::task::JoinSet;

use super::{Prepared, settings};
use crate::catalogue::Catalogue;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::lake::{Pin, Role, TableName};
use crate::limit::Memory;
use crate::models;
use crate::problem::Problem;
use crate::project::Pipeline;
use crate::query::{self, Selection, Session, Sql, statement};

/// What a SELECT gave.
#[derive(Debug)]
pub struct Answer {
    pub schema: SchemaRef,
    pub rows: Vec<RecordBatch>,
    /// What the statement says that nobody can have meant.
    pub warnings: Vec<Problem>,
}

/// Answers a SELECT as of a day. A model that the lake holds for that day is read, any other is computed.
///
/// The work and the rows of the answer each hold at most `memory`; what needs more fails.
pub async fn ask(
    prepared: &Prepared,
    pipeline: &Pipeline,
    pin: &Pin,
    day: Day,
    sql: &Sql,
    memory: Memory,
) -> Result<Answer> {
    let wrong = |found: Problem| Error { message: "the query has a mistake".to_owned(), ..Error::project(vec![found]) };
    let selection = statement::parse_over(sql, prepared.catalogue.shorthands()).map_err(wrong)?;
    let catalogue = &prepared.catalogue;
    let settings = settings(pipeline, day);
    let session = Session::open_within(&settings, &catalogue.functions, memory)?;
    models::register_declared(&session, catalogue.tables.values(), pin, day)?;
    let needed = needed(catalogue, pin, day, &selection);
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
    let too_much = |what: &str| {
        Error::failed(format!("{what} needs more than the {memory} of memory that it may use"))
            .help("aggregate sooner, look for a join without its condition, add a LIMIT; or allow more: --memory 4GiB")
    };
    let failed = |error: DataFusionError| {
        if query::is_out_of_memory(&error) {
            return too_much("the query");
        }
        query::lake_failure(&error)
            .unwrap_or_else(|| Error::failed(format!("the query failed: {}", sql.problem(&error).message)))
    };
    let planned = Arc::clone(plan.schema().inner());
    // A task of its own, so that whoever waits here may give up, however long one step of it takes.
    let mut reading = JoinSet::new();
    reading.spawn(read(session, plan, memory));
    let (made, rows) = match reading.join_next().await {
        Some(Ok(read)) => read.map_err(|stopped| match stopped {
            Stopped::Failed(error) => failed(error),
            Stopped::TooLarge => too_much("the answer"),
        })?,
        _ => return Err(Error::failed("the query broke off")),
    };
    let schema = headed(&planned, &made, &selection);
    let rows = rows.into_iter().map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()));
    let rows = rows.collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(|error| Error::failed(format!("could not head the answer's columns: {error}")))?;
    Ok(Answer { schema, rows, warnings: selection.warnings })
}

/// The answer's columns: what was given no name is called by its SQL, as it was written, and not as the engine has it.
///
/// Names are those of the plan, and types those of the rows that were made: before it runs, a plan has not brought the types
/// of a UNION together, and whether a column may be NULL is not always kept by what runs it.
fn headed(planned: &Schema, made: &Schema, selection: &Selection) -> SchemaRef {
    let unnamed = selection.unnamed_columns(planned.fields().len());
    let fields = planned.fields().iter().zip(made.fields()).zip(unnamed).map(|((field, made), sql)| {
        let name = sql.unwrap_or_else(|| field.name().clone());
        made.as_ref().clone().with_name(name).with_nullable(true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Why an answer was not read to its end.
enum Stopped {
    Failed(DataFusionError),
    TooLarge,
}

async fn read(session: Session, plan: LogicalPlan, memory: Memory) -> Result<(SchemaRef, Vec<RecordBatch>), Stopped> {
    let mut stream = session.stream(&plan).await.map_err(Stopped::Failed)?;
    let schema = stream.schema();
    let (mut rows, mut held) = (Vec::new(), 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(Stopped::Failed)?;
        held += bytes(&batch);
        if held > memory.0 {
            return Err(Stopped::TooLarge);
        }
        rows.push(batch);
    }
    Ok((schema, rows))
}

/// What the rows themselves need, however large the buffers are that they lie in.
fn bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
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
