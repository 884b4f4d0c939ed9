//! The command line: what a person types, what they see, and how it ends.
//!
//! stdout is for results, stderr for people. The exit code is the worst of what happened: see `exit.rs`.

mod args;
mod diff;
mod docs;
mod eject;
mod exit;
mod functions;
mod init;
mod inspect;
mod lake;
mod limits;
mod lineage;
mod metric;
mod progress;
mod prompt;
mod query;
mod report;
mod rows;
mod run;
mod schema;
mod settings;
mod terminal;
mod test;
mod validate;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use forecastle::error::{Error, Kind, Result};
use forecastle::project::{self, Project};
use terminal::Terminal;

/// How deep plans may nest in a thread: an unoptimised planner needs more stack than the default.
const STACK: usize = 16 << 20;

/// What every command gets from outside.
pub struct Host {
    pub terminal: Terminal,
    pub environment: BTreeMap<String, String>,
    pub threads: usize,
    root: PathBuf,
    has_cache: bool,
}

impl Host {
    /// The project's root folder: as given, or the nearest one upwards that holds a project.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn project(&self) -> Result<Project> {
        let project = project::load(&self.root)?;
        Ok(if self.has_cache { project } else { project.without_cache() })
    }
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.log_format);
    // Text that is no UTF-8 cannot be named in YAML.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let root = arguments.project.clone().unwrap_or_else(nearest_project);
    let host = Host { terminal, environment, threads, root, has_cache: !arguments.no_cache };
    let done = command(&host, arguments.command);
    exit::code(&host.terminal, done)
}

fn command(host: &Host, command: Command) -> Result<exit::Outcome> {
    match command {
        Command::Init(init) => init::init(host, &init),
        Command::Eject { path } => eject::eject(host, path.as_deref()),
        Command::List { select, exclude, allow_empty } => {
            block_on(inspect::list(host, &args::selectors(&select, &exclude), allow_empty))
        }
        Command::Lineage(of) => block_on(lineage::lineage(host, &of)),
        Command::Diff(of) => block_on(diff::diff(host, &of)),
        Command::Docs { pipeline } => block_on(docs::docs(host, pipeline.as_deref())),
        Command::Runs { limit } => inspect::runs(host, limit),
        Command::Validate(of) => block_on(validate::validate(host, &of)),
        Command::Schema { kind, write } => schema::schema(host, kind, write.as_deref()),
        Command::Test { select, pipeline, allow_empty } => {
            block_on(test::test(host, pipeline.as_deref(), &select, allow_empty))
        }
        Command::Settings { name, pipeline, format } => {
            settings::settings(host, name.as_deref(), pipeline.as_deref(), format)
        }
        Command::Functions { name } => functions::functions(host, name.as_deref()),
        Command::Watch(watch) => block_on(watch::watch(host, &watch)),
        Command::Run(run) => block_on(run::run(host, &run)),
        Command::Report(of) => block_on(report::report(host, &of)),
        Command::Lake(of) => lake::lake(host, &of),
        Command::Query(query) => block_on(query::query(host, &query)),
        Command::Metric(metric) => block_on(metric::metric(host, &metric)),
    }
}

/// Only commands that plan or run SQL pay for a runtime.
fn block_on<T: Send>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = runtime.map_err(|error| Error::new(Kind::Io, format!("could not start threads: {error}")))?;
    let done = runtime.block_on(work);
    // What was broken off is not waited for.
    runtime.shutdown_background();
    done
}

/// The folder at hand, or the nearest one above it that has `pipelines/`.
fn nearest_project() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    here.ancestors().find(|folder| folder.join("pipelines").is_dir()).map_or_else(|| here.clone(), Path::to_owned)
}
