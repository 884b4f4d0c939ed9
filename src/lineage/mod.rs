//! Lineage: what every column and every row comes from, read from the plans that the engine will run.
//!
//! `plan` traces one statement, `map` a source's map; `graph` puts them together for a whole project, from the columns of an
//! export to the tiles of a page; `walk` follows a part of that, and `print` writes it down.
//!
//! Direct inputs are those whose values flow into a column; indirect ones only decide which rows there are, how they are
//! put together, or which of several values is taken. The kinds are those of OpenLineage's column-lineage facet.

mod graph;
mod map;
mod plan;
mod print;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

pub use graph::{Column, Graph, Kind, Relation, export_of, load, query_of, tile_of};
pub use plan::trace;
pub use print::{json, mermaid, tree};
pub use walk::{Direction, Found, Step, Target, Walk};

/// A column of a relation; without a column its rows, as many as there are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub relation: String,
    pub column: Option<String>,
}

impl Field {
    pub fn column(relation: impl Into<String>, column: impl Into<String>) -> Self {
        Self { relation: relation.into(), column: Some(column.into()) }
    }

    pub fn rows(relation: impl Into<String>) -> Self {
        Self { relation: relation.into(), column: None }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}.{column}", self.relation),
            None => write!(f, "rows of {}", self.relation),
        }
    }
}

/// How a value flows into a column; of several steps the last one in this order tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direct {
    /// As it is.
    Identity,
    /// Computed from it, row by row.
    Transformation,
    /// Computed from it over several rows.
    Aggregation,
}

/// How a value decides about others without flowing into them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indirect {
    Join,
    Filter,
    GroupBy,
    Sort,
    /// It partitions or orders what a window function looks at.
    Window,
    /// It chooses between values, as the condition of a CASE.
    Conditional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    Direct(Direct),
    Indirect(Indirect),
}

impl How {
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Direct(_))
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direct(Direct::Identity) => "identity",
            Self::Direct(Direct::Transformation) => "transformation",
            Self::Direct(Direct::Aggregation) => "aggregation",
            Self::Indirect(Indirect::Join) => "join",
            Self::Indirect(Indirect::Filter) => "filter",
            Self::Indirect(Indirect::GroupBy) => "group by",
            Self::Indirect(Indirect::Sort) => "sort",
            Self::Indirect(Indirect::Window) => "window",
            Self::Indirect(Indirect::Conditional) => "conditional",
        }
    }
}

/// As OpenLineage writes it: `{"type": "INDIRECT", "subtype": "GROUP_BY"}`.
impl Serialize for How {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("How", 2)?;
        written.serialize_field("type", if self.is_direct() { "DIRECT" } else { "INDIRECT" })?;
        written.serialize_field("subtype", &self.word().to_uppercase().replace(' ', "_"))?;
        written.end()
    }
}

/// What something comes from, and how.
pub type Inputs = BTreeSet<(Field, How)>;

/// What a statement's columns and rows come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// In the order of the columns.
    pub columns: Vec<(String, Inputs)>,
    /// What decides which rows there are: it holds for every column.
    pub rows: Inputs,
}
