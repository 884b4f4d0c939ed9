//! Blocks as HTML.

use std::collections::BTreeMap;

use crate::reports::block::{
    Block, Delta, Entry, Figure, Grid, Kpi, Listing, Notice, NoticeKind, PageLink, Title, Tone,
};
use crate::reports::escape::{html, slug};
use crate::reports::html::FILE;
use crate::reports::{csv, format, svg, words};

/// What links can lead to.
pub struct Known<'a> {
    /// Id and label of each definition.
    pub glossary: BTreeMap<&'a str, &'a str>,
    /// Whether charts and tables have files of data.
    pub has_csv: bool,
}

/// Blocks that follow each other, under headings of a level.
pub fn blocks(run: &[&Block], level: u8, known: &Known<'_>) -> String {
    let mut out = String::new();
    let mut rest = run;
    while let Some(first) = rest.first() {
        let strip: Vec<&Kpi> =
            rest.iter().map_while(|block| if let Block::Kpi(kpi) = block { Some(kpi) } else { None }).collect();
        match first {
            Block::Kpi(_) => kpis(&mut out, &strip, known),
            Block::Figure(one) => figure(&mut out, one, level, known),
            Block::Table(one) => listing(&mut out, one, level, known),
            Block::Notice(one) => notice(&mut out, one),
            Block::Pages(links) => pages(&mut out, links),
        }
        rest = &rest[strip.len().max(1)..];
    }
    out
}

fn kpis(out: &mut String, strip: &[&Kpi], known: &Known<'_>) {
    // Rows of three or four, without a lonely last one where that can be.
    let per_row = match strip.len() {
        1..=3 => strip.len(),
        count if count % 4 == 0 || (count % 3 != 0 && count % 4 != 1) => 4,
        _ => 3,
    };
    out.push_str(&format!("<ul class=\"kpis of-{per_row}\" role=\"list\" aria-label=\"{}\">\n", words::KEY_FIGURES));
    for kpi in strip {
        let label = match kpi.definition.as_deref().filter(|id| known.glossary.contains_key(id)) {
            Some(id) => format!("<a href=\"#{}\">{}</a>", html(&definition_id(id)), html(&kpi.label)),
            None => html(&kpi.label),
        };
        let thin = if kpi.thin {
            format!(" <span class=\"thin\">{} {}</span>", words::THIN_SIGN, words::THIN)
        } else {
            String::new()
        };
        let unit = if kpi.unit.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"unit\">{}</span>", html(&kpi.unit))
        };
        out.push_str(&format!(
            "<li><p class=\"label\">{label}{thin}</p><p class=\"value\">{}{unit}</p>",
            html(&kpi.value)
        ));
        if let Some(trend) = &kpi.trend {
            out.push_str(&svg::labelled(&trend.scene, "spark", &trend.says));
        }
        for one in &kpi.deltas {
            delta(out, one);
        }
        if !kpi.notes.is_empty() {
            out.push_str(&format!("<p class=\"note\">{}</p>", html(&kpi.notes.join(" · "))));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

fn delta(out: &mut String, delta: &Delta) {
    let relative = delta.relative.as_ref().map(|words| format!(" <span class=\"rel\">({})</span>", html(words)));
    out.push_str(&format!(
        "<p class=\"delta {}\"><span aria-hidden=\"true\">{}</span> {} <b>{}</b>{}{}</p>",
        tone_class(delta.tone),
        delta.glyph,
        html(&delta.reference),
        html(&delta.difference),
        relative.unwrap_or_default(),
        tone_words(delta.tone),
    ));
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "t-good",
        Tone::Bad => "t-bad",
        Tone::Muted => "muted",
    }
}

/// What colour says, for those who hear the page.
fn tone_words(tone: Tone) -> String {
    match tone {
        Tone::Good => format!("<span class=\"sr\">, {}</span>", words::GOOD),
        Tone::Bad => format!("<span class=\"sr\">, {}</span>", words::BAD),
        Tone::Plain | Tone::Muted => String::new(),
    }
}

fn figure(out: &mut String, figure: &Figure, level: u8, known: &Known<'_>) {
    let id = html(&figure.id);
    out.push_str(&format!("<figure id=\"{id}\">\n<figcaption>"));
    caption(out, Some(&figure.message), &figure.title, figure.definition.as_deref(), level, known);
    out.push_str("</figcaption>\n");
    let says = format!("{} {}", figure.says, words::DATA_BELOW);
    out.push_str(&svg::inline(&figure.wide, "wide", &format!("{id}-w"), &figure.message, &says));
    out.push('\n');
    out.push_str(&svg::inline(&figure.narrow, "narrow", &format!("{id}-n"), &figure.message, &says));
    out.push('\n');
    notes(out, &figure.notes);
    out.push_str(&format!(
        "<details><summary>{}<span class=\"sr\">: {}</span></summary>\n",
        words::DATA,
        html(&figure.message)
    ));
    grid(out, &figure.data, &words::data_of(&figure.message), false);
    data_link(out, &figure.id, &figure.message, known);
    out.push_str("</details>\n</figure>\n");
}

