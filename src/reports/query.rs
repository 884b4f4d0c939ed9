//! A report's queries: run over the tables of a day, collected as the cells that templates read.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Schema, TimestampMicrosecondType,
};
use datafusion::error::DataFusionError;
use tokio::task::JoinSet;

use super::table::{Cell, Column, Kind, Table};
use crate::catalogue::{Report, ReportQuery};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::query::{self, Session, function::MOMENT};

/// Rows of one query of a report; a page is no place for more.
const MAX_ROWS: usize = 100_000;

/// The columns of a query's result as a template sees them.
pub fn columns(schema: &Schema) -> Vec<Column> {
    schema.fields().iter().map(|field| Column::new(field.name(), kind(field.data_type()))).collect()
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Boolean => Kind::Bool,
        DataType::Decimal128(..) | DataType::Decimal256(..) => Kind::Decimal,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
        DataType::Date32 | DataType::Date64 => Kind::Day,
        DataType::Timestamp(..) => Kind::Moment,
        integer if integer.is_integer() => Kind::Int,
        _ => Kind::Text,
    }
}

/// Runs all queries of a report, beside each other.
pub async fn query(session: &Session, report: &Report) -> Result<BTreeMap<String, Arc<Table>>> {
    let mut running = JoinSet::new();
    for (name, query) in &report.queries {
        let (session, report, name, query) = (session.clone(), report.name.clone(), name.clone(), query.clone());
        running.spawn(async move {
            let answer = answer(&session, &report, &name, &query).await;
            (name, answer)
        });
    }
    let mut answers = BTreeMap::new();
    while let Some(finished) = running.join_next().await {
        let broke_off = |error| Error::failed(format!("a query of the report {} broke off: {error}", report.name));
        let (name, answer) = finished.map_err(broke_off)?;
        answers.insert(name, answer);
    }
    // In the order of their names, so that of several failures the same one is told each time.
    answers.into_iter().map(|(name, answer)| Ok((name, Arc::new(answer?)))).collect()
}

async fn answer(session: &Session, report: &str, name: &str, query: &ReportQuery) -> Result<Table> {
    let ReportQuery { sql, selection } = query;
    let failed = |error: DataFusionError| {
        query::lake_failure(&error).unwrap_or_else(|| {
            let found = sql.problem(&error);
            Error::failed(format!("the query `{name}` of the report {report} failed: {}", found.message))
                .help(format!("look at {}", found.place))
        })
    };
    let plan = session.plan(selection, sql).await.map_err(|found| {
        Error::failed(format!("the query `{name}` of the report {report} cannot be planned: {}", found.message))
            .help(format!("look at {}", found.place))
    })?;
    let rows = session.collect(&plan).await.map_err(failed)?;
    table(plan.schema().inner(), &rows, name, report)
}

fn table(schema: &Schema, batches: &[RecordBatch], name: &str, report: &str) -> Result<Table> {
    let bad = |error: arrow::error::ArrowError| {
        Error::failed(format!("the query `{name}` of the report {report} gives what no page can show: {error}"))
    };
    let columns = columns(schema);
    let mut rows = Vec::new();
    for batch in batches {
        let cells = batch.columns().iter().map(cells).collect::<std::result::Result<Vec<_>, _>>().map_err(bad)?;
        rows.extend(
            (0..batch.num_rows()).map(|row| cells.iter().map(|column| column[row].clone()).collect::<Vec<_>>()),
        );
        if rows.len() > MAX_ROWS {
            return Err(Error::failed(format!(
                "the query `{name}` of the report {report} gives more than {MAX_ROWS} rows"
            ))
            .help("aggregate in SQL, or add a LIMIT"));
        }
    }
    Ok(Table { columns, rows })
}

/// A column as cells.
fn cells(array: &ArrayRef) -> std::result::Result<Vec<Cell>, arrow::error::ArrowError> {
    let to = |data_type: &DataType| arrow::compute::cast(array, data_type);
    Ok(match kind(array.data_type()) {
        Kind::Bool => array.as_boolean().iter().map(|value| value.map_or(Cell::Null, Cell::Bool)).collect(),
        Kind::Int => to(&DataType::Int64)?
            .as_primitive::<Int64Type>()
            .iter()
            .map(|value| value.map_or(Cell::Null, Cell::Int))
            .collect(),
        Kind::Float => to(&DataType::Float64)?
            .as_primitive::<Float64Type>()
            .iter()
            .map(|value| value.map_or(Cell::Null, Cell::Float))
            .collect(),
        Kind::Decimal => {
            let scale = match array.data_type() {
                DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
                _ => 0,
            };
            let wide = to(&DataType::Decimal128(38, scale))?;
            let values = wide.as_primitive::<Decimal128Type>();
            values.iter().map(|value| value.map_or(Cell::Null, |unscaled| Cell::Decimal { unscaled, scale })).collect()
        }
        Kind::Day => {
            let days = to(&DataType::Date32)?;
            let days = days.as_primitive::<Date32Type>().iter();
            days.map(|value| value.and_then(Day::from_epoch_days).map_or(Cell::Null, Cell::Day)).collect()
        }
        Kind::Moment => {
            let moments = to(&MOMENT)?;
            moments
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .map(|value| value.map_or(Cell::Null, Cell::Moment))
                .collect()
        }
        Kind::Text => {
            let texts = to(&DataType::Utf8)?;
            texts.as_string::<i32>().iter().map(|value| value.map_or(Cell::Null, Cell::text)).collect()
        }
    })
}
