//! A walk through the lineage as a tree for people, as JSON, and as a Mermaid chart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Direction, Found, Graph, How, Kind, Step, Target};

/// How long a line of a tree becomes before its list of names is broken.
const WIDTH: usize = 110;

/// The tree, from the target on; what stands further up already is named and not drawn again.
pub fn tree(graph: &Graph, found: &Found) -> String {
    let mut drawing = Drawing { graph, found, drawn: BTreeSet::new(), lines: Vec::new() };
    drawing.lines.push(drawing.described(&found.target));
    drawing.drawn.insert(found.target.clone());
    drawing.below(&found.target, "");
    if drawing.lines.len() == 1 {
        drawing.lines.push(nothing(graph, found));
    }
    drawing.lines.join("\n")
}

fn nothing(graph: &Graph, found: &Found) -> String {
    if found.cut.contains(&found.target) {
        return "   (a depth of 0 shows nothing else)".to_owned();
    }
    let kind = graph.relations.get(found.target.relation()).map(|relation| relation.kind);
    match (found.walk.direction, kind) {
        (Direction::Up, Some(Kind::Table)) => "   no pipeline fills it".to_owned(),
        (Direction::Up, _) => "   comes from nothing: it is made in its own SQL".to_owned(),
        (Direction::Down, _) => "   nothing reads it".to_owned(),
    }
}

struct Drawing<'f> {
    graph: &'f Graph,
    found: &'f Found,
    drawn: BTreeSet<Target>,
    lines: Vec<String>,
}

impl Drawing<'_> {
    fn below(&mut self, node: &Target, indent: &str) {
        let steps: Vec<&Step> = self.found.steps.iter().filter(|step| self.near(step) == node).collect();
        let (flowing, deciding): (Vec<&Step>, Vec<&Step>) = steps.into_iter().partition(|step| self.is_branch(step));
        let lists = self.lists(&deciding);
        let count = flowing.len() + lists.len();
        for (at, step) in flowing.into_iter().enumerate() {
            let other = self.far(step).clone();
            let is_last = at + 1 == count;
            let is_again = !self.drawn.insert(other.clone());
            let goes_on = self.found.steps.iter().any(|step| *self.near(step) == other);
            let how = words(&step.how);
            let how = if how.is_empty() { how } else { format!("  {how}") };
            let again = match (is_again && goes_on, self.found.cut.contains(&other)) {
                (true, _) => "  (see above)",
                (false, true) => "  …",
                (false, false) => "",
            };
            self.lines.push(format!("{indent}{} {}{how}{again}", branch(is_last), self.described(&other)));
            if !is_again {
                self.below(&other, &format!("{indent}{}", stem(is_last)));
            }
        }
        let drawn = count - lists.len();
        for (at, (kind, names)) in lists.into_iter().enumerate() {
            let is_last = drawn + at + 1 == count;
            let lead = format!("{indent}{} {kind}: ", branch(is_last));
            let hanging = format!("{indent}{}{}", stem(is_last), " ".repeat(kind.chars().count() + 2));
            self.lines.extend(wrapped(&lead, &hanging, &names));
        }
    }

    /// What only decides is listed by how it does, unless it is followed.
    fn lists(&self, deciding: &[&Step]) -> Vec<(String, Vec<String>)> {
        let mut by_kind: BTreeMap<How, Vec<String>> = BTreeMap::new();
        for step in deciding {
            for how in &step.how {
                by_kind.entry(*how).or_default().push(self.name(self.far(step)));
            }
        }
        let lead = |how: How| match self.found.walk.direction {
            Direction::Up => format!("by {}", how.word()),
            Direction::Down => format!("decides by {}", how.word()),
        };
        by_kind.into_iter().map(|(how, names)| (lead(how), names)).collect()
    }

    fn is_branch(&self, step: &Step) -> bool {
        step.how.is_empty() || self.found.walk.indirect || step.how.iter().any(|how| how.is_direct())
    }

    fn near<'s>(&self, step: &'s Step) -> &'s Target {
        if self.found.walk.direction == Direction::Up { &step.to } else { &step.from }
    }

    fn far<'s>(&self, step: &'s Step) -> &'s Target {
        if self.found.walk.direction == Direction::Up { &step.from } else { &step.to }
    }

    fn name(&self, node: &Target) -> String {
        name(self.graph, node)
    }

    /// Its name, its type or kind, and where an export lies.
    fn described(&self, node: &Target) -> String {
        let mut parts = vec![self.name(node)];
        let relation = self.graph.relations.get(node.relation());
        match node {
            Target::Field(field) if field.column.is_some() => {
                let columns = relation.map(|relation| relation.columns.as_slice()).unwrap_or_default();
                let column = columns.iter().find(|column| Some(&column.name) == field.column.as_ref());
                parts.extend(column.and_then(|column| column.sql_type.clone()));
            }
            _ => parts.extend(relation.map(|relation| relation.kind.word().to_owned())),
        }
        if let Some(relation) = relation.filter(|relation| relation.kind == Kind::Export) {
            parts.extend(relation.detail.as_ref().map(|path| format!("in {path}")));
        }
        parts.join("  ")
    }
}

