//! One model for one day: its rows computed and staged, or found unchanged and left as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use futures::{Stream, StreamExt, TryStreamExt};

use super::partition::Recipe;
use crate::catalogue::{Catalogue, Companion, Model};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::hash::sha256_of_parts;
use crate::lake::{self, Pin, Role, Staged, TableName, TableWriter};
use crate::query::changes::Changes;
use crate::query::declared::reject_schema;
use crate::query::past::{Past, Versions};
use crate::query::{self, DeclaredTable, Session, Settings, UserFunctions, View, user_function};

/// For each relation a hash of all that its rows depend on: equal fingerprints, equal rows.
#[derive(Debug)]
pub struct Fingerprints {
    general: String,
    functions: UserFunctions,
    /// What the answer of a call depends on beside its arguments.
    of_calls: Settings,
    relations: BTreeMap<String, String>,
}

impl Fingerprints {
    /// Those of the declared tables as of a day.
    pub fn new(catalogue: &Catalogue, pin: &Pin, settings: &Settings, program: &str) -> Self {
        let Settings { day, calendar, timezone, currency, holidays: _, values: _ } = settings;
        let zone = timezone.iana_name().unwrap_or_default();
        let mut found = Self {
            general: format!("{program}\n{day}\n{calendar:?}\n{zone}\n{currency}\n"),
            functions: catalogue.functions.clone(),
            of_calls: settings.clone(),
            relations: BTreeMap::new(),
        };
        let mut listed = String::new();
        for (name, table) in &catalogue.tables {
            let declared = table.sql.text.as_str();
            let state = |of: Day| {
                let version = pin.on(name, Role::Snapshot, of);
                version
                    .map(|version| format!("{of} {} {}\n", version.origin().name(), version.state))
                    .unwrap_or_default()
            };
            let days = pin.days(name, Role::Snapshot);
            let all: String = days.iter().filter(|of| **of <= *day).map(|of| state(*of)).collect();
            let newest = days.iter().rfind(|of| **of <= *day).map(|of| state(*of)).unwrap_or_default();
            found.relations.insert(name.to_string(), sha256_of_parts([declared, &newest]));
            let newest_day = days.iter().rfind(|of| **of <= *day);
            let rejects =
                newest_day.and_then(|of| pin.on(name, Role::Reject, *of)).map(|version| version.state.to_string());
            listed.push_str(&format!("{name}\n{all}"));
            let past = sha256_of_parts([declared, &all]);
            for companion in Companion::ALL {
                let print = match companion {
                    Companion::History | Companion::Change | Companion::Snapshot => past.clone(),
                    Companion::Reject => rejects.clone().unwrap_or_default(),
                };
                found.relations.insert(format!("{name}{}", companion.ending()), print);
            }
        }
        found.relations.insert(lake::SNAPSHOTS.to_owned(), listed);
        found
    }

    /// The fingerprint of a relation that was entered.
    pub fn of(&self, relation: &str) -> &str {
        self.relations.get(relation).map_or("", String::as_str)
    }

    /// Enters a model after everything that it reads; gives its fingerprint.
    pub fn enter(&mut self, model: &Model) -> String {
        let reads =
            model.relations().iter().map(|relation| self.relations.get(&relation.name).map_or("", String::as_str));
        let called = user_function::code(&self.functions, &self.of_calls, [&model.selection]);
        let mut parts = vec![self.general.as_str(), model.sql.text.as_str(), called.as_str()];
        parts.extend(reads);
        let fingerprint = sha256_of_parts(parts);
        self.relations.insert(model.name.to_string(), fingerprint.clone());
        fingerprint
    }

    /// Enters what readers of a model depend on, where that is more than what the model depends on today.
    pub fn enter_partitions(&mut self, recipe: &Recipe, pin: &Pin, settings: &Settings) {
        let today = self.of(&recipe.name().to_string()).to_owned();
        let print = sha256_of_parts([today.as_str(), &recipe.print(pin, settings)]);
        self.relations.insert(recipe.name().to_string(), print);
    }
}

/// Registers the declared tables as of the day, and all their snapshots up to it.
pub fn register_declared<'t>(
    session: &Session,
    tables: impl IntoIterator<Item = &'t DeclaredTable>,
    pin: &Pin,
    day: Day,
) -> Result<()> {
    for table in tables {
        let (name, schema) = (&table.name, table.schema());
        session.register(&name.to_string(), pin.table(name, Role::Snapshot, day, &schema))?;
        let versions = Versions::Lake(pin.clone(), name.clone());
        session.register_past(&name.to_string(), Past { schema: schema.clone(), versions });
        for companion in Companion::ALL {
            let rows = match companion {
                Companion::History => pin.history(name, day, &schema),
                Companion::Change => Arc::new(Changes::new(table)),
                Companion::Snapshot => pin.snapshots(name, day, &schema),
                Companion::Reject => pin.rejects(name, day, &reject_schema()),
            };
            session.register(&format!("{name}{}", companion.ending()), rows)?;
        }
    }
    session.register(lake::SNAPSHOTS, pin.snapshot_list(day)?)?;
    Ok(())
}

/// Registers a model's stored rows of exactly this day; `false` if the lake has none.
pub fn register_model(session: &Session, name: &TableName, pin: &Pin, day: Day) -> Result<bool> {
    let Some(version) = pin.on(name, Role::Model, day) else { return Ok(false) };
    let schema = pin.schema(version)?;
    session.register(&name.to_string(), pin.table(name, Role::Model, day, &schema))?;
    Ok(true)
}

/// Registers a model as a view: whoever reads it computes it.
pub async fn register_view(session: &Session, model: &Model) -> Result<()> {
    let plan = session.plan(&model.selection, &model.sql).await.map_err(|found| Error::project(vec![found]))?;
    session.register(&model.name.to_string(), Arc::new(View::new(plan)))
}

/// Computes a model over what is registered in the context and writes its rows; a failure does not name the model.
pub async fn build(session: Session, model: Model, mut table: TableWriter) -> Result<Staged> {
    let mut rows = rows(&session, &model).await?;
    while let Some(batch) = rows.next().await {
        table.write(&batch?)?;
    }
    table.finish()
}

/// The rows of a model over what is registered in the context, as they are made; a failure does not name the model.
pub async fn rows(session: &Session, model: &Model) -> Result<impl Stream<Item = Result<RecordBatch>> + Unpin> {
    let sql = model.sql.clone();
    let failed = move |error: DataFusionError| {
        query::lake_failure(&error).unwrap_or_else(|| {
            let found = sql.problem(&error);
            Error::failed(found.message).help(format!("look at {}", found.place))
        })
    };
    let plan = session.plan(&model.selection, &model.sql).await.map_err(|found| Error::project(vec![found]))?;
    let rows = session.stream(&plan).await.map_err(&failed)?;
    Ok(rows.map_err(failed))
}
