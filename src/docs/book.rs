//! What is written down; each field is explained in `src/docs/artifacts.md`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lineage::How;
use crate::project::Good;
use crate::project::setting::Listed;

/// A project.
#[derive(Debug, Clone, Serialize)]
pub struct Book {
    /// Of this format; it rises when a field goes or means something else.
    pub format: u32,
    pub project: String,
    pub program: String,
    pub pipelines: Vec<Pipeline>,
    pub tables: Vec<Table>,
    pub models: Vec<Model>,
    pub checks: Vec<Check>,
    pub reports: Vec<Report>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    pub name: String,
    pub file: String,
    pub description: Option<String>,
    pub timezone: String,
    pub currency: String,
    /// 1 to 12.
    pub fiscal_year_starts: i8,
    pub lake: String,
    pub out: String,
    pub reports: Vec<String>,
    pub settings: Vec<Listed>,
    pub sources: Vec<Source>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub table: String,
    pub format: String,
    pub path: String,
    /// `full` or `changes`.
    pub export: &'static str,
    pub required: bool,
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Column of the table to what it is mapped from, as it is written.
    pub map: BTreeMap<String, String>,
    /// Where a row of the export holds several: what each is mapped from on top.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    #[serde(rename = "where")]
    pub condition: Option<String>,
    pub map: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub name: String,
    pub file: String,
    /// What its file says above the statement.
    pub description: Option<String>,
    pub key: Vec<String>,
    pub columns: Vec<Column>,
    /// What the lake tells of it, such as `crm.deal_history`.
    pub beside: Vec<String>,
    pub read_by: Vec<String>,
    pub sql: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub sql_type: Option<String>,
    /// Its own, or that of the column that it passes on unchanged.
    pub description: Option<String>,
    /// Whether it is never NULL; told of declared columns.
    pub required: Option<bool>,
    /// The values that it may take, if they are listed.
    pub allowed: Vec<String>,
    /// What it comes from directly, and what decides about it alone.
    pub inputs: Vec<Input>,
}

/// Something that a column or a relation's rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    pub relation: String,
    /// None for the relation's rows.
    pub column: Option<String>,
    pub transformations: Vec<How>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Model {
    pub name: String,
    pub file: String,
    /// `project`, or `pack` where it is the shipped one.
    pub layer: &'static str,
    pub description: Option<String>,
    /// What its file says below the front matter: what one row is.
    pub notes: Option<String>,
    pub owner: Option<String>,
    pub materialize: String,
    pub tags: Vec<String>,
    pub columns: Vec<Column>,
    /// What its rows come from, and what decides which there are.
    pub rows: Vec<Input>,
    pub reads: Vec<String>,
    pub read_by: Vec<String>,
    pub checks: Vec<String>,
    pub tests: Vec<String>,
    /// As it is written.
    pub sql: String,
    /// As the engine gets it.
    pub expanded_sql: String,
    /// What it is the view of, if it is a metric's.
    pub metric: Option<Metric>,
}

/// A figure that is defined once.
#[derive(Debug, Clone, Serialize)]
pub struct Metric {
    pub id: String,
    pub label: String,
    pub unit: &'static str,
    pub good: Option<Good>,
    /// The column that tells the day of a row.
    pub time: Option<String>,
    pub dimensions: Vec<String>,
    pub semi_additive: bool,
    pub target: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub name: String,
    pub file: String,
    pub description: Option<String>,
    /// `warn` or `error`.
    pub severity: &'static str,
    pub reads: Vec<String>,
    pub sql: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub name: String,
    pub file: String,
    pub layer: &'static str,
    pub title: String,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub reads: Vec<String>,
    pub queries: Vec<Query>,
    pub tiles: Vec<Tile>,
    pub glossary: Vec<Definition>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Query {
    pub name: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Input>,
    pub reads: Vec<String>,
    pub sql: String,
    pub expanded_sql: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Tile {
    pub id: String,
    pub component: String,
    pub reads: Vec<Input>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Definition {
    pub id: String,
    pub label: String,
    pub text: String,
}
