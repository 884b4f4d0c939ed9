//! `forecastle lineage`: what a column, a model, a table or a report comes from, and what comes of it.

use std::path::Path;

use clap::{Args, ValueEnum};

use forecastle::error::{Error, Result};
use forecastle::lineage::{self, Direction, Walk};
use forecastle::problem::{self, Severity};
use forecastle::project::{PipelineFile, Project};
use forecastle::run;

use super::Host;
use super::exit::Outcome;
use super::terminal::result;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A relation or a column of one: kpi.win_rate, kpi.win_rate.narrow, crm.deal.amount, report:executive,
    /// report:executive.headline.forecast
    pub target: String,

    /// Show what comes of it; without this, what it comes from
    #[arg(long)]
    pub down: bool,

    /// Go so many steps and no further
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,

    /// Follow also what only decides, by a filter, a join, a group, an order or a condition; without this such inputs are
    /// listed for the target alone
    #[arg(long)]
    pub indirect: bool,

    /// How it is written on stdout
    #[arg(long, value_enum, default_value_t = Format::Tree, value_name = "FORMAT")]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Tree,
    /// Nodes and edges
    Json,
    /// A flowchart for Markdown
    Mermaid,
}

pub async fn lineage(host: &Host, arguments: &Arguments) -> Result<Outcome> {
    let project = host.project()?;
    let graph = load(&project).await?;
    let direction = if arguments.down { Direction::Down } else { Direction::Up };
    let target = graph.target(arguments.target.trim())?;
    let found = graph.walk(&target, Walk { direction, depth: arguments.depth, indirect: arguments.indirect });
    result(&match arguments.format {
        Format::Tree => lineage::tree(&graph, &found),
        Format::Json => format!("{:#}", lineage::json(&graph, &found)),
        Format::Mermaid => lineage::mermaid(&graph, &found),
    });
    Ok(Outcome::Done)
}

/// The lineage of a project without mistakes.
async fn load(project: &Project) -> Result<lineage::Graph> {
    let examined = examined(project).await?;
    let pipelines: Vec<&PipelineFile> = project.pipelines.iter().collect();
    let run::Examined { session, catalogue, planned, tiles, .. } = &examined;
    lineage::load(session, catalogue, planned, &pipelines, tiles).await
}

/// A project's files, planned; a mistake in any of them stops whoever needs all.
pub async fn examined(project: &Project) -> Result<run::Examined> {
    let examined = run::examine(project, run::pack_of(project)).await?;
    let mut problems = project.problems.clone();
    problems.extend(examined.problems.iter().filter(|found| found.severity == Severity::Error).cloned());
    problem::sort(&mut problems);
    if problems.is_empty() {
        return Ok(examined);
    }
    Err(Error {
        message: "the project has mistakes".to_owned(),
        help: run::not_checked(&examined.planned, &examined.catalogue, &problems),
        ..Error::project(problems)
    })
}

/// The folder of a project as people call it.
pub fn name_of(root: &Path) -> Option<String> {
    let whole = root.canonicalize().ok()?;
    Some(whole.file_name()?.to_string_lossy().into_owned())
}
