//! The query layer: SQL with its places, declared tables, the engine and its functions.
//!
//! Everything the user writes in SQL passes through `statement::parse`, which lets through one read-only
//! SELECT, and is planned and run by a session of `session::open`.

mod complaint;
pub mod declared;
pub mod function;
mod rule;
pub mod session;
pub mod sql;
pub mod statement;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;

pub use complaint::sql_type;
pub use declared::{DeclaredColumn, DeclaredTable};
pub use function::Settings;
pub use sql::Sql;
pub use statement::{Relation, Selection};

use crate::error::Error;
use crate::problem::Problem;

/// Plans a statement over the relations registered in `context`: names and types, no data.
pub async fn plan(context: &SessionContext, selection: &Selection, sql: &Sql) -> Result<LogicalPlan, Problem> {
    let state = context.state();
    let plan = state.statement_to_plan(selection.statement.clone()).await.map_err(|error| sql.problem(&error))?;
    guard(&plan, sql)?;
    Ok(plan)
}

/// Plans and also checks types as the engine will before it runs the plan.
pub async fn check(context: &SessionContext, selection: &Selection, sql: &Sql) -> Result<LogicalPlan, Problem> {
    let plan = plan(context, selection, sql).await?;
    let state = context.state();
    let analysed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
    analysed.map_err(|error| sql.problem(&error))?;
    Ok(plan)
}

/// The second lock: no plan that writes, defines or sets passes, whatever the parser let through.
fn guard(plan: &LogicalPlan, sql: &Sql) -> Result<(), Problem> {
    match plan {
        LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_) => {
            return Err(Problem::error(sql.start(), "only a SELECT can stand here"));
        }
        _ => {}
    }
    plan.inputs().into_iter().try_for_each(|input| guard(input, sql))
}

/// A failure of the lake that came through the engine: damage or a failing disk is no mistake of the SQL.
pub fn lake_failure(error: &DataFusionError) -> Option<Error> {
    let DataFusionError::External(inner) = error.find_root() else { return None };
    let Error { kind, message, help, .. } = inner.downcast_ref::<Error>()?;
    Some(Error { help: help.clone(), ..Error::new(*kind, message.clone()) })
}
