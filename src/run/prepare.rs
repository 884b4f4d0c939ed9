//! Everything that can be wrong is found here, before anything is read or written: the project's files for one
//! pipeline, planned without data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::SessionState;

use crate::calendar::{Calendar, Month};
use crate::catalogue::{self, Catalogue, Planned, Report};
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::exports::{self, Format, PathPattern, Roots};
use crate::ingest::{self, Job, Place};
use crate::lake::TableName;
use crate::models;
use crate::path;
use crate::problem::{self, Problem, Severity};
use crate::project::setting::Values;
use crate::project::{self, Files, Pack, PipelineFile, Project};
use crate::query::{Checked, Session, Settings, session, statement};
use crate::reports::{self, Known, Template, Tile};
use crate::together;
use crate::{checks, query};

/// A project's files, planned for one pipeline.
pub struct Prepared {
    pub catalogue: Catalogue,
    pub templates: BTreeMap<String, Template>,
    pub jobs: Vec<JobTemplate>,
    /// What does not keep a run from starting.
    pub warnings: Vec<Problem>,
    pub planned: Planned,
}

/// A source with its path made whole; with a day it becomes an [`ingest::Job`].
#[derive(Debug, Clone)]
pub struct JobTemplate {
    pub source: project::Source,
    pub place: Place,
    pub table: query::DeclaredTable,
    pub format: Format,
    pub roots: Roots,
}

impl JobTemplate {
    /// The source on the day of `settings`; `engine` is that of `session::open_for_mapping`.
    pub fn on(&self, settings: &Settings, engine: &SessionState) -> Job {
        let Self { source, place, table, format, roots } = self.clone();
        Job { source, place, table, format, roots, settings: settings.clone(), engine: engine.clone() }
    }

    /// The days for which this source has exports, sorted; none, if its path does not hold the day.
    pub fn days(&self) -> Result<Vec<Day>> {
        exports::days(&self.roots, self.format.path())
    }

    /// The newest of these days.
    fn newest_day(&self) -> Result<Option<Day>> {
        exports::newest_day(&self.roots, self.format.path())
    }
}

/// The environment variables that declared fields may name.
pub type Environment = BTreeMap<String, String>;

/// What SQL depends on, for a pipeline on a day.
pub fn settings(pipeline: &project::Pipeline, day: Day) -> Settings {
    Settings {
        day,
        calendar: pipeline.calendar(),
        timezone: pipeline.timezone.0.clone(),
        currency: pipeline.currency.0.clone(),
        holidays: Arc::new(pipeline.holidays.clone().in_week(pipeline.settings.working_days())),
        values: Arc::new(pipeline.settings.clone()),
    }
}

/// Reads and plans everything that a pipeline needs; all that is wrong comes back in file order.
pub async fn prepare(project: &Project, file: &PipelineFile, environment: &Environment) -> Result<Prepared> {
    let Examined { catalogue, templates, planned, mut problems, .. } = examine(project, file.pipeline.pack).await?;
    problems.extend(project.problems.iter().cloned());
    let (jobs, found) = jobs(project, file, &catalogue, environment)?;
    problems.extend(found);
    problem::sort(&mut problems);
    let (errors, warnings): (Vec<Problem>, Vec<Problem>) =
        problems.into_iter().partition(|found| found.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(Prepared { catalogue, templates, jobs, warnings, planned });
    }
    let mut error = Error::project(errors.into_iter().chain(warnings).collect());
    error.help = not_checked(&planned, &catalogue, &error.problems);
    Err(error)
}

/// Words for the models of which nothing can be said, because they read what is broken; `told` is what was said already.
pub fn not_checked(planned: &Planned, catalogue: &Catalogue, told: &[Problem]) -> Option<String> {
    let file = |name: &TableName| catalogue.models.get(name).map(|model| model.sql.start().source.path.clone());
    let is_told = |name: &&TableName| told.iter().any(|found| Some(&found.place.source.path) == file(name).as_ref());
    let names: Vec<String> = planned.unchecked.iter().filter(|name| !is_told(name)).map(ToString::to_string).collect();
    (!names.is_empty()).then(|| format!("not checked, because they read what is broken: {}", names.join(", ")))
}

/// A project's SQL and reports, planned without data, whatever its pipelines say.
pub struct Examined {
    pub files: Files,
    pub catalogue: Catalogue,
    pub templates: BTreeMap<String, Template>,
    pub planned: Planned,
    /// What each part of a report's page reads, by report.
    pub tiles: BTreeMap<String, Vec<Tile>>,
    /// The engine with every relation registered as it was planned, without rows.
    pub session: Session,
    pub problems: Vec<Problem>,
}

