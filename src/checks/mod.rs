//! Checks: run over the tables of a day; the rows that they give are offenders.
//!
//! A failed check is an outcome, not an error: what follows from it is decided by whoever reads it.

use datafusion::prelude::SessionContext;
use futures::StreamExt;

use crate::catalogue::{Catalogue, Check, CheckOutcome, Planned};
use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::query;

/// Plans every check whose relations could be planned.
pub async fn plan(context: &SessionContext, catalogue: &Catalogue, planned: &Planned) -> Vec<Problem> {
    let mut problems = Vec::new();
    for check in catalogue.checks.iter().filter(|check| planned.covers(catalogue, &check.selection.relations)) {
        problems.extend(query::check(context, &check.selection, &check.sql).await.err());
    }
    problems
}

/// Counts a check's offenders.
pub async fn run(context: SessionContext, check: Check) -> Result<CheckOutcome> {
    let failed = |error: datafusion::error::DataFusionError| {
        let found = check.sql.problem(&error);
        Error::failed(format!("the check {} failed to run: {}", check.name, found.message))
            .help(format!("look at {}", found.place))
    };
    let plan =
        query::plan(&context, &check.selection, &check.sql).await.map_err(|found| Error::project(vec![found]))?;
    let mut rows = context.execute_logical_plan(plan).await.map_err(failed)?.execute_stream().await.map_err(failed)?;
    let mut offenders = 0;
    while let Some(batch) = rows.next().await {
        offenders += batch.map_err(failed)?.num_rows() as u64;
    }
    Ok(CheckOutcome { check: check.name, severity: check.gravity, offenders })
}
