//! Metrics: the files of `sql/metric/`, each with the definition of a figure.
//!
//! Every metric is a view as well: of a base metric the rows that add up to the figure, of a derived one its total.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::{Expr, Statement as SqlStatement};

use super::{Catalogue, Model, name};
use crate::lake::TableName;
use crate::path;
use crate::problem::{self, Problem};
use crate::project::{
    self, Aggregation, Files, Layer, Materialize, MetricHeader, ModelHeader, ProjectFile, WithoutRows,
};
use crate::query::metric::{self, Base, Definition, Draft, Formula, METRIC, Metric, OWN_COLUMNS, Written};
use crate::query::{Relation, Selection, Sql};
use crate::together;
use crate::yaml::{self, Document, Segment};

/// Where a metric is written.
#[derive(Debug, Clone)]
pub struct MetricFile {
    pub document: Arc<Document>,
    pub sql: Sql,
    pub layer: Layer,
}

impl Model {
    /// Whether it is the view of a metric.
    pub fn is_metric(&self) -> bool {
        self.name.schema() == METRIC
    }
}

/// A file as it was read, before the others are known.
struct Read {
    name: TableName,
    file: MetricFile,
    header: MetricHeader,
    selection: Selection,
}

impl Catalogue {
    /// Reads every metric; the statements of all other files are read over them.
    pub(super) fn add_metrics(&mut self, files: &Files) {
        let mut read: BTreeMap<String, Read> = BTreeMap::new();
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        let written: Vec<(&str, &ProjectFile)> =
            files.iter().filter_map(|(path, file)| Some((metric_path(path)?, file))).collect();
        let all = together::map(&written, |(path, file)| {
            name(path, file).map_err(|found| (None, vec![found])).and_then(|name| {
                let id = name.table().to_owned();
                parse(name, file).map_err(|found| (Some(id), found))
            })
        });
        for parsed in all {
            match parsed {
                Ok((metric, draft)) => {
                    let id = metric.name.table().to_owned();
                    drafts.insert(id.clone(), draft);
                    read.insert(id, metric);
                }
                Err((id, found)) => {
                    self.problems.extend(found);
                    self.metrics.broken.extend(id);
                }
            }
        }
        for (id, metric) in &read {
            let definition = match &drafts[id].written {
                Written::Rows { is_ratio } => metric.base(*is_ratio).map(Definition::Base),
                _ => metric
                    .derived(id, &drafts, &self.metrics.broken)
                    .map(|formula| Definition::Derived(Box::new(formula))),
            };
            match definition {
                Ok(definition) => {
                    let metric = Metric { id: id.clone(), header: metric.header.clone(), definition };
                    self.metrics.known.insert(id.clone(), metric);
                }
                Err(found) => {
                    self.problems.extend(found);
                    self.metrics.broken.insert(id.clone());
                }
            }
        }
        self.drop_metrics_of_broken();
        let unknown = self.unknown_targets(&read);
        self.problems.extend(unknown);
        for (id, metric) in read.into_iter().filter(|(id, _)| self.metrics.known.contains_key(id)) {
            let model = self.view(&id, &metric);
            self.metric_files.insert(id, metric.file);
            self.models.insert(model.name.clone(), model);
        }
        self.broken.extend(self.metrics.broken.iter().map(|id| format!("{METRIC}.{id}")));
    }

    /// A metric that is made of one with a mistake is as broken, and the mistake is told once.
    fn drop_metrics_of_broken(&mut self) {
        let is_broken = |metric: &Metric| self.metrics.parts(metric).iter().any(|part| !self.is_known(&part.metric));
        let of_broken: Vec<String> =
            self.metrics.known.values().filter(|metric| is_broken(metric)).map(|metric| metric.id.clone()).collect();
        for id in of_broken {
            self.metrics.known.remove(&id);
            self.metrics.broken.insert(id);
        }
    }

    /// The metrics that no model, check or report reads: a run has no use for their views.
    pub fn unread_metrics(&self) -> BTreeSet<TableName> {
        let mut unread: BTreeSet<TableName> =
            self.models.values().filter(|model| model.is_metric()).map(|model| model.name.clone()).collect();
        let mut open: Vec<&Selection> = self.selections(|model| !model.is_metric()).collect();
        while let Some(selection) = open.pop() {
            for relation in &selection.relations {
                let Some(name) = unread.iter().find(|name| name.to_string() == relation.name).cloned() else {
                    continue;
                };
                unread.remove(&name);
                open.push(&self.models[&name].selection);
            }
        }
        unread
    }

