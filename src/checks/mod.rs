//! Checks: run over the tables of a day; the rows that they give are offenders.
//!
//! A failed check is an outcome, not an error: what follows from it is decided by whoever reads it.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use tokio::task::JoinSet;

use crate::catalogue::{Catalogue, Check, CheckOutcome, Measure, Planned, Subject};
use crate::error::{Error, Result};
use crate::lake::TableName;
use crate::problem::{Problem, SourceFile};
use crate::query::{self, Session, Sql, statement};

/// Plans every check whose relations could be planned, beside each other: there are more of them than of anything else.
pub async fn plan(session: &Session, catalogue: &Catalogue, planned: &Planned) -> Vec<Problem> {
    let mut running = JoinSet::new();
    let mut problems = Vec::new();
    for check in catalogue.checks.iter().filter(|check| planned.covers(catalogue, &check.selection)) {
        if let Some(found) = no_days(planned, check) {
            problems.push(found);
        } else if !has_what_it_needs(planned, check) && session.recall(&check.selection).is_none() {
            let (session, check) = (session.clone(), check.clone());
            running.spawn(async move { session.columns(&check.selection, &check.sql).await.err() });
        }
    }
    problems.extend(running.join_all().await.into_iter().flatten());
    problems
}

/// Whether a rule asks for nothing but columns that its model has: whoever planned the model knows that it is right.
fn has_what_it_needs(planned: &Planned, check: &Check) -> bool {
    let (Subject::Model(model), Some(columns)) = (&check.subject, &check.needs_only) else { return false };
    let has = |schema: &SchemaRef| columns.iter().all(|column| schema.field_with_name(&column.to_lowercase()).is_ok());
    planned.schemas.get(model).is_some_and(has)
}

/// A rule about days over a column of something else.
fn no_days(planned: &Planned, check: &Check) -> Option<Problem> {
    let (Subject::Model(model), Some(column)) = (&check.subject, &check.day_column) else { return None };
    let field = planned.schemas.get(model)?.field_with_name(column).ok()?;
    if matches!(field.data_type(), DataType::Date32 | DataType::Timestamp(..)) {
        return None;
    }
    let message = format!("`{column}` holds {}, and this rule asks for days", query::sql_type(field.data_type()));
    Some(Problem::error(check.sql.start(), message).help("name a column of type DATE or TIMESTAMP"))
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
    let outcomes = checks.iter().enumerate().map(|(at, check)| outcome(check, u64::try_from(count(at)).unwrap_or(0)));
    Ok(outcomes.collect())
}

/// Counts a check's offenders; `before` are the numbers of the days before, for one that measures.
pub async fn run(session: Session, check: Check, before: Vec<f64>) -> Result<CheckOutcome> {
    let failed = |error: DataFusionError| {
        query::lake_failure(&error).unwrap_or_else(|| {
            let found = check.sql.problem(&error);
            Error::failed(format!("the check {} failed to run: {}", check.name, found.message))
                .help(format!("look at {}", found.place))
        })
    };
    let plan = session.plan(&check.selection, &check.sql).await.map_err(|found| Error::project(vec![found]))?;
    let mut rows = session.stream(&plan).await.map_err(failed)?;
    let mut outcome = outcome(&check, 0);
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        match check.measure {
            None => outcome.offenders += batch.num_rows() as u64,
            Some(measure) => {
                let numbers = batch.column(0).as_primitive_opt::<Float64Type>();
                outcome.measured = numbers.and_then(|numbers| numbers.iter().next().flatten());
                outcome.note = outcome.measured.and_then(|now| differs(measure, now, &before));
                outcome.offenders = u64::from(outcome.note.is_some());
            }
        }
    }
    Ok(outcome)
}

fn outcome(check: &Check, offenders: u64) -> CheckOutcome {
    CheckOutcome { check: check.name.clone(), severity: check.gravity, offenders, measured: None, note: None }
}

/// So many days make a median that a day can be held against.
const ENOUGH: usize = 5;

