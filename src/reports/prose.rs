//! A template's Markdown as HTML: takes text with blocks' marks in it, gives HTML in which nothing but the blocks is
//! not Markdown: raw HTML shows as text, links lead to `http`, `https`, `mailto` or nowhere, pictures load nothing.

use std::collections::BTreeSet;

use comrak::nodes::{AstNode, ListType, NodeValue, TableAlignment};
use comrak::{Arena, Options};

use super::escape::{html, slug};
use super::html::is_long;
use super::print::{CLOSE, OPEN};
use super::render::next_block;
use super::words;

/// A body as HTML.
pub struct Body {
    pub html: String,
    /// Id and title of each section.
    pub sections: Vec<(String, String)>,
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options
}

/// The first `# ` heading as Markdown, and the text without it.
pub fn split_headline(text: &str) -> (Option<String>, String) {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    let Some(heading) = root.children().find(|node| is_headline(node)) else { return (None, text.to_owned()) };
    let position = heading.data().sourcepos;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, last) = (position.start.line - 1, position.end.line.min(lines.len()));
    let written = lines[first..last].concat();
    let headline = match written.trim().strip_prefix('#') {
        Some(rest) => rest.trim().trim_end_matches('#').trim().to_owned(),
        None => written.lines().next().unwrap_or_default().trim().to_owned(),
    };
    let body = lines[..first].concat() + &lines[last..].concat();
    (Some(headline), body)
}

fn is_headline(node: &AstNode<'_>) -> bool {
    matches!(&node.data().value, NodeValue::Heading(heading) if heading.level == 1)
}

/// Markdown of one paragraph as the plain text it shows.
pub fn plain(markdown: &str) -> String {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &options());
    text_of(root)
}

fn text_of<'a>(node: &'a AstNode<'a>) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data().value {
            NodeValue::Text(words) => text.push_str(words),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::HtmlInline(words) => text.push_str(words),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

/// Markdown of one paragraph as HTML that can stand in a heading.
pub fn inline(markdown: &str) -> String {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &options());
    let mut written = String::new();
    if let Some(first) = root.first_child() {
        children_inline(&mut written, first);
    }
    written
}

/// The blocks that stand inside something else than the page itself, by their numbers.
pub fn strays(text: &str) -> Vec<usize> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    let good: BTreeSet<usize> = root.children().flat_map(|node| run_of(node).unwrap_or_default()).collect();
    let mut strays = Vec::new();
    let mut before_all = 0;
    let mut rest = text;
    while let Some((before, index, after)) = next_block(rest) {
        before_all += before.len();
        let line = text[..before_all].trim_end_matches(' ').strip_suffix("\n\n").unwrap_or(&text[..before_all]);
        let starts_line = line.rsplit('\n').next().is_none_or(|line| line.trim().is_empty() || line.ends_with(CLOSE));
        let next = after.strip_prefix("\n\n").unwrap_or(after);
        let ends_line = next.split('\n').next().is_none_or(|line| line.trim().is_empty());
        if !good.contains(&index) || !starts_line || !ends_line {
            strays.push(index);
        }
        before_all = text.len() - after.len();
        rest = after;
    }
    strays
}

/// The blocks of a paragraph that holds nothing else.
fn run_of<'a>(node: &'a AstNode<'a>) -> Option<Vec<usize>> {
    if !matches!(node.data().value, NodeValue::Paragraph) {
        return None;
    }
    let text = text_of(node);
    let mut rest = text.as_str();
    let mut run = Vec::new();
    while let Some((before, index, after)) = next_block(rest) {
        if !before.trim().is_empty() {
            return None;
        }
        run.push(index);
        rest = after;
    }
    (!run.is_empty() && rest.trim().is_empty()).then_some(run)
}

