//! JSON Schemas of the project's YAML, for editors: derived from the types that the program reads, so that both know the
//! same keys.

use std::fmt;
use std::str::FromStr;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{CheckHeader, MetricHeader, ModelHeader, ModelTests, Pipeline, ReportHeader};
use crate::problem;

/// What YAML of a project may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pipeline,
    Model,
    Check,
    Metric,
    Report,
    Test,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Pipeline, Self::Model, Self::Check, Self::Metric, Self::Report, Self::Test];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Model => "model",
            Self::Check => "check",
            Self::Metric => "metric",
            Self::Report => "report",
            Self::Test => "test",
        }
    }

    /// The YAML that the schema is of.
    pub fn of(self) -> &'static str {
        match self {
            Self::Pipeline => "a pipeline: pipelines/*.yaml",
            Self::Model => "the front matter of a model: sql/<schema>/*.sql",
            Self::Check => "the front matter of a check: sql/check/*.sql",
            Self::Metric => "the front matter of a metric: sql/metric/*.sql",
            Self::Report => "the front matter of a report: reports/*.md",
            Self::Test => "the tests of a model: sql/<schema>/*.test.yaml",
        }
    }

    /// The schema, of JSON Schema's draft 2020-12.
    pub fn schema(self) -> Value {
        let schema = match self {
            Self::Pipeline => of::<Pipeline>(),
            Self::Model => of::<ModelHeader>(),
            Self::Check => of::<CheckHeader>(),
            Self::Metric => of::<MetricHeader>(),
            Self::Report => of::<ReportHeader>(),
            Self::Test => of::<ModelTests>(),
        };
        let mut schema = schema.to_value();
        schema["title"] = format!("Forecastle: {}", self.of()).into();
        schema
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            format!("there is no schema `{name}`: {}", problem::did_you_mean(name, names))
        })
    }
}

fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

/// The condition that exactly one of some keys is there.
pub(super) fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({"required": [key]})).collect()
}
