//! Whole numbers that are more than their type holds: an error, never a figure that has wrapped around.
//!
//! DataFusion 55 computes `+`, `-` and `*` of whole numbers modulo 2^64, and its operator can be told not to. A plan that is
//! ready to run is gone through for them. What a sort, a join or a window computes itself is left as it is: it orders and
//! compares rows, and gives no figure.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_optimizer::projection_pushdown::ProjectionPushdown;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

/// The engine's rules for plans that are to run, with these in their places among them.
pub fn rules() -> Vec<Rule> {
    let mut rules = PhysicalOptimizer::new().rules;
    // From there on a scan may compute what a projection above it did, and its expressions are out of reach.
    let into_scans = rules.iter().position(|rule| rule.name() == ProjectionPushdown::new().name());
    rules.insert(into_scans.unwrap_or(rules.len()), Arc::new(FailOnOverflow { is_last: false }));
    rules.push(Arc::new(FailOnOverflow { is_last: true }));
    rules
}

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

#[derive(Debug)]
struct FailOnOverflow {
    /// Rules that come after compare the expressions of a projection with those that its rows are ordered by. So only the
    /// last one looks at all of them.
    is_last: bool,
}

impl PhysicalOptimizerRule for FailOnOverflow {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(
            |plan| if self.is_last || is_unordered(&plan) { node(plan) } else { Ok(Transformed::no(plan)) },
        )
        .data()
    }

    fn name(&self) -> &str {
        "fail_on_overflow"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn is_unordered(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let projection = plan.downcast_ref::<ProjectionExec>();
    projection.is_some_and(|projection| projection.input().output_ordering().is_none())
}

fn node(plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let computed = projection.expr().iter().map(|of| checked(&of.expr)).collect::<Result<Vec<_>>>()?;
        if computed.iter().any(|of| of.transformed) {
            let named = computed.into_iter().zip(projection.expr());
            let named = named.map(|(of, was)| ProjectionExpr { expr: of.data, alias: was.alias.clone() });
            let schema = projection.schema();
            let made = ProjectionExec::try_new_with_schema_metadata(named, Arc::clone(projection.input()), &schema)?;
            return Ok(Transformed::yes(Arc::new(made)));
        }
    } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let predicate = checked(filter.predicate())?;
        if predicate.transformed {
            let made = FilterExecBuilder::from(filter).with_predicate(predicate.data).build()?;
            return Ok(Transformed::yes(Arc::new(made)));
        }
    } else if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        let computed = aggregate.aggr_expr().iter().map(of_arguments).collect::<Result<Vec<_>>>()?;
        if computed.iter().any(|of| of.transformed) {
            let computed: Vec<_> = computed.into_iter().map(|of| of.data).collect();
            return Ok(Transformed::yes(Arc::new(aggregate.with_new_aggr_exprs(computed))));
        }
    }
    Ok(Transformed::no(plan))
}

fn of_arguments(aggregate: &Arc<AggregateFunctionExpr>) -> Result<Transformed<Arc<AggregateFunctionExpr>>> {
    let all = aggregate.all_expressions();
    let computed = all.args.iter().map(checked).collect::<Result<Vec<_>>>()?;
    if computed.iter().any(|of| of.transformed) {
        let arguments = computed.into_iter().map(|of| of.data).collect();
        if let Some(made) = aggregate.with_new_expressions(arguments, all.order_by_exprs) {
            return Ok(Transformed::yes(Arc::new(made)));
        }
    }
    Ok(Transformed::no(Arc::clone(aggregate)))
}

/// The expression with every `+`, `-` and `*` in it failing where the result does not fit.
fn checked(expression: &Arc<dyn PhysicalExpr>) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    Arc::clone(expression).transform_up(|part| {
        Ok(match part.downcast_ref::<BinaryExpr>() {
            Some(binary) if matches!(binary.op(), Operator::Plus | Operator::Minus | Operator::Multiply) => {
                Transformed::yes(Arc::new(binary.clone().with_fail_on_overflow(true)))
            }
            _ => Transformed::no(part),
        })
    })
}