/// Whether the shipped pack lies below a project, as far as its pipelines agree: one that leaves it out has none of it.
pub fn pack_of(project: &Project) -> Pack {
    let leaves_out = |file: &PipelineFile| file.pipeline.pack == Pack::None;
    match project.pipelines.is_empty() {
        true => project.pack_of_broken,
        false if project.pipelines.iter().any(leaves_out) => Pack::None,
        false => Pack::Shipped,
    }
}

/// Reads and plans the layered files.
pub async fn examine(project: &Project, pack: Pack) -> Result<Examined> {
    let checked = Checked::open(project.cache.as_deref());
    let examined = examine_over(project, pack, &checked).await;
    checked.keep();
    examined
}

/// Likewise, over what is known from before; what is planned becomes known.
pub async fn examine_over(project: &Project, pack: Pack, checked: &Arc<Checked>) -> Result<Examined> {
    let (files, passed_over) = project::load_files_and_tell(&project.root, pack == Pack::Shipped)?;
    statement::read_ahead(catalogue::statements(&files), checked).await;
    let catalogue = catalogue::load_over(&files, checked);
    let mut problems = catalogue.problems.clone();
    problems.extend(passed_over);
    let session = Session::open_for_checks(&neutral_settings(project.settings()), &catalogue.functions, checked)?;
    problems.extend(session.function_problems().iter().cloned());
    let planned = models::plan(&session, &catalogue).await?;
    problems.extend(planned.problems.iter().cloned());
    problems.extend(checks::plan(&session, &catalogue, &planned).await);
    let mut templates = BTreeMap::new();
    let mut tiles = BTreeMap::new();
    for report in catalogue.reports.values() {
        match Template::parse(&report.source, report.body) {
            Ok(template) => {
                let (found, of_page) = check_report(&session, &catalogue, &planned, report, &template).await;
                problems.extend(found);
                tiles.insert(report.name.clone(), of_page);
                templates.insert(report.name.clone(), template);
            }
            Err(found) => problems.extend(found),
        }
    }
    Ok(Examined { files, catalogue, templates, planned, tiles, session, problems })
}

/// For what does not depend on the day.
const ANY_DAY: Day = Day::of(jiff::civil::date(1970, 1, 1));

/// Names and types depend on no setting of the calendar and of money, so any will do to check them.
pub fn neutral_settings(values: Values) -> Settings {
    Settings {
        day: ANY_DAY,
        calendar: Calendar { year_starts: Month::January },
        timezone: jiff::tz::TimeZone::UTC,
        currency: "USD".to_owned(),
        holidays: Arc::default(),
        values: Arc::new(values),
    }
}

/// What is wrong with a report's queries and with its template over the columns of those that can be planned; and, if all
/// can, what each part of its page reads.
async fn check_report(
    session: &Session,
    catalogue: &Catalogue,
    planned: &Planned,
    report: &Report,
    template: &Template,
) -> (Vec<Problem>, Vec<Tile>) {
    let (mut problems, mut tiles) = (Vec::new(), Vec::new());
    let mut columns = BTreeMap::new();
    for (name, query) in &report.queries {
        if !planned.covers(catalogue, &query.selection) {
            continue;
        }
        match session.columns(&query.selection, &query.sql).await {
            Ok(made) => drop(columns.insert(name.clone(), reports::columns(&made))),
            Err(found) => problems.push(found),
        }
    }
    let definitions: BTreeSet<String> = report.header.glossary.keys().cloned().collect();
    let broken: BTreeSet<String> =
        report.header.queries.keys().filter(|name| !columns.contains_key(*name)).cloned().collect();
    let variables = reports::variable_kinds();
    let each = report.each.as_ref().map(|each| each.key.query.as_str());
    let known = Known { queries: &columns, broken: &broken, variables: &variables, definitions: &definitions, each };
    problems.extend(reports::check(template, known));
    problems.extend(report.each.iter().flat_map(|each| reports::check_pages(each, known)));
    if broken.is_empty() {
        tiles = reports::tiles(template, known);
    }
    (problems, tiles)
}

/// A pipeline's sources over the declared tables, and all that is wrong with the pipeline's file.
pub fn jobs(
    project: &Project,
    file: &PipelineFile,
    catalogue: &Catalogue,
    environment: &Environment,
) -> Result<(Vec<JobTemplate>, Vec<Problem>)> {
    let mut problems = report_names(file, catalogue);
    let jobs = source_jobs(project, file, catalogue, environment, &mut problems)?;
    Ok((jobs, problems))
}

fn report_names(file: &PipelineFile, catalogue: &Catalogue) -> Vec<Problem> {
    let names: Vec<&str> = catalogue.reports.keys().map(String::as_str).collect();
    let broken =
        |name: &str| catalogue.problems.iter().any(|found| found.place.source.path == format!("reports/{name}.md"));
    let unknown =
        file.pipeline.reports.iter().enumerate().filter(|(_, name)| !names.contains(&name.as_str()) && !broken(name));
    unknown
        .map(|(index, name)| {
            let place = file.document.place(&path!["reports", index]);
            Problem::error(place, format!("there is no report `{name}`"))
                .help(problem::did_you_mean(name, names.iter().copied()))
        })
        .collect()
}

