//! The one place where the engine is opened.
//!
//! A session reads what is registered in it and nothing else: no files by name, no settings, no catalogue
//! of its own. It runs each query on one partition, so that sums of floats come out the same on every
//! machine; queries run beside each other instead.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;
use futures::TryStreamExt;

use super::function::{self, Settings};
use super::past::{self, Past, Pasts};
use super::statement::Selection;
use super::{Sql, constant, rule};
use crate::error::{Error, Kind, Result};
use crate::problem::Problem;

/// Bytes that the queries of a run may hold before they spill.
const MEMORY: usize = 1 << 30;
const CATALOGUE: &str = "forecastle";

/// The engine with the relations registered in it; clones share them.
///
/// The engine's own context copies its whole state, hundreds of functions, for every statement; this keeps one.
#[derive(Clone)]
pub struct Session {
    state: Arc<SessionState>,
    task: Arc<TaskContext>,
    pasts: Pasts,
}

impl Session {
    /// An engine with the product's functions and no tables.
    pub fn open(settings: &Settings) -> Result<Self> {
        let mut state = open_state(settings)?;
        let pasts = Pasts::default();
        for name in past::ALL {
            let function = past::Function { name, settings: settings.clone(), pasts: Arc::clone(&pasts) };
            state.register_udtf(name, Arc::new(function));
        }
        Ok(Self { task: state.task_ctx(), state: Arc::new(state), pasts })
    }

    /// Registers a declared table for `as_of` and `each`, over one of the same name if there is one.
    pub fn register_past(&self, name: &str, past: Past) {
        if let Ok(mut pasts) = self.pasts.write() {
            pasts.insert(name.to_owned(), past);
        }
    }

    /// Registers a relation `schema.table`, over one of the same name if there is one.
    pub fn register(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let failed = |error: DataFusionError| Error::failed(format!("could not register {name}: {error}"));
        let (schema_name, table_name) = name.split_once('.').unwrap_or(("public", name));
        let catalogue = self.state.catalog_list().catalog(CATALOGUE);
        let catalogue = catalogue.ok_or_else(|| Error::failed("the engine has no catalogue"))?;
        let schema = match catalogue.schema(schema_name) {
            Some(schema) => schema,
            None => {
                let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
                catalogue.register_schema(schema_name, Arc::clone(&schema)).map_err(failed)?;
                schema
            }
        };
        schema.deregister_table(table_name).map_err(failed)?;
        schema.register_table(table_name.to_owned(), table).map_err(failed)?;
        Ok(())
    }

    /// Plans a statement over the registered relations: names and types, no data.
    pub async fn plan(&self, selection: &Selection, sql: &Sql) -> Result<LogicalPlan, Problem> {
        let plan = self.state.statement_to_plan(selection.statement.clone()).await;
        let plan = plan.map_err(|error| sql.problem(&error))?;
        guard(&plan, sql)?;
        Ok(plan)
    }

    /// Plans and also checks types as the engine will before it runs the plan.
    pub async fn check(&self, selection: &Selection, sql: &Sql) -> Result<LogicalPlan, Problem> {
        let plan = self.plan(selection, sql).await?;
        let analysed = self.state.analyzer().execute_and_check(plan.clone(), self.state.config_options(), |_, _| {});
        let analysed = analysed.map_err(|error| sql.problem(&error))?;
        constant::check_plan(&analysed, sql).map_or(Ok(plan), Err)
    }

    /// Runs a plan; its rows come as they are made.
    pub async fn stream(&self, plan: &LogicalPlan) -> Result<SendableRecordBatchStream, DataFusionError> {
        let plan = self.state.create_physical_plan(plan).await?;
        execute_stream(plan, Arc::clone(&self.task))
    }

    /// Runs a plan and gives all of its rows.
    pub async fn collect(&self, plan: &LogicalPlan) -> Result<Vec<RecordBatch>, DataFusionError> {
        self.stream(plan).await?.try_collect().await
    }
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

fn open_state(settings: &Settings) -> Result<SessionState> {
    let mut config = SessionConfig::new()
        .with_target_partitions(1)
        .with_information_schema(false)
        .with_default_catalog_and_schema(CATALOGUE, "public")
        .with_create_default_catalog_and_schema(true);
    let options = config.options_mut();
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.collect_spans = true;
    options.execution.parquet.schema_force_view_types = false;
    options.execution.parquet.pushdown_filters = false;
    options.execution.time_zone = None;
    let pool = TrackConsumersPool::new(FairSpillPool::new(MEMORY), NonZeroUsize::MIN);
    let failed = |error: DataFusionError| Error::new(Kind::Io, format!("could not open the query engine: {error}"));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc().map_err(failed)?;
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rules(rule::all())
        .build();
    for name in function::CHANCE {
        state.deregister_udf(name).map_err(failed)?;
    }
    for function in function::all(settings) {
        state.register_udf(Arc::new(function)).map_err(failed)?;
    }
    Ok(state)
}

/// An engine for expressions over an export's columns, whose names keep their case.
pub fn open_for_mapping(settings: &Settings) -> Result<SessionState> {
    let mut state = open_state(settings)?;
    state.config_mut().options_mut().sql_parser.enable_ident_normalization = false;
    Ok(state)
}
