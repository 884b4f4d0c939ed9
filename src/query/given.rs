//! Rows that were written down, as relations: a table whose rows can be changed between two answers of one plan, and what
//! `as_of` and `each` see of a history that was given so.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Date32Type, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use super::past;
use crate::calendar::{Calendar, Grain};
use crate::day::Day;

/// A relation whose rows are set from outside; plans over it stay good.
#[derive(Debug)]
pub struct Given {
    schema: SchemaRef,
    rows: RwLock<RecordBatch>,
}

impl Given {
    /// A relation without rows.
    pub fn new(schema: SchemaRef) -> Self {
        Self { rows: RwLock::new(RecordBatch::new_empty(Arc::clone(&schema))), schema }
    }

    /// Puts rows in the place of those that it has; they have its columns. Without any it is empty.
    pub fn set(&self, rows: Option<RecordBatch>) {
        let rows = rows.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.schema)));
        *self.rows.write().unwrap_or_else(std::sync::PoisonError::into_inner) = rows;
    }

    fn rows(&self) -> RecordBatch {
        self.rows.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

fn scan(rows: RecordBatch, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = rows.schema();
    Ok(MemorySourceConfig::try_new_exec(&[vec![rows]], schema, projection.cloned())?)
}

#[async_trait]
impl TableProvider for Given {
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
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        scan(self.rows(), projection)
    }
}

/// On which days a given history is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// On one.
    On(Day),
    /// On each on which a version begins or ends, up to a day.
    AtEveryChange(Day),
    /// On the last of each period since the first version, up to a day; of each day, without a period.
    Every(Option<Grain>, Calendar, Day),
}

/// The rows of a table that a given history says were so on some days. A version without `valid_from` was always so.
#[derive(Debug)]
pub struct GivenPast {
    /// The table's columns, and the day behind them where several are looked at.
    pub schema: SchemaRef,
    /// The table's columns, `valid_from` and `valid_to`.
    pub history: Arc<Given>,
    pub look: Look,
}

impl GivenPast {
    fn rows(&self) -> Result<RecordBatch> {
        let versions = self.history.rows();
        let (from, to) = (bound(&versions, 2), bound(&versions, 1));
        let mut picked = Vec::new();
        let mut days = Vec::new();
        for day in self.days(&from, &to) {
            for row in 0..versions.num_rows() {
                let is_so = (from.is_null(row) || from.value(row) <= day) && (to.is_null(row) || day < to.value(row));
                if is_so {
                    picked.push(u32::try_from(row).unwrap_or(u32::MAX));
                    days.push(day);
                }
            }
        }
        let picked = UInt32Array::from(picked);
        let mut columns: Vec<ArrayRef> = Vec::new();
        for column in &versions.columns()[..versions.num_columns() - 2] {
            columns.push(take(column, &picked, None)?);
        }
        if self.schema.fields().len() > columns.len() {
            columns.push(Arc::new(Date32Array::from(days)));
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    /// The days that are looked at, as Arrow counts them, rising.
    fn days(&self, from: &Date32Array, to: &Date32Array) -> Vec<i32> {
        let changes: BTreeSet<i32> = from.iter().chain(to.iter()).flatten().collect();
        match self.look {
            Look::On(day) => vec![day.to_epoch_days()],
            Look::AtEveryChange(last) => changes.range(..=last.to_epoch_days()).copied().collect(),
            Look::Every(grain, calendar, last) => {
                let Some(first) = changes.first().and_then(|first| Day::from_epoch_days(*first)) else {
                    return Vec::new();
                };
                let ends = past::days(first, last, |day| match grain {
                    Some(grain) => calendar.end(day, grain),
                    None => Some(day),
                });
                ends.into_iter().map(Day::to_epoch_days).collect()
            }
        }
    }
}

/// A column of days, counted from the last one.
fn bound(versions: &RecordBatch, from_behind: usize) -> Date32Array {
    versions.column(versions.num_columns() - from_behind).as_primitive::<Date32Type>().clone()
}

#[async_trait]
impl TableProvider for GivenPast {
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
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        scan(self.rows()?, projection)
    }
}
