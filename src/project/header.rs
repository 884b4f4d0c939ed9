//! What the front matter of models, checks and reports may say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use super::pipeline::Share;
use super::schema::one_of;
use crate::calendar::Grain;
use crate::day::Day;

/// The front matter of a model.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelHeader {
    /// What the model tells, in a sentence.
    pub description: Option<String>,
    /// Who answers for it: a person, a team, an address.
    pub owner: Option<String>,
    pub materialize: Materialize,
    /// Words by which models are selected: `tag:weekly`.
    pub tags: Vec<String>,
    /// Rules for the model's rows.
    pub checks: Vec<ColumnCheck>,
    /// Of which days an incremental model has a partition; of every day with a snapshot, if it says nothing.
    pub every: Option<Every>,
    /// The declared table whose exports make an incremental model's days, where not everything does that it reads.
    pub days_of: Option<String>,
    /// Of these days, only the first of each longer period that lies so many days after the end of the one before.
    pub once_after: Option<OnceAfter>,
    /// The first day of which an incremental model may have a partition.
    pub start: Option<Day>,
    /// What becomes of an incremental model's partition of a day whose exports have been corrected.
    pub on_correction: Option<OnCorrection>,
    /// The columns of an incremental model that reads itself: names, and types as SQL writes them.
    pub columns: Option<BTreeMap<String, String>>,
}

/// What becomes of a model's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Materialize {
    /// Computed by whoever reads it.
    View,
    /// Written to the lake for the run's day.
    #[default]
    Table,
    /// A partition a day, written once and kept: what was so on that day, as far as that day knew.
    Incremental,
}

/// How closely the partitions of an incremental model lie: one of each period, of the last day in it that has a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Of every day with a snapshot.
    #[default]
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Every {
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The period of which there is one partition; `None` for days.
    pub fn grain(self) -> Option<Grain> {
        match self {
            Self::Day => None,
            Self::Week => Some(Grain::Week),
            Self::Month => Some(Grain::Month),
            Self::Quarter => Some(Grain::Quarter),
            Self::Year => Some(Grain::Year),
        }
    }
}

/// One partition of each period, of the first day that lies so many days after the end of the period before: for what is
/// learnt once, when a quarter is final.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnceAfter {
    pub period: Every,
    /// A whole number, or the name of a setting that is one.
    #[schemars(
        with = "serde_json::Value",
        extend("type" = ["integer", "string"], "minimum" = 0, "examples" = [7, "lead_mature_days"])
    )]
    pub days: Days,
}

/// A number of days, or the setting that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    Whole(u16),
    Setting(String),
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Days;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a whole number of days, or the name of a setting")
            }

            fn visit_u64<E: serde::de::Error>(self, days: u64) -> Result<Days, E> {
                let whole = u16::try_from(days).ok().filter(|days| *days <= 366);
                whole
                    .map(Days::Whole)
                    .ok_or_else(|| E::custom(format!("`{days}` days are too many; write at most 366")))
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Days, E> {
                Err(E::custom("write a whole number of days from 0 to 366, or the name of a setting"))
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Days, E> {
                Ok(Days::Setting(name.to_owned()))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// What becomes of a partition when an export of its day, or of one before it, is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnCorrection {
    /// It stays: a forecast is what was said then.
    #[default]
    Keep,
    /// It is computed again.
    Recompute,
}

/// A rule for a model's columns; exactly one of the kinds is given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("oneOf" = one_of(&[
    "unique", "not_null", "between", "accepted", "references", "expression", "freshness", "row_count", "null_share",
])))]
pub struct ColumnCheck {
    /// No two rows agree in all of these columns.
    pub unique: Option<Vec<String>>,
    /// None of these columns is NULL.
    pub not_null: Option<Vec<String>>,
    /// The column's values lie between these, both included.
    pub between: Option<Between>,
    /// The column's values are among these.
    pub accepted: Option<Accepted>,
    /// The column's values are those of another table.
    pub references: Option<References>,
    /// A condition that every row meets; one that is NULL passes.
    pub expression: Option<String>,
    /// The column's newest day is not long ago.
    pub freshness: Option<Freshness>,
    /// There are about as many rows as there should be.
    pub row_count: Option<RowCount>,
    /// The column is not more often NULL than it was.
    pub null_share: Option<NullShare>,
    pub severity: Gravity,
}

