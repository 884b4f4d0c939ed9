//! The lineage of a whole project: exports, declared tables, models, the queries of reports and the tiles of their pages.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::Schema;
use serde::Serialize;
use tokio::task::JoinSet;

use super::{Direct, Field, How, Inputs, Lineage, map, plan};
use crate::catalogue::{Catalogue, Companion, Planned};
use crate::error::{Error, Result};
use crate::ingest::rebuild;
use crate::lake;
use crate::project::{PipelineFile, Source};
use crate::query::{DeclaredTable, Selection, Session, Sql, past, setting, sql_type};
use crate::reports::Tile;

/// What a relation of the graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What a source reads.
    Export,
    /// A declared table, or what the lake tells of one.
    Table,
    Model,
    /// The rows that add up to a metric's figure; of a derived one its total.
    Metric,
    /// A query of a report.
    Query,
    /// A component of a report's page.
    Tile,
    Report,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Table => "table",
            Self::Model => "model",
            Self::Metric => "metric",
            Self::Query => "query",
            Self::Tile => "tile",
            Self::Report => "report",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// As SQL names it; an export has none.
    pub sql_type: Option<String>,
}

/// A relation that data passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub kind: Kind,
    pub columns: Vec<Column>,
    /// For an export its path, for a tile its component.
    pub detail: Option<String>,
}

impl Relation {
    fn new(kind: Kind) -> Self {
        Self { kind, columns: Vec::new(), detail: None }
    }

    fn of_schema(kind: Kind, schema: &Schema) -> Self {
        let column = |field: &arrow::datatypes::FieldRef| Column {
            name: field.name().clone(),
            sql_type: Some(sql_type(field.data_type())),
        };
        Self { columns: schema.fields().iter().map(column).collect(), ..Self::new(kind) }
    }
}

/// What everything comes from, and what comes of it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub relations: BTreeMap<String, Relation>,
    inputs: BTreeMap<Field, Inputs>,
    outputs: BTreeMap<Field, Inputs>,
}

impl Graph {
    /// Adds a relation with what it comes from; of a relation that is there already the inputs come together.
    pub fn add(&mut self, name: &str, relation: Relation, lineage: Lineage) {
        self.relations.entry(name.to_owned()).or_insert(relation);
        let columns = lineage.columns.into_iter().map(|(column, inputs)| (Field::column(name, column), inputs));
        for (field, inputs) in columns.chain([(Field::rows(name), lineage.rows)]) {
            for (input, how) in &inputs {
                self.outputs.entry(input.clone()).or_default().insert((field.clone(), *how));
            }
            self.inputs.entry(field).or_default().extend(inputs);
        }
    }

    /// What a column comes from, without what decides about its relation's rows.
    pub fn inputs(&self, field: &Field) -> impl Iterator<Item = &(Field, How)> {
        self.inputs.get(field).into_iter().flatten()
    }

    /// What comes of a column, or of a relation's rows.
    pub fn outputs(&self, field: &Field) -> impl Iterator<Item = &(Field, How)> {
        self.outputs.get(field).into_iter().flatten()
    }

    /// The relations that a relation reads.
    pub fn read_by(&self, relation: &str) -> BTreeSet<&str> {
        self.beside(relation, &self.inputs)
    }

    /// The relations that read a relation.
    pub fn readers(&self, relation: &str) -> BTreeSet<&str> {
        self.beside(relation, &self.outputs)
    }

    fn beside<'g>(&self, relation: &str, edges: &'g BTreeMap<Field, Inputs>) -> BTreeSet<&'g str> {
        // A relation's rows sort before its columns, and those stand together.
        let own = edges.range(Field::rows(relation)..).take_while(|(field, _)| field.relation == relation);
        own.flat_map(|(_, others)| others.iter().map(|(other, _)| other.relation.as_str())).collect()
    }

    /// The columns of an export, which only its readers tell.
    fn complete_exports(&mut self) {
        for field in self.outputs.keys() {
            let Some(column) = &field.column else { continue };
            if let Some(relation) = self.relations.get_mut(&field.relation)
                && relation.kind == Kind::Export
                && relation.columns.iter().all(|known| known.name != *column)
            {
                relation.columns.push(Column { name: column.clone(), sql_type: None });
            }
        }
    }
}

