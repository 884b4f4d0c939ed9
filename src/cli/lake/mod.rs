//! `forecastle lake`: the care of a lake.

mod log;

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::Lake;
use forecastle::project::{PipelineFile, Project};

use super::Host;
use super::args::{self, Care};
use super::exit::Outcome;

pub fn lake(host: &Host, arguments: &args::Lake) -> Result<Outcome> {
    let project = host.project()?;
    let lake = open(&project, project.pipeline(arguments.pipeline.as_deref())?)?;
    match &arguments.care {
        Care::Log { limit, format } => log::log(host, &lake, *limit, *format),
    }
}

/// The lake of a pipeline, which a first run has made.
pub fn open(project: &Project, file: &PipelineFile) -> Result<Lake> {
    let root = project.root.join(&file.pipeline.lake);
    if !root.join("LAKE.json").exists() {
        return Err(Error::new(Kind::Project, format!("there is no lake yet in the folder `{}`", file.pipeline.lake))
            .help("run `forecastle run` first"));
    }
    Lake::open(&root)
}