fn listing(out: &mut String, listing: &Listing, level: u8, known: &Known<'_>) {
    out.push_str(&format!("<div class=\"listing\" id=\"{}\">\n", html(&listing.id)));
    caption(out, listing.message.as_deref(), &listing.title, listing.definition.as_deref(), level, known);
    let label = listing.message.clone().unwrap_or_else(|| format!("{} {}", words::TABLE, listing.id));
    grid(out, &listing.grid, &label, listing.sortable);
    notes(out, &listing.notes);
    data_link(out, &listing.id, &label, known);
    out.push_str("</div>\n");
}

fn data_link(out: &mut String, id: &str, says: &str, known: &Known<'_>) {
    if known.has_csv {
        out.push_str(&format!(
            "<p class=\"note data\"><a href=\"{}\">{}<span class=\"sr\">: {}</span></a></p>\n",
            html(&csv::path(id)),
            words::CSV,
            html(says)
        ));
    }
}

/// Pages in the folders below, each with its headline.
fn pages(out: &mut String, links: &[PageLink]) {
    out.push_str(&format!("<ul class=\"pages\" role=\"list\" aria-label=\"{}\">\n", words::PAGES));
    for link in links {
        out.push_str(&format!(
            "<li><a href=\"{}/{FILE}\">{}</a><p>{}</p></li>\n",
            html(&link.folder),
            html(&link.title),
            html(&link.headline)
        ));
    }
    out.push_str("</ul>\n");
}

fn caption(
    out: &mut String,
    message: Option<&str>,
    title: &Title,
    definition: Option<&str>,
    level: u8,
    known: &Known<'_>,
) {
    let level = level.clamp(2, 6);
    if let Some(message) = message {
        out.push_str(&format!("<h{level} class=\"message\">{}</h{level}>", html(message)));
    }
    let mut parts = Vec::new();
    parts.extend(title.who.iter().map(|who| html(who)));
    if !title.measure.is_empty() {
        parts.push(format!("<b>{}</b>", html(&title.measure)));
    }
    parts.extend(title.when.iter().map(|when| html(when)));
    let mut line = parts.join(" — ");
    if let Some((id, label)) = definition.and_then(|id| known.glossary.get_key_value(id)) {
        let separator = if line.is_empty() { "" } else { " · " };
        line.push_str(&format!(
            "{separator}<a href=\"#{}\">{}<span class=\"sr\">: {}</span></a>",
            html(&definition_id(id)),
            words::DEFINITION,
            html(label)
        ));
    }
    if !line.is_empty() {
        out.push_str(&format!("<p class=\"title\">{line}</p>"));
    }
}

fn notes(out: &mut String, notes: &[String]) {
    for note in notes {
        out.push_str(&format!("<p class=\"note\">{}</p>\n", html(note)));
    }
}

/// A sentence that must not be overlooked.
pub fn notice(out: &mut String, notice: &Notice) {
    let (class, word) = match notice.kind {
        NoticeKind::Info => ("info", words::NOTICE_INFO),
        NoticeKind::Good => ("good", words::NOTICE_GOOD),
        NoticeKind::Warn => ("warn", words::NOTICE_WARN),
        NoticeKind::Bad => ("bad", words::NOTICE_BAD),
    };
    out.push_str(&format!("<p class=\"notice {class}\"><b>{word}</b> {}</p>\n", html(&notice.text)));
}

fn grid(out: &mut String, grid: &Grid, label: &str, sortable: bool) {
    if grid.columns.is_empty() {
        return;
    }
    let class = if sortable { " class=\"sortable\"" } else { "" };
    out.push_str(&format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table{class}>\n<thead><tr>",
        html(label)
    ));
    for heading in &grid.columns {
        let class = if heading.right { " class=\"num\"" } else { "" };
        out.push_str(&format!("<th scope=\"col\"{class}>{}</th>", html(&heading.label)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &grid.rows {
        line(out, grid, row, sortable);
    }
    out.push_str("</tbody>");
    if let Some(total) = &grid.total {
        out.push_str("\n<tfoot>\n");
        line(out, grid, total, false);
        out.push_str("</tfoot>");
    }
    out.push_str("</table></div>\n");
}

fn line(out: &mut String, grid: &Grid, row: &[Entry], ranked: bool) {
    out.push_str("<tr>");
    for (index, entry) in row.iter().enumerate() {
        let mut classes = Vec::new();
        if grid.columns.get(index).is_some_and(|heading| heading.right) {
            classes.push("num");
        }
        if is_long(&entry.text) {
            classes.push("long");
        }
        if matches!(entry.tone, Tone::Good | Tone::Bad | Tone::Muted) {
            classes.push(tone_class(entry.tone));
        }
        let class = if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) };
        let rank = match entry.rank {
            Some(number) if ranked => format!(" data-v=\"{}\"", format::exact(number).replace(format::MINUS, "-")),
            _ => String::new(),
        };
        let text = html(&entry.text);
        if index == 0 {
            out.push_str(&format!("<th scope=\"row\"{class}{rank}>{text}</th>"));
        } else {
            out.push_str(&format!("<td{class}{rank}>{text}</td>"));
        }
    }
    out.push_str("</tr>\n");
}

/// Text that must be allowed to break, so that its table stays narrow.
pub fn is_long(text: &str) -> bool {
    text.chars().count() > 28
}

/// The id of a definition in the glossary.
pub fn definition_id(id: &str) -> String {
    format!("definition-{}", slug(id))
}