/// The body as HTML. `write` gives the HTML of blocks that follow each other directly, for headings of a level;
/// `taken` are the ids that blocks have.
pub fn body(text: &str, taken: &mut BTreeSet<String>, write: &mut dyn FnMut(&[usize], u8) -> String) -> Body {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    let mut body = Body { html: String::new(), sections: Vec::new() };
    let mut level = 1;
    let mut is_open = false;
    let mut tables = 0;
    let mut run: Vec<usize> = Vec::new();
    for node in root.children() {
        if let Some(blocks) = run_of(node) {
            run.extend(blocks);
            continue;
        }
        if !run.is_empty() {
            body.html.push_str(&write(&std::mem::take(&mut run), level + 1));
        }
        let heading = match &node.data().value {
            NodeValue::Heading(heading) => Some(heading.level.clamp(2, 6)),
            _ => None,
        };
        let Some(wanted) = heading else {
            block(&mut body.html, node, &mut tables);
            continue;
        };
        // No level is left out, so that a screen reader's outline has no holes.
        level = wanted.min(level + 1);
        let title = text_of(node);
        let id = free_id(&slug(&title), taken);
        if level == 2 {
            if is_open {
                body.html.push_str("</section>\n");
            }
            is_open = true;
            body.html.push_str(&format!("<section aria-labelledby=\"{}\">\n", html(&id)));
            body.sections.push((id.clone(), title));
        }
        body.html.push_str(&format!("<h{level} id=\"{}\">", html(&id)));
        children_inline(&mut body.html, node);
        body.html.push_str(&format!("</h{level}>\n"));
    }
    if !run.is_empty() {
        body.html.push_str(&write(&run, level + 1));
    }
    if is_open {
        body.html.push_str("</section>\n");
    }
    body
}

fn free_id(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut id = wanted.to_owned();
    let mut count = 1;
    while !taken.insert(id.clone()) {
        count += 1;
        id = format!("{wanted}-{count}");
    }
    id
}

fn children<'a>(out: &mut String, node: &'a AstNode<'a>, tables: &mut usize) {
    for child in node.children() {
        block(out, child, tables);
    }
}

fn block<'a>(out: &mut String, node: &'a AstNode<'a>, tables: &mut usize) {
    let wrap = |out: &mut String, tag: &str, tables: &mut usize| {
        out.push_str(&format!("<{tag}>"));
        children(out, node, tables);
        out.push_str(&format!("</{tag}>\n"));
    };
    match &node.data().value {
        NodeValue::Paragraph => {
            let is_tight = node
                .parent()
                .and_then(AstNode::parent)
                .is_some_and(|list| matches!(&list.data().value, NodeValue::List(list) if list.tight));
            if is_tight {
                children_inline(out, node);
            } else {
                out.push_str("<p>");
                children_inline(out, node);
                out.push_str("</p>\n");
            }
        }
        NodeValue::Heading(heading) => {
            let level = heading.level.clamp(2, 6);
            out.push_str(&format!("<h{level}>"));
            children_inline(out, node);
            out.push_str(&format!("</h{level}>\n"));
        }
        NodeValue::BlockQuote => wrap(out, "blockquote", tables),
        NodeValue::List(list) => wrap(out, if list.list_type == ListType::Ordered { "ol" } else { "ul" }, tables),
        NodeValue::Item(_) => wrap(out, "li", tables),
        NodeValue::ThematicBreak => out.push_str("<hr>\n"),
        NodeValue::CodeBlock(code) => {
            out.push_str(&format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", html(&code.literal)));
        }
        NodeValue::HtmlBlock(block) => out.push_str(&format!("<p>{}</p>\n", html(block.literal.trim()))),
        NodeValue::Table(table) => {
            *tables += 1;
            let label = format!("{} {tables}", words::TABLE);
            out.push_str(&format!(
                "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table>\n",
                html(&label)
            ));
            for (index, row) in node.children().enumerate() {
                table_row(out, row, index, &table.alignments);
            }
            out.push_str("</tbody></table></div>\n");
        }
        _ => children_inline(out, node),
    }
}

fn table_row<'a>(out: &mut String, row: &'a AstNode<'a>, index: usize, alignments: &[TableAlignment]) {
    let tag = if index == 0 { "th scope=\"col\"" } else { "td" };
    out.push_str(match index {
        0 => "<thead><tr>",
        _ => "<tr>",
    });
    for (column, cell) in row.children().enumerate() {
        let class = match alignments.get(column) {
            Some(TableAlignment::Right) => " class=\"num\"",
            _ if is_long(&text_of(cell)) => " class=\"long\"",
            _ => "",
        };
        out.push_str(&format!("<{tag}{class}>"));
        children_inline(out, cell);
        out.push_str(if index == 0 { "</th>" } else { "</td>" });
    }
    out.push_str(if index == 0 { "</tr></thead><tbody>\n" } else { "</tr>\n" });
}

fn children_inline<'a>(out: &mut String, node: &'a AstNode<'a>) {
    for child in node.children() {
        piece(out, child);
    }
}

