//! What planning the catalogue found: the columns of every model, or why there are none.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;

use super::Catalogue;
use crate::lake::{self, TableName};
use crate::problem::Problem;
use crate::query::{Relation, Selection, setting};

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
    /// Whether everything that a statement reads and calls could be read.
    pub fn covers(&self, catalogue: &Catalogue, selection: &Selection) -> bool {
        !catalogue.calls_broken(selection) && self.covers_all(catalogue, &selection.relations)
    }

    /// Whether relations could be planned.
    pub fn covers_all<'r>(&self, catalogue: &Catalogue, relations: impl IntoIterator<Item = &'r Relation>) -> bool {
        relations.into_iter().all(|Relation { name, .. }| {
            name == lake::SNAPSHOTS
                || setting::table(name).is_some()
                || catalogue.declared(name).is_some() && !catalogue.is_broken(name)
                || name.parse::<TableName>().is_ok_and(|model| self.schemas.contains_key(&model))
        })
    }
}