    fn is_known(&self, id: &str) -> bool {
        self.metrics.known.contains_key(id)
    }

    fn unknown_targets(&self, read: &BTreeMap<String, Read>) -> Vec<Problem> {
        let target = |metric: &Read| {
            let target = metric.header.target.as_ref()?;
            let is_there = self.is_known(target) || self.metrics.broken.contains(target);
            let place = || metric.file.document.place(&path!["target"]);
            (!is_there).then(|| {
                Problem::error(place(), format!("there is no metric `{target}`"))
                    .help(problem::did_you_mean(target, self.metrics.ids()))
            })
        };
        read.values().filter_map(target).collect()
    }

    /// The view of a metric.
    fn view(&self, id: &str, metric: &Read) -> Model {
        let selection = match &self.metrics.known[id].definition {
            Definition::Base(_) => metric.selection.clone(),
            Definition::Derived(formula) => match metric::total(id, &self.metrics) {
                Some(query) => Selection::made(
                    SqlStatement::Query(Box::new(query)),
                    metric.selection.calls.clone(),
                    relations(formula, &metric.file.sql),
                ),
                None => metric.selection.clone(),
            },
        };
        Model {
            name: metric.name.clone(),
            header: ModelHeader {
                description: Some(metric.header.description.clone()),
                materialize: Materialize::View,
                tags: metric.header.tags.clone(),
                ..ModelHeader::default()
            },
            sql: metric.file.sql.clone(),
            selection,
            layer: metric.file.layer,
            incremental: None,
            checks: Vec::new(),
        }
    }
}

/// The views that a derived metric reads.
fn relations(formula: &Formula, sql: &Sql) -> Vec<Relation> {
    let mut relations: Vec<Relation> = Vec::new();
    for part in &formula.parts {
        let name = format!("{METRIC}.{}", part.metric);
        if relations.iter().all(|known| known.name != name) {
            let place = sql.place_of_word(&part.metric).unwrap_or_else(|| sql.start());
            relations.push(Relation { name, place, function: None });
        }
    }
    relations
}

/// What the path of a metric's file says behind `sql/`.
pub fn metric_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("sql/")?;
    (rest.starts_with("metric/") && project::tested(rest).is_none()).then_some(rest)
}

fn parse(name: TableName, file: &ProjectFile) -> Result<(Read, Draft), Vec<Problem>> {
    let start = || Sql::file(&file.source).start();
    if name.schema() != METRIC {
        return Err(vec![
            Problem::error(start(), "a metric lies in sql/metric/ itself, and in no folder below it")
                .help(format!("move it to sql/metric/{}.sql", name.table())),
        ]);
    }
    let Some(range) = project::in_sql(&file.source).map_err(|found| vec![found])? else {
        return Err(vec![Problem::error(start(), "a metric opens with its front matter").help(
            "write a comment `/* ---` with `label:`, `description:`, `unit:`, `time:` and `dimensions:`, closed by `--- */`",
        )]);
    };
    let document = Arc::new(yaml::parse(&file.source, range)?);
    let header: MetricHeader = document.read()?;
    let sql = Sql::file(&file.source);
    let (selection, written) = metric::parse(name.table(), &sql).map_err(|found| vec![found])?;
    let draft = Draft { sql: sql.clone(), written, is_semi_additive: header.semi_additive };
    let file = MetricFile { document, sql, layer: file.layer };
    Ok((Read { name, file, header, selection }, draft))
}

impl Read {
    fn problem(&self, path: &[Segment], message: impl Into<String>) -> Problem {
        Problem::error(self.file.document.place(path), message)
    }

