//! One template, many pages: each row of a query makes a page, whose queries hold the rows that have its key.
//!
//! Keys are strangers' text. The folder of a page follows from its key alone, so that a link to it holds from day to day: a key of
//! small letters, digits and hyphens is its own folder; any other is made one, with a part of its hash behind it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::block::{Block, PageLink};
use super::check::Known;
use super::escape::slug;
use super::page::{Link, Page};
use super::print::{CLOSE, OPEN, cell_words, escape};
use super::publish::Edition;
use super::render::{self, Document};
use super::table::{Cell, Kind, Table};
use super::template::Template;
use super::{csv, words};
use crate::catalogue::Each;
use crate::hash::sha256;
use crate::problem::{Problem, did_you_mean};

/// More pages than this no report has.
const MOST_PAGES: usize = 1_000;
/// The column of the key's query that names a page.
const TITLE: &str = "title";
/// Folders that stand beside a page.
const TAKEN: [&str; 2] = ["assets", "data"];
const LONGEST_FOLDER: usize = 60;

/// Finds what keeps a report from having a page for each key, without data.
pub fn check(each: &Each, known: Known<'_>) -> Vec<Problem> {
    let (query, column) = (each.key.query.as_str(), each.key.column.as_str());
    if known.broken.contains(query) {
        return Vec::new();
    }
    let Some(columns) = known.queries.get(query) else {
        let help =
            did_you_mean(query, known.queries.keys().chain(known.broken).map(String::as_str).collect::<Vec<_>>());
        return vec![Problem::error(each.query_place.clone(), format!("there is no query `{query}`")).help(help)];
    };
    let Some(key) = columns.iter().find(|known| known.name == column) else {
        let help = did_you_mean(column, columns.iter().map(|column| column.name.as_str()));
        let message = format!("the query `{query}` has no column `{column}`");
        return vec![Problem::error(each.column_place.clone(), message).help(help)];
    };
    let Some(family) = family(key.kind) else {
        let message =
            format!("`{column}` holds {}: a page's key is a text, an exact number or a day", key.kind.words());
        return vec![Problem::error(each.column_place.clone(), message).help("name the column of an id")];
    };
    let others = || known.queries.iter().filter(|(name, _)| *name != query);
    let same = others().filter_map(|(name, columns)| Some((name, columns.iter().find(|other| other.name == column)?)));
    let (fitting, unfit): (Vec<_>, Vec<_>) = same.partition(|(_, other)| self::family(other.kind) == Some(family));
    let mut problems: Vec<Problem> = unfit
        .iter()
        .map(|(name, other)| {
            let (here, there) = (key.kind.words(), other.kind.words());
            let message =
                format!("`{column}` is {here} in `{query}` and {there} in `{name}`: no row would be of any page");
            Problem::error(each.column_place.clone(), message).help("CAST it in one of them")
        })
        .collect();
    if problems.is_empty() && fitting.is_empty() && known.broken.is_empty() && others().next().is_some() {
        let message = format!("no other query has a column `{column}`: what they give is the same on every page");
        let found = Problem::warning(each.column_place.clone(), message);
        problems.push(found.help("select it in those that shall hold a page's own rows"));
    }
    problems
}

/// Kinds whose values can be the same.
fn family(kind: Kind) -> Option<char> {
    match kind {
        Kind::Text => Some('t'),
        Kind::Int | Kind::Decimal => Some('n'),
        Kind::Day => Some('d'),
        Kind::Bool | Kind::Float | Kind::Moment => None,
    }
}

/// A report's files: those of its one page, or those of a page for each key and of the list of them.
pub fn edition(
    template: &Template,
    each: Option<&Each>,
    data: &BTreeMap<String, Arc<Table>>,
    page: &Page,
) -> Result<Edition, Problem> {
    let Some(each) = each else {
        let rendered = render::render(template, data, page)?;
        let (headline, figure) = (rendered.headline.clone(), rendered.figure.clone());
        return Ok(Edition { headline, figure, files: rendered.files(), pages: Vec::new() });
    };
    let keys = keys(each, data)?;
    let parts: Vec<(&String, &Arc<Table>, Parts)> =
        data.iter().map(|(name, table)| (name, table, Parts::of(table, &each.key.column))).collect();
    let mut files = BTreeMap::new();
    let mut pages = Vec::with_capacity(keys.len());
    for (index, key) in keys.iter().enumerate() {
        let own = parts.iter().map(|(name, table, parts)| ((*name).clone(), parts.cut(table, &key.text))).collect();
        let mut around = page.clone();
        around.title = words::page_of(&page.title, &key.title);
        around.links.push(Link { label: words::ALL_PAGES.to_owned(), folder: "..".to_owned() });
        let rendered = render::render(template, &own, &around).map_err(|found| {
            // The key itself is a value of the data, which no message holds.
            let message = format!("{} (on page {} of {})", found.message, index + 1, keys.len());
            Problem { message, ..found }
        })?;
        let headline = rendered.headline.clone();
        files.extend(rendered.files().into_iter().map(|(path, bytes)| (format!("{}/{path}", key.folder), bytes)));
        pages.push(PageLink { folder: key.folder.clone(), title: key.title.clone(), headline });
    }
    let (headline, list) = list(&pages, page).map_err(|error| {
        Problem::error(each.query_place.clone(), format!("the list of pages could not be written: {error}"))
    })?;
    files.extend(list);
    Ok(Edition { headline, figure: None, files, pages })
}