/// Plans every statement of the project once more, over what `models::plan` has registered in the session, and traces it.
///
/// What has a mistake is left out.
pub async fn load(
    session: &Session,
    catalogue: &Catalogue,
    planned: &Planned,
    pipelines: &[&PipelineFile],
    tiles: &BTreeMap<String, Vec<Tile>>,
) -> Result<Graph> {
    let mut graph = Graph::default();
    for table in catalogue.tables.values() {
        add_table(&mut graph, table);
    }
    let snapshots = lake::snapshot_schema();
    graph.add(lake::SNAPSHOTS, Relation::of_schema(Kind::Table, &snapshots), Lineage::default());
    for (name, setting) in setting::tables() {
        graph.add(&name, Relation::of_schema(Kind::Table, &setting::schema(setting)), Lineage::default());
    }
    for file in pipelines {
        for source in file.pipeline.sources.iter().filter(|source| catalogue.tables.contains_key(&source.table)) {
            add_source(&mut graph, &file.pipeline.name, source);
        }
    }
    add_past(&mut graph, catalogue, pipelines);
    let models = catalogue.models.iter().filter(|(name, _)| planned.schemas.contains_key(*name));
    let models = models.map(|(name, model)| {
        let kind = if model.is_metric() { Kind::Metric } else { Kind::Model };
        (name.to_string(), kind, model.selection.clone(), model.sql.clone())
    });
    let queries = catalogue.reports.values().flat_map(|report| {
        let queries = report.queries.iter().filter(|(_, query)| planned.covers(catalogue, &query.selection));
        let named = |name: &str| query_of(&report.name, name);
        queries.map(move |(name, query)| (named(name), Kind::Query, query.selection.clone(), query.sql.clone()))
    });
    for (name, mut relation, mut lineage) in traced(session, models.chain(queries)).await? {
        // What an incremental model stores has the day of its partition beside what its SELECT makes.
        let stored = name.parse().ok().and_then(|name| planned.schemas.get(&name));
        if let Some(stored) = stored.filter(|_| relation.kind == Kind::Model) {
            relation = Relation::of_schema(Kind::Model, stored);
            let more = stored.fields().iter().skip(lineage.columns.len());
            lineage.columns.extend(more.map(|field| (field.name().clone(), Inputs::new())));
        }
        graph.add(&name, relation, lineage);
    }
    for (report, tiles) in tiles {
        add_page(&mut graph, report, tiles);
    }
    graph.complete_exports();
    Ok(graph)
}

/// Plans and traces statements beside each other.
async fn traced(
    session: &Session,
    statements: impl Iterator<Item = (String, Kind, Selection, Sql)>,
) -> Result<Vec<(String, Relation, Lineage)>> {
    let mut running = JoinSet::new();
    for (name, kind, selection, sql) in statements {
        let session = session.clone();
        running.spawn(async move {
            let plan = session.plan(&selection, &sql).await.ok()?;
            Some((name, Relation::of_schema(kind, plan.schema().inner()), plan::trace(&plan)))
        });
    }
    let mut found = Vec::new();
    while let Some(finished) = running.join_next().await {
        found.extend(finished.map_err(|error| Error::failed(format!("tracing broke off: {error}")))?);
    }
    Ok(found)
}

/// What a source of a pipeline reads, as a relation.
pub fn export_of(pipeline: &str, source: &Source) -> String {
    format!("export:{pipeline}/{}", source.table)
}

/// A query of a report, as a relation.
pub fn query_of(report: &str, query: &str) -> String {
    format!("report:{report}.{query}")
}

/// A tile of a report, as a relation.
pub fn tile_of(report: &str, tile: &str) -> String {
    format!("report:{report}#{tile}")
}

fn add_source(graph: &mut Graph, pipeline: &str, source: &Source) {
    let export = export_of(pipeline, source);
    let path = source.format().map(|format| format.path().to_string());
    graph.add(&export, Relation { detail: path, ..Relation::new(Kind::Export) }, Lineage::default());
    graph.add(&source.table.to_string(), Relation::new(Kind::Table), map::trace(source, &export));
    let rejects = Field::rows(format!("{}{}", source.table, Companion::Reject.ending()));
    graph.add(&rejects.relation, Relation::new(Kind::Table), of_rows(&export));
}

