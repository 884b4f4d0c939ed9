//! The JSON Schemas of the YAML: whatever the program reads is valid by them, and what it refuses for its shape is not.

use std::fs;
use std::path::{Path, PathBuf};

use forecastle::problem::SourceFile;
use forecastle::project::{self, schema::Kind};
use serde_json::Value;

use crate::command::Program;
use crate::needed::repository;

/// What is wrong with a value, by the part of JSON Schema that the schemas use. Another keyword is a fault of this test.
fn faults(schema: &Value, root: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(schema) = schema.as_object() else {
        return if *schema == Value::Bool(true) { vec![] } else { vec![format!("{path}: nothing may stand here")] };
    };
    let mut found = Vec::new();
    for (keyword, rule) in schema {
        let of = |schema: &Value, value: &Value, path: &str| faults(schema, root, value, path);
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" => {}
            "format" => {}
            "$ref" => {
                let target = rule.as_str().unwrap().strip_prefix('#').unwrap();
                found.extend(of(root.pointer(target).unwrap(), value, path));
            }
            "type" => {
                let names = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !names.iter().any(|name| is_of(value, name.as_str().unwrap())) {
                    found.push(format!("{path}: is no {rule}"));
                }
            }
            "properties" => {
                for (key, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        found.extend(of(schema, value, &format!("{path}/{key}")));
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (key, value) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(key)) {
                        found.extend(of(rule, value, &format!("{path}/{key}")));
                    }
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.is_object() && value.get(key.as_str().unwrap()).is_none() {
                        found.push(format!("{path}: {key} is missing"));
                    }
                }
            }
            "items" => {
                for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(of(rule, value, &format!("{path}/{at}")));
                }
            }
            "const" => found.extend((value != rule).then(|| format!("{path}: is not {rule}"))),
            "enum" => {
                found.extend((!rule.as_array().unwrap().contains(value)).then(|| format!("{path}: not in {rule}")))
            }
            "anyOf" | "oneOf" => {
                let all: Vec<_> = rule.as_array().unwrap().iter().map(|schema| of(schema, value, path)).collect();
                let fitting = all.iter().filter(|faults| faults.is_empty()).count();
                if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                    found.push(format!("{path}: fits {fitting} of {}", all.len()));
                }
            }
            "minimum" => {
                let is_less = value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap());
                found.extend(is_less.then(|| format!("{path}: is less than {rule}")));
            }
            "maximum" => {
                let is_more = value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap());
                found.extend(is_more.then(|| format!("{path}: is more than {rule}")));
            }
            // Patterns are written by hand, beside what the program itself parses; here only that there is a text.
            "pattern" => {}
            other => panic!("{path}: the schemas use `{other}`, which this test does not know"),
        }
    }
    found
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

fn wrong(kind: Kind, yaml: &str) -> Vec<String> {
    let schema = kind.schema();
    let value: Value = serde_yaml::from_str(yaml).unwrap();
    faults(&schema, &schema, &value, "")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The YAML that a project's file holds, and what it is of.
fn yaml(path: &str, text: &str) -> Option<(Kind, String)> {
    let source = SourceFile::new(path, text);
    let (folder, rest) = path.split_once('/')?;
    match folder {
        "pipelines" if rest.ends_with(".yaml") => Some((Kind::Pipeline, text.to_owned())),
        "sql" if project::tested(rest).is_some() => Some((Kind::Test, text.to_owned())),
        "sql" if rest.ends_with(".sql") => {
            let range = project::in_sql(&source).unwrap()?;
            let kind = match rest.split_once('/') {
                Some(("check", _)) => Kind::Check,
                Some(("metric", _)) => Kind::Metric,
                _ => Kind::Model,
            };
            Some((kind, text[range].to_owned()))
        }
        "reports" if rest.ends_with(".md") && !rest.ends_with("README.md") => {
            Some((Kind::Report, text[project::in_markdown(&source).unwrap().0].to_owned()))
        }
        _ => None,
    }
}

#[test]
fn everything_that_is_shipped_or_tested_is_valid_by_its_schema() {
    let mut roots = vec![repository().to_owned()];
    roots.extend(fs::read_dir(repository().join("tests/projects")).unwrap().map(|entry| entry.unwrap().path()));
    let mut seen = [0; Kind::ALL.len()];
    for root in roots {
        let mut found = Vec::new();
        for folder in ["pipelines", "sql", "reports"].map(|folder| root.join(folder)) {
            if folder.is_dir() {
                files(&folder, &mut found);
            }
        }
        for path in found {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let relative = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let Some((kind, yaml)) = yaml(relative, &text) else { continue };
            assert_eq!(wrong(kind, &yaml), Vec::<String>::new(), "{}", path.display());
            seen[Kind::ALL.iter().position(|other| *other == kind).unwrap()] += 1;
        }
    }
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?} files of {:?}", Kind::ALL);
}

const PIPELINE: &str = "pipeline: nightly\ntimezone: UTC\ncurrency: USD\n";
const SOURCE: &str = "sources:\n- table: crm.deal\n  csv: {path: d.csv}\n  map: {a: B}\n";

