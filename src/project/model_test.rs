//! What a file of tests beside a model may say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::setting;
use crate::day::Day;

/// The tests of one model, as `sql/kpi/win_rate.test.yaml` holds them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelTests {
    /// The day of the tests that name none.
    #[serde(default = "first_of_2026")]
    pub day: Day,
    /// What the tests see of settings; the shipped ones that are not named here are at their defaults, whatever the pipeline
    /// says.
    #[serde(default)]
    pub settings: setting::Values,
    /// Each runs for itself.
    pub tests: Vec<ModelTest>,
}

/// Rows of what a model reads, and the rows that it is to make of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelTest {
    /// What it proves, in a few words; no other test of the file has them.
    pub name: String,
    /// The day that the model sees as the run's.
    pub day: Option<Day>,
    /// What this test sees of settings, over what the file says.
    #[serde(default)]
    pub settings: setting::Values,
    /// How a metric is sliced; without it, its total.
    pub slice: Option<MetricSlice>,
    /// Rows by the relation that they are of. A relation that is not named has none.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<BTreeMap<String, serde_json::Value>>>")]
    pub given: BTreeMap<String, Vec<TestRow>>,
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// The rows that the model is to make of them.
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    pub expect: Vec<TestRow>,
}

/// The arguments of `metric(...)` behind the name.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricSlice {
    /// The dimensions that it is sliced by.
    pub by: Vec<String>,
    /// The period of a row: week, month, quarter or year.
    pub grain: Option<String>,
    /// A SQL condition on its dimensions.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// The first day.
    pub from: Option<Day>,
    /// The last day, which counts.
    pub to: Option<Day>,
    /// So many days up to the last one.
    pub trailing: Option<u32>,
    /// What each row is held against.
    pub compare: Vec<String>,
}

impl MetricSlice {
    /// The call, an argument to a line.
    pub fn call(&self, metric: &str) -> String {
        let text = |text: &String| format!("'{}'", text.replace('\'', "''"));
        let list = |texts: &[String]| format!("[{}]", texts.iter().map(text).collect::<Vec<_>>().join(", "));
        let day = |day: &Day| format!("DATE '{day}'");
        let given = [
            (!self.by.is_empty()).then(|| format!("by => {}", list(&self.by))),
            self.grain.as_ref().map(|grain| format!("grain => {}", text(grain))),
            self.condition.as_ref().map(|condition| format!("where => {condition}")),
            self.from.as_ref().map(|from| format!("from => {}", day(from))),
            self.to.as_ref().map(|to| format!("to => {}", day(to))),
            self.trailing.map(|days| format!("trailing => {days}")),
            (!self.compare.is_empty()).then(|| format!("compare => {}", list(&self.compare))),
        ];
        let arguments = std::iter::once(text(&metric.to_owned())).chain(given.into_iter().flatten());
        format!("metric({})", arguments.collect::<Vec<_>>().join(",\n  "))
    }
}

/// Values by column, as they are written. A given row has NULL in the columns that it leaves out.
pub type TestRow = BTreeMap<String, serde_yaml::Value>;

/// When the rows of a model are as expected, in whatever order they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// Each expected row is found once and there are no others; only the columns that it names are looked at.
    #[default]
    Rows,
    /// As `Rows`, but there may be others.
    Subset,
    /// As `Rows`, and all columns are looked at: those that a row leaves out are to be NULL.
    Exact,
}

fn first_of_2026() -> Day {
    Day::of(jiff::civil::date(2026, 1, 1))
}
