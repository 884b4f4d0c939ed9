//! The partitions of incremental models: which days have one, when one is computed anew, and how.
//!
//! The partition of a day is computed by an engine opened for that day, over relations registered as of it, so that nothing
//! recorded for a later day can be reached, whatever the SQL does. There a model finds
//!
//! - a declared table as of the day,
//! - an incremental model's partitions up to the day, its own only before it,
//! - any other model computed within the query, because what the lake holds of it belongs to the run's day.
//!
//! Days are those of which the lake has a snapshot of what the model reads, directly or through others; `every` leaves of
//! them the last one of each period. Which days a query sees depends on its own day alone: a later run changes nothing of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray, Date32Array, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use futures::StreamExt;

use super::build::{register_declared, register_view, rows};
use crate::catalogue::{Catalogue, Incremental, Model, Planned};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::hash::sha256_of_parts;
use crate::lake::{self, Facts, Pin, Role, Staged, TableName, TableWriter, Version};
use crate::problem::Problem;
use crate::project::OnCorrection;
use crate::query::{DeclaredTable, Session, Settings, UserFunctions, View, user_function};
use crate::sql_type;

/// What the partitions of a model are computed with.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub model: Model,
    how: Incremental,
    /// The columns of the stored rows.
    pub schema: SchemaRef,
    /// The models that it reads, directly or through others that are no incremental ones, each after what it reads.
    above: Vec<Above>,
    /// The declared tables that all of them read.
    tables: Vec<DeclaredTable>,
    /// Those that the model depends on through incremental models, too: their snapshots make its days.
    inputs: BTreeSet<TableName>,
    /// The user's functions.
    functions: Arc<UserFunctions>,
    /// The hash of all SQL that makes a partition, as the engine reads it: comments and spaces do not count.
    code: String,
}

#[derive(Debug, Clone)]
enum Above {
    Inlined(Box<Model>),
    Partitioned(Arc<Recipe>),
}

/// Why a partition is to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The lake has none.
    Missing,
    /// It was computed by other SQL.
    Changed,
    /// It was computed over exports that have been corrected since.
    Corrected,
    /// Everything is to be computed anew.
    Refresh,
}

/// The recipes of a project's incremental models, each after those that it reads.
pub fn recipes(catalogue: &Catalogue, planned: &Planned, settings: &Settings) -> Vec<Arc<Recipe>> {
    let mut recipes: Vec<Arc<Recipe>> = Vec::new();
    for model in catalogue.order() {
        let (Some(how), Some(schema)) = (&model.incremental, planned.schemas.get(&model.name)) else { continue };
        recipes.push(Arc::new(Recipe::new(catalogue, model, how, schema, &recipes, settings)));
    }
    recipes
}

impl Recipe {
    fn new(
        catalogue: &Catalogue,
        model: &Model,
        how: &Incremental,
        schema: &SchemaRef,
        before: &[Arc<Self>],
        settings: &Settings,
    ) -> Self {
        let mut reached: BTreeSet<TableName> = BTreeSet::new();
        let mut tables: BTreeSet<TableName> = BTreeSet::new();
        let mut open = vec![model];
        let mut reads_all = false;
        while let Some(next) = open.pop() {
            for relation in next.relations() {
                reads_all |= relation.name == lake::SNAPSHOTS;
                tables.extend(catalogue.declared(&relation.name).map(|table| table.name.clone()));
            }
            for name in catalogue.upstream(next) {
                let upstream = &catalogue.models[name];
                if reached.insert(name.clone()) && upstream.incremental.is_none() {
                    open.push(upstream);
                }
            }
        }
        let partitioned = |name: &TableName| before.iter().find(|recipe| recipe.model.name == *name).cloned();
        let above: Vec<Above> = (catalogue.order().into_iter())
            .filter(|model| reached.contains(&model.name))
            .map(|model| match partitioned(&model.name) {
                Some(recipe) => Above::Partitioned(recipe),
                None => Above::Inlined(Box::new(model.clone())),
            })
            .collect();
        let mut inputs = tables.clone();
        for above in &above {
            if let Above::Partitioned(recipe) = above {
                inputs.extend(recipe.inputs.iter().cloned());
            }
        }
        // Of a model over no table there is a partition whenever there are exports at all.
        if reads_all || inputs.is_empty() {
            inputs = catalogue.tables.keys().cloned().collect();
        }
        let Settings { calendar, timezone, currency, .. } = settings;
        let mut parts = vec![format!("{calendar:?} {} {currency}", timezone.iana_name().unwrap_or_default())];
        parts.extend(above.iter().map(|above| match above {
            Above::Inlined(model) => format!("{} {}", model.name, model.selection.statement()),
            Above::Partitioned(recipe) => format!("{} {}", recipe.model.name, recipe.code),
        }));
        parts.push(model.selection.statement().to_string());
        let inlined = above.iter().filter_map(|above| match above {
            Above::Inlined(model) => Some(model.as_ref()),
            Above::Partitioned(_) => None,
        });
        let statements = inlined.chain([model]).map(|model| &model.selection);
        let called = user_function::code(&catalogue.functions, settings, statements);
        parts.extend(Some(called).filter(|called| !called.is_empty()));
        Self {
            model: model.clone(),
            how: how.clone(),
            schema: schema.clone(),
            above,
            tables: tables.iter().map(|name| catalogue.tables[name].clone()).collect(),
            inputs,
            functions: Arc::new(catalogue.functions.clone()),
            code: sha256_of_parts(parts.iter().map(String::as_str)),
        }
    }

