//! Tests of models: rows that are given in, the rows that the model makes of them out, held against what is expected.
//!
//! Only the tested model is computed, by the engine that runs it in a run and as of the test's day. What it reads holds the
//! rows that the test gives and no others: other models are not computed for it, and no lake is opened.

mod difference;
mod rows;
mod typed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::LogicalPlan;
use tokio::task::JoinSet;

pub use difference::Difference;

use super::partition;
use crate::catalogue::{Catalogue, Companion, Model, Planned, TestFile};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::lake::{self, TableName};
use crate::path;
use crate::problem::{self, Place, Problem};
use crate::project::Matching;
use crate::project::setting::Values;

use super::register_view;
use crate::query::given::Given;
use crate::query::past::{self, Past, Versions};
use crate::query::{Relation, Session, Settings, setting};
use rows::{Cell, Wanted};
use typed::{Columns, Written};

/// A test with its rows as the engine has them.
#[derive(Debug, Clone)]
pub struct Test {
    pub name: String,
    pub model: Arc<Model>,
    pub day: Day,
    /// Where it is written.
    pub place: Place,
    /// What it says of settings.
    settings: Values,
    given: BTreeMap<String, RecordBatch>,
    expected: Vec<Wanted>,
    matching: Matching,
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Passed,
    Differs(Difference),
    /// The model broke off, and why.
    Broke(String),
}

/// Reads the tests of a file under the columns of what their model reads and makes, or tells all that does not fit them.
///
/// The session holds what was planned, without rows.
pub async fn read(
    session: &Session,
    catalogue: &Catalogue,
    planned: &Planned,
    file: &TestFile,
) -> Result<Vec<Test>, Vec<Problem>> {
    let name = &file.model.name;
    // Of a model that could not be planned nothing can be said.
    let Some(schema) = planned.schemas.get(name) else { return Ok(Vec::new()) };
    let own = Arc::new(file.model.clone());
    let mut tests = Vec::new();
    let mut problems = Vec::new();
    for (at, test) in file.tests.tests.iter().enumerate() {
        let (model, schema) = match file.model_of(at, catalogue) {
            Ok(model) if model.is_metric() => match session.columns(&model.selection, &model.sql).await {
                Ok(made) => (Arc::new(model), made),
                Err(found) => {
                    problems.push(found);
                    continue;
                }
            },
            Ok(_) => (Arc::clone(&own), Arc::clone(schema)),
            Err(found) => {
                problems.push(found);
                continue;
            }
        };
        let made = Columns { of: &name.to_string(), schema: lake::as_read(&schema), declared: None };
        let given = given(catalogue, planned, file, &model, at).map_err(|found| problems.extend(found));
        let path = path!["tests", at, "expect"].to_vec();
        let written = Written { document: &file.document, path, rows: &test.expect };
        let expected = expected(&written, &made, test.matching).map_err(|found| problems.extend(found));
        let (Ok(given), Ok(expected)) = (given, expected) else { continue };
        tests.push(Test {
            name: test.name.clone(),
            model: Arc::clone(&model),
            day: test.day.unwrap_or(file.tests.day),
            place: file.document.place(&path!["tests", at, "name"]),
            settings: file.tests.settings.with(&test.settings),
            given,
            expected,
            matching: test.matching,
        });
    }
    if problems.is_empty() { Ok(tests) } else { Err(problems) }
}

