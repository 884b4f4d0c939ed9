//! The one place where the engine is opened.
//!
//! A session reads what is registered in it and nothing else: no files by name, no settings, no catalogue
//! of its own. It runs each query on one partition, so that sums of floats come out the same on every
//! machine; queries run beside each other instead.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::common::Column;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement;
use futures::TryStreamExt;

use super::checked::{Checked, Digest, Key};
use super::function::{self, Settings};
use super::past::{self, Past, Pasts};
use super::statement::Selection;
use super::user_function::{self, UserFunctions};
use super::{Sql, complaint, constant, expressions, overflow, rule, setting, view};
use crate::error::{Error, Kind, Result};
use crate::limit::Memory;
use crate::problem::Problem;
use crate::project::setting::Values;

/// What the queries of a run may hold; those that can spill do so before they fail.
pub const MEMORY: Memory = Memory(1 << 30);
const CATALOGUE: &str = "forecastle";

/// The engine with the relations registered in it; clones share them.
///
/// The engine's own context copies its whole state, hundreds of functions, for every statement; this keeps one.
#[derive(Clone)]
pub struct Session {
    state: Arc<SessionState>,
    task: Arc<TaskContext>,
    values: Arc<Values>,
    pasts: Pasts,
    function_problems: Arc<Vec<Problem>>,
    /// What is known from before; only where statements are planned and none is run.
    recollection: Option<Arc<Recollection>>,
}

/// What is known from before of statements like those of a session, and what they depend on.
struct Recollection {
    checked: Arc<Checked>,
    settings: Digest,
    functions: UserFunctions,
    /// What the answer of a call depends on beside its arguments.
    of_calls: Settings,
    /// A hash of the columns of each relation, and of each declared table whose past can be asked for.
    relations: RwLock<BTreeMap<String, u128>>,
}

impl Session {
    /// An engine with the product's functions, the user's, and no tables.
    pub fn open(settings: &Settings, functions: &UserFunctions) -> Result<Self> {
        Self::open_within(settings, functions, MEMORY)
    }

    /// As `open`, with so much memory for all that is computed in it.
    pub fn open_within(settings: &Settings, functions: &UserFunctions, memory: Memory) -> Result<Self> {
        let mut state = open_state(settings, memory)?;
        let problems = user_function::register(&mut state, functions, &settings.values);
        let problems = problems.map_err(|error| Error::failed(format!("could not register a function: {error}")))?;
        let pasts = Pasts::default();
        for name in past::ALL {
            let function = past::Function { name, settings: settings.clone(), pasts: Arc::clone(&pasts) };
            state.register_udtf(name, Arc::new(function));
        }
        let session = Self {
            task: state.task_ctx(),
            state: Arc::new(state),
            values: Arc::clone(&settings.values),
            pasts,
            function_problems: Arc::new(problems),
            recollection: None,
        };
        for (name, table) in setting::filled(&settings.values)? {
            session.register(&name, table)?;
        }
        Ok(session)
    }

    /// An engine for relations without rows, in which statements that were found right before are not planned again.
    pub fn open_for_checks(settings: &Settings, functions: &UserFunctions, checked: &Arc<Checked>) -> Result<Self> {
        let recollection = Recollection {
            checked: Arc::clone(checked),
            settings: Digest::of_settings(settings),
            functions: functions.clone(),
            of_calls: settings.clone(),
            relations: RwLock::default(),
        };
        Ok(Self { recollection: Some(Arc::new(recollection)), ..Self::open(settings, functions)? })
    }

    /// What is wrong with the user's functions.
    pub fn function_problems(&self) -> &[Problem] {
        &self.function_problems
    }

    /// Registers a declared table for `as_of` and `each`, over one of the same name if there is one.
    pub fn register_past(&self, name: &str, past: Past) {
        if let Some(recollection) = &self.recollection {
            recollection.register(past_of(&past::history_of(name)), &past.schema);
        }
        if let Ok(mut pasts) = self.pasts.write() {
            pasts.insert(name.to_owned(), past);
        }
    }

    /// Registers a relation `schema.table`, over one of the same name if there is one.
    pub fn register(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let failed = |error: DataFusionError| Error::failed(format!("could not register {name}: {error}"));
        if let Some(recollection) = &self.recollection {
            recollection.register(name.to_owned(), &table.schema());
        }
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
        let mut statement = match &self.recollection {
            Some(recollection) => selection.statement_over(&recollection.checked),
            None => selection.statement(),
        };
        if let (false, Statement::Statement(written)) = (selection.settings.is_empty(), &mut statement) {
            setting::put_in(written.as_mut(), sql, &self.values)?;
        }
        let plan = self.state.statement_to_plan(statement).await;
        let plan = plan.map_err(|error| sql.problem(&error))?;
        guard(&plan, sql)?;
        view::inlined(plan).map_err(|error| sql.problem(&error))
    }