fn piece<'a>(out: &mut String, node: &'a AstNode<'a>) {
    let wrap = |out: &mut String, tag: &str| {
        out.push_str(&format!("<{tag}>"));
        children_inline(out, node);
        out.push_str(&format!("</{tag}>"));
    };
    match &node.data().value {
        NodeValue::Text(words) => out.push_str(&html(&words.replace([OPEN, CLOSE], ""))),
        NodeValue::SoftBreak => out.push('\n'),
        NodeValue::LineBreak => out.push_str("<br>"),
        NodeValue::Code(code) => out.push_str(&format!("<code>{}</code>", html(&code.literal))),
        NodeValue::HtmlInline(words) => out.push_str(&html(words)),
        NodeValue::Emph => wrap(out, "em"),
        NodeValue::Strong => wrap(out, "strong"),
        NodeValue::Strikethrough => wrap(out, "del"),
        NodeValue::Link(link) if is_safe_link(&link.url) => {
            out.push_str(&format!("<a href=\"{}\" rel=\"noreferrer\">", html(&link.url)));
            children_inline(out, node);
            out.push_str("</a>");
        }
        // A link elsewhere, or a picture, is its words.
        _ => children_inline(out, node),
    }
}

/// Links lead to the web, to a mailbox, into the page or to a file beside it.
fn is_safe_link(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default().split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        None => !url.starts_with("//") && !url.starts_with('\\'),
        Some(scheme) => matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "mailto"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        body(text, &mut BTreeSet::new(), &mut |run, level| format!("[{run:?} h{level}]")).html
    }

    #[test]
    fn raw_html_shows_as_text() {
        assert_eq!(rendered("a <b onclick=x>b</b>"), "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n");
        assert_eq!(rendered("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
        assert!(!rendered("<!-- x -->").contains("<!--"));
    }

    #[test]
    fn links_lead_only_where_they_may_and_pictures_load_nothing() {
        assert!(rendered("[a](https://example.org/x)").contains("href=\"https://example.org/x\""));
        assert!(rendered("[a](data/won.csv)").contains("href=\"data/won.csv\""));
        for bad in
            ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//evil.example", "vbscript:x", "file:///etc"]
        {
            assert!(!rendered(&format!("[a]({bad})")).contains("href"), "{bad}");
        }
        assert_eq!(rendered("![x](https://evil.example/t.gif)"), "<p>x</p>\n");
    }

    #[test]
    fn blocks_that_follow_each_other_are_written_together() {
        let text = format!("Words\n\n{OPEN}0{CLOSE}\n\n\n\n{OPEN}1{CLOSE}\n\nMore\n\n{OPEN}2{CLOSE}\n\n");
        assert_eq!(rendered(&text), "<p>Words</p>\n[[0, 1] h2]<p>More</p>\n[[2] h2]");
    }

    #[test]
    fn sections_begin_at_second_level_headings_and_no_level_is_skipped() {
        let html = rendered("## One\n\n#### Deep\n\n## One");
        assert!(html.contains("<h2 id=\"one\">One</h2>") && html.contains("<h2 id=\"one-2\">One</h2>"), "{html}");
        assert!(html.contains("<h3 id=\"deep\">"), "{html}");
        assert_eq!(html.matches("<section").count(), html.matches("</section>").count());
    }

    #[test]
    fn the_headline_is_taken_out_in_either_style() {
        assert_eq!(split_headline("x\n\n# Won *much* #\n\ny").0.unwrap(), "Won *much*");
        let (headline, body) = split_headline("Won\n===\n\nbody\n");
        assert_eq!((headline.unwrap().as_str(), body.trim()), ("Won", "body"));
        assert_eq!(split_headline("## no").0, None);
        assert_eq!(plain("Won *5* \\<b\\>"), "Won 5 <b>");
    }

    #[test]
    fn a_component_inside_words_is_a_stray() {
        let on_its_own = format!("Words\n\n\n{OPEN}0{CLOSE}\n\n\n\n\n{OPEN}1{CLOSE}\n\n\nmore");
        assert!(strays(&on_its_own).is_empty());
        assert_eq!(strays(&format!("| a \n\n{OPEN}0{CLOSE}\n\n | b |")), [0]);
        assert_eq!(strays(&format!("```\n\n{OPEN}0{CLOSE}\n\n```\n")), [0]);
    }
}
