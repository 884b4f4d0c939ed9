//! The partitions of an incremental model as the query engine reads them: those of several days as one table.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array};
use arrow::datatypes::{FieldRef, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;

use super::as_read;
use super::commit::Version;
use super::history::{self, Piece};
use super::name::{Role, TableName};
use super::pin::Pin;
use super::provider::{self, external};
use crate::day::Day;

impl Pin {
    /// The rows of a model's partitions of the given days, which rise, under the given columns; `column` of them tells the
    /// day. A day without a partition has no rows, a column that a partition does not have is NULL in it.
    pub fn partitions(
        &self,
        name: &TableName,
        days: &[Day],
        schema: &SchemaRef,
        column: &str,
    ) -> Arc<dyn TableProvider> {
        let versions: Vec<Version> = days.iter().filter_map(|day| self.on(name, Role::Model, *day)).cloned().collect();
        if versions.is_empty() {
            return Arc::new(EmptyTable::new(as_read(schema)));
        }
        let (schema, pin, column) = (as_read(schema), self.clone(), column.to_owned());
        Arc::new(PartitionTable { schema, pin, versions, column })
    }
}

/// Partitions of one model, oldest first.
#[derive(Debug)]
struct PartitionTable {
    schema: SchemaRef,
    pin: Pin,
    versions: Vec<Version>,
    column: String,
}

impl PartitionTable {
    /// The partitions whose day may pass the filters.
    fn kept(&self, session: &dyn Session, filters: &[Expr]) -> Result<Vec<&Version>> {
        let Some(filter) = conjunction(filters.to_vec()) else { return Ok(self.versions.iter().collect()) };
        let schema = DFSchema::try_from(self.schema.as_ref().clone())?;
        let filter = session.create_physical_expr(filter, &schema)?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&self.schema)).build(filter);
        let Some(predicate) = predicate else { return Ok(self.versions.iter().collect()) };
        let kept = predicate.prune(self)?;
        Ok(self.versions.iter().zip(kept).filter(|(_, kept)| *kept).map(|(version, _)| version).collect())
    }

    fn days(&self) -> ArrayRef {
        Arc::new(self.versions.iter().map(|version| Some(version.day.to_epoch_days())).collect::<Date32Array>())
    }
}

/// Every row of a partition is of one day, so that is the least and the greatest of them.
impl PruningStatistics for PartitionTable {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        (column.name == self.column).then(|| self.days())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.min_values(column)
    }

    fn num_containers(&self) -> usize {
        self.versions.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

#[async_trait]
impl TableProvider for PartitionTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// What is asked of the day alone leaves whole files unread; the engine filters rows itself.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let of_day = |filter: &&Expr| {
            let columns = filter.column_refs();
            !columns.is_empty() && columns.iter().all(|column| column.name == self.column)
        };
        let told = |is_of_day: bool| match is_of_day {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(|filter| told(of_day(filter))).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let kept = self.kept(session, filters)?;
        let mut pieces: Vec<Piece> = Vec::new();
        let mut stored: Vec<SchemaRef> = Vec::new();
        let mut rows = 0;
        // Days that share a file are read in one go.
        for sharing in kept.chunk_by(|one, other| one.rows_file() == other.rows_file()) {
            pieces.extend(history::pieces_of_days(&self.pin, sharing).map_err(external)?);
            stored.push(self.pin.schema(sharing[0]).map_err(external)?);
            rows += sharing.iter().map(|version| version.rows).sum::<u64>();
        }
        let of = kept.first().map_or((self.versions[0].table.clone(), self.versions[0].day), |version| {
            (version.table.clone(), version.day)
        });
        let is_recast = |field: &FieldRef| {
            let differs = |schema: &SchemaRef| {
                schema.field_with_name(field.name()).is_ok_and(|stored| stored.data_type() != field.data_type())
            };
            stored.iter().any(differs)
        };
        let scan = provider::Scan { schema: &self.schema, pieces, alive_on: None, rows, of };
        scan.plan(projection, limit, is_recast)
    }
}
