//! Reports as written: front matter with named queries, and a template body.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::path;
use crate::problem::{Place, Problem, SourceFile};
use crate::project::{self, Layer, ProjectFile, QueryColumn, ReportHeader};
use crate::query::{Selection, Shorthands, Sql, statement};
use crate::yaml;

/// A template that becomes files.
#[derive(Debug, Clone)]
pub struct Report {
    pub name: String,
    pub header: ReportHeader,
    pub queries: BTreeMap<String, ReportQuery>,
    /// Where it is to be one page for each row of a query.
    pub each: Option<Each>,
    pub source: Arc<SourceFile>,
    /// Where the template begins in the file.
    pub body: usize,
    pub layer: Layer,
}

/// A named query of a report.
#[derive(Debug, Clone)]
pub struct ReportQuery {
    pub sql: Sql,
    pub selection: Selection,
}

/// The column whose values make a report's pages.
#[derive(Debug, Clone)]
pub struct Each {
    pub key: QueryColumn,
    pub query_place: Place,
    pub column_place: Place,
}

/// Reads `reports/<name>.md`. A query that cannot be read is left out and told: the others and the template still are.
pub fn parse(
    name: &str,
    file: &ProjectFile,
    shorthands: Shorthands<'_>,
) -> Result<(Report, Vec<Problem>), Vec<Problem>> {
    let (range, body) = project::in_markdown(&file.source).map_err(|found| vec![found])?;
    let document = Arc::new(yaml::parse(&file.source, range)?);
    let header: ReportHeader = document.read()?;
    let mut queries = BTreeMap::new();
    let mut problems = Vec::new();
    for (query, text) in &header.queries {
        let sql = Sql::yaml(text, &document, path!["queries", query.as_str()].to_vec());
        match statement::parse_over(&sql, shorthands) {
            Ok(selection) => {
                queries.insert(query.clone(), ReportQuery { sql, selection });
            }
            Err(found) => problems.push(found),
        }
    }
    if header.formats.is_empty() {
        let found =
            Problem::error(document.key_place(&path!["formats"]), "a report without formats would have no file");
        problems.push(found.help("name one at least, or leave `formats:` out to have all"));
    }
    let each = header.each.clone().map(|key| {
        let (path, end) = (path!["each"], key.query.len());
        let column = end + 1..end + 1 + key.column.len();
        Each { query_place: document.text_place(&path, 0..end), column_place: document.text_place(&path, column), key }
    });
    let (source, layer) = (Arc::clone(&file.source), file.layer);
    Ok((Report { name: name.to_owned(), header, queries, each, source, body, layer }, problems))
}
