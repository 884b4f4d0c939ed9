//! The page backend: one HTML file that needs nothing beside it, loads nothing, runs no script but its own, and reads
//! without one.

mod block;

use std::collections::BTreeSet;

use super::block::Block;
use super::escape::html;
use super::page::Page;
use super::render::Document;
use super::scene::palette;
use super::{calendar, csv, markdown, prose, svg, words, workbook};
use crate::project::ReportFormat;
use block::{Known, blocks, definition_id, notice};

pub use block::is_long;

/// The page's name in the report's folder.
pub const FILE: &str = "index.html";

const STYLE: &str = include_str!("../page.css");
const SCRIPT: &str = include_str!("../sort.js");

/// The whole page.
pub fn page(document: &Document, page: &Page, headline: &str) -> String {
    let mut taken: BTreeSet<String> = document.blocks.iter().filter_map(id_of).map(str::to_owned).collect();
    taken.extend(["report", "glossary", "files", "legend", "provenance"].map(str::to_owned));
    taken.extend(page.glossary.iter().map(|definition| definition_id(&definition.id)));
    let known = Known {
        glossary: page.glossary.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect(),
        has_csv: page.formats.contains(&ReportFormat::Csv),
    };
    let body = prose::body(&document.text, &mut taken, &mut |run, level| {
        let run: Vec<&Block> = run.iter().map(|index| &document.blocks[*index]).collect();
        blocks(&run, level, &known)
    });
    let mut out = String::with_capacity(body.html.len() + 16_384);
    out.push_str(&format!("<a class=\"skip\" href=\"#report\">{}</a>\n", words::SKIP));
    out.push_str(&svg::page_hatches());
    masthead(&mut out, document, page, &body.sections);
    out.push_str("<main id=\"report\">\n");
    for one in &page.notices {
        notice(&mut out, one);
    }
    out.push_str(&body.html);
    glossary(&mut out, page);
    out.push_str("</main>\n");
    foot(&mut out, document, page);
    shell(&format!("{headline} – {}", page.title), "", &out)
}

/// A page around what stands in its body: in the reports' look, with a style of its own behind theirs. It loads nothing, and no
/// script runs but the one that sorts tables.
pub fn shell(title: &str, own_style: &str, body: &str) -> String {
    shell_with(title, own_style, "", body)
}

/// Likewise, with a script of its own behind the one that sorts tables.
pub fn shell_with(title: &str, own_style: &str, own_script: &str, body: &str) -> String {
    let script = format!("{SCRIPT}{own_script}");
    let style = format!("{}{STYLE}{own_style}", colours());
    let mut out = String::with_capacity(body.len() + style.len() + 4_096);
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
         script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
        digest(&style),
        digest(&script)
    ));
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
    out.push_str(&format!("<title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n", html(title)));
    out.push_str(body);
    out.push_str(&format!("<script>{script}</script>\n</body>\n</html>\n"));
    out
}

fn id_of(block: &Block) -> Option<&str> {
    match block {
        Block::Figure(figure) => Some(&figure.id),
        Block::Table(listing) => Some(&listing.id),
        Block::Kpi(_) | Block::Notice(_) | Block::Pages(_) => None,
    }
}

/// The palette as variables; dark is for screens only, so that paper stays white.
fn colours() -> String {
    let list = |pick: fn(&palette::Colour) -> &'static str| -> String {
        palette::all().map(|colour| format!("--{}:{};", colour.name, pick(colour))).collect()
    };
    format!(
        ":root{{color-scheme:light;{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{}}}}}\n",
        list(|colour| colour.light),
        list(|colour| colour.dark)
    )
}

fn digest(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let hash = crate::hash::digest(text);
    let mut encoded = String::with_capacity(44);
    for chunk in hash.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                encoded.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
            } else {
                encoded.push('=');
            }
        }
    }
    encoded
}

fn masthead(out: &mut String, document: &Document, page: &Page, sections: &[(String, String)]) {
    out.push_str(&format!(
        "<header class=\"masthead\">\n<p class=\"kicker\">{} — {}</p>\n<h1>{}</h1>\n",
        html(&page.who),
        html(&page.title),
        prose::inline(&document.headline)
    ));
    let mut facts = vec![html(&words::day(&calendar::day(page.day))), html(&words::data_as_of(&page.data_as_of))];
    facts.extend(page.currency.iter().map(|code| html(code)));
    facts.extend(page.facts.iter().map(|fact| html(fact)));
    let others = page.links.iter().map(|link| (link.label.as_str(), format!("{}/{FILE}", link.folder)));
    let links = own_links(document, page).chain(others);
    facts.extend(links.map(|(label, href)| format!("<a href=\"{}\">{}</a>", html(&href), html(label))));
    out.push_str(&format!("<p class=\"facts\">{}</p>\n", facts.join(" · ")));
    if sections.len() > 2 {
        out.push_str(&format!("<nav aria-label=\"{}\"><ul>", words::SECTIONS));
        for (id, title) in sections {
            out.push_str(&format!("<li><a href=\"#{}\">{}</a></li>", html(id), html(title)));
        }
        out.push_str("</ul></nav>\n");
    }
    out.push_str("</header>\n");
}

