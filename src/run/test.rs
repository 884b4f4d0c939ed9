//! The tests of a project's models: what they need is planned and no more, and no lake is opened.

use std::collections::{BTreeMap, BTreeSet};

use super::{prepare, settings};
use crate::catalogue::{self, Among, Catalogue, Planned, Selector};
use crate::error::{Error, Kind, Result};
use crate::lake::TableName;
use crate::models::{
    self,
    test::{Test, Verdict},
};
use crate::problem::{self, Problem};
use crate::project::{self, Files, Pack, PipelineFile, Project};
use crate::query::{Checked, Session};

/// A test, and what became of it.
pub type Tested = (Test, Verdict);

/// Runs the tests of the models that are selected, of all without a selector, in the order of their files.
///
/// The fiscal year, the currency and what else heads a pipeline is the pipeline's; thresholds are as the tests say.
pub async fn test(
    project: &Project,
    file: &PipelineFile,
    select: &[Selector],
    last_run: &BTreeMap<String, String>,
    may_be_empty: bool,
) -> Result<Vec<Tested>> {
    let files = project::load_files(&project.root, file.pipeline.pack == Pack::Shipped)?;
    let checked = Checked::open(project.cache.as_deref());
    let catalogue = catalogue::load_over(&files, &checked);
    if !catalogue.problems.is_empty() {
        return Err(Error::project(catalogue.problems));
    }
    let among = Among { catalogue: &catalogue, last_run, may_be_empty };
    let chosen = Selector::models(select, among)?;
    // Without a selector also the files that are no model's, so that they are told.
    let is_wanted = |name: &TableName| select.is_empty() || chosen.contains(name);
    let (of, _) = catalogue::load_tests(&files, &catalogue, is_wanted);
    let tested: BTreeSet<TableName> = of.into_iter().map(|file| file.model.name).collect();
    let below = below(&catalogue, tested);
    let session = Session::open_for_checks(
        &prepare::neutral_settings(file.pipeline.settings.clone()),
        &catalogue.functions,
        &checked,
    )?;
    let planned = models::plan(&session, &below).await?;
    let (tests, mut problems) = read(&session, &files, &catalogue, &planned, is_wanted).await;
    checked.keep();
    problems.extend(session.function_problems().iter().cloned());
    problems.extend(planned.problems.iter().cloned());
    if !problems.is_empty() {
        problem::sort(&mut problems);
        let help = prepare::not_checked(&planned, &catalogue, &problems);
        return Err(Error { help, ..Error::project(problems) });
    }
    if tests.is_empty() && !select.is_empty() && !may_be_empty {
        return Err(Error::new(Kind::Project, "the selected models have no tests")
            .help("write one beside a model: sql/kpi/win_rate.test.yaml tests sql/kpi/win_rate.sql"));
    }
    // Numbers worked by hand are right for one value of a threshold: the shipped ones are at their defaults.
    let mut hermetic = file.pipeline.clone();
    hermetic.settings = hermetic.settings.only_own();
    let settings = |day| settings(&hermetic, day);
    let verdicts = models::test::run(&catalogue, &planned, &tests, settings).await?;
    Ok(tests.into_iter().zip(verdicts).collect())
}

/// The tests of the wanted models, and all that is wrong with their files.
pub async fn read(
    session: &Session,
    files: &Files,
    catalogue: &Catalogue,
    planned: &Planned,
    wanted: impl Fn(&TableName) -> bool,
) -> (Vec<Test>, Vec<Problem>) {
    let (found, mut problems) = catalogue::load_tests(files, catalogue, wanted);
    let mut tests = Vec::new();
    for file in found {
        match models::test::read(session, catalogue, planned, &file).await {
            Ok(of_file) => tests.extend(of_file),
            Err(wrong) => problems.extend(wrong),
        }
    }
    (tests, problems)
}

/// The catalogue with those models only, and what they are planned over.
fn below(catalogue: &Catalogue, mut names: BTreeSet<TableName>) -> Catalogue {
    let mut open: Vec<TableName> = names.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let Some(model) = catalogue.models.get(&name) else { continue };
        let read: Vec<TableName> = catalogue.upstream(model).cloned().chain(target(catalogue, &name)).collect();
        open.extend(read.into_iter().filter(|read| names.insert(read.clone())));
    }
    let mut below = catalogue.clone();
    below.models.retain(|name, _| names.contains(name));
    below
}

/// The metric that one may be held against.
fn target(catalogue: &Catalogue, name: &TableName) -> Option<TableName> {
    let metric = catalogue.models.get(name).filter(|model| model.is_metric())?;
    let target = catalogue.metrics.known.get(metric.name.table())?.header.target.as_ref()?;
    catalogue.models.keys().find(|name| catalogue.models[*name].is_metric() && name.table() == target).cloned()
}
