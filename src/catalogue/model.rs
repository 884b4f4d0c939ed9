//! Models: a SELECT in a file, with its front matter.

use std::sync::Arc;

use crate::lake::TableName;
use crate::path;
use crate::problem::Problem;
use crate::project::{self, ColumnCheck, Layer, Materialize, ModelHeader, ProjectFile};
use crate::query::{Relation, Selection, Sql, statement};
use crate::yaml::{self, Document};

use super::check::{Check, Subject};
use super::incremental::{self, Incremental};

/// A SQL file that makes a table.
#[derive(Debug, Clone)]
pub struct Model {
    pub name: TableName,
    pub header: ModelHeader,
    pub sql: Sql,
    pub selection: Selection,
    pub layer: Layer,
    /// The rules of its front matter, as checks.
    pub checks: Vec<Check>,
    /// How its partitions lie, if it has any.
    pub incremental: Option<Incremental>,
}

impl Model {
    pub fn is_view(&self) -> bool {
        self.header.materialize == Materialize::View
    }

    /// Whether it reads its own earlier partitions.
    pub fn reads_itself(&self) -> bool {
        self.relations().iter().any(|relation| relation.name == self.name.to_string())
    }

    pub fn relations(&self) -> &[Relation] {
        &self.selection.relations
    }
}

/// The front matter of a SQL file, with the document it stands in; a default where there is none.
pub fn header<T: serde::de::DeserializeOwned + Default>(
    file: &ProjectFile,
) -> Result<(T, Option<Arc<Document>>), Vec<Problem>> {
    match project::in_sql(&file.source).map_err(|found| vec![found])? {
        None => Ok((T::default(), None)),
        Some(range) => {
            let document = yaml::parse(&file.source, range)?;
            Ok((document.read()?, Some(Arc::new(document))))
        }
    }
}

/// Reads a model's file.
pub fn parse(name: TableName, file: &ProjectFile) -> Result<Model, Vec<Problem>> {
    let (header, document) = header::<ModelHeader>(file)?;
    let sql = Sql::file(&file.source);
    let selection = statement::parse(&sql).map_err(|found| vec![found])?;
    let mut checks = Vec::new();
    let mut problems = Vec::new();
    let incremental =
        incremental::read(&name, &header, &selection, document.as_deref()).map_err(|found| problems.extend(found));
    if let Some(document) = document {
        for (index, rule) in header.checks.iter().enumerate() {
            match column_check(&name, rule, &document, index) {
                Ok(check) => checks.push(check),
                Err(found) => problems.push(found),
            }
        }
    }
    match incremental {
        Ok(incremental) if problems.is_empty() => {
            Ok(Model { name, header, sql, selection, layer: file.layer, checks, incremental })
        }
        _ => Err(problems),
    }
}

/// A rule of the front matter as the SELECT whose rows are its offenders.
fn column_check(
    model: &TableName,
    rule: &ColumnCheck,
    document: &Arc<Document>,
    index: usize,
) -> Result<Check, Problem> {
    let here = path!["checks", index].to_vec();
    let given = [rule.unique.is_some(), rule.not_null.is_some(), rule.between.is_some(), rule.accepted.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        return Err(Problem::error(document.place(&here), "a check needs exactly one rule")
            .help("write one of `unique: [..]`, `not_null: [..]`, `between: {column, min, max}`, `accepted: {column, values}`"));
    }
    let (kind, columns, condition, grouped): (&str, Vec<String>, String, bool) = if let Some(columns) = &rule.unique {
        ("unique", columns.clone(), "count(*) > 1".to_owned(), true)
    } else if let Some(columns) = &rule.not_null {
        let conditions: Vec<String> = columns.iter().map(|column| format!("{} IS NULL", quoted(column))).collect();
        ("not_null", columns.clone(), conditions.join(" OR "), false)
    } else if let Some(between) = &rule.between {
        let column = quoted(&between.column);
        let bounds = [
            between.min.as_ref().map(|min| format!("{column} < {min}")),
            between.max.as_ref().map(|max| format!("{column} > {max}")),
        ];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        if bounds.is_empty() {
            return Err(Problem::error(document.place(&here), "`between` needs a bound").help("add `min:` or `max:`"));
        }
        ("between", vec![between.column.clone()], bounds.join(" OR "), false)
    } else if let Some(accepted) = &rule.accepted {
        let values: Vec<String> =
            accepted.values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
        let condition = format!("{} NOT IN ({})", quoted(&accepted.column), values.join(", "));
        ("accepted", vec![accepted.column.clone()], condition, false)
    } else {
        unreachable!("one of the four was counted above")
    };
    if columns.is_empty() {
        return Err(
            Problem::error(document.place(&here), format!("`{kind}` names no column")).help("name at least one")
        );
    }
    let listed = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let text = if grouped {
        format!("SELECT {listed}, count(*) AS occurrences FROM {model} GROUP BY {listed} HAVING {condition}")
    } else {
        format!("SELECT * FROM {model} WHERE {condition}")
    };
    // The engine's complaints about this SQL are about the rule: they are shown there.
    let sql = Sql::rule(&text, document, here.clone());
    let selection = statement::parse(&sql)?;
    Ok(Check {
        name: format!("{model}/{kind}({})", columns.join(", ")),
        description: None,
        gravity: rule.severity,
        subject: Subject::Model(model.clone()),
        sql,
        selection,
        condition: (!grouped).then_some(condition),
    })
}

fn quoted(column: &str) -> String {
    format!("\"{}\"", column.to_lowercase().replace('"', "\"\""))
}
