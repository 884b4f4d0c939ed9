//! From a column or a relation through the graph: to all that it comes from, or to all that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Field, Graph, How};
use crate::error::{Error, Kind, Result};
use crate::problem;

/// What is asked for: a column of a relation, or all of the relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Relation(String),
    Field(Field),
}

impl Target {
    pub fn relation(&self) -> &str {
        match self {
            Self::Relation(relation) => relation,
            Self::Field(field) => &field.relation,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Relation(relation) => f.write_str(relation),
            Self::Field(field) => field.fmt(f),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To what it comes from.
    Up,
    /// To what comes of it.
    Down,
}

/// How far to go, and along what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    pub direction: Direction,
    /// How many steps; without it to the end.
    pub depth: Option<usize>,
    /// Whether steps that only decide are followed; otherwise only those of the target are told.
    pub indirect: bool,
}

/// One thing that comes from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Where data comes from.
    pub from: Target,
    /// Where it goes.
    pub to: Target,
    /// None between whole relations.
    pub how: BTreeSet<How>,
}

/// What a walk came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub target: Target,
    pub walk: Walk,
    /// In no order of the way: by name.
    pub nodes: BTreeSet<Target>,
    pub steps: BTreeSet<Step>,
    /// Where the depth ended a way that goes on.
    pub cut: BTreeSet<Target>,
}

impl Graph {
    /// What a name means: a relation, or a column of one.
    pub fn target(&self, name: &str) -> Result<Target> {
        if self.relations.contains_key(name) {
            return Ok(Target::Relation(name.to_owned()));
        }
        if let Some((relation, column)) = self.split(name) {
            let columns = &self.relations[relation].columns;
            if let Some(found) = columns.iter().find(|known| known.name == column) {
                return Ok(Target::Field(Field::column(relation, &found.name)));
            }
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            return Err(Error::new(Kind::Project, format!("`{relation}` has no column `{column}`"))
                .help(problem::did_you_mean(column, names)));
        }
        Err(self.unknown(name))
    }

    /// The longest relation that a name begins with, and the column behind it.
    fn split<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let dots = name.rmatch_indices('.').map(|(dot, _)| (&name[..dot], &name[dot + 1..]));
        dots.into_iter().find(|(relation, _)| self.relations.contains_key(*relation))
    }

    fn unknown(&self, name: &str) -> Error {
        let found = Error::new(Kind::Project, format!("there is no table, model or report `{name}`"));
        let known = || self.relations.keys().map(String::as_str);
        if let Some(whole) = known().find(|known| known.ends_with(&format!(".{name}"))) {
            return found.help(format!("did you mean `{whole}`?"));
        }
        // A column of a mistyped relation is nearer to the relation than to anything whole.
        let (relation, column) = match name.matches('.').count() {
            0 | 1 => (name, None),
            _ => name.rsplit_once('.').map_or((name, None), |(relation, column)| (relation, Some(column))),
        };
        let candidates: Vec<&str> = known().filter(|known| !known.starts_with("export:")).collect();
        match problem::nearest(relation, candidates.iter().copied()) {
            Some(near) => {
                let with_column = column.map(|column| format!(".{column}")).unwrap_or_default();
                found.help(format!("did you mean `{near}{with_column}`?"))
            }
            None => found.help("name a relation or a column of one: crm.deal, kpi.win_rate.won, report:executive; forecastle list shows what there is"),
        }
    }

    /// Goes from a target in one direction.
    pub fn walk(&self, target: &Target, walk: Walk) -> Found {
        let mut found = Found {
            target: target.clone(),
            walk,
            nodes: BTreeSet::from([target.clone()]),
            steps: BTreeSet::new(),
            cut: BTreeSet::new(),
        };
        let mut taken = BTreeSet::from([target.clone()]);
        let mut open = vec![target.clone()];
        let mut depth = 0;
        while !open.is_empty() {
            let is_last = walk.depth.is_some_and(|wanted| depth >= wanted);
            let mut next = Vec::new();
            for node in open {
                let neighbours = self.neighbours(&node, walk, node == *target);
                if is_last {
                    if !neighbours.is_empty() {
                        found.cut.insert(node);
                    }
                    continue;
                }
                for (other, how) in neighbours {
                    let goes_on = how.is_empty() || walk.indirect || how.iter().any(|how| how.is_direct());
                    let (from, to) = match walk.direction {
                        Direction::Up => (other.clone(), node.clone()),
                        Direction::Down => (node.clone(), other.clone()),
                    };
                    found.steps.insert(Step { from, to, how });
                    found.nodes.insert(other.clone());
                    // What only decided may be met again as something that flows.
                    if goes_on && taken.insert(other.clone()) {
                        next.push(other);
                    }
                }
            }
            depth += 1;
            open = next;
        }
        found
    }

    /// What lies one step away, and how it is bound.
    fn neighbours(&self, node: &Target, walk: Walk, is_target: bool) -> BTreeMap<Target, BTreeSet<How>> {
        let mut found: BTreeMap<Target, BTreeSet<How>> = BTreeMap::new();
        match (node, walk.direction) {
            (Target::Relation(relation), direction) => {
                let names = match direction {
                    Direction::Up => self.read_by(relation),
                    Direction::Down => self.readers(relation),
                };
                found.extend(names.into_iter().map(|name| (Target::Relation(name.to_owned()), BTreeSet::new())));
            }
            (Target::Field(field), direction) => {
                let with_indirect = is_target || walk.indirect;
                let mut add = |(other, how): &(Field, How)| {
                    if how.is_direct() || with_indirect {
                        found.entry(Target::Field(other.clone())).or_default().insert(*how);
                    }
                };
                match direction {
                    Direction::Up => {
                        self.inputs(field).for_each(&mut add);
                        if field.column.is_some() {
                            // What decides about the rows decides about each of their values.
                            let rows = Field::rows(&field.relation);
                            self.inputs(&rows).filter(|(_, how)| !how.is_direct()).for_each(&mut add);
                        }
                    }
                    Direction::Down => self.outputs(field).for_each(&mut add),
                }
            }
        }
        found.remove(node);
        found
    }
}