    pub fn name(&self) -> &TableName {
        &self.model.name
    }

    /// The incremental models that it reads, directly or through others that are none.
    pub fn partitioned_above(&self) -> impl Iterator<Item = &TableName> {
        self.above.iter().filter_map(|above| match above {
            Above::Partitioned(recipe) => Some(recipe.name()),
            Above::Inlined(_) => None,
        })
    }

    /// The days up to one that have a partition, or are to have one, oldest first.
    pub fn days(&self, pin: &Pin, settings: &Settings) -> Vec<Day> {
        let is_wanted = |day: &Day| *day <= settings.day && self.how.start.is_none_or(|start| *day >= start);
        let all: BTreeSet<Day> = match &self.how.days_of {
            Some((table, _)) => pin.exports(table).map(|version| version.day).filter(is_wanted).collect(),
            None => {
                let snapshots = |table: &TableName| pin.days(table, Role::Snapshot);
                self.inputs.iter().flat_map(snapshots).filter(is_wanted).collect()
            }
        };
        let mut days: Vec<Day> = Vec::new();
        for day in all {
            let period = |day: Day| self.how.every.grain().and_then(|grain| settings.calendar.start(day, grain));
            match days.last_mut() {
                Some(last) if period(day).is_some() && period(*last) == period(day) => *last = day,
                _ => days.push(day),
            }
        }
        if let Some(once) = &self.how.once_after {
            // In the period from so many days after the end of one to as many after the end of the next.
            let later = 1 - once.days(&settings.values);
            let period = |day: &Day| day.plus(later).and_then(|day| settings.calendar.start(day, once.grain));
            days.dedup_by_key(|day| period(day));
        }
        days
    }

    /// Which partitions of days before the run's are to be computed, and why, oldest first.
    pub fn due(&self, pin: &Pin, settings: &Settings, is_refresh: bool) -> Vec<(Day, Reason)> {
        let past = self.days(pin, settings).into_iter().filter(|day| *day < settings.day);
        past.filter_map(|day| self.reason(pin, day, settings, is_refresh).map(|reason| (day, reason))).collect()
    }

    fn reason(&self, pin: &Pin, day: Day, settings: &Settings, is_refresh: bool) -> Option<Reason> {
        let Some(held) = pin.on(self.name(), Role::Model, day) else { return Some(Reason::Missing) };
        let is_as = |fact: &str, now: &str| held.facts.get(fact).and_then(|fact| fact.as_str()) == Some(now);
        if is_refresh {
            return Some(Reason::Refresh);
        }
        if !is_as(Version::CODE, &self.code) {
            return Some(Reason::Changed);
        }
        let is_corrected = || {
            self.how.on_correction == OnCorrection::Recompute
                && !is_as(Version::INPUTS, &self.inputs(pin, day, settings))
        };
        is_corrected().then_some(Reason::Corrected)
    }

    /// Whether a partition that the lake holds for the run's day stays, whatever its tables hold now: a later one has been
    /// computed since, and what was said on that day is not to be said otherwise.
    pub fn is_settled(&self, pin: &Pin, settings: &Settings) -> bool {
        let is_past = || pin.days(self.name(), Role::Model).into_iter().any(|day| day > settings.day);
        is_past()
            && pin.on(self.name(), Role::Model, settings.day).is_some()
            && self.reason(pin, settings.day, settings, false).is_none()
    }

