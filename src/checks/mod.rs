//! Checks: run over the tables of a day; the rows that they give are offenders.
//!
//! A failed check is an outcome, not an error: what follows from it is decided by whoever reads it.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::error::DataFusionError;
use futures::StreamExt;
use tokio::task::JoinSet;

use crate::catalogue::{Catalogue, Check, CheckOutcome, Planned};
use crate::error::{Error, Result};
use crate::lake::TableName;
use crate::problem::{Problem, SourceFile};
use crate::query::{self, Session, Sql, statement};

/// Plans every check whose relations could be planned, beside each other: there are more of them than of anything else.
pub async fn plan(session: &Session, catalogue: &Catalogue, planned: &Planned) -> Vec<Problem> {
    let mut running = JoinSet::new();
    for check in catalogue.checks.iter().filter(|check| planned.covers(catalogue, &check.selection.relations)) {
        let (session, check) = (session.clone(), check.clone());
        running.spawn(async move { session.check(&check.selection, &check.sql).await.err() });
    }
    running.join_all().await.into_iter().flatten().collect()
}

/// Counts the offenders of rules of one model that look at one row at a time, in one pass.
pub async fn run_together(session: Session, model: TableName, checks: Vec<Check>) -> Result<Vec<CheckOutcome>> {
    let failed = |why: &dyn std::fmt::Display| Error::failed(format!("the checks of {model} failed to run: {why}"));
    let counts: Vec<String> = checks
        .iter()
        .filter_map(|check| check.condition.as_ref())
        .map(|condition| format!("count(*) FILTER (WHERE {condition})"))
        .collect();
    let named: Vec<String> =
        counts.iter().enumerate().map(|(at, count)| format!("{count} AS offenders_{at}")).collect();
    let sql = Sql::file(&SourceFile::new(
        format!("the checks of {model}"),
        format!("SELECT {} FROM {model}", named.join(", ")),
    ));
    let selection = statement::parse(&sql).map_err(|found| failed(&found.message))?;
    let plan = session.plan(&selection, &sql).await.map_err(|found| failed(&found.message))?;
    let engine_failed =
        |error: DataFusionError| query::lake_failure(&error).unwrap_or_else(|| failed(&sql.problem(&error).message));
    let rows = session.collect(&plan).await.map_err(engine_failed)?;
    let count = |at: usize| rows.first().map_or(0, |row| row.column(at).as_primitive::<Int64Type>().value(0));
    let outcome = |(at, check): (usize, Check)| {
        let offenders = u64::try_from(count(at)).unwrap_or(0);
        CheckOutcome { check: check.name, severity: check.gravity, offenders }
    };
    Ok(checks.into_iter().enumerate().map(outcome).collect())
}

/// Counts a check's offenders.
pub async fn run(session: Session, check: Check) -> Result<CheckOutcome> {
    let failed = |error: DataFusionError| {
        query::lake_failure(&error).unwrap_or_else(|| {
            let found = check.sql.problem(&error);
            Error::failed(format!("the check {} failed to run: {}", check.name, found.message))
                .help(format!("look at {}", found.place))
        })
    };
    let plan = session.plan(&check.selection, &check.sql).await.map_err(|found| Error::project(vec![found]))?;
    let mut rows = session.stream(&plan).await.map_err(failed)?;
    let mut offenders = 0;
    while let Some(batch) = rows.next().await {
        offenders += batch.map_err(failed)?.num_rows() as u64;
    }
    Ok(CheckOutcome { check: check.name, severity: check.gravity, offenders })
}
