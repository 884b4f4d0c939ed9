//! A report made once more, as of its day and a commit: as a run of that commit's lake makes it, and nothing is written into
//! the project or its lake.

use std::path::Path;

use super::fill::Unfilled;
use super::record::ran_checks;
use super::{Host, Plan, Prepared, ReportOutcome, Work, begin};
use crate::day::Day;
use crate::error::{Doing, Error, Result};
use crate::lake::Lake;
use crate::project::{PipelineFile, Project};
use crate::reports::{self, Edition};

/// Which report, of which day, over the lake as which commit left it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub report: &'a str,
    pub day: Day,
    pub commit: u64,
}

/// Makes a report once more. Models that the lake holds as they would be made are read, others are computed, in a folder
/// below `scratch` that is gone in the end.
///
/// Partitions of earlier days are taken as they are: what was forecast then is what was said then.
pub async fn make_again(
    project: &Project,
    file: &PipelineFile,
    prepared: &Prepared,
    lake: &Lake,
    asked: Asked<'_>,
    scratch: &Path,
    host: &Host<'_>,
) -> Result<Edition> {
    let Asked { report, day, commit } = asked;
    let folder =
        tempfile::Builder::new().prefix("forecastle-").tempdir_in(scratch).doing("create a folder in", scratch)?;
    let mut writer = lake.replica(commit, folder.path())?.lock(&host.run_id)?;
    let pin = writer.pin().clone();
    let catalogue = &prepared.catalogue;
    let models = catalogue.order().into_iter().filter(|model| !model.is_view()).map(|model| model.name.clone());
    let plan = Plan {
        days: vec![day],
        models: models.collect(),
        reports: vec![report.to_owned()],
        sources_only: false,
        full_refresh: false,
        chosen: catalogue.models.keys().cloned().collect(),
    };
    let work = Work { project, file, prepared, host, plan: &plan, lake };
    let (mut days, recipes) = (Vec::new(), work.filling(day).recipes);
    let record = begin(&mut days, day);
    let mut transaction = writer.begin(day)?;
    let mut answers = work.compute(&mut transaction, day, (&recipes, Unfilled::new()), record, &mut |_| ()).await?;
    // A run of a part of the project runs a part of the checks, and its pages tell of those.
    if let Some(ran) = ran_checks(lake, report, day)? {
        record.checks.retain(|outcome| ran.contains(&outcome.check));
    }
    let not_made = |why: &str| Error::failed(format!("the report {report} cannot be made again for {day}: {why}"));
    let data = match answers.remove(report) {
        Some(Ok(data)) => data,
        Some(Err(ReportOutcome::Kept(why) | ReportOutcome::Failed(why))) => return Err(not_made(&why)),
        _ => return Err(not_made("its queries were not answered")),
    };
    let page = reports::page(&work.state(&pin, day, report, &record.checks));
    let each = catalogue.reports[report].each.as_ref();
    reports::edition(&prepared.templates[report], each, &data, &page)
        .map_err(|found| not_made(&format!("{} (look at {})", found.message, found.place)))
}
