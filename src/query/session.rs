//! The one place where the engine is opened.
//!
//! A session reads what is registered in it and nothing else: no files by name, no settings, no catalogue
//! of its own. It runs each query on one partition, so that sums of floats come out the same on every
//! machine; queries run beside each other instead.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::{MemorySchemaProvider, TableProvider};
use datafusion::common::TableReference;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::error::{Error, Kind, Result};
use crate::query::function::{self, Settings};
use crate::query::rule;

/// Bytes that the queries of a run may hold before they spill.
const MEMORY: usize = 1 << 30;
const CATALOGUE: &str = "forecastle";

/// An engine with the product's functions and no tables.
pub fn open(settings: &Settings) -> Result<SessionContext> {
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
    let context = context(config)?;
    for name in function::CHANCE {
        context.deregister_udf(name);
    }
    for function in function::all(settings) {
        context.register_udf(function);
    }
    Ok(context)
}

/// An engine for expressions over an export's columns, whose names keep their case; cheap to clone.
pub fn open_for_mapping(settings: &Settings) -> Result<SessionState> {
    let mut state = open(settings)?.state();
    state.config_mut().options_mut().sql_parser.enable_ident_normalization = false;
    Ok(state)
}

fn context(config: SessionConfig) -> Result<SessionContext> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(MEMORY), NonZeroUsize::MIN);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .build_arc()
        .map_err(|error| Error::new(Kind::Io, format!("could not open the query engine: {error}")))?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rules(rule::all())
        .build();
    Ok(SessionContext::new_with_state(state))
}

/// Registers a relation `schema.table`, over one of the same name if there is one.
pub fn register(context: &SessionContext, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
    let failed =
        |error: datafusion::error::DataFusionError| Error::failed(format!("could not register {name}: {error}"));
    let (schema, table_name) = name.split_once('.').unwrap_or(("public", name));
    let catalogue = context.catalog(CATALOGUE).ok_or_else(|| Error::failed("the engine has no catalogue"))?;
    if catalogue.schema(schema).is_none() {
        catalogue.register_schema(schema, Arc::new(MemorySchemaProvider::new())).map_err(failed)?;
    }
    let reference = TableReference::full(CATALOGUE, schema, table_name);
    context.deregister_table(reference.clone()).map_err(failed)?;
    context.register_table(reference, table).map_err(failed)?;
    Ok(())
}
