//! One state of a project's relations: its SQL over a lake, as of a day.

use std::collections::BTreeSet;

use datafusion::logical_expr::LogicalPlan;

use crate::catalogue::{Incremental, Model};
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::lake::{Pin, Role, TableName};
use crate::models::{self, Fingerprints};
use crate::problem::{self, SourceFile};
use crate::project::Pipeline;
use crate::query::{Session, Sql, statement};
use crate::run::{self, Prepared};

/// Where a side's rows come from.
#[derive(Clone, Copy)]
pub struct Origin<'o> {
    pub prepared: &'o Prepared,
    pub pipeline: &'o Pipeline,
    pub pin: &'o Pin,
    pub day: Day,
    /// Rows as a run has left them in the lake, whatever the SQL says since; otherwise such rows are read only where computing
    /// them again could not give others.
    pub is_held: bool,
    /// The program's name and version: another program may compute other rows.
    pub program: &'o str,
}

/// A state of one relation, ready to be read.
pub struct Side {
    /// In words.
    pub label: String,
    pub session: Session,
    pub plan: LogicalPlan,
    /// Whether its rows are those that the lake holds.
    pub is_read: bool,
}

/// Opens a model or a declared table; `None` for a model of which only held rows are wanted and none are.
pub async fn open(origin: Origin<'_>, relation: &TableName, label: String) -> Result<Option<Side>> {
    let Origin { prepared, pipeline, pin, day, is_held, .. } = origin;
    let catalogue = &prepared.catalogue;
    let settings = run::settings(pipeline, day);
    let session = Session::open(&settings, &catalogue.functions)?;
    models::register_declared(&session, catalogue.tables.values(), pin, day)?;
    let mut is_read = true;
    match catalogue.models.get(relation) {
        Some(_) if is_held => {
            if !models::register_model(&session, relation, pin, day)? {
                return Ok(None);
            }
        }
        Some(model) => is_read = compute(&session, origin, model).await?,
        None if catalogue.tables.contains_key(relation) => {}
        None => return Err(unknown(prepared, relation)),
    }
    // Of an incremental model it is the partition of the day.
    let is_incremental = catalogue.models.get(relation).is_some_and(|model| model.incremental.is_some());
    let of_day = if is_incremental { format!(" WHERE {} = DATE '{day}'", Incremental::DAY) } else { String::new() };
    let sql = Sql::file(&SourceFile::new(format!("<{relation}>"), format!("SELECT * FROM {relation}{of_day}")));
    let wrong = |found| Error::project(vec![found]);
    let plan = session.plan(&statement::parse(&sql).map_err(wrong)?, &sql).await.map_err(wrong)?;
    Ok(Some(Side { label, session, plan, is_read }))
}

/// Registers a model and all that it reads: what the lake holds of it where the same would be computed again. Whether the model
/// itself is of that kind.
async fn compute(session: &Session, origin: Origin<'_>, model: &Model) -> Result<bool> {
    let Origin { prepared, pipeline, pin, day, program, .. } = origin;
    let catalogue = &prepared.catalogue;
    let settings = run::settings(pipeline, day);
    let needed = needed(origin, model);
    let recipes = models::partition::recipes(catalogue, &prepared.planned, &settings);
    let mut prints = Fingerprints::new(catalogue, pin, &settings, program);
    let mut is_read = false;
    for each in catalogue.order().into_iter().filter(|each| needed.contains(&each.name)) {
        let print = prints.enter(each);
        let held = pin.on(&each.name, Role::Model, day).filter(|_| !each.is_view());
        let is_same = held.and_then(|version| version.facts.get("fingerprint")?.as_str()) == Some(&print);
        is_read = is_same;
        match recipes.iter().find(|recipe| *recipe.name() == each.name) {
            Some(recipe) => {
                match is_same {
                    true => recipe.register(session, pin, &settings, true)?,
                    false => recipe.register_computed(session, pin, &settings).await?,
                }
                prints.enter_partitions(recipe, pin, &settings);
            }
            None if is_same => is_read = models::register_model(session, &each.name, pin, day)?,
            None => models::register_view(session, each).await?,
        }
    }
    // The model stands behind all that it reads.
    Ok(is_read)
}

/// A model with all that it reads.
fn needed(origin: Origin<'_>, model: &Model) -> BTreeSet<TableName> {
    let catalogue = &origin.prepared.catalogue;
    let mut needed = BTreeSet::from([model.name.clone()]);
    let mut open = vec![model];
    while let Some(model) = open.pop() {
        open.extend(
            catalogue.upstream(model).filter(|name| needed.insert((*name).clone())).map(|name| &catalogue.models[name]),
        );
    }
    needed
}

fn unknown(prepared: &Prepared, relation: &TableName) -> Error {
    let catalogue = &prepared.catalogue;
    let names: Vec<String> = catalogue.models.keys().chain(catalogue.tables.keys()).map(ToString::to_string).collect();
    Error::new(Kind::Project, format!("there is no model or table `{relation}`"))
        .help(problem::did_you_mean(&relation.to_string(), names.iter().map(String::as_str)))
}
