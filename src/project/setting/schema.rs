//! The JSON Schema of `settings:`, by which editors complete and check it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::{ALL, Kind, OWN, Setting, Type, Values};
use crate::holiday::Weekdays;

impl JsonSchema for Values {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut properties: Map<String, Json> =
            ALL.iter().map(|setting| (setting.name.to_owned(), of_setting(setting))).collect();
        let own = json!({
            "type": "object",
            "description": "Settings of your own, for your own SQL: setting('own.big_deal').",
            "additionalProperties": {"type": ["number", "string", "boolean"]},
        });
        properties.insert(OWN.to_owned(), own);
        json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
    }
}

fn of_setting(setting: &Setting) -> Json {
    let mut schema = match &setting.kind {
        Kind::One(of) => of_type(*of),
        Kind::Weekdays => json!({"type": "array", "items": {"type": "string", "pattern": Weekdays::pattern()}}),
        Kind::Table { columns, .. } => {
            let of_column = |of: Type, description: &str| {
                let mut schema = of_type(of);
                schema["description"] = description.into();
                schema
            };
            let properties: Map<String, Json> = columns
                .iter()
                .map(|column| (column.name.to_owned(), of_column(column.of, column.description)))
                .collect();
            let required: Vec<&str> =
                columns.iter().filter(|column| column.is_required).map(|column| column.name).collect();
            json!({
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                },
            })
        }
    };
    schema["description"] = setting.description.into();
    schema["default"] = serde_yaml::from_str(setting.default).expect("a test reads every default");
    schema
}

fn of_type(of: Type) -> Json {
    let share = r"^\s*[0-9]+(\.[0-9]+)?\s*%$";
    match of {
        Type::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Type::Share => json!({"type": ["string", "number"], "pattern": share, "minimum": 0, "maximum": 1}),
        Type::Ratio => json!({"type": ["string", "number"], "pattern": share, "minimum": 0}),
        Type::Money => json!({"type": "number", "minimum": 0}),
        Type::Text => json!({"type": "string", "pattern": "."}),
        Type::OneOf(names) => json!({"enum": names}),
    }
}