/// In what a number differs from the median of the days before by more than it may; of too few days nothing is said.
fn differs(measure: Measure, now: f64, before: &[f64]) -> Option<String> {
    if before.len() < ENOUGH {
        return None;
    }
    let usual = median(before);
    let days = before.len();
    match measure {
        Measure::RowCount { drop, grow } => {
            let is_short = drop.is_some_and(|drop| now < usual * (1.0 - drop));
            let is_long = grow.is_some_and(|grow| now > usual * (1.0 + grow));
            (is_short || is_long)
                .then(|| format!("{now:.0} rows, and {usual:.0} in the median of the {days} days before"))
        }
        Measure::NullShare { rise } => (now > usual + rise).then(|| {
            let (now, usual) = (now * 100.0, usual * 100.0);
            format!("{now:.1} % of rows without a value, and {usual:.1} % in the median of the {days} days before")
        }),
    }
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The keys of a failed check's offenders: its columns by which rows of what it reads are told apart, and all of them where
/// it gives none; not more rows than `most`.
pub async fn offenders(session: &Session, catalogue: &Catalogue, check: &Check, most: usize) -> Result<Vec<String>> {
    let failed = |error: DataFusionError| {
        query::lake_failure(&error).unwrap_or_else(|| {
            Error::failed(format!("the offenders of {}: {}", check.name, check.sql.problem(&error).message))
        })
    };
    let plan = session.plan(&check.selection, &check.sql).await.map_err(|found| Error::project(vec![found]))?;
    let mut rows = session.stream(&plan).await.map_err(failed)?;
    let known = keys(catalogue, check);
    let mut found = Vec::new();
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        let schema = batch.schema();
        let is_key = |at: &usize| known.contains(schema.field(*at).name());
        let keys: Vec<usize> = (0..schema.fields().len()).filter(is_key).collect();
        let shown = if keys.is_empty() { (0..schema.fields().len()).collect() } else { keys };
        let options = FormatOptions::default().with_null("NULL");
        let columns = shown.iter().map(|at| ArrayFormatter::try_new(batch.column(*at), &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| failed(error.into()))?;
        for row in 0..batch.num_rows() {
            if found.len() == most {
                return Ok(found);
            }
            let cells = shown
                .iter()
                .zip(&columns)
                .map(|(at, column)| format!("{}={}", schema.field(*at).name(), column.value(row)));
            found.push(cells.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(found)
}

/// The columns by which rows of what a check reads are told apart: keys of declared tables, and what models are to be unique by.
fn keys(catalogue: &Catalogue, check: &Check) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for relation in &check.selection.relations {
        if let Some(table) = catalogue.declared(&relation.name) {
            keys.extend(table.key.iter().map(|at| table.columns[*at].name.clone()));
        }
        let model = relation.name.parse().ok().and_then(|name: TableName| catalogue.models.get(&name));
        let unique = model.into_iter().flat_map(|model| &model.header.checks).filter_map(|rule| rule.unique.as_ref());
        keys.extend(unique.flatten().map(|column| column.to_lowercase()));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_held_against_the_median_of_enough_days() {
        let rows = Measure::RowCount { drop: Some(0.3), grow: None };
        let before = [100.0, 90.0, 110.0, 1000.0, 95.0];
        assert_eq!(differs(rows, 70.0, &before), None);
        let said = "69 rows, and 100 in the median of the 5 days before";
        assert_eq!(differs(rows, 69.0, &before).as_deref(), Some(said));
        assert_eq!(differs(rows, 0.0, &before[..4]), None, "four days say nothing");
        assert_eq!(differs(rows, 1e6, &before), None);
        let nulls = Measure::NullShare { rise: 0.05 };
        let before = [0.0, 0.02, 0.02, 0.04, 0.02, 0.03];
        assert_eq!(differs(nulls, 0.07, &before), None);
        let said = "7.1 % of rows without a value, and 2.0 % in the median of the 6 days before";
        assert_eq!(differs(nulls, 0.071, &before).as_deref(), Some(said));
    }
}
