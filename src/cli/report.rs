//! `forecastle report`: the pages that lie in `out/reports/`, and whether one is what the lake gives.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;

use forecastle::error::Result;
use forecastle::project::{PipelineFile, Project};
use forecastle::reports::{self, Changed, Fault, Given, label};
use forecastle::run::{self, Finding, Verified};

use super::Host;
use super::exit::Outcome;
use super::run::PROGRAM;
use super::terminal::result;
use super::validate::count;

const VERIFY_HELP: &str = "\
Example:    forecastle report verify out/reports/executive/2026-11-13
            forecastle report verify ~/Downloads/index.html

Exit codes: 0 every byte is what the lake gives · 3 it is not, or its data was corrected since; stdout says what and why
            2 it is no report of this project and lake · 1 it can no longer be made · 65 the lake is damaged";

#[derive(Debug, Args)]
pub struct Arguments {
    /// The pipeline of the reports; without it the only one that has the report, or `nightly`
    #[arg(long, global = true, value_name = "NAME")]
    pub pipeline: Option<String>,

    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Make a report once more, as of its day and commit, and say whether the file is that, to the byte
    #[command(after_help = VERIFY_HELP)]
    Verify {
        /// A page, its Markdown, its manifest.json, or the folder that holds them
        file: PathBuf,
    },
    /// List the pages that were made, newest first, as the shelf has them
    List,
}

pub async fn report(host: &Host, arguments: &Arguments) -> Result<Outcome> {
    let project = host.project()?;
    match &arguments.what {
        What::Verify { file } => verify(host, &project, arguments.pipeline.as_deref(), file).await,
        What::List => list(host, project.pipeline(arguments.pipeline.as_deref())?, &project),
    }
}

fn list(host: &Host, file: &PipelineFile, project: &Project) -> Result<Outcome> {
    let folder = project.root.join(&file.pipeline.out).join("reports");
    if !folder.exists() {
        host.terminal.say("no report has been made yet");
        return Ok(Outcome::Done);
    }
    let shelf = reports::read_shelf(&folder)?;
    shelf.passed_over.iter().for_each(|said| host.terminal.warn(said));
    for of in shelf.reports.values().flatten() {
        let again =
            if of.revisions.is_empty() { String::new() } else { format!("  (made again: {})", of.revisions.len()) };
        result(&format!("{}  {}  {}{again}", of.day, of.report, shown(&of.headline)));
    }
    Ok(Outcome::Done)
}

async fn verify(host: &Host, project: &Project, pipeline: Option<&str>, path: &std::path::Path) -> Result<Outcome> {
    let given = Given::read(path)?;
    let file = pipeline_of(project, pipeline, given.told.report())?;
    let lake = super::lake::open(project, file)?;
    let prepared = run::prepare(project, file, &host.environment).await?;
    let run_host = run::Host {
        program: PROGRAM.to_owned(),
        run_id: format!("verify-{}", Uuid::new_v4().simple()),
        now: &Timestamp::now,
        fresh_uuid: &Uuid::new_v4,
        environment: &host.environment,
        threads: host.threads,
    };
    let verified = run::verify(project, file, &prepared, &lake, &given, &std::env::temp_dir(), &run_host).await?;
    tell(host, &verified);
    Ok(if verified.is_same() { Outcome::Done } else { Outcome::Different })
}

/// The pipeline of that name; else the only one that makes the report.
fn pipeline_of<'p>(project: &'p Project, name: Option<&str>, report: Option<&str>) -> Result<&'p PipelineFile> {
    let makes = |file: &&PipelineFile| file.pipeline.reports.iter().any(|name| Some(name.as_str()) == report);
    let mut makers = project.pipelines.iter().filter(makes);
    match (name, makers.next(), makers.next()) {
        (None, Some(only), None) => Ok(only),
        _ => project.pipeline(name),
    }
}

/// What was found on stdout, what to think of it on stderr.
fn tell(host: &Host, verified: &Verified) {
    let Verified { report, day, commit, files, findings } = verified;
    let of = commit.map_or_else(|| "before any commit".to_owned(), |commit| format!("commit {commit}"));
    if verified.is_same() {
        result(&format!("{report} of {day}: {}, every byte as the lake gives it ({of})", count(*files, "file")));
        return;
    }
    findings.iter().for_each(|finding| result(&words(finding, *day)));
    host.terminal.say(&match verified {
        of_then if of_then.is_genuine() => {
            format!("{report} of {day} is genuine, as of {of}; its data was corrected since, and it is out of date")
        }
        other if other.findings.iter().any(Finding::is_cause) => format!(
            "{report} of {day} was made by something else than what is here: take the SQL, the template and the version \
             of then to tell whether anything else was altered"
        ),
        _ => format!("{report} of {day} is not what the lake gives as of {of}: it was altered after it was made"),
    });
}

/// A finding in words.
fn words(finding: &Finding, day: forecastle::day::Day) -> String {
    match finding {
        Finding::File(Fault::Missing { path }) => format!("{} is missing", shown(path)),
        Finding::File(Fault::Foreign { path }) => format!("{} is no file of this report", shown(path)),
        Finding::File(Fault::NotAsPublished { path }) => {
            format!("{} is not the file that manifest.json names", shown(path))
        }
        Finding::File(Fault::Differs { path, from, to }) if from == to => {
            format!("{} differs in line {from}", shown(path))
        }
        Finding::File(Fault::Differs { path, from, to }) => {
            format!("{} differs in lines {from} to {to}", shown(path))
        }
        Finding::Made(changed) => made(changed),
        Finding::OtherState { commit } => format!(
            "commit {commit} of this lake has another state of {day} than the page tells: it was made over another lake, \
             or what it tells was altered"
        ),
        Finding::Corrected { commit, tables } => {
            let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
            format!("data corrected since, by commit {commit}: {}", tables.join(", "))
        }
    }
}

fn made(changed: &Changed) -> String {
    let told = |value: &Option<String>| value.as_deref().unwrap_or("nothing").to_owned();
    let (before, now) = (told(&changed.before), told(&changed.now));
    match changed.label.as_str() {
        label::SQL => {
            format!("the SQL of models or of the report's queries has changed: the page tells {before}, here is {now}")
        }
        label::TEMPLATE => format!("the template has changed: the page tells {before}, here is {now}"),
        label::PROGRAM => format!("another version: the page was made by {before}, this is {now}"),
        other => format!("{}: the page tells {before}, the lake gives {now}", other),
    }
}

/// A stranger's text without what steers a terminal.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
