//! A project as a book: from its files, as they were planned and traced.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{
    Book, Check, Column, Definition, Input, Metric, Model, Pipeline, Query, Report, Row, Source, Table, Tile,
};
use crate::catalogue::{self, Companion, Subject};
use crate::lineage::{self, Field, Graph, How, query_of, tile_of};
use crate::problem::SourceFile;
use crate::project::setting::listed;
use crate::project::{Export, Gravity, Layer, Materialize, PipelineFile};
use crate::query::{DeclaredTable, Selection};
use crate::run::Examined;

const FORMAT: u32 = 1;

/// Writes down everything that was planned without a mistake.
pub fn gather(project: &str, program: &str, examined: &Examined, pipelines: &[&PipelineFile], graph: &Graph) -> Book {
    let Examined { files, catalogue, tiles, .. } = examined;
    let known = Known { catalogue, graph };
    let (test_files, _) = catalogue::load_tests(files, catalogue, |_| true);
    let tests = |name: &str| -> Vec<String> {
        let of_model = test_files.iter().filter(|file| file.model.name.to_string() == name);
        of_model.flat_map(|file| file.tests.tests.iter().map(|test| test.name.clone())).collect()
    };
    Book {
        format: FORMAT,
        project: project.to_owned(),
        program: program.to_owned(),
        pipelines: pipelines.iter().map(|file| pipeline(file)).collect(),
        tables: catalogue.tables.values().map(|table| known.table(table)).collect(),
        models: catalogue.models.values().map(|model| known.model(model, tests(&model.name.to_string()))).collect(),
        checks: catalogue.checks.iter().map(check).collect(),
        reports: catalogue
            .reports
            .values()
            .map(|report| known.report(report, tiles.get(&report.name).map(Vec::as_slice).unwrap_or_default()))
            .collect(),
    }
}

/// What columns and readers are looked up in.
struct Known<'k> {
    catalogue: &'k catalogue::Catalogue,
    graph: &'k Graph,
}

