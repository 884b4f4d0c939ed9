//! `forecastle query`: SQL in, rows out.

use std::io::{IsTerminal, Read};
use std::sync::Arc;

use forecastle::day::Day;
use forecastle::error::{Doing, Error, Kind, Result};
use forecastle::lake::Pin;
use forecastle::problem::{self, SourceFile};
use forecastle::project::{self, PipelineFile, Project};
use forecastle::query::Sql;
use forecastle::run;

use super::Host;
use super::args::{self, Limits};
use super::exit::Outcome;
use super::limits::within;
use super::prompt::Prompt;
use super::rows::print;

pub async fn query(host: &Host, arguments: &args::Query) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let prepared = run::prepare(&project, file, &host.environment).await?;
    let sql = match &arguments.check {
        Some(name) => offenders(&prepared, name)?,
        None if arguments.sql.is_none() && is_at_terminal() => {
            let seen = Seen::open(&project, file, arguments.day, arguments.commit)?;
            return Prompt::new(host, &prepared, file, seen, arguments.limits, arguments.format)?.talk().await;
        }
        None => Sql::file(&written(host, arguments.sql.as_deref())?),
    };
    let seen = Seen::open(&project, file, arguments.day, arguments.commit)?;
    seen.tell_if_later(host);
    let run::Answer { schema, rows, warnings } = answer(file, &prepared, &sql, &seen, arguments.limits).await?;
    warnings.iter().for_each(|found| host.terminal.problem(found));
    print(&schema, &rows, arguments.format)?;
    Ok(Outcome::Done)
}

/// Asks the lake.
pub async fn answer(
    file: &PipelineFile,
    prepared: &run::Prepared,
    sql: &Sql,
    seen: &Seen,
    limits: Limits,
) -> Result<run::Answer> {
    within(limits.timeout, run::ask(prepared, &file.pipeline, &seen.pin, seen.day, sql, limits.memory)).await
}

/// The lake as queries see it.
pub struct Seen {
    pub pin: Pin,
    pub day: Day,
    commit: Option<u64>,
}

impl Seen {
    /// As of a day, the newest without one; as a commit left it, the newest without one.
    pub fn open(project: &Project, file: &PipelineFile, day: Option<Day>, commit: Option<u64>) -> Result<Self> {
        let lake = super::lake::open(project, file)?;
        let pin = commit.map_or_else(|| lake.pin(), |commit| lake.pin_at(commit))?;
        let newest = super::run::newest_day(&pin)?;
        let mut seen = Self { pin, day: newest, commit };
        seen.look_at(day.unwrap_or(newest))?;
        Ok(seen)
    }

    /// Moves to another day, which must not lie before all that the lake knows.
    pub fn look_at(&mut self, day: Day) -> Result<()> {
        let newest = super::run::newest_day(&self.pin)?;
        let oldest = super::run::oldest_day(&self.pin).unwrap_or(newest);
        if day < oldest {
            let then = self.commit.map_or_else(String::new, |commit| format!(" in commit {commit}"));
            return Err(Error::new(Kind::Project, format!("the lake knows nothing of {day}{then}"))
                .help(format!("it holds the days from {oldest} to {newest}")));
        }
        self.day = day;
        Ok(())
    }

    /// Says so, where no export is as new as the day.
    pub fn tell_if_later(&self, host: &Host) {
        if let Ok(newest) = super::run::newest_day(&self.pin)
            && newest < self.day
        {
            host.terminal.say(&format!("the newest export is of {newest}: the tables are as it left them"));
        }
    }
}

/// Whether somebody sits there to type and to read.
fn is_at_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The SQL of a check, whose rows are its offenders. One of `sql/check/` may be named without its folder.
fn offenders(prepared: &run::Prepared, name: &str) -> Result<Sql> {
    let checks = &prepared.catalogue.checks;
    let is_whole = name.contains(['.', '/']);
    let whole = if is_whole { name.to_owned() } else { format!("check.{name}") };
    checks.iter().find(|check| check.name == whole).map(|check| check.sql.clone()).ok_or_else(|| {
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        Error::new(Kind::Project, format!("there is no check `{name}`")).help(problem::did_you_mean(&whole, names))
    })
}

/// The SQL: of the argument, of the file that it names, or of stdin.
fn written(host: &Host, argument: Option<&str>) -> Result<Arc<SourceFile>> {
    match argument {
        Some(path) if path.ends_with(".sql") && !path.contains(char::is_whitespace) => file(host, path),
        Some(text) => Ok(SourceFile::new("<query>", text)),
        None if std::io::stdin().is_terminal() => Err(Error::new(Kind::Project, "there is no SQL")
            .help("write it behind the command: forecastle query \"SELECT * FROM crm.deal LIMIT 5\"")),
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).doing("read SQL from", std::path::Path::new("stdin"))?;
            Ok(SourceFile::new("<stdin>", text))
        }
    }
}

/// A SQL file of the project or of the pack, by its path in the project.
pub fn file(host: &Host, path: &str) -> Result<Arc<SourceFile>> {
    let full = host.root().join(path);
    if full.exists() {
        return Ok(SourceFile::new(path, std::fs::read_to_string(&full).doing("read", &full)?));
    }
    let shipped = project::shipped(path).ok_or_else(|| {
        Error::new(Kind::Project, format!("there is no file {path}, neither in the project nor in the pack"))
            .help("forecastle list shows what there is")
    })?;
    Ok(SourceFile::new(path, shipped))
}
