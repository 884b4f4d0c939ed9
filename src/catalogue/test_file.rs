//! Files of tests, each beside the model that it tests: `sql/kpi/win_rate.test.yaml` tests `kpi.win_rate`.

use std::sync::Arc;

use super::{Catalogue, Model, name};
use crate::lake::TableName;
use crate::path;
use crate::problem::{self, Problem};
use crate::project::{self, Files, ModelTest, ModelTests, ProjectFile};
use crate::query::{Sql, statement};
use crate::yaml::{self, Document};

/// The tests of a model, and where they are written.
#[derive(Debug, Clone)]
pub struct TestFile {
    pub model: Model,
    pub tests: ModelTests,
    pub document: Arc<Document>,
}

impl TestFile {
    /// The model that a test runs: the file's own, or of a metric the slice that the test asks for.
    pub fn model_of(&self, at: usize, catalogue: &Catalogue) -> Result<Model, Problem> {
        let test = &self.tests.tests[at];
        let path = path!["tests", at, "slice"];
        if !self.model.is_metric() {
            return match test.slice {
                Some(_) => Err(Problem::error(self.document.key_place(&path), "only a metric is sliced")
                    .help("leave it out: a model's test holds all of its rows against what is expected")),
                None => Ok(self.model.clone()),
            };
        }
        let slice = test.slice.clone().unwrap_or_default();
        let text = format!("SELECT * FROM {}", slice.call(self.model.name.table()));
        let sql = Sql::rule(&text, &self.document, path.to_vec());
        let selection = statement::parse_over(&sql, catalogue.shorthands())?;
        Ok(Model { sql, selection, ..self.model.clone() })
    }
}

/// Reads the tests of the models that are wanted; what is wrong with their files comes beside them, in file order.
///
/// The tests of a model with a mistake are left out: it is told there.
pub fn load_tests(
    files: &Files,
    catalogue: &Catalogue,
    wanted: impl Fn(&TableName) -> bool,
) -> (Vec<TestFile>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (path, file) in files {
        let Some(stem) = path.strip_prefix("sql/").and_then(project::tested) else { continue };
        match name(stem, file).map_err(|found| vec![found]) {
            Ok(name) if catalogue.is_broken(&name.to_string()) || !wanted(&name) => {}
            Ok(name) => match parse(&name, file, catalogue) {
                Ok(tests) => found.push(tests),
                Err(wrong) => problems.extend(wrong),
            },
            Err(wrong) => problems.extend(wrong),
        }
    }
    problem::sort(&mut problems);
    (found, problems)
}

fn parse(name: &TableName, file: &ProjectFile, catalogue: &Catalogue) -> Result<TestFile, Vec<Problem>> {
    let Some(model) = catalogue.models.get(name) else { return Err(vec![no_model(name, file, catalogue)]) };
    let document = yaml::parse(&file.source, 0..file.source.text.len())?;
    let tests: ModelTests = document.read()?;
    let twice = |(at, test): (usize, &ModelTest)| {
        let is_twin = tests.tests[..at].iter().any(|other| other.name == test.name);
        let place = || document.place(&path!["tests", at, "name"]);
        is_twin.then(|| Problem::error(place(), "two tests have this name").help("give each a name of its own"))
    };
    let problems: Vec<Problem> = tests.tests.iter().enumerate().filter_map(twice).collect();
    if problems.is_empty() {
        Ok(TestFile { model: model.clone(), tests, document: Arc::new(document) })
    } else {
        Err(problems)
    }
}

fn no_model(name: &TableName, file: &ProjectFile, catalogue: &Catalogue) -> Problem {
    let found = |message: String| Problem::error(file.source.place(0..0), message);
    if catalogue.tables.contains_key(name) {
        return found(format!("`{name}` is a declared table, and tests are of models"))
            .help("test a model that reads it, with rows of it under `given`");
    }
    let names: Vec<String> = catalogue.models.keys().map(ToString::to_string).collect();
    let near = problem::nearest(&name.to_string(), names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`? a file of tests is named as its model's file"),
        None => "name it as its model's file: sql/kpi/win_rate.test.yaml tests sql/kpi/win_rate.sql".to_owned(),
    };
    found(format!("there is no model `{name}` to test")).help(help)
}
