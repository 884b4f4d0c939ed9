//! The order of models: each after what it reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::lake::{self, TableName};
use crate::problem::{self, Problem};
use crate::query::{Relation, Selection, setting};

use super::model::Model;
use super::{Catalogue, Companion};

impl Catalogue {
    /// What reads relations that are not there, and the cycles among models.
    pub(super) fn reading_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for selection in self.selections(|_| true) {
            problems.extend(self.unknown_relations(selection));
        }
        problems.extend(self.models.values().filter_map(|model| self.unknown_days(model)));
        problems.extend(self.cycles());
        problems
    }

    /// A model whose days are to be those of a table that is not declared.
    fn unknown_days(&self, model: &Model) -> Option<Problem> {
        let (table, place) = model.incremental.as_ref()?.days_of.as_ref()?;
        if self.tables.contains_key(table) {
            return None;
        }
        let names: Vec<String> = self.tables.keys().map(ToString::to_string).collect();
        let found = Problem::error(place.clone(), format!("there is no declared table `{table}`"));
        Some(found.help(problem::did_you_mean(&table.to_string(), names.iter().map(String::as_str))))
    }

    /// What a statement reads that is not there; a file with a mistake of its own is told there, not at its readers.
    pub fn unknown_relations(&self, selection: &Selection) -> Vec<Problem> {
        let unknown = selection.relations.iter().filter(|relation| !self.has(&relation.name)).collect::<Vec<_>>();
        if unknown.is_empty() {
            return Vec::new();
        }
        let names = self.relation_names();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        unknown
            .into_iter()
            .map(|relation| {
                let Relation { name, place, function } = relation;
                if let Some(function) = function {
                    return self.without_history(function, relation);
                }
                let help = match known.iter().find(|known| known.ends_with(&format!(".{name}"))) {
                    _ if name.contains('/') || name.ends_with(".csv") => {
                        "SQL reads tables and models; a file comes in by a source of a pipeline".to_owned()
                    }
                    Some(whole) => format!("did you mean `{whole}`?"),
                    None => match setting::scalar(name) {
                        Some(scalar) => format!("`{scalar}` is a single value: write setting('{scalar}')"),
                        None => problem::did_you_mean(name, known.iter().copied()),
                    },
                };
                Problem::error(place.clone(), format!("there is no table or model `{name}`")).help(help)
            })
            .collect()
    }

    /// Whether SQL may read a relation of this name, or its file has a mistake that is told there.
    fn has(&self, relation: &str) -> bool {
        relation == lake::SNAPSHOTS
            || setting::table(relation).is_some()
            || self.declared(relation).is_some()
            || self.model(relation).is_some()
            || self.broken.contains(relation)
    }

    /// The model of this name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.get(&name.parse::<TableName>().ok()?)
    }

    /// A function of the past that is asked for what is no declared table.
    fn without_history(&self, function: &str, relation: &Relation) -> Problem {
        let table = relation.name.strip_suffix(Companion::History.ending()).unwrap_or(&relation.name);
        let found = |message: String| Problem::error(relation.place.clone(), message);
        if self.models.keys().any(|model| model.to_string() == table) {
            return found(format!("{function} takes a declared table, and `{table}` is a model, which has no history"))
                .help("ask the tables that it reads; a query sees the whole model of another day with --day");
        }
        if let Some(declared) = self.declared(table) {
            let of = &declared.name;
            return found(format!("{function} takes a declared table, and `{table}` is what the lake tells of `{of}`"))
                .help(format!("write {function}('{of}', ...)"));
        }
        let names: Vec<String> = self.tables.keys().map(ToString::to_string).collect();
        let help = match names.iter().find(|name| name.ends_with(&format!(".{table}"))) {
            Some(whole) => format!("did you mean `{whole}`?"),
            None => problem::did_you_mean(table, names.iter().map(String::as_str)),
        };
        found(format!("there is no declared table `{table}`")).help(help)
    }

    /// Every name that SQL may read, sorted.
    pub fn relation_names(&self) -> Vec<String> {
        let beside = |name: &TableName| Companion::ALL.map(|companion| format!("{name}{}", companion.ending()));
        let mut names: Vec<String> = self.tables.keys().flat_map(beside).collect();
        names.extend(self.tables.keys().chain(self.models.keys()).map(ToString::to_string));
        names.push(lake::SNAPSHOTS.to_owned());
        names.extend(setting::tables().map(|(name, _)| name));
        names.sort();
        names
    }

    /// The models that a model reads directly, without its own earlier partitions.
    pub fn upstream<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a TableName> {
        let read = model.relations().iter().filter_map(|relation| self.model(&relation.name));
        read.map(|read| &read.name).filter(|name| model.incremental.is_none() || **name != model.name)
    }

    /// All models, each after those that it reads, otherwise by name. Models of a cycle are left out.
    pub fn order(&self) -> Vec<&Model> {
        let mut needs: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
        let mut readers: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
        for (name, model) in &self.models {
            let upstream: BTreeSet<&TableName> = self.upstream(model).collect();
            upstream.iter().for_each(|read| readers.entry(read).or_default().push(name));
            needs.insert(name, upstream);
        }
        let mut free: BTreeSet<&TableName> =
            needs.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        let mut order = Vec::new();
        while let Some(next) = free.pop_first() {
            order.push(&self.models[next]);
            for reader in readers.get(next).into_iter().flatten() {
                let Some(open) = needs.get_mut(reader) else { continue };
                if open.remove(next) && open.is_empty() {
                    free.insert(reader);
                }
            }
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
            let (message, help) = match cycle.len() {
                1 => (
                    format!("{first} reads itself"),
                    "read the tables that it is made of; only with `materialize: incremental` a model has earlier days to read",
                ),
                _ => (
                    format!("models read each other in a circle: {}", around.join(" reads ")),
                    "take what both need into a model of its own",
                ),
            };
            problems.push(Problem::error(place, message).help(help));
        }
        problems
    }
}
