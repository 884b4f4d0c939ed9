//! `forecastle validate`: everything that can be known without running.

use forecastle::error::{Error, Result};
use forecastle::problem::{Problem, Severity};
use forecastle::run::{self, Validated};

use super::Host;
use super::args::ProblemFormat;
use super::exit::Outcome;
use super::terminal::result;

pub async fn validate(host: &Host, pipeline: Option<&str>, format: ProblemFormat) -> Result<Outcome> {
    let project = host.project()?;
    let chosen: Vec<_> = match pipeline {
        Some(name) => vec![project.pipeline(Some(name)).map_err(|mut error| {
            error.problems = tell(std::mem::take(&mut error.problems), format);
            error
        })?],
        None => project.pipelines.iter().collect(),
    };
    let Validated { problems, not_checked, models, metrics, checks, reports, tests } =
        run::validate(&project, &chosen, &host.environment).await?;
    let errors = problems.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    let problems = tell(problems, format);
    if errors > 0 {
        let mut error = Error::project(problems);
        error.message = format!("{} found{}", count(errors, "mistake"), beside(warnings));
        error.help = not_checked;
        return Err(error);
    }
    problems.iter().for_each(|found| host.terminal.problem(found));
    let pipelines = count(chosen.len(), "pipeline");
    let told_metrics = if metrics == 0 { String::new() } else { format!(", {}", count(metrics, "metric")) };
    host.terminal.say(&format!(
        "{pipelines}, {}{told_metrics}, {}, {}, {}: no mistakes{}",
        count(models, "model"),
        count(checks, "check"),
        count(reports, "report"),
        count(tests, "test"),
        beside(warnings)
    ));
    Ok(Outcome::Done)
}

/// Writes problems on stdout for an editor, and leaves those that are still to be told on stderr.
fn tell(problems: Vec<Problem>, format: ProblemFormat) -> Vec<Problem> {
    if format == ProblemFormat::Text {
        return problems;
    }
    result(&as_json(&problems));
    Vec::new()
}

/// One array, a problem a line.
fn as_json(problems: &[Problem]) -> String {
    match problems.iter().map(|problem| problem.to_json().to_string()).collect::<Vec<_>>() {
        none if none.is_empty() => "[]".to_owned(),
        lines => format!("[\n{}\n]", lines.join(",\n")),
    }
}

fn beside(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(", {}", count(warnings, "warning")) }
}

/// `1 model`, `2 models`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
