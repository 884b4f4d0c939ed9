//! `forecastle validate`: everything that can be known without running.

use forecastle::error::{Error, Result};
use forecastle::problem::{Problem, Severity};
use forecastle::query::Counted;
use forecastle::run::{self, Validated};

use super::Host;
use super::args::{self, ProblemFormat};
use super::exit::Outcome;
use super::terminal::result;

pub async fn validate(host: &Host, arguments: &args::Validate) -> Result<Outcome> {
    let looked = look(host, arguments.pipeline.as_deref(), arguments.format).await?;
    if arguments.verbose {
        let Counted { planned, recalled } = looked.validated.counted;
        let all = count(planned + recalled, "statement");
        host.terminal.say(&format!("{all}: {planned} planned, {recalled} known from before"));
    }
    tell(host, looked, arguments.format)
}

/// What was looked at, with how many pipelines.
pub struct Looked {
    pub validated: Validated,
    pipelines: usize,
}

/// Looks for mistakes, and tells none but those that keep it from looking.
pub async fn look(host: &Host, pipeline: Option<&str>, format: ProblemFormat) -> Result<Looked> {
    let project = host.project()?;
    let chosen: Vec<_> = match pipeline {
        Some(name) => vec![project.pipeline(Some(name)).map_err(|mut error| {
            error.problems = tell_problems(std::mem::take(&mut error.problems), format);
            error
        })?],
        None => project.pipelines.iter().collect(),
    };
    let validated = run::validate(&project, &chosen, &host.environment).await?;
    Ok(Looked { validated, pipelines: chosen.len() })
}

/// Tells what was found.
pub fn tell(host: &Host, looked: Looked, format: ProblemFormat) -> Result<Outcome> {
    let Looked { validated, pipelines } = looked;
    let Validated { problems, not_checked, models, metrics, checks, reports, tests, counted: _ } = validated;
    let errors = problems.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    let problems = tell_problems(problems, format);
    if errors > 0 {
        let mut error = Error::project(problems);
        error.message = format!("{} found{}", count(errors, "mistake"), beside(warnings));
        error.help = not_checked;
        return Err(error);
    }
    problems.iter().for_each(|found| host.terminal.problem(found));
    let pipelines = count(pipelines, "pipeline");
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
fn tell_problems(problems: Vec<Problem>, format: ProblemFormat) -> Vec<Problem> {
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