/// The pipeline's sources over their declared tables; what is wrong with them goes to `problems`.
fn source_jobs(
    project: &Project,
    file: &PipelineFile,
    catalogue: &Catalogue,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Result<Vec<JobTemplate>> {
    let document = Arc::new(file.document.clone());
    let mut jobs = Vec::new();
    for (index, source) in file.pipeline.sources.iter().enumerate() {
        let place = Place { document: Arc::clone(&document), index };
        let Some(table) = catalogue.tables.get(&source.table) else {
            // A declaration with a mistake of its own is told there.
            if catalogue.is_broken(&source.table.to_string()) {
                continue;
            }
            let names: Vec<String> = catalogue.tables.keys().map(ToString::to_string).collect();
            let place = document.place(&path!["sources", index, "table"]);
            let near = problem::nearest(&source.table.to_string(), names.iter().map(String::as_str));
            let (schema, table) = (source.table.schema(), source.table.table());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it by CREATE TABLE in sql/{schema}/{table}.sql"),
            };
            problems.push(Problem::error(place, format!("there is no declared table `{}`", source.table)).help(help));
            continue;
        };
        problems.extend(ingest::check(source, table, &place));
        let Some(format) = source.format() else { continue };
        let format_name = format.name();
        if let Some(mistake) = format.mistake() {
            problems.push(Problem::error(document.place(&path!["sources", index, format_name]), mistake));
        }
        match whole_path(format.path(), environment) {
            Ok((path, allowed)) => {
                let roots = Roots::new(&project.root, &allowed)?;
                if let Err(error) = roots.admit(&path) {
                    let found =
                        Problem::error(document.place(&path!["sources", index, format_name, "path"]), error.message);
                    problems.push(found.help(error.help.unwrap_or_default()));
                    continue;
                }
                let job = JobTemplate {
                    source: source.clone(),
                    place,
                    table: table.clone(),
                    format: format.with_path(path),
                    roots,
                };
                jobs.push(job);
            }
            Err(why) => {
                let found = Problem::error(document.place(&path!["sources", index, format_name, "path"]), why);
                problems.push(found.help("set it for this command, or write the path out"));
            }
        }
    }
    Ok(jobs)
}

/// A path with `${env:NAME}` replaced. A folder that the environment names is one that its owner allows.
fn whole_path(
    path: &PathPattern,
    environment: &Environment,
) -> std::result::Result<(PathPattern, Vec<PathBuf>), String> {
    let written = path.to_string();
    let mut whole = String::new();
    let mut allowed = Vec::new();
    let mut rest = written.as_str();
    while let Some((before, after)) = rest.split_once("${env:") {
        let (name, after) = after.split_once('}').ok_or("a `${env:` has no `}`")?;
        let value = environment.get(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
        whole.push_str(before);
        if whole.is_empty() {
            allowed.push(PathBuf::from(value));
        }
        whole.push_str(&glob_escaped(value));
        rest = after;
    }
    whole.push_str(rest);
    let missing = allowed.iter().find(|folder| !folder.exists());
    if let Some(folder) = missing {
        return Err(format!("the folder {} is not there", folder.display()));
    }
    Ok((whole.parse()?, allowed))
}

/// A value is a path as it is: its brackets and stars are no globs.
fn glob_escaped(value: &str) -> String {
    value.chars().map(|c| if ['*', '?', '['].contains(&c) { format!("[{c}]") } else { c.to_string() }).collect()
}

/// Checks the maps against the headers of the newest exports, where there are any.
pub fn check_headers(jobs: &[JobTemplate], pipeline: &project::Pipeline) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    // Whether a map fits a header does not depend on the day either.
    let engine = session::open_for_mapping(&settings(pipeline, ANY_DAY))?;
    let looked_at = together::map(jobs, |template| -> Result<Result<()>> {
        // A path without a day has one file, whatever the day.
        let any_day = (!template.format.path().has_day()).then_some(ANY_DAY);
        let Some(day) = template.newest_day()?.or(any_day) else { return Ok(Ok(())) };
        let job = template.on(&settings(pipeline, day), &engine);
        let files = job.files()?;
        Ok(if files.is_empty() { Ok(()) } else { job.check_header(&files) })
    });
    for (template, found) in jobs.iter().zip(looked_at) {
        match found? {
            Ok(()) => {}
            Err(error) if error.kind == Kind::Project && !error.problems.is_empty() => problems.extend(error.problems),
            Err(error) => {
                let at = template.place.document.key_place(&path!["sources", template.place.index]);
                let found = Problem::warning(at, error.message);
                problems.push(match error.help {
                    Some(help) => found.help(help),
                    None => found,
                });
            }
        }
    }
    Ok(problems)
}