impl Known<'_> {
    fn table(&self, table: &DeclaredTable) -> Table {
        let name = table.name.to_string();
        let columns = table.columns.iter().map(|column| Column {
            description: column.comment.clone(),
            required: Some(column.is_required),
            allowed: column.allowed.clone(),
            ..self.column(&name, &column.name)
        });
        let beside: Vec<String> =
            Companion::ALL.iter().map(|companion| format!("{name}{}", companion.ending())).collect();
        let mut read_by: BTreeSet<&str> = self.graph.readers(&name);
        read_by.extend(beside.iter().flat_map(|beside| self.graph.readers(beside)));
        read_by.retain(|reader| !beside.iter().any(|beside| beside == reader));
        Table {
            file: path(&table.sql.start().source),
            description: notes(&table.sql.text),
            key: table.key.iter().map(|at| table.columns[*at].name.clone()).collect(),
            columns: columns.collect(),
            read_by: self.shown(read_by),
            beside,
            sql: table.sql.text.trim().to_owned(),
            name,
        }
    }

    fn model(&self, model: &catalogue::Model, tests: Vec<String>) -> Model {
        let name = model.name.to_string();
        let is_about = |check: &&catalogue::Check| check.guards(&name);
        Model {
            file: path(&model.sql.start().source),
            layer: layer(model.layer),
            description: model.header.description.clone(),
            notes: notes(&model.sql.text),
            owner: model.header.owner.clone(),
            materialize: materialize(model.header.materialize),
            tags: model.header.tags.clone(),
            columns: self.columns(&name),
            rows: inputs(self.graph.inputs(&Field::rows(&name))),
            reads: reads(&model.selection),
            read_by: self.shown(self.graph.readers(&name)),
            checks: self.catalogue.checks.iter().filter(is_about).map(|check| check.name.clone()).collect(),
            tests,
            sql: statement_of(&model.sql.text),
            expanded_sql: expanded(&model.selection),
            metric: self.metric(model),
            name,
        }
    }

    fn metric(&self, model: &catalogue::Model) -> Option<Metric> {
        let metrics = &self.catalogue.metrics;
        let metric = metrics.known.get(model.name.table()).filter(|_| model.is_metric())?;
        let header = &metric.header;
        Some(Metric {
            id: metric.id.clone(),
            label: header.label.clone(),
            unit: header.unit.name(),
            good: header.good,
            time: header.time.clone(),
            dimensions: metrics.dimensions(metric),
            semi_additive: metrics.is_semi_additive(metric),
            target: header.target.clone(),
        })
    }

    fn report(&self, report: &catalogue::Report, tiles: &[crate::reports::Tile]) -> Report {
        let queries = report.queries.iter().map(|(name, query)| {
            let relation = query_of(&report.name, name);
            Query {
                name: name.clone(),
                columns: self.columns(&relation),
                rows: inputs(self.graph.inputs(&Field::rows(&relation))),
                reads: reads(&query.selection),
                sql: query.sql.text.trim().to_owned(),
                expanded_sql: expanded(&query.selection),
            }
        });
        let tile = |tile: &crate::reports::Tile| Tile {
            id: tile.id.clone(),
            component: tile.component.clone(),
            reads: inputs(self.graph.inputs(&Field::rows(tile_of(&report.name, &tile.id)))),
        };
        let definition = |(id, of): (&String, &crate::project::Definition)| Definition {
            id: id.clone(),
            label: of.label.clone(),
            text: of.text.clone(),
        };
        let read: BTreeSet<String> = report.queries.values().flat_map(|query| reads(&query.selection)).collect();
        Report {
            name: report.name.clone(),
            file: path(&report.source),
            layer: layer(report.layer),
            title: report.header.title.clone(),
            description: report.header.description.clone(),
            owner: report.header.owner.clone(),
            reads: read.into_iter().collect(),
            queries: queries.collect(),
            tiles: tiles.iter().map(tile).collect(),
            glossary: report.header.glossary.iter().map(definition).collect(),
        }
    }

    fn columns(&self, relation: &str) -> Vec<Column> {
        let columns =
            self.graph.relations.get(relation).map(|relation| relation.columns.as_slice()).unwrap_or_default();
        columns.iter().map(|column| self.column(relation, &column.name)).collect()
    }

    fn column(&self, relation: &str, name: &str) -> Column {
        let field = Field::column(relation, name);
        let columns =
            self.graph.relations.get(relation).map(|relation| relation.columns.as_slice()).unwrap_or_default();
        Column {
            name: name.to_owned(),
            sql_type: columns.iter().find(|column| column.name == name).and_then(|column| column.sql_type.clone()),
            description: self.passed_on(&field),
            required: None,
            allowed: Vec::new(),
            inputs: inputs(self.graph.inputs(&field)),
        }
    }

    /// What a declared column says of itself, where a column is nothing else than that.
    fn passed_on(&self, field: &Field) -> Option<String> {
        let mut field = field.clone();
        let mut seen = BTreeSet::new();
        while seen.insert(field.clone()) {
            let table = field.relation.parse().ok().and_then(|name| self.catalogue.tables.get(&name));
            if let (Some(table), Some(column)) = (table, &field.column) {
                return table.column(column)?.comment.clone();
            }
            let direct: Vec<&(Field, How)> = self.graph.inputs(&field).filter(|(_, how)| how.is_direct()).collect();
            let [(input, How::Direct(lineage::Direct::Identity))] = direct.as_slice() else { return None };
            field = input.clone();
        }
        None
    }

    /// Readers as people know them: of a report's queries and tiles the report, and no table beside another.
    fn shown(&self, readers: BTreeSet<&str>) -> Vec<String> {
        let whole = |name: &str| match name.strip_prefix("report:") {
            Some(rest) => format!("report:{}", rest.split(['.', '#']).next().unwrap_or(rest)),
            None => name.to_owned(),
        };
        readers.into_iter().map(whole).collect::<BTreeSet<String>>().into_iter().collect()
    }
}

