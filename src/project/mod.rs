//! The project: a folder with `pipelines/`, `sql/` and `reports/`, read as files and YAML.
//!
//! Takes the root folder; gives every pipeline and every layered file, or all mistakes of the YAML in
//! file order. What the SQL means is the query layer's matter.

mod files;
mod front_matter;
mod header;
mod metric;
mod model_test;
mod pipeline;
mod saved;
pub mod schema;
pub mod setting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use files::{
    Files, Layer, ProjectFile, load as load_files, load_and_tell as load_files_and_tell, read as read_file, shipped,
    shipped_paths, tested,
};
pub use front_matter::{in_markdown, in_sql};
pub use header::{
    Accepted, Between, CheckHeader, ColumnCheck, Days, Definition, Every, Freshness, Gravity, Materialize, ModelHeader,
    NullShare, OnCorrection, OnceAfter, QueryColumn, References, ReportFormat, ReportHeader, RowCount,
};
pub use metric::{Aggregation, Good, Level, MetricHeader, Unit, WithoutRows};
pub use model_test::{Matching, MetricSlice, ModelTest, ModelTests, TestRow};
pub use pipeline::{
    Currency, Export, Pack, Pipeline, PipelineFile, Row, Share, Source, TimeZone, Volume, parse as parse_pipeline,
};

pub use saved::Saved;

use crate::error::{Error, Kind, Result};
use crate::lake::{Keep, TableName};
use crate::problem::{self, Problem, SourceFile};

/// A project's files with its pipelines read.
#[derive(Debug, Clone)]
pub struct Project {
    pub root: PathBuf,
    pub pipelines: Vec<PipelineFile>,
    /// What is wrong in the YAML of pipelines; a pipeline with a mistake is not in `pipelines`.
    pub problems: Vec<Problem>,
    /// What the pipelines that cannot be read say of the pack, as far as that can be seen.
    pub pack_of_broken: Pack,
    /// The folder for what was worked out of the files and can be worked out again; `None` where nothing is to be kept.
    pub cache: Option<PathBuf>,
}

/// Where a project's cache lies, from its root. It may be deleted at any time.
const CACHE: &str = ".forecastle";

/// Reads a project's pipelines.
pub fn load(root: &Path) -> Result<Project> {
    if !root.is_dir() {
        return Err(Error::new(Kind::Project, format!("there is no folder {}", root.display()))
            .help("name an existing project, or make one with `forecastle init DIR`"));
    }
    let sources: Vec<Arc<SourceFile>> = files::pipelines(root)?;
    if sources.is_empty() && !root.join("sql").is_dir() {
        return Err(Error::new(
            Kind::Project,
            format!("{} is no Forecastle project: it has no pipelines/*.yaml", root.display()),
        )
        .help("go to your project, name it with `--project DIR`, or make one with `forecastle init DIR`"));
    }
    let mut pipelines: Vec<PipelineFile> = Vec::new();
    let mut problems = Vec::new();
    let mut pack_of_broken = Pack::default();
    for source in &sources {
        match pipeline::parse(source) {
            Ok(read) => {
                if let Some(twin) = pipelines.iter().find(|other| other.pipeline.name == read.pipeline.name) {
                    let place = read.document.place(&crate::path!["pipeline"]);
                    let twin = twin.document.place(&[]).source.path.clone();
                    problems.push(
                        Problem::error(place, format!("{twin} has this name already"))
                            .help("give each pipeline a name of its own"),
                    );
                }
                pipelines.push(read);
            }
            Err(found) => {
                problems.extend(found);
                if pipeline::pack_of_broken(source) == Pack::None {
                    pack_of_broken = Pack::None;
                }
            }
        }
    }
    problems.extend(own_problems(&pipelines));
    problem::sort(&mut problems);
    Ok(Project { root: root.to_owned(), pipelines, problems, pack_of_broken, cache: Some(root.join(CACHE)) })
}

/// Where pipelines differ in which settings of the user's own they have, or in the types of these: the SQL that asks for them
/// is the same for all.
fn own_problems(pipelines: &[PipelineFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in pipelines {
        let own = file.pipeline.settings.own();
        let place = |name: &str| file.document.key_place(&crate::path!["settings", setting::OWN, name]);
        let others = pipelines.iter().filter(|other| other.pipeline.name != file.pipeline.name);
        let mut told: Vec<&str> = Vec::new();
        for (other, name, value) in
            others.flat_map(|other| other.pipeline.settings.own().iter().map(move |(name, value)| (other, name, value)))
        {
            let twin = &other.document.place(&[]).source.path;
            let found = match own.get(name) {
                None => Problem::error(place(name), format!("the setting `{name}` is missing, which {twin} has")).help(
                    format!("add `{name}:` under `own:` in `settings:` here too: all pipelines have the same SQL"),
                ),
                Some(here) if here.kind() != value.kind() => {
                    let message = format!("`{name}` is {} here, and {} in {twin}", here.kind(), value.kind());
                    Problem::error(place(name), message).help("write both in the same way")
                }
                Some(_) => continue,
            };
            if !told.contains(&name.as_str()) {
                told.push(name);
                problems.push(found);
            }
        }
    }
    problems
}

impl Project {
    /// What SQL is checked with; of several pipelines that of the first, as they differ in values alone.
    pub fn settings(&self) -> setting::Values {
        self.pipelines.first().map(|file| file.pipeline.settings.clone()).unwrap_or_default()
    }

    /// The project, of which nothing is known from before and nothing is kept.
    pub fn without_cache(self) -> Self {
        Self { cache: None, ..self }
    }

    /// The tables of which snapshots are kept as whole files in a lake, by any pipeline that fills it.
    pub fn kept(&self, lake: &str) -> BTreeMap<TableName, Keep> {
        let folder = |lake: &str| lake.trim_start_matches("./").trim_end_matches('/').to_owned();
        let pipelines =
            self.pipelines.iter().map(|file| &file.pipeline).filter(|other| folder(&other.lake) == folder(lake));
        let mut kept: BTreeMap<TableName, Keep> = BTreeMap::new();
        for source in pipelines.flat_map(|pipeline| &pipeline.sources) {
            if let Some(keep) = source.keep {
                let table = kept.entry(source.table.clone()).or_default();
                *table = table.or(keep);
            }
        }
        kept
    }

    /// The pipeline of that name; without a name, the only one or the one named `nightly`.
    pub fn pipeline(&self, name: Option<&str>) -> Result<&PipelineFile> {
        let names = || self.pipelines.iter().map(|file| file.pipeline.name.as_str());
        let wanted = match name {
            Some(name) => name,
            None if self.pipelines.len() == 1 => return Ok(&self.pipelines[0]),
            None => "nightly",
        };
        if let Some(found) = self.pipelines.iter().find(|file| file.pipeline.name == wanted) {
            return Ok(found);
        }
        if !self.problems.is_empty() {
            return Err(Error::project(self.problems.clone()));
        }
        let message = match name {
            Some(name) => format!("there is no pipeline `{name}`"),
            None => "the project has several pipelines and none is named `nightly`: name one".to_owned(),
        };
        Err(Error::new(Kind::Project, message).help(problem::did_you_mean(wanted, names().collect::<Vec<_>>())))
    }
}
