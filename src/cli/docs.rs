//! `forecastle docs`: the project written down.

use forecastle::docs;
use forecastle::error::Result;
use forecastle::lineage;
use forecastle::project::PipelineFile;

use super::Host;
use super::exit::Outcome;
use super::lineage::{examined, name_of};
use super::run::PROGRAM;
use super::terminal::result;

pub async fn docs(host: &Host, pipeline: Option<&str>) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(pipeline)?;
    let examined = examined(&project).await?;
    let pipelines: Vec<&PipelineFile> = project.pipelines.iter().collect();
    let graph =
        lineage::load(&examined.session, &examined.catalogue, &examined.planned, &pipelines, &examined.tiles).await?;
    let name = name_of(&project.root).unwrap_or_else(|| "project".to_owned());
    let book = docs::gather(&name, PROGRAM, &examined, &pipelines, &graph);
    for path in docs::write(&book, &project.root, &file.pipeline.out)? {
        result(&path);
    }
    Ok(Outcome::Done)
}
