//! `forecastle validate`: everything that can be known without running.

use forecastle::error::{Error, Result};
use forecastle::problem::{self, Severity};
use forecastle::run;

use super::Host;
use super::exit::Outcome;

pub async fn validate(host: &Host, pipeline: Option<&str>) -> Result<Outcome> {
    let project = host.project()?;
    let chosen: Vec<_> = match pipeline {
        Some(name) => vec![project.pipeline(Some(name))?],
        None => project.pipelines.iter().collect(),
    };
    let mut problems = project.problems.clone();
    let mut helps = Vec::new();
    let (mut models, mut checks, mut reports) = (0, 0, 0);
    for file in &chosen {
        match run::prepare(&project, file, &host.environment).await {
            Ok(prepared) => {
                problems.extend(prepared.check_headers(&file.pipeline)?);
                problems.extend(prepared.warnings);
                models = models.max(prepared.catalogue.models.len());
                checks = checks.max(prepared.catalogue.checks.len());
                reports = reports.max(prepared.catalogue.reports.len());
            }
            Err(error) if !error.problems.is_empty() => {
                problems.extend(error.problems);
                helps.extend(error.help);
            }
            Err(error) => return Err(error),
        }
    }
    problem::sort(&mut problems);
    let errors = problems.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    if errors > 0 {
        let mut error = Error::project(problems);
        error.message = format!("{} found{}", count(errors, "mistake"), beside(warnings));
        error.help = helps.into_iter().next();
        return Err(error);
    }
    problems.iter().for_each(|found| host.terminal.problem(found));
    let pipelines = count(chosen.len(), "pipeline");
    host.terminal.say(&format!(
        "{pipelines}, {}, {}, {}: no mistakes{}",
        count(models, "model"),
        count(checks, "check"),
        count(reports, "report"),
        beside(warnings)
    ));
    Ok(Outcome::Done)
}

fn beside(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(", {}", count(warnings, "warning")) }
}

/// `1 model`, `2 models`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