    /// What is remembered beside the partition of a day.
    pub fn facts(&self, pin: &Pin, day: Day, settings: &Settings) -> Facts {
        let mut facts = Facts::new();
        facts.insert(Version::CODE.to_owned(), self.code.as_str().into());
        facts.insert(Version::INPUTS.to_owned(), self.inputs(pin, day, settings).into());
        facts
    }

    /// The hash of the states of all that a partition of a day sees.
    fn inputs(&self, pin: &Pin, day: Day, settings: &Settings) -> String {
        let mut seen = String::new();
        let mut tell = |version: &Version| {
            let Version { table, day, state, .. } = version;
            seen.push_str(&format!("{table} {day} {} {state}\n", version.origin().name()));
        };
        for table in &self.inputs {
            let days = pin.days(table, Role::Snapshot).into_iter().take_while(|of| *of <= day);
            days.filter_map(|of| pin.on(table, Role::Snapshot, of)).for_each(&mut tell);
        }
        let on_day = Settings { day, ..settings.clone() };
        for above in &self.above {
            let Above::Partitioned(recipe) = above else { continue };
            let days = recipe.days(pin, &on_day);
            days.into_iter().filter_map(|of| pin.on(recipe.name(), Role::Model, of)).for_each(&mut tell);
        }
        if self.model.reads_itself() {
            let days = self.days(pin, &on_day).into_iter().filter(|of| *of < day);
            days.filter_map(|of| pin.on(self.name(), Role::Model, of)).for_each(&mut tell);
        }
        sha256_of_parts([seen.as_str()])
    }

    /// The hash of the partitions that a query of a day sees, for whoever depends on them.
    pub fn print(&self, pin: &Pin, settings: &Settings) -> String {
        let states: Vec<String> = (self.days(pin, settings).into_iter())
            .filter_map(|day| pin.on(self.name(), Role::Model, day))
            .map(|version| format!("{} {}", version.day, version.state))
            .collect();
        sha256_of_parts(states.iter().map(String::as_str))
    }

    /// The days whose partitions no query from this day on sees any more: those that `every` or `start` leave out.
    pub fn thinned(&self, pin: &Pin, settings: &Settings) -> Vec<Day> {
        let wanted: BTreeSet<Day> = self.days(pin, settings).into_iter().collect();
        let held = pin.days(self.name(), Role::Model).into_iter();
        held.filter(|day| *day <= settings.day && !wanted.contains(day)).collect()
    }

    /// Registers the partitions up to a day, or before it.
    pub fn register(&self, session: &Session, pin: &Pin, settings: &Settings, with_today: bool) -> Result<()> {
        let mut days = self.days(pin, settings);
        days.retain(|day| with_today || *day < settings.day);
        let table = pin.partitions(self.name(), &days, &self.schema, Incremental::DAY);
        session.register(&self.name().to_string(), table)
    }

    /// Registers the partitions before a day and, where the day is one that has a partition, its rows as whoever reads them
    /// computes them.
    pub async fn register_computed(&self, session: &Session, pin: &Pin, settings: &Settings) -> Result<()> {
        self.register(session, pin, settings, false)?;
        if self.days(pin, settings).last() != Some(&settings.day) {
            return Ok(());
        }
        let Model { name, selection, sql, .. } = &self.model;
        let made = session.plan(selection, sql).await.map_err(|found| Error::project(vec![found]))?;
        let mut days = self.days(pin, settings);
        days.retain(|day| *day < settings.day);
        let stored = pin.partitions(name, &days, &self.schema, Incremental::DAY);
        let failed = |error: DataFusionError| Error::failed(format!("{name} cannot be read: {error}"));
        let both = with_day(made, settings.day).and_then(|made| {
            LogicalPlanBuilder::scan("earlier", provider_as_source(stored), None)?.union(made)?.build()
        });
        session.register(&name.to_string(), Arc::new(View::new(both.map_err(failed)?)))
    }

