//! The project written down: every table, model, check, report and pipeline with what it reads, who reads it, and where each
//! column comes from.
//!
//! `gather` makes a [`Book`] of what was planned and traced; it is `out/artifacts/catalogue.json` as it is, and `page` makes
//! `out/docs/index.html` of it. The same project gives the same bytes.

mod book;
mod gather;
mod highlight;
mod page;
mod style;

use std::fs;
use std::path::Path;

pub use book::Book;
pub use gather::gather;
pub use page::page;

use crate::error::{Doing, Result};

/// The page, and the book, below the folder `out` of a project.
const PAGE: &str = "docs/index.html";
const CATALOGUE: &str = "artifacts/catalogue.json";

/// Writes the page and the catalogue; gives their paths from the project's root.
pub fn write(book: &Book, root: &Path, out: &str) -> Result<Vec<String>> {
    let catalogue = format!("{:#}\n", serde_json::json!(book));
    let files = [(PAGE, page(book)), (CATALOGUE, catalogue)];
    let mut written = Vec::new();
    for (name, text) in files {
        let path = format!("{}/{name}", out.trim_end_matches('/'));
        replace(&root.join(&path), &text)?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a file beside its place and moves it there, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).doing("create the folder", folder)?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text).doing("write", &unfinished)?;
    fs::rename(&unfinished, path).doing("put in its place", path)
}
