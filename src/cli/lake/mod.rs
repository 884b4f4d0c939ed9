//! `forecastle lake`: the care of a lake.

mod gc;
mod log;
mod repair;
mod verify;

use jiff::Timestamp;

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::Lake;
use forecastle::project::{PipelineFile, Project};

use super::Host;
use super::args::{self, Care};
use super::exit::Outcome;
use super::validate::count;

pub fn lake(host: &Host, arguments: &args::Lake) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let lake = open(&project, file)?;
    match &arguments.care {
        Care::Log { limit, format } => log::log(host, &lake, *limit, *format),
        Care::Verify => verify::verify(host, &lake),
        Care::Gc { grace, dry_run } => gc::gc(&lake, *grace, *dry_run),
        Care::Repair => repair::repair(host, &lake, file.pipeline.latest),
    }
}

/// The lake of a pipeline, which a first run has made.
pub fn open(project: &Project, file: &PipelineFile) -> Result<Lake> {
    let root = project.root.join(&file.pipeline.lake);
    if !root.join("LAKE.json").exists() && !root.join("commits").exists() {
        return Err(Error::new(Kind::Project, format!("there is no lake yet in the folder `{}`", file.pipeline.lake))
            .help("run `forecastle run` first"));
    }
    Lake::open(&root)
}

/// An id for who holds the lake's lock while it is cared for.
fn run_id(care: &str) -> String {
    format!("{care}-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))
}

/// `1 file (1.2 MB)`.
fn files(number: usize, bytes: u64) -> String {
    let size = match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    };
    format!("{} ({size})", count(number, "file"))
}
