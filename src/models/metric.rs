//! Metrics held against the columns of their views: what no statement of the pack or of a person shows before it is asked.

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{SetExpr, Statement as SqlStatement};

use crate::catalogue::{Catalogue, MetricFile, Model, level_sql};
use crate::path;
use crate::problem::{self, Problem};
use crate::project::Aggregation;
use crate::query::metric::{Base, Definition, Metric};
use crate::query::{Selection, Session, Sql, sql_type, statement};
use crate::yaml::Segment;

/// What is wrong with a model that is the view of a metric, now that its columns are known.
pub async fn check(session: &Session, catalogue: &Catalogue, model: &Model, schema: &SchemaRef) -> Vec<Problem> {
    let metric = catalogue.metrics.known.get(model.name.table()).filter(|_| model.is_metric());
    let file = catalogue.metric_files.get(model.name.table());
    let (Some(metric), Some(file)) = (metric, file) else { return Vec::new() };
    let of = Of { metric, file, schema };
    match &metric.definition {
        Definition::Base(base) => {
            let mut problems = of.base(base);
            problems.extend(of.levels(session, base).await);
            problems
        }
        Definition::Derived(_) => of.measure("value", "make it of numbers").into_iter().collect(),
    }
}

/// A metric and the columns of its view.
struct Of<'a> {
    metric: &'a Metric,
    file: &'a MetricFile,
    schema: &'a SchemaRef,
}

impl Of<'_> {
    fn base(&self, base: &Base) -> Vec<Problem> {
        let mut problems = Vec::new();
        match base.aggregation {
            Aggregation::Ratio | Aggregation::Proportion => {
                let help = "write a number, as in CASE WHEN status = 'won' THEN 1 ELSE 0 END";
                problems.extend(self.measure("numerator", help));
                problems.extend(self.measure("denominator", help));
            }
            Aggregation::CountDistinct => {}
            _ => problems.extend(
                self.measure("value", "write a number, or `aggregation: count_distinct` to count different values"),
            ),
        }
        let header = &self.metric.header;
        if let Some(time) = &header.time {
            problems.extend(self.time(time));
        }
        for (at, dimension) in header.dimensions.iter().enumerate() {
            problems.extend(self.column(dimension, &path!["dimensions", at]));
        }
        for (level, of) in header.levels.iter().enumerate() {
            for (at, dimension) in of.dimensions.iter().enumerate() {
                problems.extend(self.column(dimension, &path!["levels", level, "dimensions", at]));
            }
        }
        problems
    }

    /// What is added up is to be a number.
    fn measure(&self, name: &str, help: &str) -> Option<Problem> {
        let sql = &self.file.sql;
        let id = &self.metric.id;
        let found = |message: String| Problem::error(sql.place_of_word(name).unwrap_or_else(|| sql.start()), message);
        let data_type = self.schema.field_with_name(name).ok()?.data_type();
        match data_type {
            DataType::Null => Some(found(format!("the `{name}` of `{id}` is NULL in every row")).help(match name {
                "denominator" => "write what the numerator is a share of, as in 1 AS denominator",
                _ => "write what is to be added up, as in amount_reporting AS value",
            })),
            number if number.is_numeric() => None,
            other => Some(found(format!("the `{name}` of `{id}` is {} and no number", sql_type(other))).help(help)),
        }
    }

    fn time(&self, time: &str) -> Option<Problem> {
        let path = path!["time"];
        if let Some(missing) = self.column(time, &path) {
            return Some(missing);
        }
        let data_type = self.schema.field_with_name(time).ok()?.data_type();
        let found = || {
            let message = format!("`{time}` is {} and no DATE", sql_type(data_type));
            Problem::error(self.file.document.place(&path), message)
        };
        (*data_type != DataType::Date32)
            .then(|| found().help(format!("write CAST({time} AS DATE) AS day in the SELECT, and `time: day`")))
    }

    /// A column that the SELECT is to give.
    fn column(&self, name: &str, path: &[Segment]) -> Option<Problem> {
        let columns: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
        if columns.contains(&name) {
            return None;
        }
        let found = Problem::error(self.file.document.place(path), format!("the SELECT gives no column `{name}`"));
        Some(found.help(match problem::nearest(name, columns.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add it to the SELECT, or leave it out here".to_owned(),
        }))
    }

    /// The conditions of levels, over the view.
    async fn levels(&self, session: &Session, base: &Base) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, (condition, _)) in base.levels.iter().enumerate() {
            let sql = level_sql(&self.metric.header, self.file, at);
            let frame =
                Sql::file(&problem::SourceFile::new("<level>", format!("SELECT 1 AS x FROM {}", self.metric.view())));
            let Ok(selection) = statement::parse(&frame) else { continue };
            let Statement::Statement(mut statement) = selection.statement() else { continue };
            if let SqlStatement::Query(query) = statement.as_mut()
                && let SetExpr::Select(select) = query.body.as_mut()
            {
                select.selection = Some(condition.clone());
            }
            let selection = Selection::made(*statement, selection.calls, selection.relations);
            problems.extend(session.columns(&selection, &sql).await.err());
        }
        problems
    }
}