fn given(
    catalogue: &Catalogue,
    planned: &Planned,
    file: &TestFile,
    model: &Model,
    at: usize,
) -> Result<BTreeMap<String, RecordBatch>, Vec<Problem>> {
    let test = &file.tests.tests[at];
    let reads = reads(catalogue, model);
    let mut given = BTreeMap::new();
    let mut problems = Vec::new();
    for (relation, rows) in &test.given {
        let path = path!["tests", at, "given", relation.as_str()].to_vec();
        let schema = schema(catalogue, planned, relation).filter(|_| reads.contains(relation));
        let Some(schema) = schema else {
            problems.push(unread(file, relation, &reads, file.document.key_place(&path)));
            continue;
        };
        let declared = catalogue.declared(relation).filter(|table| table.name.to_string() == *relation);
        let columns = Columns { of: relation, schema, declared };
        match typed::rows(&Written { document: &file.document, path, rows }, &columns) {
            Ok(rows) => drop(given.insert(relation.clone(), rows)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(given) } else { Err(problems) }
}

fn unread(file: &TestFile, relation: &str, reads: &BTreeSet<String>, place: Place) -> Problem {
    if let Some(table) = setting::table(relation) {
        let found = Problem::error(place, format!("`{relation}` is a setting, and no relation to give rows of"));
        return found.help(format!("say it beside `given`, as in `settings: {{{}: [...]}}`", table.name));
    }
    let help = match problem::nearest(relation, reads.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if reads.is_empty() => "it reads nothing, so leave `given` out".to_owned(),
        None => {
            let listed: Vec<String> = reads.iter().map(|name| format!("`{name}`")).collect();
            format!("give rows of what it reads itself: {}", listed.join(", "))
        }
    };
    Problem::error(place, format!("{} does not read `{relation}`", file.model.name)).help(help)
}

fn expected(written: &Written<'_>, columns: &Columns<'_>, matching: Matching) -> Result<Vec<Wanted>, Vec<Problem>> {
    let batch = typed::rows(written, columns)?;
    let cells = rows::cells(&batch).map_err(|error| {
        let place = written.document.key_place(&written.path);
        vec![Problem::error(place, format!("these rows cannot be read: {error}"))]
    })?;
    let is_asked = |row: usize, column: usize| {
        matching == Matching::Exact || written.rows[row].contains_key(columns.schema.field(column).name())
    };
    let wanted = |(row, cells): (usize, Vec<Cell>)| -> Wanted {
        cells.into_iter().enumerate().map(|(column, cell)| is_asked(row, column).then_some(cell)).collect()
    };
    Ok(cells.into_iter().enumerate().map(wanted).collect())
}

/// The relations that a test may give rows of: those that the model reads, and in place of a metric what that is made of.
/// `as_of` and `each` read a table's history.
fn reads(catalogue: &Catalogue, model: &Model) -> BTreeSet<String> {
    let of_metrics = metrics(catalogue, model);
    let all = of_metrics.iter().flat_map(Model::relations).chain(model.relations());
    let is_metric = |name: &str| of_metrics.iter().any(|metric| metric.name.to_string() == name);
    let is_given = |name: &String| !is_metric(name) && setting::table(name).is_none();
    all.map(|relation| relation.name.clone()).filter(is_given).collect()
}

/// The views of the metrics that a model is made of, each after those that it reads: they are definitions, and computed.
fn metrics(catalogue: &Catalogue, model: &Model) -> Vec<Model> {
    let read = |name: &str| catalogue.models.values().find(|of| of.is_metric() && of.name.to_string() == name);
    let mut found: Vec<Model> = Vec::new();
    let mut open: Vec<&Relation> = model.relations().iter().collect();
    while let Some(relation) = open.pop() {
        let Some(metric) = read(&relation.name) else { continue };
        // Derived ones come to stand behind their parts.
        found.retain(|known| known.name != metric.name);
        found.insert(0, metric.clone());
        open.extend(metric.relations());
    }
    found
}

/// The columns of a relation. Rows of a test leave out what does not matter to it, so none is without NULL.
fn schema(catalogue: &Catalogue, planned: &Planned, relation: &str) -> Option<SchemaRef> {
    let schema = if relation == lake::SNAPSHOTS {
        lake::snapshot_schema()
    } else if let Some(table) = catalogue.declared(relation) {
        let beside = |companion: &Companion| relation == format!("{}{}", table.name, companion.ending());
        match Companion::ALL.into_iter().find(beside) {
            Some(companion) => companion.schema(table),
            None => table.schema(),
        }
    } else {
        Arc::clone(planned.schemas.get(&relation.parse::<TableName>().ok()?)?)
    };
    Some(lake::as_read(&schema))
}

/// Runs tests: those of one model on one day over one plan, others beside them. The verdicts come in the order of the tests.
pub async fn run(
    catalogue: &Catalogue,
    planned: &Planned,
    tests: &[Test],
    settings: impl Fn(Day) -> Settings,
) -> Result<Vec<Verdict>> {
    // Tests of a metric may each slice it in another way.
    let mut together: BTreeMap<(&TableName, &str, Day, &Values), Vec<usize>> = BTreeMap::new();
    for (at, test) in tests.iter().enumerate() {
        together.entry((&test.model.name, &test.model.sql.text, test.day, &test.settings)).or_default().push(at);
    }
    let functions = Arc::new(catalogue.functions.clone());
    let mut running = JoinSet::new();
    for ((_, _, day, said), places) in together {
        let (settings, model) = (settings(day).with(said), Arc::clone(&tests[places[0]].model));
        let tables = Tables::of(&model, catalogue, planned);
        let of_model: Vec<(usize, Test)> = places.into_iter().map(|at| (at, tests[at].clone())).collect();
        let functions = Arc::clone(&functions);
        running.spawn(async move {
            let session = Session::open(&settings, &functions)?;
            let bench = Bench::open(&model, tables, session, day).await?;
            let mut verdicts = Vec::new();
            for (at, test) in of_model {
                verdicts.push((at, bench.run(&test).await?));
            }
            Ok::<_, Error>(verdicts)
        });
    }
    let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        verdicts.extend(done.map_err(|error| Error::failed(format!("a test broke off: {error}")))??);
    }
    Ok(verdicts.into_values().collect())
}

/// What a model reads, to be registered without rows.
struct Tables {
    given: BTreeMap<String, Arc<Given>>,
    pasts: Vec<(String, Past)>,
    metrics: Vec<Model>,
}

impl Tables {
    fn of(model: &Model, catalogue: &Catalogue, planned: &Planned) -> Self {
        let metrics = metrics(catalogue, model);
        let mut tables = Self { given: BTreeMap::new(), pasts: Vec::new(), metrics };
        for name in reads(catalogue, model) {
            let Some(schema) = schema(catalogue, planned, &name) else { continue };
            let given = Arc::new(Given::new(schema));
            if let Some(table) =
                catalogue.declared(&name).filter(|table| past::history_of(&table.name.to_string()) == name)
            {
                let past = Past { schema: table.schema(), versions: Versions::Given(Arc::clone(&given)) };
                tables.pasts.push((table.name.to_string(), past));
            }
            tables.given.insert(name, given);
        }
        tables
    }
}

/// A session in which one model is planned over rows that change from test to test.
struct Bench {
    session: Session,
    model: Arc<Model>,
    plan: LogicalPlan,
    tables: Tables,
    columns: Vec<String>,
}

impl Bench {
    async fn open(model: &Arc<Model>, tables: Tables, session: Session, day: Day) -> Result<Self> {
        for (name, given) in &tables.given {
            session.register(name, Arc::clone(given) as _)?;
        }
        for (name, past) in &tables.pasts {
            session.register_past(name, past.clone());
        }
        for metric in &tables.metrics {
            register_view(&session, metric).await?;
        }
        let mut plan = session.plan(&model.selection, &model.sql).await.map_err(|found| Error::project(vec![found]))?;
        if model.incremental.is_some() {
            plan = partition::with_day(plan, day)
                .map_err(|error| Error::failed(format!("{} cannot tell its day: {error}", model.name)))?;
        }
        let columns = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { session, model: Arc::clone(model), plan, tables, columns })
    }

    async fn run(&self, test: &Test) -> Result<Verdict> {
        for (name, given) in &self.tables.given {
            given.set(test.given.get(name).cloned());
        }
        let batches = match self.session.collect(&self.plan).await {
            Ok(batches) => batches,
            Err(error) => {
                let found = self.model.sql.problem(&error);
                return Ok(Verdict::Broke(format!("{} (look at {})", found.message, found.place)));
            }
        };
        let failed = |error| Error::failed(format!("the rows of {} cannot be read: {error}", self.model.name));
        let found = batches.iter().map(rows::cells).collect::<Result<Vec<_>, _>>().map_err(failed)?.concat();
        let difference = difference::compare(&self.columns, &test.expected, &found, test.matching);
        Ok(difference.map_or(Verdict::Passed, Verdict::Differs))
    }
}
