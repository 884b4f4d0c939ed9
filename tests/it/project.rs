//! The fixture: a project in a temporary folder, run and asked through the library, with its own clock and identities.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use forecastle::day::Day;
use forecastle::error::{Error, Result};
use forecastle::lake::{Lake, Pin, Role, TableName};
use forecastle::problem::SourceFile;
use forecastle::project::{self, PipelineFile, Project};
use forecastle::query::Sql;
use forecastle::query::session::MEMORY;
use forecastle::run::{
    self, DayRecord, Days, Environment, Host, ModelOutcome, Prepared, Record, ReportOutcome, Request, SourceOutcome,
    Validated,
};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::needed::repository;
use crate::rows;

/// What the program calls itself: it stands in the reports.
const PROGRAM: &str = concat!("forecastle ", env!("CARGO_PKG_VERSION"));
/// An unoptimised planner needs more stack than a test's thread has.
const STACK: usize = 16 << 20;

/// A project in a folder of its own, gone with the value.
pub struct TestProject {
    folder: TempDir,
    environment: Environment,
    threads: usize,
    /// Moments, runs and identities so far: each call gives the next.
    ticks: AtomicU64,
}

/// A report's files.
#[derive(Debug, PartialEq, Eq)]
pub struct ReportFiles {
    pub html: String,
    pub markdown: String,
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

impl TestProject {
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        static PROJECTS: AtomicU64 = AtomicU64::new(0);
        let folder = tempfile::Builder::new().prefix("forecastle-test-").tempdir().unwrap();
        // Each project has a time and identities of its own, so that nothing can hang on them.
        let ticks = AtomicU64::new(PROJECTS.fetch_add(1, Ordering::SeqCst) * 100_000);
        Self { folder, environment: Environment::new(), threads: 2, ticks }
    }

    /// A copy of a folder of `tests/projects`.
    pub fn copy_of(name: &str) -> Self {
        let project = Self::empty();
        copy(&repository().join("tests/projects").join(name), project.root());
        project
    }

    /// A few tables, models, a check and a report without the pack: plans in no time. It has no exports.
    pub fn small() -> Self {
        Self::copy_of("small")
    }

