//! The executive report as a whole: complete, self-contained, the same each time.

use std::collections::BTreeSet;

use super::fixture;
use crate::reports::{Known, Rendered, check, render};

fn executive() -> Rendered {
    let template = fixture::template(fixture::EXECUTIVE);
    render(&template, &fixture::data(), &fixture::page()).unwrap_or_else(|problem| panic!("{}", problem.render(false)))
}

/// What stands between `from` and `to`, each time.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    text.split(from).skip(1).filter_map(|rest| rest.split(to).next()).collect()
}

#[test]
fn the_executive_report_has_no_mistake() {
    let (data, page) = (fixture::data(), fixture::page());
    let (queries, definitions) = (fixture::queries(&data), fixture::definitions(&page));
    let variables = page.variables.iter().filter_map(|(name, cell)| Some((name.clone(), cell.kind()?))).collect();
    let broken = BTreeSet::new();
    let known =
        Known { queries: &queries, broken: &broken, variables: &variables, definitions: &definitions, each: None };
    let problems = check(&fixture::template(fixture::EXECUTIVE), known);
    assert!(problems.is_empty(), "{}", problems.iter().map(|one| one.render(false)).collect::<String>());
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    assert_eq!(executive(), executive());
}

#[test]
fn the_page_is_small_and_names_nothing_elsewhere() {
    let Rendered { html, .. } = executive();
    assert!(html.len() < 300 * 1024, "{} bytes", html.len());
    for forbidden in ["src=", "@import", "<link", "<iframe", "<img", "http://", "https://", "style=", "onclick"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(between(&html, "url(", ")").iter().all(|target| target.starts_with("#hatch-")));
}

#[test]
fn the_policy_names_the_style_and_the_script_that_are_there() {
    let Rendered { html, .. } = executive();
    let policy = between(&html, "Content-Security-Policy\" content=\"", "\">")[0];
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    for (directive, element) in [("style-src", "style"), ("script-src", "script")] {
        let content = between(&html, &format!("<{element}>"), &format!("</{element}>"));
        assert_eq!(content.len(), 1, "one {element}");
        let hash = base64(&crate::hash::digest(content[0]));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}'")), "{directive}");
    }
}

/// Written apart from the page's own encoder, bit by bit.
fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let mut text: String = bits
        .chunks(6)
        .map(|chunk| {
            alphabet[(0..6).fold(0, |value, at| value << 1 | usize::from(chunk.get(at).copied().unwrap_or(0)))]
        })
        .collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[test]
fn ids_are_unique_and_every_link_in_the_page_has_its_target() {
    let Rendered { html, .. } = executive();
    let ids = between(&html, " id=\"", "\"");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for target in between(&html, "href=\"#", "\"") {
        assert!(unique.contains(target), "#{target}");
    }
    for labels in between(&html, "aria-labelledby=\"", "\"") {
        assert!(labels.split(' ').all(|id| unique.contains(id)), "{labels}");
    }
    let labels = between(&html, "role=\"region\" tabindex=\"0\" aria-label=\"", "\"");
    let distinct: BTreeSet<&str> = labels.iter().copied().collect();
    assert_eq!(labels.len(), distinct.len(), "regions have names of their own");
}

#[test]
fn each_chart_has_its_sentence_two_drawings_and_its_numbers() {
    let Rendered { html, markdown, assets, .. } = executive();
    let figures = between(&html, "<figure", "</figure>");
    assert_eq!(figures.len(), 8);
    for figure in &figures {
        for part in
            ["class=\"message\"", "<svg class=\"wide\"", "<svg class=\"narrow\"", "<details>", "<table>", "<desc"]
        {
            assert!(figure.contains(part), "{part}");
        }
    }
    assert_eq!(assets.len(), figures.len());
    for (path, drawing) in &assets {
        assert!(markdown.contains(&format!("]({path})")), "{path}");
        assert!(drawing.starts_with("<svg xmlns") && !drawing.contains("class="), "{path} has its colours in it");
    }
}

#[test]
fn both_formats_say_the_same() {
    let Rendered { html, markdown, headline, .. } = executive();
    assert_eq!(headline, "Bookings are USD\u{a0}769k short of quota; USD\u{a0}1.26m of commit still closes the gap");
    for said in [
        "Bookings missed quota in two of the last three quarters",
        "3 of 10 reps have reached their quota",
        "8,431,251",
        "Champion left",
        "▲ stale",
        "48,210 rows, state 5d0c77a1",
    ] {
        assert!(html.contains(said), "the page: {said}");
        assert!(markdown.contains(said), "the Markdown: {said}");
    }
}

#[test]
fn key_figures_carry_their_comparison_interval_and_warning() {
    let Rendered { html, .. } = executive();
    let strip = between(&html, "<ul class=\"kpis", "</ul>");
    assert_eq!(strip.len(), 1, "figures that follow each other stand in one strip");
    for part in [
        "ΔPL <b>−0.77</b> <span class=\"rel\">(−8.4\u{a0}%)</span><span class=\"sr\">, bad</span>",
        "ΔPQ <b>−0.5\u{a0}pp</b>",
        "n = 725 · 95 % interval 24.1 to 30.9",
        "href=\"#definition-win-rate-narrow\"",
        "° thin",
    ] {
        assert!(strip[0].contains(part), "{part} in {}", strip[0]);
    }
}

#[test]
fn totals_are_exact_and_stand_below() {
    let Rendered { html, .. } = executive();
    let foot = between(&html, "<tfoot>", "</tfoot>")[0];
    for cell in ["Total", ">182<", ">58.4<", ">26.6<", ">+0.4<"] {
        assert!(foot.contains(cell), "{cell} in {foot}");
    }
}
