//! What the front matter of models, checks and reports may say.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The front matter of a model.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelHeader {
    pub description: Option<String>,
    pub materialize: Materialize,
    pub tags: Vec<String>,
    pub checks: Vec<ColumnCheck>,
}

/// What becomes of a model's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Materialize {
    /// Computed by whoever reads it.
    View,
    /// Written to the lake for the run's day.
    #[default]
    Table,
}

/// A rule for a model's columns; exactly one of the kinds is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnCheck {
    /// No two rows agree in all of these columns.
    pub unique: Option<Vec<String>>,
    /// None of these columns is NULL.
    pub not_null: Option<Vec<String>>,
    pub between: Option<Between>,
    pub accepted: Option<Accepted>,
    pub severity: Gravity,
}

/// NULL passes: that is `not_null`'s matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    pub column: String,
    pub min: Option<serde_yaml::Number>,
    pub max: Option<serde_yaml::Number>,
}

/// NULL passes: that is `not_null`'s matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub column: String,
    pub values: Vec<String>,
}

/// What a failed check does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    Warn,
    /// Stops what depends on it; reports keep their last good file.
    #[default]
    Error,
}

/// The front matter of a check in `sql/check/`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckHeader {
    pub description: Option<String>,
    pub severity: Gravity,
    pub tags: Vec<String>,
}

/// The front matter of a report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportHeader {
    pub title: String,
    pub description: Option<String>,
    /// Name in the template to the SQL that fills it.
    #[serde(default)]
    pub queries: BTreeMap<String, String>,
    /// Definitions of the figures on the page, by id.
    #[serde(default)]
    pub glossary: BTreeMap<String, Definition>,
}

/// A figure's definition as the page prints it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub label: String,
    pub text: String,
}
