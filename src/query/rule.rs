//! The engine's own rules for rewriting plans, with one held back where it gives wrong rows.
//!
//! DataFusion 55 moves a filter that reads no column below an aggregate without groups. Such an aggregate gives one row
//! even of no rows, so `SELECT * FROM (SELECT 'total' AS kind, min(x) FROM t) WHERE kind = 'quarter'` would give a row.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::optimizer::push_down_filter::PushDownFilter;

type Rule = Arc<dyn OptimizerRule + Send + Sync>;

/// The engine's rules in their order.
pub fn all() -> Vec<Rule> {
    let held_back = |rule: Rule| -> Rule {
        if rule.name() == PushDownFilter::new().name() {
            Arc::new(PushDownFilterToTotals(PushDownFilter::new()))
        } else {
            rule
        }
    };
    Optimizer::new().rules.into_iter().map(held_back).collect()
}

/// Moves filters down, but never below an aggregate that gives a row of nothing.
#[derive(Debug)]
struct PushDownFilterToTotals(PushDownFilter);

impl OptimizerRule for PushDownFilterToTotals {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if is_filter_of_total(&plan) { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
    }
}

fn is_filter_of_total(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Filter(filter) = plan else { return false };
    match filter.input.as_ref() {
        // With grouping sets one of them may be the empty one.
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().all(|group| matches!(group, Expr::GroupingSet(_)))
        }
        // The rule joins filters that stand above each other before it moves them.
        LogicalPlan::Filter(_) => is_filter_of_total(&filter.input),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::calendar::{Calendar, Month};
    use crate::problem::SourceFile;
    use crate::query::{Session, Settings, Sql, UserFunctions, statement};

    async fn rows(session: &Session, sql: &str) -> usize {
        let sql = Sql::file(&SourceFile::new("test.sql".to_owned(), sql.to_owned()));
        let plan = session.plan(&statement::parse(&sql).unwrap(), &sql).await.unwrap();
        session.collect(&plan).await.unwrap().iter().map(|batch| batch.num_rows()).sum()
    }

    #[tokio::test]
    async fn a_filter_without_columns_stays_above_an_aggregate_without_groups() {
        let settings = Settings {
            day: "2026-11-21".parse().unwrap(),
            calendar: Calendar { year_starts: Month::January },
            timezone: jiff::tz::TimeZone::UTC,
            currency: "USD".to_owned(),
            holidays: Arc::default(),
            values: Arc::default(),
        };
        let session = Session::open(&settings, &UserFunctions::new()).unwrap();
        for (sql, wanted) in [
            (
                "SELECT * FROM (SELECT 'total' AS kind, min(x) AS m FROM (VALUES (1), (2)) AS t (x)) AS s WHERE kind = 'other'",
                0,
            ),
            (
                "SELECT * FROM (SELECT 'total' AS kind, min(x) AS m FROM (VALUES (1), (2)) AS t (x)) AS s WHERE kind = 'total'",
                1,
            ),
            (
                "SELECT * FROM (SELECT * FROM (SELECT 1 AS k, min(x) AS m FROM (VALUES (1)) AS t (x)) AS s WHERE m = 1) AS u WHERE k = 2",
                0,
            ),
            (
                "SELECT * FROM (SELECT 1 AS k, min(x) AS m FROM (VALUES (1)) AS t (x) UNION ALL SELECT 2, 3) AS s WHERE k = 2",
                1,
            ),
            (
                "SELECT * FROM (SELECT 1 AS k, x, count(*) AS n FROM (VALUES (1)) AS t (x) GROUP BY ROLLUP (x)) AS s WHERE k = 2",
                0,
            ),
            ("SELECT * FROM (SELECT x, count(*) AS n FROM (VALUES (1), (2)) AS t (x) GROUP BY x) AS s WHERE x = 2", 1),
        ] {
            assert_eq!(rows(&session, sql).await, wanted, "{sql}");
        }
    }
}
