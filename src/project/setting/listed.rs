//! The settings of a pipeline as a person or a machine is told of them.

use serde::Serialize;
use serde_json::Value as Json;

use super::{ALL, OWN, Setting};
use crate::path;
use crate::project::PipelineFile;
use crate::yaml::Segment;

/// A setting with its present value.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// As YAML names it; one of the user's own has `own.` before it.
    pub name: String,
    /// As SQL asks for it, or reads it.
    pub sql: String,
    pub value: Json,
    /// `null` for one of the user's own.
    pub default: Option<Json>,
    pub unit: Option<&'static str>,
    pub description: Option<&'static str>,
    /// What may be written, in words.
    pub allowed: Option<String>,
    /// File, line and column; `null` for one that is at its default.
    pub set_at: Option<String>,
}

/// All settings of a pipeline, the shipped ones first.
pub fn listed(file: &PipelineFile) -> Vec<Listed> {
    let values = &file.pipeline.settings;
    let place = |path: &[Segment]| file.document.key_place(path).to_string();
    let shipped = ALL.iter().map(|setting: &'static Setting| Listed {
        name: setting.name.to_owned(),
        sql: match setting.is_table() {
            true => format!("setting.{}", setting.name),
            false => format!("setting('{}')", setting.name),
        },
        value: setting.json(values.of(setting)),
        default: Some(setting.json(setting.default())),
        unit: setting.unit,
        description: Some(setting.description),
        allowed: Some(setting.allowed()),
        set_at: values.says(setting).then(|| place(&path!["settings", setting.name])),
    });
    let own = values.own().iter().map(|(name, value)| Listed {
        name: format!("{OWN}.{name}"),
        sql: format!("setting('{OWN}.{name}')"),
        value: value.json(),
        default: None,
        unit: None,
        description: None,
        allowed: None,
        set_at: Some(place(&path!["settings", OWN, name.as_str()])),
    });
    shipped.chain(own).collect()
}

impl Listed {
    /// Its value in a line, with the unit.
    pub fn short(&self) -> String {
        let value = short(&self.value);
        match self.unit {
            Some(unit) => format!("{value} {unit}"),
            None => value,
        }
    }
}

/// A value in a line.
pub fn short(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(names) if !names.is_empty() && names.iter().all(Json::is_string) => {
            names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
        }
        Json::Array(rows) => match rows.len() {
            0 => "no rows".to_owned(),
            1 => "1 row".to_owned(),
            count => format!("{count} rows"),
        },
        other => other.to_string(),
    }
}
