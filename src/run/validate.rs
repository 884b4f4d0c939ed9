//! Everything that can be known of a project without running it.

use super::prepare::{self, Environment, Examined};
use super::test;
use crate::error::Result;
use crate::problem::{self, Problem};
use crate::project::{Pack, PipelineFile, Project};
use crate::query::{Checked, Counted};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Validated {
    /// In file order.
    pub problems: Vec<Problem>,
    /// Words for the models of which nothing can be said.
    pub not_checked: Option<String>,
    /// Without those of metrics.
    pub models: usize,
    pub metrics: usize,
    pub checks: usize,
    pub reports: usize,
    pub tests: usize,
    /// The statements of all of these.
    pub counted: Counted,
}

/// Checks the project's files and, for each of the pipelines, its sources, and its maps against the headers of the
/// newest exports that are there.
pub async fn validate(project: &Project, pipelines: &[&PipelineFile], environment: &Environment) -> Result<Validated> {
    let mut validated = Validated { problems: project.problems.clone(), ..Validated::default() };
    let used = |pack: &Pack| pipelines.iter().any(|file| file.pipeline.pack == *pack);
    // Where no pipeline can be read, the rest is still looked at.
    let packs = [Pack::Shipped, Pack::None]
        .into_iter()
        .filter(|pack| used(pack) || (pipelines.is_empty() && *pack == project.pack_of_broken));
    let checked = Checked::open(project.cache.as_deref());
    for pack in packs {
        let examined = prepare::examine_over(project, pack, &checked).await?;
        let Examined { files, catalogue, session, planned, problems, .. } = examined;
        validated.problems.extend(problems);
        let (tests, problems) = test::read(&session, &files, &catalogue, &planned, |_| true).await;
        validated.problems.extend(problems);
        validated.tests = validated.tests.max(tests.len());
        validated.not_checked =
            validated.not_checked.or_else(|| prepare::not_checked(&planned, &catalogue, &validated.problems));
        let metrics = catalogue.metric_files.len();
        validated.models = validated.models.max(catalogue.models.len() - metrics);
        validated.metrics = validated.metrics.max(metrics);
        validated.checks = validated.checks.max(catalogue.checks.len());
        validated.reports = validated.reports.max(catalogue.reports.len());
        for file in pipelines.iter().filter(|file| file.pipeline.pack == pack) {
            let (jobs, problems) = prepare::jobs(project, file, &catalogue, environment)?;
            validated.problems.extend(problems);
            validated.problems.extend(prepare::check_headers(&jobs, &file.pipeline)?);
        }
    }
    checked.keep();
    validated.counted = checked.counted();
    problem::sort(&mut validated.problems);
    Ok(validated)
}