    /// Plans and also checks types as the engine will before it runs the plan.
    pub async fn check(&self, selection: &Selection, sql: &Sql) -> Result<LogicalPlan, Problem> {
        let plan = self.plan(selection, sql).await?;
        let analysed = self.state.analyzer().execute_and_check(plan.clone(), self.state.config_options(), |_, _| {});
        let analysed = analysed.map_err(|error| sql.problem(&error))?;
        let found = constant::check_plan(&analysed, sql).or_else(|| misplaced_window(&analysed, sql));
        if let Some(found) = found {
            return Err(found);
        }
        // What the engine cannot do of subqueries that name what is around them shows when it plans how to run them.
        if let Some(column) = outer_column(&analysed) {
            self.state.create_physical_plan(&plan).await.map_err(|error| {
                let found = sql.problem(&error);
                Problem { place: sql.place_of_last(&column.flat_name()).unwrap_or(found.place.clone()), ..found }
            })?;
        }
        Ok(plan)
    }

    /// The columns of a statement that was found right before, over the same relations; `None` where it is to be planned.
    pub fn recall(&self, selection: &Selection) -> Option<SchemaRef> {
        let recollection = self.recollection.as_ref()?;
        recollection.checked.recall(recollection.key(selection))
    }

    /// The columns of a statement, checked as by `check` unless it was found right before.
    pub async fn columns(&self, selection: &Selection, sql: &Sql) -> Result<SchemaRef, Problem> {
        let Some(recollection) = &self.recollection else {
            return Ok(Arc::clone(self.check(selection, sql).await?.schema().inner()));
        };
        let key = recollection.key(selection);
        if let Some(columns) = recollection.checked.recall(key) {
            return Ok(columns);
        }
        let columns = self.check(selection, sql).await.map(|plan| Arc::clone(plan.schema().inner()));
        recollection.checked.planned(key, columns.as_ref().ok());
        columns
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

impl Recollection {
    fn register(&self, name: String, schema: &SchemaRef) {
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        relations.insert(name, Digest::of_columns(schema));
    }

    fn key(&self, selection: &Selection) -> Key {
        let code = user_function::code(&self.functions, &self.of_calls, [selection]);
        let relations = self.relations.read().unwrap_or_else(PoisonError::into_inner);
        self.settings.clone().key(selection, &code, |relation| match relation.function {
            Some(_) => relations.get(&past_of(&relation.name)).copied(),
            None => relations.get(&relation.name).copied(),
        })
    }
}

/// What the functions of the past see of a declared table, by the relation that they look into.
fn past_of(history: &str) -> String {
    format!("{history}()")
}

/// A window function in a condition: the planner lets it pass, and nothing can compute it.
fn misplaced_window(plan: &LogicalPlan, sql: &Sql) -> Option<Problem> {
    let is_filter = |node: &LogicalPlan| matches!(node, LogicalPlan::Filter(_));
    expressions::first(plan, is_filter, |expression| match expression {
        Expr::WindowFunction(window) => Some(sql.told(complaint::window_in_condition(Some(window.fun.name())))),
        _ => None,
    })
}

/// A column of the query around it that a subquery names.
fn outer_column(plan: &LogicalPlan) -> Option<Column> {
    expressions::first(
        plan,
        |_| true,
        |expression| match expression {
            Expr::OuterReferenceColumn(_, column) => Some(column.clone()),
            _ => None,
        },
    )
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

fn open_state(settings: &Settings, memory: Memory) -> Result<SessionState> {
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
    let pool = TrackConsumersPool::new(FairSpillPool::new(memory.0), NonZeroUsize::MIN);
    let failed = |error: DataFusionError| Error::new(Kind::Io, format!("could not open the query engine: {error}"));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc().map_err(failed)?;
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rules(rule::all())
        .with_physical_optimizer_rules(overflow::rules())
        .build();
    for name in function::CHANCE {
        state.deregister_udf(name).map_err(failed)?;
    }
    for function in function::all(settings) {
        state.register_udf(Arc::new(function)).map_err(failed)?;
    }
    for aggregate in function::aggregates() {
        state.register_udaf(Arc::new(aggregate)).map_err(failed)?;
    }
    Ok(state)
}

/// A function of the engine's own, as it describes it.
pub struct EngineFunction {
    pub name: String,
    pub signature: String,
    pub description: String,
}

/// The engine's own functions, those of chance left out, by name.
pub fn engine_functions() -> Vec<EngineFunction> {
    let state = SessionStateBuilder::new().with_default_features().build();
    let scalars = state.scalar_functions().iter().map(|(name, of)| (name, of.documentation()));
    let aggregates = state.aggregate_functions().iter().map(|(name, of)| (name, of.documentation()));
    let windows = state.window_functions().iter().map(|(name, of)| (name, of.documentation()));
    let described =
        scalars.chain(aggregates).chain(windows).filter(|(name, _)| !function::CHANCE.contains(&name.as_str()));
    let mut functions: Vec<EngineFunction> = described
        .map(|(name, of)| EngineFunction {
            name: name.clone(),
            signature: of.map_or_else(|| format!("{name}(...)"), |of| of.syntax_example.clone()),
            description: of.map_or_else(String::new, |of| of.description.trim().to_owned()),
        })
        .collect();
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions
}

/// An engine for expressions over an export's columns, whose names keep their case.
pub fn open_for_mapping(settings: &Settings) -> Result<SessionState> {
    let mut state = open_state(settings, MEMORY)?;
    state.config_mut().options_mut().sql_parser.enable_ident_normalization = false;
    Ok(state)
}
