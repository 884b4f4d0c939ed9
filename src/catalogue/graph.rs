//! The order of models: each after what it reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::lake::TableName;
use crate::problem::{self, Problem};

use super::Catalogue;
use super::model::Model;

/// Relations beside a declared table that the lake gives for it.
pub const SNAPSHOT_SUFFIX: &str = "_snapshot";

impl Catalogue {
    /// What reads relations that are not there, and the cycles among models.
    pub(super) fn reading_problems(&self) -> Vec<Problem> {
        let names = self.relation_names();
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let mut problems = Vec::new();
        let of_models = self.models.values().map(|model| &model.selection);
        let of_checks = self.checks.iter().map(|check| &check.selection);
        let of_reports = self.reports.values().flat_map(|report| report.queries.values().map(|query| &query.selection));
        for selection in of_models.chain(of_checks).chain(of_reports) {
            for relation in selection.relations.iter().filter(|relation| !known.contains(relation.name.as_str())) {
                // A file with a mistake of its own is told there, not at each of its readers.
                if self.broken.contains(&relation.name) {
                    continue;
                }
                let found =
                    Problem::error(relation.place.clone(), format!("there is no table or model `{}`", relation.name));
                problems
                    .push(found.help(problem::did_you_mean(&relation.name, known.iter().copied().collect::<Vec<_>>())));
            }
        }
        problems.extend(self.cycles());
        problems
    }

    /// Every name that SQL may read, sorted.
    pub fn relation_names(&self) -> Vec<String> {
        let declared = self.tables.keys().flat_map(|name| [name.to_string(), format!("{name}{SNAPSHOT_SUFFIX}")]);
        let mut names: Vec<String> = declared.chain(self.models.keys().map(ToString::to_string)).collect();
        names.sort();
        names
    }

    /// The models that a model reads directly.
    pub fn upstream<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a TableName> {
        model
            .relations()
            .iter()
            .filter_map(|relation| self.models.keys().find(|name| name.to_string() == relation.name))
    }

    /// All models, each after those that it reads, otherwise by name. Models of a cycle are left out.
    pub fn order(&self) -> Vec<&Model> {
        let mut waiting: BTreeMap<&TableName, BTreeSet<&TableName>> =
            self.models.iter().map(|(name, model)| (name, self.upstream(model).collect())).collect();
        let mut order = Vec::new();
        while let Some(next) = waiting.iter().find(|(_, needs)| needs.is_empty()).map(|(name, _)| *name) {
            waiting.remove(next);
            waiting.values_mut().for_each(|needs| {
                needs.remove(next);
            });
            order.push(&self.models[next]);
        }
        order
    }

    /// One problem for each cycle, with its way around.
    fn cycles(&self) -> Vec<Problem> {
        let ordered: BTreeSet<&TableName> = self.order().into_iter().map(|model| &model.name).collect();
        let mut told: BTreeSet<&TableName> = BTreeSet::new();
        let mut problems = Vec::new();
        for start in self.models.keys().filter(|name| !ordered.contains(name)) {
            let mut way = vec![start];
            // Every model that is left reads another one that is left, so the walk must meet itself.
            let cycle = loop {
                let Some(next) =
                    way.last().and_then(|name| self.upstream(&self.models[*name]).find(|name| !ordered.contains(name)))
                else {
                    break Vec::new();
                };
                if let Some(met) = way.iter().position(|seen| *seen == next) {
                    break way.split_off(met);
                }
                way.push(next);
            };
            let Some(first) = cycle.iter().min().copied() else { continue };
            if cycle.iter().any(|name| told.contains(name)) {
                continue;
            }
            told.extend(&cycle);
            let at = cycle.iter().position(|name| *name == first).unwrap_or(0);
            let around: Vec<String> =
                cycle.iter().cycle().skip(at).take(cycle.len() + 1).map(ToString::to_string).collect();
            let next = around.get(1).cloned().unwrap_or_default();
            let place = self.models[first]
                .relations()
                .iter()
                .find(|relation| relation.name == next)
                .map(|relation| relation.place.clone());
            let place = place.unwrap_or_else(|| self.models[first].sql.start());
            problems.push(
                Problem::error(place, format!("models read each other in a circle: {}", around.join(" reads ")))
                    .help("take what both need into a model of its own"),
            );
        }
        problems
    }
}
