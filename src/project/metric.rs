//! What the front matter of a metric in `sql/metric/` may say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure in words, and how the rows of its SELECT become it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricHeader {
    /// Its name on a page.
    pub label: String,
    /// Its definition in words.
    pub description: String,
    /// What it counts in.
    pub unit: Unit,
    /// The direction that is good news; none, where neither is.
    pub good: Option<Good>,
    /// The column that tells the day of a row.
    pub time: Option<String>,
    /// The columns that it can be sliced by.
    #[serde(default)]
    pub dimensions: Vec<String>,
    /// Where it is set apart for the whole and for its parts, and the parts need not add up to the whole.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// `sum` of a value, or `ratio` of a numerator and a denominator, where nothing is said.
    pub aggregation: Option<Aggregation>,
    /// The rows are states of days: a period has those of its last day, and days are never added up.
    #[serde(default)]
    pub semi_additive: bool,
    /// What a slice or a period without rows comes to.
    #[serde(default)]
    pub without_rows: WithoutRows,
    /// The metric that it is held against.
    pub target: Option<String>,
    /// Words that group metrics.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// The rows that stand for certain slices.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// A SQL condition on the rows.
    #[serde(rename = "where")]
    pub condition: String,
    /// The dimensions that they can be sliced by.
    pub dimensions: Vec<String>,
}

/// What a figure counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// The reporting currency, as DECIMAL(18,4).
    Money,
    /// A share: 0.25 is 25 %.
    Percent,
    /// How many times: 3 is 3 x.
    Ratio,
    Count,
    Days,
    Number,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Ratio => "ratio",
            Self::Count => "count",
            Self::Days => "days",
            Self::Number => "number",
        }
    }
}

/// What nothing means: for most sums that there was nothing, for a target that none was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WithoutRows {
    #[default]
    Zero,
    /// NULL; so it is with ratios, medians and other figures that are no sum, in any case.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Good {
    Up,
    Down,
}

/// How the rows of a slice become its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    Sum,
    CountDistinct,
    Min,
    Max,
    Median,
    /// The sum of numerators by the sum of denominators.
    Ratio,
    /// A ratio of counts, of which the numerator is a part of the denominator: it has an interval.
    Proportion,
}

impl Aggregation {
    /// Whether it is of a numerator and a denominator, and not of a value.
    pub fn is_ratio(self) -> bool {
        matches!(self, Self::Ratio | Self::Proportion)
    }
}
