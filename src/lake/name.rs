//! Names inside the lake: which table, in which role, of which run.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// A table's full name, `crm.deal`: each side is a lower-case letter, then letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    schema: String,
    table: String,
}

impl TableName {
    /// The name of its two sides; fails with words when one of them is no name.
    pub fn new(schema: &str, table: &str) -> std::result::Result<Self, String> {
        for side in [schema, table] {
            let mut letters = side.bytes();
            let opens = letters.next().is_some_and(|first| first.is_ascii_lowercase());
            if !opens || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_') {
                return Err(format!(
                    "`{schema}.{table}` is not a table's name: each side is a lower-case letter, then letters, digits and `_`"
                ));
            }
        }
        Ok(Self { schema: schema.to_owned(), table: table.to_owned() })
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once('.') {
            Some((schema, table)) => Self::new(schema, table),
            None => Err(format!("`{text}` is not a table's name: it has no schema, as `crm.deal` has")),
        }
    }
}

impl JsonSchema for TableName {
    fn schema_name() -> Cow<'static, str> {
        "TableName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A table's full name: its folder and its file.",
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$",
            "examples": ["crm.deal"]
        })
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a table's rows of a day are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A declared table as it was exported on the day.
    Snapshot,
    /// A model's table, or its partition, of the day.
    Model,
    /// The rows of the day's export that did not fit the declared table.
    Reject,
    /// The rows that a check returned on the day.
    Check,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snapshot => "snapshot",
            Self::Model => "model",
            Self::Reject => "reject",
            Self::Check => "check",
        })
    }
}

/// Refuses a run id that could not be a folder's name on every disk.
pub(super) fn check_run_id(run_id: &str) -> Result<()> {
    let fits = (1..=100).contains(&run_id.len())
        && !run_id.starts_with('.')
        && run_id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    match fits {
        true => Ok(()),
        false => Err(Error::failed(format!(
            "`{}` cannot be a run id: it is to be 1 to 100 letters, digits, `-`, `_` and `.`, not opening with `.`",
            run_id.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_the_way_through_text() {
        let name: TableName = "forecast_method.stage2".parse().unwrap();
        assert_eq!((name.schema(), name.table()), ("forecast_method", "stage2"));
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"forecast_method.stage2\"");
        assert_eq!(serde_json::from_str::<TableName>("\"forecast_method.stage2\"").unwrap(), name);
    }

    #[test]
    fn what_could_leave_its_folder_or_differ_by_case_only_is_no_name() {
        for text in
            ["deal", "crm.", ".deal", "crm.deal.x", "Crm.deal", "crm.2deal", "crm._deal", "../crm.deal", "crm.de al"]
        {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_run_id_is_a_plain_folder_name() {
        assert!(check_run_id("2026-11-21T02.00.00-7f3a").is_ok());
        for id in ["", ".", "..", "a/b", "a\nb", "ä"] {
            assert!(check_run_id(id).is_err(), "{id:?}");
        }
    }
}