/// The list of the pages, in the formats that can be read.
fn list(pages: &[PageLink], page: &Page) -> Result<(String, BTreeMap<String, Vec<u8>>), rust_xlsxwriter::XlsxError> {
    let headline = escape(&words::pages_of(&page.title, pages.len()));
    let (text, blocks) = match pages {
        [] => (format!("{}\n", words::empty()), Vec::new()),
        pages => (format!("\n\n{OPEN}0{CLOSE}\n\n"), vec![Block::Pages(pages.to_vec())]),
    };
    let mut around = page.cleaned();
    around.glossary.clear();
    around.formats.retain(|format| format.is_read());
    let rendered = render::write(&Document { text, blocks, headline }, &around)?;
    Ok((rendered.headline.clone(), rendered.files()))
}

/// What makes one page.
struct Key {
    /// The same text for the same value.
    text: String,
    title: String,
    folder: String,
}

/// The keys in the order of their rows.
fn keys(each: &Each, data: &BTreeMap<String, Arc<Table>>) -> Result<Vec<Key>, Problem> {
    let (query, column) = (&each.key.query, &each.key.column);
    let wrong = |message: String, help: &str| Problem::error(each.column_place.clone(), message).help(help);
    let table = data.get(query).filter(|table| table.position(column).is_some());
    let Some(table) = table else {
        return Err(wrong(format!("the query `{query}` gave no column `{column}`"), "name one that it gives"));
    };
    if table.rows.len() > MOST_PAGES {
        let message =
            format!("the query `{query}` gives {} rows, and a report has up to {MOST_PAGES} pages", table.rows.len());
        return Err(wrong(message, "choose fewer by WHERE or LIMIT"));
    }
    let position = table.position(column).unwrap_or_default();
    let title = table.position(TITLE);
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut folders: HashMap<String, usize> = HashMap::new();
    let mut keys = Vec::with_capacity(table.rows.len());
    for (index, row) in table.rows.iter().enumerate() {
        let Some(text) = key_text(&row[position]) else {
            let message = format!("row {} of the query `{query}` has no `{column}`: every page needs a key", index + 1);
            return Err(wrong(message, &format!("leave such rows out: WHERE {column} IS NOT NULL")));
        };
        if let Some(first) = known.insert(text.clone(), index) {
            let message = format!(
                "rows {} and {} of the query `{query}` have the same `{column}`: a key makes one page",
                first + 1,
                index + 1
            );
            return Err(wrong(message, "give one row a key, by GROUP BY or DISTINCT"));
        }
        let folder = folder(&text);
        if let Some(first) = folders.insert(folder.clone(), index) {
            let message = format!("rows {} and {} of the query `{query}` would share a folder", first + 1, index + 1);
            return Err(wrong(message, "change one of their keys"));
        }
        let named = title.map(|title| &row[title]).filter(|cell| **cell != Cell::Null);
        let title = cell_words(named.unwrap_or(&row[position]));
        keys.push(Key { text, title: if title.trim().is_empty() { folder.clone() } else { title }, folder });
    }
    Ok(keys)
}

/// The text of a key's value, the same for the same value whatever its type says of decimals; `None` for what is no key.
fn key_text(cell: &Cell) -> Option<String> {
    cell.kind().and_then(family).and_then(|_| csv::plain(cell))
}

/// The folder of a key: small letters, digits and hyphens.
fn folder(key: &str) -> String {
    let is_own = !key.is_empty()
        && key.len() <= LONGEST_FOLDER
        && key.split('-').all(|part| !part.is_empty())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !TAKEN.contains(&key);
    if is_own { key.to_owned() } else { format!("{}-{}", slug(key), &sha256(key)[..12]) }
}

/// The rows of a query, by their keys.
struct Parts(Option<HashMap<String, Vec<usize>>>);

impl Parts {
    fn of(table: &Table, column: &str) -> Self {
        Self(table.position(column).map(|position| {
            let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, row) in table.rows.iter().enumerate() {
                if let Some(key) = key_text(&row[position]) {
                    rows.entry(key).or_default().push(index);
                }
            }
            rows
        }))
    }

    /// The rows of a key; all of them, where the query has none.
    fn cut(&self, table: &Arc<Table>, key: &str) -> Arc<Table> {
        let Some(rows) = &self.0 else { return Arc::clone(table) };
        let own = rows.get(key).map_or(&[][..], Vec::as_slice);
        Arc::new(Table {
            columns: table.columns.clone(),
            rows: own.iter().map(|row| table.rows[*row].clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_safe_unique_and_follows_from_its_key() {
        let keys = [
            "anna",
            "Anna",
            "anna ",
            "../../etc/passwd",
            "..",
            ".",
            "",
            "/",
            "\\\\host\\share",
            "a/b",
            "a-b",
            "a--b",
            "-a",
            "data",
            "assets",
            "con\0",
            "陳怡君",
            "陳怡君 ",
            "=cmd|'/C calc'!A0",
            "<script>",
            "\u{202e}gnp",
            "005Dn000001AbCd",
            "005dn000001aBcD",
        ];
        let long = "x".repeat(500);
        let mut found = std::collections::BTreeSet::new();
        for key in keys.into_iter().chain([long.as_str()]) {
            let folder = folder(key);
            assert!(
                folder.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-'),
                "{key:?}: {folder}"
            );
            assert!(!folder.is_empty() && folder.len() <= 80 && !TAKEN.contains(&folder.as_str()), "{key:?}: {folder}");
            assert!(found.insert(folder.to_lowercase()), "{key:?}: {folder} is taken");
        }
        assert_eq!(folder("anna"), "anna");
        assert_eq!(folder("2026-11-21"), "2026-11-21");
        assert_eq!(folder("Anna"), folder("Anna"));
    }
}
