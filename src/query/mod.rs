//! The query layer: SQL with its places, declared tables, metrics, the engine and its functions.
//!
//! Everything the user writes in SQL passes through `statement::parse`, which lets through one read-only
//! SELECT, and is planned and run by a [`Session`].

pub mod changes;
pub mod checked;
mod complaint;
mod constant;
pub mod declared;
mod expressions;
mod folder;
mod from;
pub mod function;
pub mod given;
mod lint;
pub mod metric;
mod overflow;
pub mod past;
mod rule;
pub mod session;
pub mod setting;
pub mod sql;
pub mod statement;
pub mod user_function;
mod view;

use datafusion::error::DataFusionError;

pub use checked::{Checked, Counted};
pub use declared::{DeclaredColumn, DeclaredTable};
pub use folder::Folders;
pub use function::Settings;
pub use metric::Metrics;
pub use session::Session;
pub use sql::Sql;
pub use statement::{Relation, Selection, Shorthands};
pub use user_function::{UserFunction, UserFunctions};
pub use view::View;

use crate::error::Error;
pub use crate::sql_type::of as sql_type;

/// Whether a query failed because it needs more memory than it may use.
pub fn is_out_of_memory(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}

/// A failure of the lake that came through the engine: damage or a failing disk is no mistake of the SQL.
pub fn lake_failure(error: &DataFusionError) -> Option<Error> {
    let DataFusionError::External(inner) = error.find_root() else { return None };
    let Error { kind, message, help, .. } = inner.downcast_ref::<Error>()?;
    Some(Error { help: help.clone(), ..Error::new(*kind, message.clone()) })
}