/// The report's other files: what they are called, and where they are.
fn own_links<'p>(document: &Document, page: &'p Page) -> impl Iterator<Item = (&'p str, String)> {
    let has_data = document.sheets().next().is_some();
    let links = [
        (ReportFormat::Markdown, true, words::MARKDOWN, markdown::FILE),
        (ReportFormat::Csv, has_data, words::CSV, "#files"),
        (ReportFormat::Xlsx, true, words::EXCEL, workbook::PATH),
    ];
    let formats = page.formats.clone();
    let links = links.into_iter().filter(move |(format, is_there, ..)| formats.contains(format) && *is_there);
    links.map(|(_, _, label, href)| (label, href.to_owned()))
}

/// Every file of data, with what it is about and how many rows it has.
fn files(out: &mut String, document: &Document, page: &Page) {
    if !page.formats.contains(&ReportFormat::Csv) || document.sheets().next().is_none() {
        return;
    }
    out.push_str(&format!(
        "<section aria-labelledby=\"files\">\n<h2 id=\"files\">{}</h2>\n<ul class=\"files\">\n",
        words::DATA_FILES
    ));
    for (id, message, sheet) in document.sheets() {
        let message = message.map(|message| format!(": {}", html(message))).unwrap_or_default();
        out.push_str(&format!(
            "<li><a href=\"{0}\">{1}</a>{message} ({2})</li>\n",
            html(&csv::path(id)),
            html(id),
            words::rows(sheet.table.rows.len() as u64)
        ));
    }
    out.push_str("</ul>\n</section>\n");
}

fn glossary(out: &mut String, page: &Page) {
    if page.glossary.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<section aria-labelledby=\"glossary\">\n<h2 id=\"glossary\">{}</h2>\n<dl class=\"glossary\">\n",
        words::GLOSSARY
    ));
    for definition in &page.glossary {
        out.push_str(&format!(
            "<div id=\"{}\"><dt>{} <code>{}</code></dt><dd>{}</dd></div>\n",
            html(&definition_id(&definition.id)),
            html(&definition.label),
            html(&definition.id),
            html(&definition.text)
        ));
    }
    out.push_str("</dl>\n</section>\n");
}

fn foot(out: &mut String, document: &Document, page: &Page) {
    out.push_str("<footer>\n");
    files(out, document, page);
    out.push_str(&format!(
        "<section aria-labelledby=\"legend\">\n<h2 id=\"legend\">{}</h2>\n<ul class=\"legend\">\n",
        words::LEGEND
    ));
    for (sign, says) in words::LEGEND_LINES {
        let sign = match sign {
            "variance" => "<rect class=\"b-good\" y=\"1\" width=\"7\" height=\"10\"/><rect class=\"b-bad\" x=\"7\" y=\"1\" width=\"7\" height=\"10\"/>".to_owned(),
            ink => format!("<rect class=\"b-{ink}\" x=\"1\" y=\"1\" width=\"12\" height=\"10\"/>"),
        };
        out.push_str(&format!(
            "<li><svg viewBox=\"0 0 14 12\" aria-hidden=\"true\">{sign}</svg> {}</li>\n",
            html(says)
        ));
    }
    out.push_str(&format!("</ul>\n<p>{}</p>\n</section>\n", html(words::NUMBERS)));
    if !page.provenance.is_empty() {
        out.push_str(&format!(
            "<section aria-labelledby=\"provenance\">\n<h2 id=\"provenance\">{}</h2>\n",
            words::PROVENANCE
        ));
        for (group, facts) in &page.provenance {
            out.push_str(&format!("<h3>{}</h3>\n<dl class=\"provenance\">\n", html(group)));
            for (label, value) in facts {
                out.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", html(label), html(value)));
            }
            out.push_str("</dl>\n");
        }
        out.push_str("</section>\n");
    }
    out.push_str("</footer>\n");
}