#[test]
fn what_the_program_refuses_for_its_shape_is_refused_by_the_schema() {
    let good = [
        (
            Kind::Pipeline,
            format!(
                "{PIPELINE}{SOURCE}  keep: {{daily: 14}}\n  rejects: {{limit: 1%}}\n  volume: {{drop: 0.5, grow: 100%}}\n"
            ),
        ),
        (
            Kind::Pipeline,
            format!(
                "{PIPELINE}sources:\n- {{table: crm.deal, xlsx: {{path: d.xlsx, sheet: 2, header_row: 3}}, map: {{}}}}\n"
            ),
        ),
        (
            Kind::Pipeline,
            format!(
                "{PIPELINE}settings:\n  silent_days: 45\n  age_percentile: 85%\n  working_days: [sunday..thursday]\n  \
                 lead_rule: [{{type: demo, points: -5}}]\n  own: {{big_deal: 100000, region: EMEA}}\n"
            ),
        ),
        (
            Kind::Model,
            "materialize: view\nchecks:\n- unique: [a]\n- between: {column: a, min: 0}\n  severity: warn\n".to_owned(),
        ),
        (
            Kind::Test,
            "tests:\n- {name: a, given: {crm.deal: [{a: 1, b: x, c: null}]}, expect: [], match: exact}\n".to_owned(),
        ),
    ];
    for (kind, yaml) in &good {
        assert_eq!(wrong(*kind, yaml), Vec::<String>::new(), "{yaml}");
    }
    let bad = [
        (Kind::Pipeline, format!("{PIPELINE}suorces: []\n")),
        (Kind::Pipeline, "pipeline: nightly\ntimezone: UTC\n".to_owned()),
        (Kind::Pipeline, format!("{PIPELINE}pack: nnoe\n")),
        (Kind::Pipeline, format!("{PIPELINE}fiscal_year_starts: febuary\n")),
        (Kind::Pipeline, format!("{PIPELINE}{SOURCE}  ndjson: {{path: d}}\n")),
        (Kind::Pipeline, format!("{PIPELINE}sources:\n- {{table: crm.deal, map: {{}}}}\n")),
        (Kind::Pipeline, format!("{PIPELINE}{SOURCE}  requird: false\n")),
        (Kind::Pipeline, format!("{PIPELINE}{SOURCE}  keep: {{daily: 0}}\n")),
        (Kind::Pipeline, format!("{PIPELINE}{SOURCE}  export: all\n")),
        (Kind::Pipeline, format!("{PIPELINE}settings: {{silent_dayz: 45}}\n")),
        (Kind::Pipeline, format!("{PIPELINE}settings: {{silent_days: 0}}\n")),
        (Kind::Pipeline, format!("{PIPELINE}settings: {{lead_rule: [{{type: demo}}]}}\n")),
        (Kind::Test, "settings: {silent_days: soon}\ntests: []\n".to_owned()),
        (Kind::Model, "materialise: view\n".to_owned()),
        (Kind::Model, "checks:\n- {unique: [a], not_null: [b]}\n".to_owned()),
        (Kind::Model, "checks:\n- {uniqe: [a]}\n".to_owned()),
        (Kind::Check, "severity: fatal\n".to_owned()),
        (Kind::Report, "queries: {}\n".to_owned()),
        (Kind::Report, "title: x\nquerys: {}\n".to_owned()),
        (Kind::Test, "tests:\n- {name: a}\n".to_owned()),
        (Kind::Test, "tests: []\ndays: 2026-01-01\n".to_owned()),
    ];
    for (kind, yaml) in &bad {
        assert_ne!(wrong(*kind, yaml), Vec::<String>::new(), "{kind}: {yaml}");
    }
}

#[test]
fn every_key_is_described() {
    fn look(schema: &Value, path: &str, bare: &mut Vec<String>) {
        for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_told = ["description", "$ref", "anyOf"].iter().any(|told| schema.get(told).is_some());
            bare.extend((!is_told).then(|| format!("{path}.{key}")));
        }
        for (name, schema) in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
            look(schema, &format!("{path}/{name}"), bare);
        }
    }
    let mut bare = Vec::new();
    for kind in Kind::ALL {
        look(&kind.schema(), kind.name(), &mut bare);
    }
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn schemas_are_printed_listed_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::in_folder(folder.path());
    let printed = program.runs_to(0, &["schema", "pipeline"]).stdout;
    let schema: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["latest"]["default"], true);
    assert!(
        program.runs_to(0, &["schema"]).stdout.contains("test      the tests of a model: sql/<schema>/*.test.yaml\n")
    );
    program.runs_to(0, &["schema", "--write", "made/schemas"]);
    for kind in Kind::ALL {
        let text = fs::read_to_string(folder.path().join(format!("made/schemas/{kind}.schema.json"))).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), kind.schema());
    }
    let said = program.runs_to(2, &["schema", "pipline"]).stderr;
    assert!(said.contains("there is no schema `pipline`: did you mean `pipeline`?"), "{said}");
}