/// The name of a node; tiles and reports have no columns of which their rows were to be told.
fn name(graph: &Graph, node: &Target) -> String {
    let kind = graph.relations.get(node.relation()).map(|relation| relation.kind);
    match (node, kind) {
        (Target::Field(field), Some(Kind::Tile | Kind::Report)) => field.relation.clone(),
        _ => node.to_string(),
    }
}

fn words(how: &BTreeSet<How>) -> String {
    how.iter().map(|how| how.word()).collect::<Vec<_>>().join(", ")
}

fn branch(is_last: bool) -> &'static str {
    if is_last { "└─" } else { "├─" }
}

fn stem(is_last: bool) -> &'static str {
    if is_last { "   " } else { "│  " }
}

/// Names behind a lead, on as many lines as they need.
fn wrapped(lead: &str, hanging: &str, names: &[String]) -> Vec<String> {
    let mut lines = vec![lead.to_owned()];
    for (at, name) in names.iter().enumerate() {
        let piece = if at + 1 < names.len() { format!("{name}, ") } else { name.clone() };
        let last = lines.last_mut().expect("it begins with a line");
        let is_full = last.chars().count() + piece.trim_end().chars().count() > WIDTH;
        if is_full && at > 0 {
            let full = last.trim_end().len();
            last.truncate(full);
            lines.push(format!("{hanging}{piece}"));
        } else {
            last.push_str(&piece);
        }
    }
    lines
}

/// The same as nodes and edges; fields are documented in `src/docs/artifacts.md`.
pub fn json(graph: &Graph, found: &Found) -> Value {
    let node = |node: &Target| {
        let relation = graph.relations.get(node.relation());
        let column = match node {
            Target::Field(field) => field.column.clone(),
            Target::Relation(_) => None,
        };
        let sql_type = relation.and_then(|relation| {
            relation.columns.iter().find(|known| Some(&known.name) == column.as_ref())?.sql_type.clone()
        });
        json!({
            "name": name(graph, node),
            "kind": relation.map(|relation| relation.kind),
            "relation": node.relation(),
            "column": column,
            "type": sql_type,
            "detail": relation.and_then(|relation| relation.detail.clone()),
        })
    };
    let edge = |step: &Step| {
        json!({
            "from": name(graph, &step.from),
            "to": name(graph, &step.to),
            "transformations": step.how.iter().collect::<Vec<_>>(),
        })
    };
    json!({
        "target": name(graph, &found.target),
        "direction": found.walk.direction,
        "depth": found.walk.depth,
        "nodes": found.nodes.iter().map(node).collect::<Vec<_>>(),
        "edges": found.steps.iter().map(edge).collect::<Vec<_>>(),
        "cut": found.cut.iter().map(|node| name(graph, node)).collect::<Vec<_>>(),
    })
}

/// The same as a Mermaid flowchart: a box for each relation, dotted arrows for what only decides.
pub fn mermaid(graph: &Graph, found: &Found) -> String {
    let ids: BTreeMap<&Target, String> =
        found.nodes.iter().enumerate().map(|(at, node)| (node, format!("n{at}"))).collect();
    let quoted =
        |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    let mut lines = vec!["flowchart LR".to_owned()];
    let mut by_relation: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
    for node in &found.nodes {
        by_relation.entry(node.relation()).or_default().push(node);
    }
    for (at, (relation, nodes)) in by_relation.into_iter().enumerate() {
        let columns: Vec<(&Target, &str)> = nodes
            .iter()
            .filter_map(|node| match node {
                Target::Field(field) => field.column.as_deref().map(|column| (*node, column)),
                Target::Relation(_) => None,
            })
            .collect();
        for node in nodes.iter().filter(|node| columns.iter().all(|(known, _)| known != *node)) {
            lines.push(format!("  {}[\"{}\"]", ids[*node], quoted(&name(graph, node))));
        }
        if !columns.is_empty() {
            lines.push(format!("  subgraph r{at}[\"{}\"]", quoted(relation)));
            lines.extend(columns.iter().map(|(node, column)| format!("    {}[\"{}\"]", ids[*node], quoted(column))));
            lines.push("  end".to_owned());
        }
    }
    for step in &found.steps {
        let is_dotted = !step.how.is_empty() && step.how.iter().all(|how| !how.is_direct());
        let arrow = if is_dotted { "-.->" } else { "-->" };
        let told = words(&step.how);
        let label = if told.is_empty() { told } else { format!("|{told}|") };
        lines.push(format!("  {} {arrow}{label} {}", ids[&step.from], ids[&step.to]));
    }
    lines.push(format!("  style {} stroke-width:3px", ids[&found.target]));
    lines.join("\n")
}
