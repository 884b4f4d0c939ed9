//! Relations that are computed within the query that reads them.
//!
//! The engine's own views are put into a plan while it is built, and for each column of a SELECT its builder goes through
//! the whole plan below: over views on views that was half of the time of a query. These are put in when it stands.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::datasource::source_as_provider;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType};
use datafusion::physical_plan::ExecutionPlan;

/// A relation that is the rows of a plan, in which no such relation stands any more.
#[derive(Debug)]
pub struct View {
    plan: LogicalPlan,
    schema: SchemaRef,
}

impl View {
    pub fn new(plan: LogicalPlan) -> Self {
        Self { schema: Arc::clone(plan.schema().inner()), plan }
    }
}

#[async_trait]
impl TableProvider for View {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(DataFusionError::Internal("a view is read before its plan was put in its place".to_owned()))
    }
}

/// The plan with that of each view in the place of its name.
pub fn inlined(plan: LogicalPlan) -> Result<LogicalPlan> {
    let put_in = |node: LogicalPlan| {
        let LogicalPlan::TableScan(scan) = &node else { return Ok(Transformed::no(node)) };
        let Ok(provider) = source_as_provider(&scan.source) else { return Ok(Transformed::no(node)) };
        let Some(view) = provider.downcast_ref::<View>() else { return Ok(Transformed::no(node)) };
        let made = LogicalPlanBuilder::from(view.plan.clone()).alias(scan.table_name.clone())?.build()?;
        Ok(Transformed::yes(made))
    };
    plan.transform_up_with_subqueries(put_in).data()
}
