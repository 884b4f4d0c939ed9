//! Looking through the expressions of a plan.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};

/// The first thing found in the expressions of those nodes of a plan that are looked at, subqueries among them.
pub fn first<T>(
    plan: &LogicalPlan,
    is_looked_at: impl Fn(&LogicalPlan) -> bool,
    look: impl Fn(&Expr) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    let mut visit = |expression: &Expr| {
        found = found.take().or_else(|| look(expression));
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    };
    let looked = plan.apply_with_subqueries(|node| match is_looked_at(node) {
        true => node.apply_expressions(|expression| expression.apply(&mut visit)),
        false => Ok(TreeNodeRecursion::Continue),
    });
    looked.ok().and(found)
}
