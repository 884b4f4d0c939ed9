//! Text that strangers type into a CRM, in every place where it can reach a report: it shows as it is, and neither
//! the page's elements nor the Markdown's structure change by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options};

use super::fixture;
use crate::reports::{Cell, Column, Definition, Kind, Notice, NoticeKind, Page, Rendered, Table, render};

pub const CORPUS: [&str; 34] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "</style></title></textarea>",
    "[click](javascript:alert(1))",
    "](http://x)",
    "![x](https://tracker.example/p.gif)",
    "<http://auto.example>",
    "https://auto.example/x www.auto.example me@auto.example",
    "a|b|c",
    "two\nlines\r\n\n# and a heading",
    "`code` ``more``",
    "```",
    "~~~",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "- item",
    "1. item",
    "> quote",
    "# heading",
    "---",
    "***bold*** _em_ ~~del~~",
    "ACME \u{202e}gnp.exe \u{2066}iso",
    "𝒳𝓎𝓏 😀 𠮷野家",
    "{{ 7*7 }} {% raw %} {# x #}",
    "<!--",
    "]]>",
    "&lt;b&gt; &amp; &#60;",
    "\u{fdd0}0\u{fdd1} \u{0}\u{7f}\u{feff}",
    "    indented code",
    "\\ \\\\ \\*",
    "$x$ $$y$$ :smile: [^1] [ ] [x] <br>",
];

const TEMPLATE: &str = r#"---
---
# Headline with {{ t[0].name }}

Prose {{ t[0].name }} and **{{ t[0].name }}** and {{ 'A' ~ t[0].name }}.

{{ t[0].name }}

- {{ t[0].name }}

| a | b |
|---|--:|
{% for row in t %}
| {{ row.name }} | {{ row.n }} |
{% endfor %}

## Section {{ t[0].name }}

{% set captured %}Said {{ t[0].name }}{% endset %}
{{ banner(captured) }}
{{ kpi(label=t[0].name, value=1, previous=2, previous_label=t[0].name, target=3, target_label=t[0].name, unit=t[0].name) }}
{{ columns(t, x='name', actual='n', plan='n', who=t[0].name, measure=t[0].name, when=t[0].name, message=t[0].name,
           unit=t[0].name, id='columns-of-it') }}
{{ bars(t, category='name', value='n', previous='n', previous_label=t[0].name, n='n', reference=1,
        reference_label=t[0].name, message=captured) }}
{{ line(t, x='name', y={'n': t[0].name}, plan='n', message=t[0].name) }}
{{ waterfall(w, label='name', value='n', message=t[0].name) }}
{{ heat(t, row='name', column='n', value='n', n='n', unit=t[0].name, message=t[0].name) }}
{{ fan(t, x='name', actual='n', forecast='n', low='n', high='n', interval=t[0].name, message=t[0].name) }}
{{ reliability(t, predicted='n', observed='n', n='n', low='n', high='n', message=t[0].name) }}
{{ bullet(t, category='name', actual='n', plan='n', ranges={'n': t[0].name}, message=t[0].name) }}
{{ quadrant(t, label='name', x='n', y='n', x_split=1, y_split=2, x_measure=t[0].name, y_measure=t[0].name, x_unit=t[0].name,
            top_left=t[0].name, top_right=t[0].name, bottom_left=t[0].name, bottom_right=t[0].name, message=t[0].name) }}
{{ funnel(t, stage='name', value='n', previous='n', previous_label=t[0].name, message=t[0].name) }}
{{ table(t, columns=[{'column': 'name', 'label': t[0].name}, 'n'], message=t[0].name) }}
{{ freshness(t, source='name', day='name', stale='name') }}
"#;

fn rendered(text: &str) -> Rendered {
    let columns = vec![Column::new("name", Kind::Text), Column::new("n", Kind::Int)];
    let row = |n| vec![Cell::text(text), Cell::Int(n)];
    let table =
        |numbers: &[i64]| Arc::new(Table { columns: columns.clone(), rows: numbers.iter().map(|n| row(*n)).collect() });
    let data = BTreeMap::from([("t".to_owned(), table(&[1, 2])), ("w".to_owned(), table(&[1, 1, 2]))]);
    let pair = || (text.to_owned(), text.to_owned());
    let page = Page {
        title: text.into(),
        who: text.into(),
        data_as_of: text.into(),
        currency: Some(text.into()),
        facts: vec![text.into()],
        notices: vec![Notice { kind: NoticeKind::Bad, text: text.into() }],
        glossary: vec![Definition { id: "x".into(), label: text.into(), text: text.into() }],
        provenance: vec![(text.into(), vec![pair()])],
        ..fixture::page()
    };
    render(&fixture::template(TEMPLATE), &data, &page)
        .unwrap_or_else(|problem| panic!("{text:?}: {}", problem.render(false)))
}

/// The elements of HTML or SVG with the names of their attributes; drawings may cut text, so what they hold is
/// not compared but for its elements.
fn elements(markup: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let mut quoted = None;
        let end = rest
            .char_indices()
            .find(|(_, c)| match (quoted, c) {
                (None, '"' | '\'') => {
                    quoted = Some(*c);
                    false
                }
                (Some(quote), c) if quote == *c => {
                    quoted = None;
                    false
                }
                (None, '>') => true,
                _ => false,
            })
            .map_or(rest.len(), |(at, _)| at);
        let tag = &rest[..end];
        let name: String = tag.chars().take_while(|c| !c.is_whitespace()).collect();
        let attributes =
            tag.split('"').step_by(2).map(|part| part.trim().trim_end_matches('=')).collect::<Vec<_>>().join(" ");
        let end_of_raw = match name.as_str() {
            "script" => rest.find("</script>"),
            "style" => rest.find("</style>"),
            _ => None,
        };
        found.push(attributes);
        rest = &rest[end_of_raw.unwrap_or(end.min(rest.len()))..];
    }
    found
}