    /// A metric of rows.
    fn base(&self, is_ratio: bool) -> Result<Base, Vec<Problem>> {
        let header = &self.header;
        let mut problems = Vec::new();
        let aggregation = header.aggregation.unwrap_or(if is_ratio { Aggregation::Ratio } else { Aggregation::Sum });
        if aggregation.is_ratio() != is_ratio {
            let found = match is_ratio {
                true => self
                    .problem(&path!["aggregation"], "a `numerator` and a `denominator` are added up and divided")
                    .help("write `ratio`, or `proportion` where the one counts a part of what the other counts"),
                false => self
                    .problem(
                        &path!["aggregation"],
                        "a ratio is of a `numerator` and a `denominator`, and there is a `value`",
                    )
                    .help("name those two columns in the SELECT, or write sum, count_distinct, min, max or median"),
            };
            problems.push(found);
        }
        if header.semi_additive && header.time.is_none() {
            let found = self.problem(&path!["semi_additive"], "states of days need a day");
            problems.push(found.help("name the column that holds it as `time:`"));
        }
        if !header.dimensions.is_empty() && !header.levels.is_empty() {
            let found = Problem::error(
                self.file.document.key_place(&path!["dimensions"]),
                "a metric has `dimensions`, or `levels` with dimensions, not both",
            );
            problems.push(found.help("leave it out: each level names its own"));
        }
        let top = header.dimensions.iter().enumerate().map(|(at, name)| (name, path!["dimensions", at].to_vec()));
        let of_levels = header.levels.iter().enumerate().flat_map(|(level, of)| {
            let named = of.dimensions.iter().enumerate();
            named.map(move |(at, name)| (name, path!["levels", level, "dimensions", at].to_vec()))
        });
        for (dimension, path) in top.chain(of_levels) {
            if is_own_column(dimension) {
                let found = self.problem(&path, format!("every metric has a column `{dimension}` of its own"));
                problems.push(found.help("give the dimension another name with AS in the SELECT"));
            }
        }
        let mut levels = Vec::new();
        for at in 0..header.levels.len() {
            match self.level(at) {
                Ok(condition) => levels.push((condition, header.levels[at].dimensions.clone())),
                Err(found) => problems.push(found),
            }
        }
        if problems.is_empty() { Ok(Base { aggregation, levels }) } else { Err(problems) }
    }

    /// The condition of a level.
    fn level(&self, at: usize) -> Result<Expr, Problem> {
        let sql = level_sql(&self.header, &self.file, at);
        let parsed = DFParserBuilder::new(sql.text.as_str()).build().and_then(|mut parser| parser.parse_into_expr());
        parsed.map(|parsed| parsed.expr).map_err(|error| sql.problem(&error))
    }

    /// A metric over others.
    fn derived(
        &self,
        id: &str,
        drafts: &BTreeMap<String, Draft>,
        broken: &BTreeSet<String>,
    ) -> Result<Formula, Vec<Problem>> {
        let header = &self.header;
        let given = [
            ("time", header.time.is_some()),
            ("dimensions", !header.dimensions.is_empty()),
            ("levels", !header.levels.is_empty()),
            ("aggregation", header.aggregation.is_some()),
            ("semi_additive", header.semi_additive),
            ("without_rows", header.without_rows != WithoutRows::Zero),
        ];
        let own = |key: &'static str| {
            let place = self.file.document.key_place(&path![key]);
            Problem::error(place, format!("a derived metric has its `{key}` from the metrics that it is made of"))
                .help("leave it out, or add a FROM: a metric of rows has it itself")
        };
        let problems: Vec<Problem> = given.into_iter().filter(|(_, is)| *is).map(|(key, _)| own(key)).collect();
        let formula = metric::resolve(id, drafts, broken);
        match (problems.is_empty(), formula) {
            (true, Ok(formula)) if formula.parts.is_empty() => Err(vec![
                Problem::error(self.file.sql.start(), "this metric names no metrics and reads no table")
                    .help("add a FROM, or name metrics: SELECT won_amount AS numerator, quota AS denominator"),
            ]),
            (true, Ok(formula)) => Ok(formula),
            (_, formula) => Err(problems.into_iter().chain(formula.err().flatten()).collect()),
        }
    }
}

/// The condition of a level as SQL with its place.
pub fn level_sql(header: &MetricHeader, file: &MetricFile, at: usize) -> Sql {
    Sql::yaml(&header.levels[at].condition, &file.document, path!["levels", at, "where"].to_vec())
}

fn is_own_column(name: &str) -> bool {
    let is_compared = || ["previous_", "last_year_", "target_"].iter().any(|prefix| name.starts_with(prefix));
    OWN_COLUMNS.contains(&name) || is_compared()
}
