//! `forecastle settings`: what a company decides, and where it says so.

use forecastle::error::{Error, Kind, Result};
use forecastle::problem;
use forecastle::project::setting::{Listed, listed, short};
use serde_json::Value;

use super::Host;
use super::args::SettingsFormat;
use super::exit::Outcome;
use super::terminal::result;

/// Lists the settings of a pipeline, or shows one.
pub fn settings(host: &Host, name: Option<&str>, pipeline: Option<&str>, format: SettingsFormat) -> Result<Outcome> {
    let project = host.project()?;
    let mut settings = listed(project.pipeline(pipeline)?);
    if let Some(name) = name {
        let names: Vec<String> = settings.iter().map(|setting| setting.name.clone()).collect();
        settings.retain(|setting| setting.name == name);
        if settings.is_empty() {
            let help = problem::did_you_mean(name, names.iter().map(String::as_str));
            return Err(Error::new(Kind::Project, format!("there is no setting `{name}`")).help(help));
        }
    }
    match (format, name) {
        (SettingsFormat::Json, _) => {
            let json = serde_json::to_string_pretty(&settings);
            result(&json.map_err(|error| Error::failed(format!("could not write JSON: {error}")))?);
        }
        (SettingsFormat::Text, None) => list(&settings),
        (SettingsFormat::Text, Some(_)) => settings.iter().for_each(show),
    }
    Ok(Outcome::Done)
}

/// One line each: name, value with its unit, where it is set, and what it decides.
fn list(settings: &[Listed]) {
    let set_at = |setting: &Listed| setting.set_at.clone().unwrap_or_else(|| "default".to_owned());
    let wide =
        |of: fn(&Listed) -> String| settings.iter().map(|setting| of(setting).chars().count()).max().unwrap_or(0);
    let (names, values) = (wide(|setting| setting.name.clone()), wide(Listed::short));
    let places = settings.iter().map(|setting| set_at(setting).chars().count()).max().unwrap_or(0);
    for setting in settings {
        let (name, value, place) = (&setting.name, setting.short(), set_at(setting));
        let described = setting.description.unwrap_or_default();
        result(format!("{name:<names$}  {value:<values$}  {place:<places$}  {described}").trim_end());
    }
}

fn show(setting: &Listed) {
    result(&format!("{}\n", setting.sql));
    if let Some(description) = setting.description {
        result(&format!("{description}\n"));
    }
    result(&format!("value:{}", whole(&setting.value)));
    if let Some(default) = setting.default.as_ref().filter(|default| **default != setting.value) {
        result(&format!("default:{}", whole(default)));
    }
    if let Some(allowed) = &setting.allowed {
        result(&format!("write: {allowed}"));
    }
    result(&format!("set at: {}", setting.set_at.as_deref().unwrap_or("nowhere, it is at its default")));
}

/// A value with all of its rows.
fn whole(value: &Value) -> String {
    match value {
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            rows.iter().map(|row| format!("\n  - {row}")).collect()
        }
        other => format!(" {}", short(other)),
    }
}