/// The structure of Markdown as GitHub reads it: the kinds of nodes, text left out.
fn structure(markdown: &str) -> Vec<String> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    (extension.table, extension.strikethrough, extension.autolink, extension.tasklist) = (true, true, true, true);
    (extension.footnotes, extension.alerts, extension.math_dollars, extension.math_code) = (true, true, true, true);
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &options);
    root.descendants()
        .filter_map(|node| {
            let depth = node.ancestors().count();
            Some(match &node.data().value {
                NodeValue::Text(_) | NodeValue::SoftBreak => return None,
                NodeValue::Heading(heading) => format!("{depth} heading {}", heading.level),
                NodeValue::Link(link) => format!("{depth} link {}", link.url),
                NodeValue::Image(link) => format!("{depth} image {}", link.url),
                NodeValue::Code(_) => format!("{depth} code"),
                NodeValue::Table(table) => format!("{depth} table {}×{}", table.num_columns, table.num_rows),
                other => format!("{depth} {}", format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default()),
            })
        })
        .collect()
}

/// The elements outside of drawings; what a drawing holds must be shapes and text, whichever and how many.
fn outside_drawings(markup: &str) -> Vec<String> {
    const SHAPES: [&str; 13] =
        ["svg", "/svg", "title", "/title", "desc", "/desc", "rect", "path", "circle", "text", "/text", "defs", "/defs"];
    const ATTRIBUTES: [&str; 32] = [
        "",
        "/",
        "x",
        "y",
        "width",
        "height",
        "class",
        "d",
        "cx",
        "cy",
        "r",
        "id",
        "viewBox",
        "role",
        "xmlns",
        "aria-label",
        "aria-labelledby",
        "aria-hidden",
        "focusable",
        "fill",
        "stroke",
        "stroke-width",
        "font-size",
        "font-family",
        "font-weight",
        "text-anchor",
        "paint-order",
        "stroke-dasharray",
        "patternUnits",
        "patternTransform",
        "pattern",
        "/pattern",
    ];
    let mut outside = Vec::new();
    let mut is_inside = false;
    for element in elements(markup) {
        let mut parts = element.split([' ', '=']);
        let name = parts.next().unwrap_or_default().to_owned();
        is_inside |= name == "svg";
        if is_inside {
            assert!(SHAPES.contains(&name.as_str()) || name.ends_with("pattern"), "a drawing holds <{element}>");
            assert!(parts.all(|attribute| ATTRIBUTES.contains(&attribute)), "a drawing holds <{element}>");
        } else {
            outside.push(element);
        }
        is_inside &= name != "/svg";
    }
    outside
}

/// Letters only, as many as the text has once it is clean, so that what is cut and what may break is the same.
fn harmless(text: &str) -> String {
    let clean = crate::reports::print::clean(text);
    clean.chars().map(|c| if c == ' ' { ' ' } else { 'x' }).collect()
}

fn unlike(a: &[String], b: &[String]) -> Option<(String, String)> {
    let longest = a.len().max(b.len());
    let at = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
    (0..longest).map(|index| (at(a, index), at(b, index))).find(|(a, b)| a != b)
}

#[test]
fn no_text_changes_the_elements_of_the_page() {
    for text in CORPUS.iter().map(|text| (*text).to_owned()).chain(["長".repeat(500), "a".repeat(500)]) {
        let hostile = outside_drawings(&rendered(&text).html);
        let plain = outside_drawings(&rendered(&harmless(&text)).html);
        assert_eq!(unlike(&hostile, &plain), None, "{text:?}");
    }
}

#[test]
fn no_text_changes_the_structure_of_the_markdown() {
    for text in CORPUS {
        let hostile = structure(&rendered(text).markdown);
        let plain = structure(&rendered(&harmless(text)).markdown);
        assert_eq!(unlike(&hostile, &plain), None, "{text:?}\n{}", rendered(text).markdown);
    }
}

#[test]
fn drawings_hold_shapes_and_text_whatever_they_are_called() {
    for text in CORPUS {
        let (hostile, plain) = (rendered(text).assets, rendered(&harmless(text)).assets);
        let paths: Vec<_> = hostile.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, plain.iter().map(|(path, _)| path).collect::<Vec<_>>());
        for (path, drawing) in &hostile {
            assert_eq!(outside_drawings(drawing), Vec::<String>::new(), "{path}: {text:?}");
        }
    }
}

#[test]
fn text_shows_as_it_was_typed() {
    for text in CORPUS.iter().filter(|text| !text.contains(['\n', '\u{202e}', '\u{fdd0}'])) {
        let shown = crate::reports::escape::html(&crate::reports::print::clean(text));
        let html = rendered(text).html.replace("  ", " ");
        let cell = format!("<th scope=\"row\">{shown}</th>");
        let long_cell = format!("<th scope=\"row\" class=\"long\">{shown}</th>");
        assert!(html.contains(&cell) || html.contains(&long_cell), "{text:?} in a table");
        assert!(html.contains(&format!("<p>Prose {}", shown.trim_start())), "{text:?} in prose: {html}");
        assert!(html.contains(&format!("<h1>Headline with {}", shown.trim())), "{text:?} in the headline");
    }
}

#[test]
fn text_that_would_turn_or_forge_is_taken_out() {
    let Rendered { html, markdown, .. } = rendered("ACME \u{202e}gnp.exe \u{fdd0}0\u{fdd1}\u{0}");
    for output in [&html, &markdown] {
        assert!(output.contains("ACME gnp.exe 0"));
        assert!(!output.contains(['\u{202e}', '\u{fdd0}', '\u{fdd1}', '\u{0}']));
    }
}
