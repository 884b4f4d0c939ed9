//! `as_of` and `each`: a declared table as it was known on other days, as functions in FROM.
//!
//! ```sql
//! SELECT * FROM as_of('crm.deal', DATE '2026-09-30')
//! SELECT day, sum(amount) FROM each('crm.deal', every => 'week') WHERE status = 'open' GROUP BY day
//! ```
//!
//! A day without a snapshot is shown by the last one before it. A day on which the table is empty has no rows, so that counting
//! by day shows no zero for it. No function gives anything that was recorded for a later
//! day than the run's: a later day is an error.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use super::Settings;
use super::given::{Given, GivenPast, Look};
use crate::calendar::Grain;
use crate::day::Day;
use crate::lake::{self, Pin, Role, TableName};
use crate::problem;

pub const AS_OF: &str = "as_of";
pub const EACH: &str = "each";
/// The functions of this module, which read a declared table that their first argument names.
pub const ALL: [&str; 2] = [AS_OF, EACH];
/// The named argument of `each`.
pub const EVERY: &str = "every";

/// The relation that the functions look into for a table.
pub fn history_of(table: &str) -> String {
    format!("{table}_history")
}

/// The column of `each` that tells the day; the other one where the table has a column `day` itself.
const DAY: [&str; 2] = ["day", "known_on"];

/// What is known of a declared table's past.
#[derive(Debug, Clone)]
pub struct Past {
    pub schema: SchemaRef,
    pub versions: Versions,
}

/// Where the versions of a table's rows lie.
#[derive(Debug, Clone)]
pub enum Versions {
    /// A statement is only planned.
    Nowhere,
    Lake(Pin, TableName),
    /// Written down, with the days of each in the last two columns.
    Given(Arc<Given>),
}

/// The tables that the functions can be asked for, by name.
pub type Pasts = Arc<RwLock<BTreeMap<String, Past>>>;

/// One of the two functions.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub settings: Settings,
    pub pasts: Pasts,
}

impl TableFunctionImpl for Function {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [table, second] = args.exprs() else {
            return plan_err!("the function {} takes {}", self.name, self.takes());
        };
        let past = self.past(table)?;
        match self.name {
            AS_OF => self.as_of(&past, table, second),
            _ => self.each(&past, table, second),
        }
    }
}

