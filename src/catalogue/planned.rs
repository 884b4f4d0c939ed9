//! What planning the catalogue found: the columns of every model, or why there are none.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;

use super::{Catalogue, REJECT_SUFFIX, SNAPSHOT_SUFFIX};
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
        relations.iter().all(|Relation { name, .. }| {
            let bare = [SNAPSHOT_SUFFIX, REJECT_SUFFIX].iter().find_map(|suffix| name.strip_suffix(suffix));
            let is_table = |name: &str| catalogue.tables.keys().any(|table| table.to_string() == name);
            is_table(name) || bare.is_some_and(is_table) || self.schemas.keys().any(|model| model.to_string() == *name)
        })
    }
}