/// Every value of the column is one of another table's; NULL passes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// A column of the model.
    pub column: String,
    /// A declared table or a model.
    pub table: String,
    /// The column of that table; the one of the same name without it.
    pub key: Option<String>,
}

/// The newest day or moment in the column is at most so many days before the run's day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// A column of the model, of days or moments.
    pub column: String,
    /// So many days it may lie back.
    pub days: u32,
}

/// How many rows there are: within fixed bounds, or near to the median of the days before.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RowCount {
    /// The fewest that pass.
    pub min: Option<u64>,
    /// The most that pass.
    pub max: Option<u64>,
    /// Not more than this share below the median.
    pub drop: Option<Share>,
    /// Not more than this share above the median.
    pub grow: Option<Share>,
}

/// The share of rows in which the column is NULL is not above the median of the days before by more than so much.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NullShare {
    /// A column of the model.
    pub column: String,
    /// Percentage points: from a median of 2 %, `rise: 5%` lets up to 7 % pass.
    pub rise: Share,
}

/// NULL passes: that is `not_null`'s matter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// A column of the model.
    pub column: String,
    /// The least that passes.
    #[schemars(with = "Option<f64>")]
    pub min: Option<serde_yaml::Number>,
    /// The most that passes.
    #[schemars(with = "Option<f64>")]
    pub max: Option<serde_yaml::Number>,
}

/// NULL passes: that is `not_null`'s matter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// A column of the model.
    pub column: String,
    /// Those that pass.
    pub values: Vec<String>,
}

/// What a failed check does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// Is told, and stops nothing.
    Warn,
    /// Stops what depends on it; reports keep their last good file.
    #[default]
    Error,
}

/// The front matter of a check in `sql/check/`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckHeader {
    /// What must hold, in a sentence.
    pub description: Option<String>,
    pub severity: Gravity,
    /// Words that group checks.
    pub tags: Vec<String>,
}

/// The front matter of a report.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportHeader {
    /// What heads the page.
    pub title: String,
    /// What the page is for, in a sentence.
    pub description: Option<String>,
    /// Who answers for it: a person, a team, an address.
    pub owner: Option<String>,
    /// Name in the template to the SQL that fills it.
    #[serde(default)]
    pub queries: BTreeMap<String, String>,
    /// Definitions of the figures on the page, by id.
    #[serde(default)]
    pub glossary: BTreeMap<String, Definition>,
    /// What the report is written as; all of these, if it says nothing.
    #[serde(default = "ReportFormat::all")]
    #[schemars(with = "Vec<ReportFormat>")]
    pub formats: BTreeSet<ReportFormat>,
    /// A query and one of its columns, as `person.owner_id`: each row makes a page of its own, with the rows of all queries
    /// that have the same value in a column of that name.
    pub each: Option<QueryColumn>,
}

/// A form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// The page: `index.html`.
    Html,
    /// `report.md` and its drawings.
    Markdown,
    /// The rows behind each chart and table, a file each in `data/`.
    Csv,
    /// All of these in one workbook: `report.xlsx`.
    Xlsx,
}

impl ReportFormat {
    pub fn all() -> BTreeSet<Self> {
        BTreeSet::from([Self::Html, Self::Markdown, Self::Csv, Self::Xlsx])
    }

    /// Whether it is for people who read, and not for those who go on to compute.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Html | Self::Markdown)
    }
}

/// A column of a query of the report, as `person.owner_id`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct QueryColumn {
    pub query: String,
    pub column: String,
}

impl TryFrom<String> for QueryColumn {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        match written.split_once('.') {
            Some((query, column)) if !query.is_empty() && !column.is_empty() => {
                Ok(Self { query: query.to_owned(), column: column.to_owned() })
            }
            _ => Err("this names no column of a query; write it like `person.owner_id`".to_owned()),
        }
    }
}

/// A figure's definition as the page prints it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The figure's name.
    pub label: String,
    /// How it is computed.
    pub text: String,
}
