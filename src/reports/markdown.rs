//! The Markdown backend: blocks as tables and linked drawings, for GitHub and whatever else reads Markdown.

use super::block::{Block, Figure, Grid, Kpi, Listing, Notice, NoticeKind, PageLink, Title};
use super::page::Page;
use super::print::escape;
use super::render::{Document, next_block};
use super::{calendar, csv, words, workbook};
use crate::project::ReportFormat;

/// The file's name in the report's folder.
pub const FILE: &str = "report.md";

/// The path of a figure's drawing, beside the Markdown file.
pub fn asset(id: &str) -> String {
    format!("assets/{id}.svg")
}

/// The whole file.
pub fn page(document: &Document, page: &Page) -> String {
    let mut out = format!("# {}\n\n", document.headline);
    out.push_str(&format!("{}\n\n", masthead(page)));
    for one in &page.notices {
        notice(&mut out, one);
    }
    body(&mut out, document, page.formats.contains(&ReportFormat::Csv));
    if !page.glossary.is_empty() {
        out.push_str(&format!("\n## {}\n\n", words::GLOSSARY));
        for definition in &page.glossary {
            let (id, label, text) = (escape(&definition.id), escape(&definition.label), escape(&definition.text));
            out.push_str(&format!("- **{label}** (`{}`): {text}\n", id.replace('\\', "")));
        }
    }
    if !page.provenance.is_empty() {
        out.push_str(&format!("\n## {}\n\n", words::PROVENANCE));
        out.push_str(&format!("| {} | | |\n|---|---|---|\n", words::PROVENANCE));
        for (group, facts) in &page.provenance {
            for (index, (label, value)) in facts.iter().enumerate() {
                let group = if index == 0 { escape(group) } else { String::new() };
                out.push_str(&format!("| {group} | {} | {} |\n", escape(label), escape(value)));
            }
        }
    }
    out.push_str(&format!("\n{}\n", words::NUMBERS));
    squeeze(&out)
}

fn masthead(page: &Page) -> String {
    let mut bits = vec![escape(&page.who), escape(&page.title), words::day(&calendar::day(page.day))];
    bits.push(words::data_as_of(&escape(&page.data_as_of)));
    bits.extend(page.currency.iter().map(|code| escape(code)));
    bits.extend(page.facts.iter().map(|fact| escape(fact)));
    if page.formats.contains(&ReportFormat::Xlsx) {
        bits.push(format!("[{}]({})", words::EXCEL, workbook::PATH));
    }
    bits.extend(page.links.iter().map(|link| format!("[{}]({}/{FILE})", escape(&link.label), link.folder)));
    bits.join(" · ")
}

fn body(out: &mut String, document: &Document, has_csv: bool) {
    let mut rest = document.text.as_str();
    while let Some((before, index, after)) = next_block(rest) {
        out.push_str(before);
        rest = after;
        match &document.blocks[index] {
            Block::Figure(one) => {
                figure(out, one);
                data_link(out, &one.id, has_csv);
            }
            Block::Table(one) => {
                listing(out, one);
                data_link(out, &one.id, has_csv);
            }
            Block::Pages(links) => pages(out, links),
            Block::Notice(one) => notice(out, one),
            Block::Kpi(first) => {
                let mut strip = vec![first];
                while let Some((between, index, after)) = next_block(rest)
                    && between.trim().is_empty()
                    && let Block::Kpi(next) = &document.blocks[index]
                {
                    strip.push(next);
                    rest = after;
                }
                kpis(out, &strip);
            }
        }
    }
    out.push_str(rest);
}