fn of_rows(relation: &str) -> Lineage {
    let rows = Inputs::from([(Field::rows(relation), How::Direct(Direct::Transformation))]);
    Lineage { columns: Vec::new(), rows }
}

/// A declared table, and what the lake tells of it.
fn add_table(graph: &mut Graph, table: &DeclaredTable) {
    let name = table.name.to_string();
    graph.add(&name, Relation::of_schema(Kind::Table, &table.schema()), Lineage::default());
    let column = |column: &str, how: Direct| (Field::column(&name, column), How::Direct(how));
    let rows = (Field::rows(&name), How::Direct(Direct::Transformation));
    let is_key = |at: usize| table.key.contains(&at);
    let values = || {
        let values = table.columns.iter().enumerate().filter(|(at, _)| !is_key(*at));
        values.map(|(_, value)| column(&value.name, Direct::Transformation))
    };
    for companion in Companion::ALL {
        let schema = companion.schema(table);
        let of = |(at, field): (usize, &arrow::datatypes::FieldRef)| -> Inputs {
            let own = match companion {
                // The same columns, then those that tell the days.
                Companion::History | Companion::Snapshot => table.columns.get(at).map(|own| own.name.as_str()),
                // The key's columns, then those that tell a change.
                Companion::Change => table.key.get(at).map(|key| table.columns[*key].name.as_str()),
                Companion::Reject => None,
            };
            match (own, companion) {
                (Some(own), _) => Inputs::from([column(own, Direct::Identity)]),
                (None, Companion::Reject) => Inputs::new(),
                (None, Companion::Change) if field.name().starts_with("value_") => values().collect(),
                (None, _) => Inputs::from([rows.clone()]),
            }
        };
        let columns = schema.fields().iter().enumerate().map(|(at, field)| (field.name().clone(), of((at, field))));
        let rows = if companion == Companion::Reject { Inputs::new() } else { Inputs::from([rows.clone()]) };
        let lineage = Lineage { columns: columns.collect(), rows };
        let relation = match companion {
            Companion::History => past::history_of(&name),
            companion => format!("{name}{}", companion.ending()),
        };
        graph.add(&relation, Relation::of_schema(Kind::Table, &schema), lineage);
    }
}

/// Days before a table's first export come from its events, where a pipeline reads those.
fn add_past(graph: &mut Graph, catalogue: &Catalogue, pipelines: &[&PipelineFile]) {
    let declared = (catalogue.declared(rebuild::TABLE), catalogue.declared(rebuild::EVENTS));
    let (Some(table), Some(events)) = declared else { return };
    let is_read = |file: &&PipelineFile| file.pipeline.sources.iter().any(|source| source.table == events.name);
    if !pipelines.iter().any(is_read) || rebuild::check(table, events).is_err() {
        return;
    }
    let told = ["old_value", "new_value"].map(|column| Field::column(rebuild::EVENTS, column));
    let told = Inputs::from(told.map(|field| (field, How::Direct(Direct::Transformation))));
    let changed = table.columns.iter().enumerate().filter(|(at, _)| !table.key.contains(at));
    let columns = changed.map(|(_, column)| (column.name.clone(), told.clone())).collect();
    graph.add(rebuild::TABLE, Relation::new(Kind::Table), Lineage { columns, ..of_rows(rebuild::EVENTS) });
}

/// The tiles of a report's page, and the report that they make.
fn add_page(graph: &mut Graph, report: &str, tiles: &[Tile]) {
    let page = format!("report:{report}");
    let mut of_page = Lineage::default();
    for tile in tiles {
        let name = tile_of(report, &tile.id);
        let read = tile.reads.iter().map(|(query, column)| {
            let relation = query_of(report, query);
            let field = Field { relation, column: column.clone() };
            (field, How::Direct(Direct::Identity))
        });
        let relation = Relation { detail: Some(tile.component.clone()), ..Relation::new(Kind::Tile) };
        graph.add(&name, relation, Lineage { columns: Vec::new(), rows: read.collect() });
        of_page.rows.insert((Field::rows(name), How::Direct(Direct::Identity)));
    }
    graph.add(&page, Relation::new(Kind::Report), of_page);
}
