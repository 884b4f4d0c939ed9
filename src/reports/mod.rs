//! Reports: takes the results of queries and a Markdown template with components, gives one self-contained HTML page,
//! a Markdown file with its drawings, and the data behind both as CSV files and as a workbook.
//!
//! The way of a report: a `Template` is parsed and checked without data; over data it is run once and gives Markdown
//! with blocks in it; `html`, `markdown`, `csv` and `workbook` write the formats from these. Charts are scenes of marks
//! with meanings, coloured by the backends, and keep the rows that they were drawn from. What is printed depends on the inputs alone.
//!
//! Text of the data is a stranger's: it is escaped where it is printed, and raw HTML in Markdown is never HTML.

mod arguments;
mod block;
mod calendar;
mod check;
mod components;
mod csv;
mod each;
mod escape;
mod fault;
mod filters;
mod format;
mod given;
mod html;
mod markdown;
mod number;
mod operators;
mod page;
mod print;
mod prose;
mod provenance;
mod publish;
mod query;
mod render;
mod rewrite;
mod scene;
mod shelf;
mod sheet;
mod signature;
mod standing;
mod svg;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod tile;
mod told;
mod value;
mod words;
mod workbook;

pub use block::{Notice, NoticeKind};
pub use check::{Known, check, tiles};
pub use csv::without_formula;
pub use each::{check as check_pages, edition};
pub use escape::html as escaped;
pub use given::{Fault, Given, PAGE};
pub use html::shell;
pub use page::{Definition, Link, Page};
pub use provenance::{State, label, page, variable_kinds};
pub use publish::{Edition, Manifest, Published, publish};
pub use query::{columns, query};
pub use render::{Rendered, render};
pub use shelf::{Shelf, read as read_shelf, shelve};
pub use standing::{Cause, MainFigure, Revision, Standing, Status};
pub use table::{Cell, Column, Kind, Table};
pub use template::Template;
pub use tile::Tile;
pub use told::{Changed, Told};
