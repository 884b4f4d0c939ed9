//! The versions of a table's rows as the query engine reads them, file by file, or its rows as of each of several days.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Date32Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::history::{self, Lives, VersionRows};
use super::name::TableName;
use super::pin::Pin;
use super::provider::external;
use crate::day::Day;

/// All versions of a table's rows up to a day, or its rows as of each of several days.
#[derive(Debug, Clone)]
pub(super) struct HistoryTable {
    pub schema: SchemaRef,
    pub pin: Pin,
    pub table: TableName,
    pub day: Day,
    /// Days, which rise.
    pub each: Option<Vec<Day>>,
}

#[async_trait]
impl TableProvider for HistoryTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let lives = history::lives(&self.pin, &self.table, self.day).map_err(external)?;
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let stream = HistoryStream::new(self, lives, projection.unwrap_or(&all))?;
        let schema = PartitionStream::schema(&stream).clone();
        let exec = StreamingTableExec::try_new(schema, vec![Arc::new(stream)], None, None, false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// Some columns of a history, read file by file.
#[derive(Debug, Clone)]
struct HistoryStream {
    lives: Vec<Lives>,
    /// The columns to read, with those of a version's days last.
    read: SchemaRef,
    /// The columns to give, and their positions in what is read.
    given: SchemaRef,
    positions: Vec<usize>,
    each: Option<Arc<[i32]>>,
}

impl HistoryStream {
    fn new(table: &HistoryTable, lives: Vec<Lives>, projection: &[usize]) -> Result<Self> {
        let given = Arc::new(table.schema.project(projection)?);
        // The lake's own come last: the days of a version, or the one day of a row.
        let own = if table.each.is_some() { 1 } else { 2 };
        let of_table = table.schema.fields().len() - own;
        let columns: Vec<usize> = projection.iter().copied().filter(|at| *at < of_table).collect();
        let positions = projection.iter().map(|at| match columns.iter().position(|column| column == at) {
            Some(position) => position,
            None => columns.len() + at - of_table,
        });
        let positions = positions.collect();
        let read = history::with_days(&table.schema.project(&columns)?, history::FROM, history::TO);
        let each = table.each.as_ref().map(|days| days.iter().map(|day| day.to_epoch_days()).collect());
        Ok(Self { lives, read, given, positions, each })
    }

    fn batches(self) -> impl Iterator<Item = Result<RecordBatch>> {
        let Self { lives, read, given, positions, each } = self;
        let opened = lives.into_iter().flat_map(move |lives| match VersionRows::open(&lives, &read) {
            Ok(rows) => Box::new(rows) as Box<dyn Iterator<Item = crate::error::Result<RecordBatch>> + Send>,
            Err(error) => Box::new(std::iter::once(Err(error))),
        });
        opened.map(move |batch| {
            let batch = batch.map_err(external)?;
            let batch = match &each {
                None => batch,
                Some(days) => expand(&batch, days)?,
            };
            let columns = positions.iter().map(|position| batch.column(*position).clone()).collect();
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(given.clone(), columns, &options)?)
        })
    }
}

impl PartitionStream for HistoryStream {
    fn schema(&self) -> &SchemaRef {
        &self.given
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = futures::stream::iter(self.clone().batches());
        Box::pin(RecordBatchStreamAdapter::new(self.given.clone(), batches))
    }
}

/// Each version once for every day on which it was so, with the day in the place of its own two; `days` rise.
fn expand(batch: &RecordBatch, days: &[i32]) -> Result<RecordBatch> {
    let own = batch.num_columns() - 2;
    let (from, to) =
        (batch.column(own).as_primitive::<Date32Type>(), batch.column(own + 1).as_primitive::<Date32Type>());
    let (mut rows, mut on) = (Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        let until = if to.is_null(row) { i32::MAX } else { to.value(row) };
        let first = days.partition_point(|day| *day < from.value(row));
        for day in days[first..].iter().take_while(|day| **day < until) {
            rows.push(row as u32);
            on.push(*day);
        }
    }
    let rows = take_record_batch(batch, &UInt32Array::from(rows))?;
    let mut columns = rows.columns()[..own].to_vec();
    columns.push(Arc::new(Date32Array::from(on)));
    let mut fields = batch.schema_ref().fields()[..own].to_vec();
    fields.push(Arc::new(Field::new("day", DataType::Date32, false)));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