    /// The shipped demo with the exports of the chosen days only.
    pub fn demo(wanted: impl Fn(Day) -> bool) -> Self {
        let project = Self::empty();
        let exports = repository().join("testdata/demo/exports");
        for entry in fs::read_dir(&exports).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if wanted(day(&name)) {
                copy(&exports.join(&name), &project.path(&format!("testdata/demo/exports/{name}")));
            }
        }
        copy(&repository().join("pipelines"), &project.path("pipelines"));
        project
    }

    pub fn with_variable(mut self, name: &str, value: &Path) -> Self {
        self.environment.insert(name.to_owned(), value.to_str().unwrap().to_owned());
        self
    }

    /// The same project and variables without its lake.
    pub fn beside(&self) -> Self {
        let project = Self { environment: self.environment.clone(), ..Self::empty() };
        for entry in fs::read_dir(self.root()).unwrap().map(Result::unwrap) {
            let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
            if kind.is_dir() && !["lake", "out", "exports"].iter().any(|made| name == *made) {
                copy(&entry.path(), &project.root().join(&name));
            } else if kind.is_file() {
                fs::copy(entry.path(), project.root().join(&name)).unwrap();
            }
        }
        project
    }

    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let full = self.path(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, content).unwrap();
        self
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.path(path)).unwrap();
        self
    }

    /// Replaces a stretch of a file that must be there once.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}:\n{text}");
        self.write(path, text.replace(from, to))
    }

    /// The small project's export of deals on a day.
    pub fn deals(&self, day: &str, rows: &[&str]) -> &Self {
        self.write(
            &format!("exports/{day}/deal.csv"),
            format!("Id,Owner,Stage,Status,Amount,Created\n{}\n", rows.join("\n")),
        )
    }

    // ---- running

    pub fn prepare(&self) -> Result<Prepared> {
        block_on(self.threads, async || {
            let project = project::load(self.root())?;
            run::prepare(&project, project.pipeline(None)?, &self.environment).await
        })
    }

    /// Checks the project over what is known of it from before.
    pub fn validate(&self) -> Result<Validated> {
        self.validated(project::load(self.root())?)
    }

    /// Checks the project as if nothing were known.
    pub fn validate_anew(&self) -> Result<Validated> {
        self.validated(project::load(self.root())?.without_cache())
    }

    fn validated(&self, project: Project) -> Result<Validated> {
        block_on(self.threads, async || {
            let pipelines: Vec<&PipelineFile> = project.pipelines.iter().collect();
            run::validate(&project, &pipelines, &self.environment).await
        })
    }

    pub fn try_run(&self, request: &Request) -> Result<Record> {
        let run_id = format!("run-{}", self.tick());
        block_on(self.threads, async || {
            let project = project::load(self.root())?;
            let file = project.pipeline(None)?;
            let prepared = run::prepare(&project, file, &self.environment).await?;
            let host = Host {
                program: PROGRAM.to_owned(),
                run_id,
                now: &|| Timestamp::from_second(1_800_000_000 + i64::try_from(self.tick()).unwrap()).unwrap(),
                fresh_uuid: &|| Uuid::from_u128(0x4000_8000_0000_0000_0000 + u128::from(self.tick())),
                environment: &self.environment,
                threads: self.threads,
            };
            run::run(&project, file, &prepared, request, &host, &mut |_| ()).await
        })
    }

    /// Every exported day that the lake lacks.
    pub fn run(&self) -> Record {
        self.run_days(Days::Missing)
    }

    pub fn run_day(&self, on: &str) -> Record {
        self.run_days(Days::One(day(on)))
    }

    pub fn run_days(&self, days: Days) -> Record {
        self.try_run(&Request {
            days,
            select: Vec::new(),
            sources_only: false,
            full_refresh: false,
            allow_empty: false,
        })
        .unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    pub fn run_selected(&self, days: Days, selectors: &[&str]) -> Record {
        let select = selectors.iter().map(|text| text.parse().unwrap()).collect();
        self.try_run(&Request { days, select, sources_only: false, full_refresh: false, allow_empty: false })
            .unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// The failure of a run that must fail.
    pub fn fail_to_run(&self, on: &str) -> Error {
        match self.try_run(&Request {
            days: Days::One(day(on)),
            select: Vec::new(),
            sources_only: false,
            full_refresh: false,
            allow_empty: false,
        }) {
            Ok(record) => panic!("the run of {on} did not fail: {:?}", record.status),
            Err(error) => error,
        }
    }

    /// The failure of a project that must not be fit to run.
    pub fn fail_to_prepare(&self) -> Error {
        self.prepare().err().expect("the project should have mistakes")
    }

    /// Everything that is wrong with the project, as `validate` tells it; what `run` tells where that finds nothing.
    pub fn complaints(&self) -> String {
        match self.validate().map(|validated| validated.problems) {
            Err(error) => told(&error),
            Ok(problems) if !problems.is_empty() => {
                problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n\n")
            }
            Ok(_) => match self.try_run(&Request {
                days: Days::Missing,
                select: Vec::new(),
                sources_only: false,
                full_refresh: false,
                allow_empty: false,
            }) {
                Err(error) => told(&error),
                Ok(record) => record_complaints(&record),
            },
        }
    }

    // ---- reading back

    pub fn lake(&self) -> Lake {
        Lake::open(&self.path("lake")).unwrap()
    }

    pub fn pin(&self) -> Pin {
        self.lake().pin().unwrap()
    }

    pub fn commits(&self) -> u64 {
        self.pin().commit()
    }

    /// Answers SQL as of a day, one text per row in the order of the answer.
    pub fn ask(&self, on: &str, sql: &str) -> Vec<String> {
        rows::lines(&self.batches(on, sql))
    }

    /// Answers several questions with one plan of the project.
    pub fn ask_all(&self, on: &str, questions: &[&str]) -> Vec<Vec<RecordBatch>> {
        block_on(self.threads, async || {
            let project = project::load(self.root())?;
            let file = project.pipeline(None)?;
            let prepared = run::prepare(&project, file, &self.environment).await?;
            let pin = self.pin();
            let mut answers = Vec::new();
            for sql in questions {
                let sql = Sql::file(&SourceFile::new("<query>", *sql));
                answers.push(run::ask(&prepared, &file.pipeline, &pin, day(on), &sql, MEMORY).await?.rows);
            }
            Ok(answers)
        })
        .unwrap_or_else(|error: Error| panic!("{}", told(&error)))
    }

    fn batches(&self, on: &str, sql: &str) -> Vec<RecordBatch> {
        self.try_ask(on, sql).unwrap_or_else(|error| panic!("{sql}\n{}", told(&error)))
    }

    pub fn try_ask(&self, on: &str, sql: &str) -> Result<Vec<RecordBatch>> {
        block_on(self.threads, async || {
            let project = project::load(self.root())?;
            let file = project.pipeline(None)?;
            let prepared = run::prepare(&project, file, &self.environment).await?;
            let sql = Sql::file(&SourceFile::new("<query>", sql));
            Ok(run::ask(&prepared, &file.pipeline, &self.pin(), day(on), &sql, MEMORY).await?.rows)
        })
    }

    /// The rejected rows of a table's export of a day: file, line, column, reason and the row.
    pub fn rejects(&self, table: &str, on: &str) -> Vec<String> {
        self.stored(table, Role::Reject, on)
    }

    /// A model's table as the lake holds it for a day; panics if it holds none.
    pub fn model(&self, name: &str, on: &str) -> Vec<String> {
        self.stored(name, Role::Model, on)
    }

    pub fn has_model(&self, name: &str, on: &str) -> bool {
        self.pin().on(&table(name), Role::Model, day(on)).is_some()
    }

    fn stored(&self, name: &str, role: Role, on: &str) -> Vec<String> {
        let pin = self.pin();
        let Some(version) = pin.on(&table(name), role, day(on)) else {
            panic!("the lake has no {role:?} of {name} on {on}")
        };
        let batches: Vec<RecordBatch> = pin.read(version).unwrap().map(|batch| batch.unwrap()).collect();
        rows::lines(&batches)
    }

    /// Every version of the lake: table, role, day, rows and the hash of its state.
    pub fn state(&self) -> Vec<String> {
        let pin = self.pin();
        let mut state = Vec::new();
        for role in [Role::Snapshot, Role::Reject, Role::Model] {
            for name in pin.tables(role) {
                for day in pin.days(name, role) {
                    let version = pin.on(name, role, day).unwrap();
                    state.push(format!("{role:?} {name} {day} {} {}", version.rows, version.state));
                }
            }
        }
        state
    }

    pub fn report(&self, name: &str, folder: &str) -> ReportFiles {
        let home = format!("out/reports/{name}/{folder}");
        ReportFiles {
            html: self.read(&format!("{home}/index.html")),
            markdown: self.read(&format!("{home}/report.md")),
        }
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }
}

fn table(name: &str) -> TableName {
    name.parse().unwrap()
}

/// Runs a future on a runtime of its own, on a thread with enough stack.
fn block_on<T: Send>(threads: usize, work: impl AsyncFnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .thread_stack_size(STACK)
            .build()
            .unwrap();
        let worker = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, move || runtime.block_on(work()))
            .unwrap();
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// An error as the terminal tells it.
pub fn told(error: &Error) -> String {
    let mut told: Vec<String> = error.problems.iter().map(|problem| format!("{}\n", problem.render(false))).collect();
    told.push(format!("error: {}", error.message));
    told.extend(error.help.as_ref().map(|help| format!("help: {help}")));
    told.join("\n")
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What went wrong in a run that was not broken off.
fn record_complaints(record: &Record) -> String {
    let mut told = Vec::new();
    for day in &record.days {
        for source in &day.sources {
            if let SourceOutcome::Failed(why) = &source.outcome {
                told.push(format!("source {}: {why}", source.table));
            }
        }
        for model in &day.models {
            match &model.outcome {
                ModelOutcome::Failed(why) => told.push(format!("model {} failed: {why}", model.model)),
                ModelOutcome::Skipped(why) => told.push(format!("model {} was not built: {why}", model.model)),
                ModelOutcome::Built | ModelOutcome::Unchanged => {}
            }
        }
        for report in &day.reports {
            match &report.outcome {
                ReportOutcome::Failed(why) => told.push(format!("report {} failed: {why}", report.report)),
                ReportOutcome::Kept(why) => told.push(format!("report {} was not made: {why}", report.report)),
                ReportOutcome::Written | ReportOutcome::Unchanged => {}
            }
        }
    }
    told.join("\n")
}

/// What a run's record says of one thing, of its newest day.
pub trait Outcomes {
    fn newest(&self) -> &DayRecord;

    fn source(&self, table: &str) -> (SourceOutcome, forecastle::ingest::Counts) {
        let found = self.newest().sources.iter().find(|source| source.table == table);
        found.map(|source| (source.outcome.clone(), source.counts)).unwrap_or_else(|| panic!("no source {table}"))
    }

    fn model(&self, name: &str) -> ModelOutcome {
        let found = self.newest().models.iter().find(|model| model.model == name);
        found.map(|model| model.outcome.clone()).unwrap_or_else(|| panic!("no model {name}"))
    }

    fn report(&self, name: &str) -> ReportOutcome {
        let found = self.newest().reports.iter().find(|report| report.report == name);
        found.map(|report| report.outcome.clone()).unwrap_or_else(|| panic!("no report {name}"))
    }

    fn offenders(&self, check: &str) -> u64 {
        let found = self.newest().checks.iter().find(|outcome| outcome.check == check);
        found.map(|outcome| outcome.offenders).unwrap_or_else(|| panic!("no check {check}"))
    }
}

impl Outcomes for Record {
    fn newest(&self) -> &DayRecord {
        self.days.last().expect("a run has a day")
    }
}

/// An answer as JSON, for the oracle.
pub fn objects(batches: &[RecordBatch]) -> Vec<Value> {
    rows::objects(batches)
}
