//! One state of a project's relations: its SQL over a lake, as of a day.

use std::collections::BTreeSet;

use datafusion::logical_expr::LogicalPlan;

use crate::catalogue::Model;
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
    let Origin { prepared, pipeline, pin, day, is_held, program } = origin;
    let catalogue = &prepared.catalogue;
    let settings = run::settings(pipeline, day);
    let session = Session::open(&settings)?;
    models::register_declared(&session, catalogue, pin, day)?;
    let mut is_read = catalogue.tables.contains_key(relation);
    if let Some(model) = catalogue.models.get(relation) {
        if is_held && !models::register_model(&session, relation, pin, day)? {
            return Ok(None);
        }
        is_read = is_held;
        if !is_held {
            let needed = needed(origin, model);
            let mut prints = Fingerprints::new(catalogue, pin, &settings, program);
            for model in catalogue.order() {
                let print = prints.enter(model);
                if !needed.contains(&model.name) {
                    continue;
                }
                let held = pin.on(&model.name, Role::Model, day).filter(|_| !model.is_view());
                let is_same = held.and_then(|version| version.facts.get("fingerprint")?.as_str()) == Some(&print);
                if is_same && models::register_model(&session, &model.name, pin, day)? {
                    is_read |= model.name == *relation;
                } else {
                    models::register_view(&session, model).await?;
                }
            }
        }
    } else if !is_read {
        return Err(unknown(prepared, relation));
    }
    let sql = Sql::file(&SourceFile::new(format!("<{relation}>"), format!("SELECT * FROM {relation}")));
    let wrong = |found| Error::project(vec![found]);
    let plan = session.plan(&statement::parse(&sql).map_err(wrong)?, &sql).await.map_err(wrong)?;
    Ok(Some(Side { label, session, plan, is_read }))
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
