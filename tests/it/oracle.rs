//! What another program, `tests/oracle`, works out from the same exports, held against the tables of a lake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::needed::{python, repository, succeed};
use crate::project::{TestProject, objects};

pub fn script(name: &str) -> PathBuf {
    repository().join("tests/oracle").join(name)
}

/// What is said of the tables and metrics that the oracle works out for a day; of the folder `pack` it is to know every one.
pub fn compared(project: &TestProject, on: &str, oracle: &mut Command, pack: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (wanted, given) = (folder.path().join("wanted.json"), folder.path().join("given.json"));
    succeed(oracle.args(["--day", on, "--json"]).arg(&wanted));
    let figures: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(&wanted).unwrap()).unwrap();
    let questions: Vec<String> = figures.keys().map(|model| format!("SELECT * FROM {model}")).collect();
    let answers = project.ask_all(on, &questions.iter().map(String::as_str).collect::<Vec<_>>());
    let tables: BTreeMap<&String, Vec<Value>> = figures.keys().zip(answers.iter().map(|rows| objects(rows))).collect();
    std::fs::write(&given, serde_json::to_vec(&tables).unwrap()).unwrap();
    let mut compare = python("compare").unwrap();
    compare.arg(script("compare.py")).arg(&wanted).arg(&given);
    succeed(compare.args(pack.map(|folder| repository().join(folder))))
}