impl Function {
    fn takes(&self) -> &'static str {
        match self.name {
            AS_OF => "a table's name and a day: as_of('crm.deal', DATE '2026-09-30')",
            _ => "a table's name and a period: each('crm.deal', every => 'week')",
        }
    }

    fn past(&self, table: &Expr) -> Result<Past> {
        let Some(name) = text(table) else { return plan_err!("the function {} takes {}", self.name, self.takes()) };
        let Ok(pasts) = self.pasts.read() else { return plan_err!("the function {} cannot be called now", self.name) };
        match pasts.get(&name.to_lowercase()) {
            Some(past) => Ok(past.clone()),
            None => {
                let near = problem::nearest(&name, pasts.keys().map(String::as_str));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                plan_err!("the function {} reads declared tables, and {name} is none{near}", self.name)
            }
        }
    }

    fn as_of(&self, past: &Past, table: &Expr, day: &Expr) -> Result<Arc<dyn TableProvider>> {
        let schema = lake::as_read(&past.schema);
        let Some(days) = constant(day) else {
            return plan_err!("the function as_of takes {}; the day cannot depend on rows", self.takes());
        };
        // The engine takes a number for the days since 1970.
        let days = Some(days).filter(|days| !days.data_type().is_numeric());
        let Some(Ok(ScalarValue::Date32(Some(days)))) = days.map(|days| days.cast_to(&DataType::Date32)) else {
            return plan_err!("the function as_of takes {}", self.takes());
        };
        if let Versions::Nowhere = past.versions {
            return Ok(Arc::new(Unseen::new(table, schema)));
        }
        match Day::from_epoch_days(days) {
            Some(day) if day <= self.settings.day => Ok(match &past.versions {
                Versions::Nowhere => Arc::new(Unseen::new(table, schema)),
                Versions::Lake(pin, table) => pin.table(table, Role::Snapshot, day, &past.schema),
                Versions::Given(history) => {
                    Arc::new(GivenPast { schema, history: Arc::clone(history), look: Look::On(day) })
                }
            }),
            Some(day) => {
                let run = self.settings.day;
                plan_err!(
                    "the function as_of is asked for {day}, a later day than the run's, {run}: it is not known yet"
                )
            }
            None => plan_err!("the function as_of is asked for a day outside the calendar"),
        }
    }

    fn each(&self, past: &Past, asked: &Expr, every: &Expr) -> Result<Arc<dyn TableProvider>> {
        let schema = each_as_read(&past.schema);
        let column = schema.fields()[schema.fields().len() - 1].name();
        let Some(every) = text(every) else { return plan_err!("the function each takes {}", self.takes()) };
        let grain = match every.as_str() {
            "snapshot" | "day" => None,
            grain => match grain.parse::<Grain>() {
                Ok(grain) => Some(grain),
                Err(_) => {
                    let names = Grain::NAMES.join(", ");
                    return plan_err!("the function each knows no period {every}: there are snapshot, day, {names}");
                }
            },
        };
        let run = self.settings.day;
        let (pin, table) = match &past.versions {
            Versions::Nowhere => return Ok(Arc::new(Unseen::new(asked, schema))),
            Versions::Lake(pin, table) => (pin, table),
            Versions::Given(history) => {
                let look = match every.as_str() {
                    "snapshot" => Look::AtEveryChange(run),
                    _ => Look::Every(grain, self.settings.calendar, run),
                };
                return Ok(Arc::new(GivenPast { schema, history: Arc::clone(history), look }));
            }
        };
        let snapshots = pin.days(table, Role::Snapshot).into_iter().filter(|day| *day <= run).collect::<Vec<_>>();
        let days = match (snapshots.first(), every.as_str()) {
            (_, "snapshot") | (None, _) => snapshots,
            (Some(first), _) => days(*first, run, |day| match grain {
                Some(grain) => self.settings.calendar.end(day, grain),
                None => Some(day),
            }),
        };
        Ok(pin.each(table, &days, &past.schema, column))
    }
}

/// What a function gives where a statement is only planned: no rows, but the plan can tell whose history it looks into.
#[derive(Debug)]
pub struct Unseen {
    /// The relation that it looks into, such as `crm.deal_history`.
    pub history: String,
    schema: SchemaRef,
}

impl Unseen {
    fn new(table: &Expr, schema: SchemaRef) -> Self {
        Self { history: history_of(&text(table).unwrap_or_default().to_lowercase()), schema }
    }
}

#[async_trait]
impl TableProvider for Unseen {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        EmptyTable::new(Arc::clone(&self.schema)).scan(session, projection, filters, limit).await
    }
}

/// The columns of `each`: the table's, then the day.
pub fn each_as_read(schema: &SchemaRef) -> SchemaRef {
    let day = DAY[usize::from(schema.field_with_name(DAY[0]).is_ok())];
    let mut fields = lake::as_read(schema).fields().to_vec();
    fields.push(Arc::new(Field::new(day, DataType::Date32, false)));
    Arc::new(Schema::new(fields))
}

/// The last day of each period that has begun from a day on; of the running one it is the run's day.
pub(super) fn days(first: Day, run: Day, end: impl Fn(Day) -> Option<Day>) -> Vec<Day> {
    let mut days = Vec::new();
    let mut next = Some(first);
    while let Some(day) = next.filter(|day| *day <= run) {
        let last = end(day).map_or(run, |end| end.min(run));
        days.push(last);
        next = last.plus(1);
    }
    days
}

fn constant(expression: &Expr) -> Option<ScalarValue> {
    match expression {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Alias(alias) => constant(&alias.expr),
        _ => None,
    }
}

fn text(expression: &Expr) -> Option<String> {
    constant(expression)?.try_as_str()?.map(str::to_owned)
}