fn kpis(out: &mut String, strip: &[&Kpi]) {
    let has_trend = strip.iter().any(|kpi| kpi.trend.is_some());
    let has_note = strip.iter().any(|kpi| !kpi.notes.is_empty() || kpi.thin);
    let most = strip.iter().map(|kpi| kpi.deltas.len()).max().unwrap_or(0);
    out.push_str(&format!("| {} | {} |", words::KEY_FIGURES, words::VALUE));
    out.push_str(&" Δ |".repeat(most));
    for (_, word) in [(has_trend, words::TREND), (has_note, words::NOTE)].into_iter().filter(|(has, _)| *has) {
        out.push_str(&format!(" {word} |"));
    }
    out.push_str("\n|---|--:|");
    out.push_str(&"---|".repeat(most + usize::from(has_trend) + usize::from(has_note)));
    out.push('\n');
    for kpi in strip {
        out.push_str(&format!("| {} | **{}** {} |", escape(&kpi.label), escape(&kpi.value), escape(&kpi.unit)));
        for index in 0..most {
            let words = kpi.deltas.get(index).map(|delta| {
                let relative = delta.relative.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
                format!("{} {} {}{relative}", delta.glyph, delta.reference, delta.difference)
            });
            out.push_str(&format!(" {} |", escape(&words.unwrap_or_default())));
        }
        if has_trend {
            out.push_str(&format!(" {} |", kpi.trend.as_ref().map_or("", |trend| trend.characters.as_str())));
        }
        if has_note {
            let thin = kpi.thin.then(|| words::THIN.to_owned());
            let notes: Vec<String> = kpi.notes.iter().cloned().chain(thin).collect();
            out.push_str(&format!(" {} |", escape(&notes.join(", "))));
        }
        out.push('\n');
    }
}

fn figure(out: &mut String, figure: &Figure) {
    heading(out, Some(&figure.message), &figure.title);
    let says = escape(&figure.says);
    out.push_str(&format!("![{says}]({})\n\n", asset(&figure.id)));
    notes(out, &figure.notes);
    grid(out, &figure.data);
}

fn listing(out: &mut String, listing: &Listing) {
    heading(out, listing.message.as_deref(), &listing.title);
    notes(out, &listing.notes);
    grid(out, &listing.grid);
}

/// An id holds letters, digits and hyphens only.
fn data_link(out: &mut String, id: &str, has_csv: bool) {
    if has_csv {
        out.push_str(&format!("[{} ({})]({})\n\n", words::DATA, words::CSV, csv::path(id)));
    }
}

fn pages(out: &mut String, links: &[PageLink]) {
    for link in links {
        out.push_str(&format!("- [{}]({}/{FILE}): {}\n", escape(&link.title), link.folder, escape(&link.headline)));
    }
    out.push('\n');
}

fn heading(out: &mut String, message: Option<&str>, title: &Title) {
    if let Some(message) = message {
        out.push_str(&format!("**{}**\n\n", escape(message)));
    }
    let measure = (!title.measure.is_empty()).then_some(&title.measure);
    let parts: Vec<String> =
        [title.who.as_ref(), measure, title.when.as_ref()].into_iter().flatten().map(|part| escape(part)).collect();
    if !parts.is_empty() {
        out.push_str(&format!("{}\n\n", parts.join(" — ")));
    }
}

fn notes(out: &mut String, notes: &[String]) {
    for note in notes {
        out.push_str(&format!("{}\n\n", escape(note)));
    }
}

fn notice(out: &mut String, notice: &Notice) {
    let word = match notice.kind {
        NoticeKind::Info => "NOTE",
        NoticeKind::Good => "TIP",
        NoticeKind::Warn => "WARNING",
        NoticeKind::Bad => "CAUTION",
    };
    out.push_str(&format!("> [!{word}]\n> {}\n\n", escape(&notice.text)));
}

fn grid(out: &mut String, grid: &Grid) {
    if grid.columns.is_empty() {
        return;
    }
    out.push('|');
    for heading in &grid.columns {
        out.push_str(&format!(" {} |", escape(&heading.label)));
    }
    out.push_str("\n|");
    for heading in &grid.columns {
        out.push_str(if heading.right { "--:|" } else { "---|" });
    }
    out.push('\n');
    for row in &grid.rows {
        out.push('|');
        for entry in row {
            out.push_str(&format!(" {} |", escape(&entry.text)));
        }
        out.push('\n');
    }
    if let Some(total) = &grid.total {
        out.push('|');
        for entry in total {
            let words = escape(&entry.text);
            out.push_str(&if words.is_empty() { " |".to_owned() } else { format!(" **{words}** |") });
        }
        out.push('\n');
    }
    out.push('\n');
}

/// No more than one empty line anywhere, outside of fenced code.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut empty, mut fenced) = (true, false);
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let is_empty = line.trim().is_empty();
        if !(is_empty && empty) || fenced {
            out.push_str(if fenced { line } else { line.trim_end() });
            out.push('\n');
        }
        empty = is_empty;
    }
    out
}
