//! What planning the catalogue found: the columns of every model, or why there are none.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;

use super::{Catalogue, SNAPSHOT_SUFFIX};
use crate::lake::TableName;
use crate::problem::Problem;
use crate::query::Relation;

/// What planning found.
#[derive(Debug, Default)]
pub struct Planned {
    /// The columns of each model that could be planned.
    pub schemas: BTreeMap<TableName, SchemaRef>,
    pub problems: Vec<Problem>,
    /// Models below a broken one: nothing can be said of them.
    pub unchecked: BTreeSet<TableName>,
}

impl Planned {
    /// Whether everything that a statement reads could be planned.
    pub fn covers(&self, catalogue: &Catalogue, relations: &[Relation]) -> bool {
        relations.iter().all(|relation| {
            catalogue.tables.keys().any(|name| {
                relation.name.strip_suffix(SNAPSHOT_SUFFIX).unwrap_or(&relation.name) == name.to_string()
                    || relation.name == name.to_string()
            }) || self.schemas.keys().any(|name| name.to_string() == relation.name)
        })
    }
}