/// Inputs by what they are of, each with all its ways.
fn inputs<'i>(all: impl Iterator<Item = &'i (Field, How)>) -> Vec<Input> {
    let mut found: BTreeMap<&Field, Vec<How>> = BTreeMap::new();
    for (field, how) in all {
        found.entry(field).or_default().push(*how);
    }
    let input = |(field, transformations): (&Field, Vec<How>)| Input {
        relation: field.relation.clone(),
        column: field.column.clone(),
        transformations,
    };
    let mut inputs: Vec<Input> = found.into_iter().map(input).collect();
    // What flows before what decides.
    inputs.sort_by_key(|input| !input.transformations.iter().any(|how| how.is_direct()));
    inputs
}

fn pipeline(file: &PipelineFile) -> Pipeline {
    let of = &file.pipeline;
    let source = |source: &crate::project::Source| {
        let format = source.format();
        Source {
            table: source.table.to_string(),
            format: format.as_ref().map(|format| format.name().to_owned()).unwrap_or_default(),
            path: format.map(|format| format.path().to_string()).unwrap_or_default(),
            export: if source.export == Export::Full { "full" } else { "changes" },
            required: source.required,
            condition: source.condition.clone(),
            map: source.map.clone(),
            rows: source
                .rows
                .iter()
                .map(|row| Row { condition: row.condition.clone(), map: row.map.clone() })
                .collect(),
        }
    };
    Pipeline {
        name: of.name.clone(),
        file: path(&file.document.place(&[]).source),
        description: of.description.clone(),
        timezone: of.timezone.0.iana_name().unwrap_or_default().to_owned(),
        currency: of.currency.0.clone(),
        fiscal_year_starts: of.fiscal_year_starts as i8,
        lake: of.lake.clone(),
        out: of.out.clone(),
        reports: of.reports.clone(),
        settings: listed(file),
        sources: of.sources.iter().map(source).collect(),
    }
}

fn check(check: &catalogue::Check) -> Check {
    let text = match &check.subject {
        Subject::Model(_) => check.sql.text.trim().to_owned(),
        Subject::WhatItReads => statement_of(&check.sql.text),
    };
    Check {
        name: check.name.clone(),
        file: path(&check.sql.start().source),
        description: check.description.clone(),
        severity: if check.gravity == Gravity::Error { "error" } else { "warn" },
        reads: reads(&check.selection),
        sql: text,
    }
}

fn reads(selection: &Selection) -> Vec<String> {
    let names: BTreeSet<&str> = selection.relations.iter().map(|relation| relation.name.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The statement as the engine gets it, in the parser's own form.
fn expanded(selection: &Selection) -> String {
    format!("{:#}", selection.statement())
}

fn materialize(of: Materialize) -> String {
    format!("{of:?}").to_lowercase()
}

fn layer(of: Layer) -> &'static str {
    if of == Layer::Pack { "pack" } else { "project" }
}

fn path(source: &SourceFile) -> String {
    source.path.clone()
}

/// A file's text behind its front matter.
fn statement_of(text: &str) -> String {
    let text = text.trim();
    let is_header = text.strip_prefix("/*").is_some_and(|rest| rest.trim_start().starts_with("---"));
    match text.find("*/").filter(|_| is_header) {
        Some(end) => text[end + 2..].trim().to_owned(),
        None => text.to_owned(),
    }
}

/// The comment that stands above a statement, as one text.
fn notes(text: &str) -> Option<String> {
    let statement = statement_of(text);
    let lines: Vec<&str> = statement.lines().map_while(|line| line.trim().strip_prefix("--")).map(str::trim).collect();
    let notes = lines.join(" ");
    (!notes.is_empty()).then_some(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_above_a_statement_is_its_note() {
        let text = "/* ---\ndescription: x\n--- */\n-- One row is\n-- a deal.\nSELECT 1 -- not this\n";
        assert_eq!(notes(text).as_deref(), Some("One row is a deal."));
        assert_eq!(statement_of(text), "-- One row is\n-- a deal.\nSELECT 1 -- not this");
        assert_eq!(notes("SELECT 1"), None);
    }
}
