//! Models: a SELECT in a file, with its front matter.

use std::sync::Arc;

use crate::hash::sha256;
use crate::lake::TableName;
use crate::problem::Problem;
use crate::project::{self, Layer, Materialize, ModelHeader, ProjectFile};
use crate::query::{Checked, Relation, Selection, Shorthands, Sql, statement};
use crate::yaml::{self, Document};

use super::check::Check;
use super::incremental::{self, Incremental};
use super::rule;

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

    /// The hash of its SQL as the engine reads it: comments and spaces do not count.
    pub fn code(&self) -> String {
        sha256(self.selection.statement().to_string())
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
pub fn parse(
    name: TableName,
    file: &ProjectFile,
    shorthands: Shorthands<'_>,
    checked: &Checked,
) -> Result<Model, Vec<Problem>> {
    let (header, document) = header::<ModelHeader>(file)?;
    let sql = Sql::file(&file.source);
    let selection = statement::parse_known(&sql, shorthands, checked).map_err(|found| vec![found])?;
    let mut checks = Vec::new();
    let mut problems = Vec::new();
    let incremental =
        incremental::read(&name, &header, &selection, document.as_deref()).map_err(|found| problems.extend(found));
    if let Some(document) = document {
        for (index, rule) in header.checks.iter().enumerate() {
            match rule::check(&name, rule, &document, index, checked) {
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