    /// Computes the partition of a day before the run's, apart from all that the run sees, and writes it.
    pub async fn compute(self: Arc<Self>, pin: Pin, settings: Settings, table: TableWriter) -> Result<Staged> {
        let day = settings.day;
        let session = Session::open(&settings, &self.functions)?;
        register_declared(&session, self.tables.iter(), &pin, day)?;
        for above in &self.above {
            match above {
                Above::Inlined(model) => register_view(&session, model).await?,
                Above::Partitioned(recipe) => recipe.register(&session, &pin, &settings, true)?,
            }
        }
        if self.model.reads_itself() {
            self.register(&session, &pin, &settings, false)?;
        }
        let table = write(&session, &self.model, table, day).await?;
        // Where it waits for the disk, others go on.
        let finished = tokio::task::spawn_blocking(move || table.finish()).await;
        finished.map_err(|error| Error::failed(format!("writing broke off: {error}")))?
    }
}

/// A model's plan whose rows tell the day of their partition.
pub(super) fn with_day(made: LogicalPlan, day: Day) -> std::result::Result<LogicalPlan, DataFusionError> {
    if made.schema().inner().field_with_name(Incremental::DAY).is_ok() {
        return Ok(made);
    }
    let mut columns: Vec<Expr> = made.schema().columns().into_iter().map(Expr::Column).collect();
    let day = ScalarValue::Date32(Some(day.to_epoch_days()));
    columns.push(Expr::Literal(day, None).alias(Incremental::DAY));
    LogicalPlanBuilder::from(made).project(columns)?.build()
}

/// Computes a model over what is registered in the session and writes its rows as the partition of a day.
pub async fn build(session: Session, model: Model, table: TableWriter, day: Day) -> Result<Staged> {
    write(&session, &model, table, day).await?.finish()
}

async fn write(session: &Session, model: &Model, mut table: TableWriter, day: Day) -> Result<TableWriter> {
    let mut made = rows(session, model).await?;
    while let Some(batch) = made.next().await {
        table.write(&on(&batch?, day)?)?;
    }
    Ok(table)
}

/// Rows with the day of their partition, which those that tell it themselves must be of.
fn on(batch: &RecordBatch, day: Day) -> Result<RecordBatch> {
    if let Some(told) = batch.column_by_name(Incremental::DAY) {
        let told = told.as_primitive_opt::<Date32Type>();
        let other = told.and_then(|told| told.iter().find(|of| *of != Some(day.to_epoch_days())));
        return match other {
            None => Ok(batch.clone()),
            Some(other) => {
                let other = other.and_then(Day::from_epoch_days).map_or("NULL".to_owned(), |day| day.to_string());
                let said = format!("its column `day` tells the day of its partition, {day}, and one row says {other}");
                Err(Error::failed(said).help("write `current_date AS day`, or give what is another day another name"))
            }
        };
    }
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(Date32Array::from_value(day.to_epoch_days(), batch.num_rows())));
    let schema = Incremental::stored(batch.schema_ref());
    RecordBatch::try_new(schema, columns).map_err(|error| Error::failed(format!("its rows do not hold a day: {error}")))
}

/// What is wrong with the columns of an incremental model; `made` are those that its SELECT makes.
pub fn mistake(model: &Model, made: &Schema) -> Option<Problem> {
    let how = model.incremental.as_ref()?;
    let found = |column: &str, message: String, help: &str| {
        let place = model.sql.place_of_column(column).unwrap_or_else(|| model.sql.start());
        Some(Problem::error(place, message).help(help))
    };
    if let Ok(day) = made.field_with_name(Incremental::DAY)
        && day.data_type() != &DataType::Date32
    {
        let said = format!(
            "the column `day` of an incremental model is the DATE of its partition, and here it is {}",
            sql_type::of(day.data_type())
        );
        return found(Incremental::DAY, said, "give it another name with AS, or write `current_date AS day`");
    }
    let said = how.columns.as_ref()?;
    let stored = Incremental::stored(made);
    for field in stored.fields() {
        let is = sql_type::of(field.data_type());
        match said.field_with_name(field.name()) {
            Ok(told) if told.data_type() == field.data_type() => {}
            Ok(told) => {
                let told = sql_type::of(told.data_type());
                return found(
                    field.name(),
                    format!("`{}` is {is}, and `columns` says {told}", field.name()),
                    "say what the SELECT makes, or cast it",
                );
            }
            Err(_) => {
                return found(
                    field.name(),
                    format!("the column `{}` is not in `columns`", field.name()),
                    "add it to `columns` in the front matter",
                );
            }
        }
    }
    let more = said.fields().iter().find(|field| stored.field_with_name(field.name()).is_err())?;
    found(
        more.name(),
        format!("`columns` names `{}`, which the SELECT does not make", more.name()),
        "leave it out of `columns`, or add it to the SELECT",
    )
}
