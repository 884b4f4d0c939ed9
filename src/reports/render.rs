//! A report in all its formats: takes a template, data and what stands around, gives the page, the Markdown with its
//! drawings, and the files of data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::block::Block;
use super::components::Settings;
use super::page::Page;
use super::print::{CLOSE, OPEN};
use super::sheet::Sheet;
use super::standing::MainFigure;
use super::table::Table;
use super::template::{Printed, Template};
use super::{csv, html, markdown, prose, svg, workbook};
use crate::problem::Problem;
use crate::project::ReportFormat;

/// A report in the formats that it names; what belongs to others is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The page, which needs nothing beside it.
    pub html: String,
    pub markdown: String,
    /// The Markdown's drawings: path (`assets/x.svg`) and text.
    pub assets: Vec<(String, String)>,
    /// The rows behind the charts and tables: path (`data/x.csv`) and text.
    pub data: Vec<(String, String)>,
    pub workbook: Vec<u8>,
    /// The headline as plain text.
    pub headline: String,
    /// Of the first key figure that has a value.
    pub figure: Option<MainFigure>,
}

impl Rendered {
    /// The files, each by its path in the report's folder.
    pub fn files(self) -> BTreeMap<String, Vec<u8>> {
        let own = [
            (html::FILE, self.html.into_bytes()),
            (markdown::FILE, self.markdown.into_bytes()),
            (workbook::PATH, self.workbook),
        ];
        let own = own.into_iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(path, bytes)| (path.to_owned(), bytes));
        let beside = self.assets.into_iter().chain(self.data).map(|(path, text)| (path, text.into_bytes()));
        own.chain(beside).collect()
    }
}

/// A template's text and its blocks, each standing in the text once, under an id of its own.
pub struct Document {
    /// The Markdown without its headline.
    pub text: String,
    pub blocks: Vec<Block>,
    /// The headline as the Markdown it was written in.
    pub headline: String,
}

/// Runs a template over data and writes the formats that the page names.
pub fn render(template: &Template, data: &BTreeMap<String, Arc<Table>>, page: &Page) -> Result<Rendered, Problem> {
    let page = &page.cleaned();
    let settings = Arc::new(Settings { fiscal_year_starts: page.fiscal_year_starts, currency: page.currency.clone() });
    let printed = template.print(data, &page.variables, &settings)?;
    let document = arrange(template, printed, page)?;
    write(&document, page).map_err(|error| {
        let whole = template.source.place(template.body.start..template.body.start);
        Problem::error(whole, format!("the workbook could not be written: {error}"))
            .help("name the other formats in the front matter: `formats: [html, markdown, csv]`")
    })
}

/// Writes a document in the formats that the page names.
pub fn write(document: &Document, page: &Page) -> Result<Rendered, rust_xlsxwriter::XlsxError> {
    let has = |format| page.formats.contains(&format);
    let headline = prose::plain(&document.headline);
    let html = if has(ReportFormat::Html) { html::page(document, page, &headline) } else { String::new() };
    let markdown = if has(ReportFormat::Markdown) { markdown::page(document, page) } else { String::new() };
    let drawings = document.blocks.iter().filter_map(|block| match block {
        Block::Figure(figure) if has(ReportFormat::Markdown) => {
            Some((markdown::asset(&figure.id), svg::standalone(&figure.wide, &figure.message, &figure.says)))
        }
        _ => None,
    });
    let figure = document.blocks.iter().find_map(|block| match block {
        Block::Kpi(kpi) => kpi.figure.clone(),
        _ => None,
    });
    let sheets = document.sheets().filter(|_| has(ReportFormat::Csv));
    let data = sheets.map(|(id, _, sheet)| (csv::path(id), csv::write(sheet))).collect();
    let workbook = if has(ReportFormat::Xlsx) { workbook::write(document, page, &headline)? } else { Vec::new() };
    Ok(Rendered { html, markdown, assets: drawings.collect(), data, workbook, headline, figure })
}

impl Document {
    /// What stands behind charts and tables, in their order: id, message and data.
    pub fn sheets(&self) -> impl Iterator<Item = (&str, Option<&str>, &Sheet)> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Figure(figure) => Some((figure.id.as_str(), Some(figure.message.as_str()), &figure.sheet)),
            Block::Table(listing) => Some((listing.id.as_str(), listing.message.as_deref(), &listing.sheet)),
            Block::Kpi(_) | Block::Notice(_) | Block::Pages(_) => None,
        })
    }
}

/// Numbers the blocks in the order of the text, makes their ids unique, takes the headline out; a component that
/// stands inside something else than the page itself is a problem.
fn arrange(template: &Template, printed: Printed, page: &Page) -> Result<Document, Problem> {
    let stray = |index: usize| {
        let place = printed.blocks.get(index).map_or(0, |(_, place)| *place);
        let end = template.source.text[place..].find('\n').map_or(template.source.text.len(), |length| place + length);
        Problem::error(template.source.place(place..end), "this component stands where only words can stand")
            .help("put it on a line of its own, outside of lists, tables and headings")
    };
    if let Some(index) = prose::strays(&printed.text).into_iter().next() {
        return Err(stray(index));
    }
    let (headline, body) = prose::split_headline(&printed.text);
    let mut text = String::with_capacity(body.len());
    let mut blocks = Vec::new();
    let mut taken = BTreeSet::new();
    let mut rest = body.as_str();
    while let Some((before, index, after)) = next_block(rest) {
        text.push_str(before);
        if let Some((block, _)) = printed.blocks.get(index) {
            text.push_str(&format!("{OPEN}{}{CLOSE}", blocks.len()));
            blocks.push(with_own_id(block.clone(), &mut taken));
        }
        rest = after;
    }
    text.push_str(rest);
    let headline = headline.unwrap_or_else(|| super::print::escape(&page.title));
    Ok(Document { text, blocks, headline })
}

/// The text before the next block's mark, the block's number, and the text after it.
pub fn next_block(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_once(OPEN)?;
    let (number, after) = rest.split_once(CLOSE)?;
    Some((before, number.parse().ok()?, after))
}

fn with_own_id(mut block: Block, taken: &mut BTreeSet<String>) -> Block {
    let id = match &mut block {
        Block::Figure(figure) => &mut figure.id,
        Block::Table(listing) => &mut listing.id,
        Block::Kpi(_) | Block::Notice(_) | Block::Pages(_) => return block,
    };
    let wanted = id.clone();
    let mut count = 1;
    while !taken.insert(id.clone()) {
        count += 1;
        *id = format!("{wanted}-{count}");
    }
    block
}
