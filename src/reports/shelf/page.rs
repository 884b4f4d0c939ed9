//! The shelf as one HTML file: a section for each report, a row for each of its days, newest first.

use super::Shelf;
use crate::day::Day;
use crate::reports::escape::html;
use crate::reports::html::shell_with;
use crate::reports::print::clean;
use crate::reports::publish::Manifest;
use crate::reports::scene::sparkline;
use crate::reports::standing::{MainFigure, Revision, Status};
use crate::reports::{calendar, svg, words};

const STYLE: &str = include_str!("shelf.css");
const FILTER: &str = include_str!("filter.js");

/// Days of a report in sight; older ones are a fold away.
const IN_SIGHT: usize = 30;
/// Days that a sparkline has at most.
const MOST_POINTS: usize = 90;

pub fn page(shelf: &Shelf) -> String {
    let mut out = format!("<a class=\"skip\" href=\"#shelf\">{}</a>\n", words::SKIP_TO_SHELF);
    masthead(&mut out, shelf);
    out.push_str(&format!(
        "<main id=\"shelf\" data-filter=\"{}\" data-shown=\"{}\">\n",
        words::SHELF_FILTER,
        words::SHELF_SHOWN
    ));
    if shelf.reports.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", words::SHELF_EMPTY));
    }
    for (name, days) in &shelf.reports {
        section(&mut out, name, days);
    }
    out.push_str("</main>\n");
    shell_with(words::SHELF, STYLE, FILTER, &out)
}

fn masthead(out: &mut String, shelf: &Shelf) {
    let newest = shelf.reports.values().filter_map(|days| days.first());
    let mut who: Vec<String> =
        newest.clone().filter_map(|of| of.standing.as_ref()).map(|standing| text(&standing.who)).collect();
    who.sort();
    who.dedup();
    if !who.is_empty() {
        out.push_str(&format!("<header class=\"masthead\">\n<p class=\"kicker\">{}</p>\n", who.join(" · ")));
    } else {
        out.push_str("<header class=\"masthead\">\n");
    }
    let pages = shelf.reports.values().map(Vec::len).sum();
    let mut facts = vec![words::reports(shelf.reports.len()), words::pages(pages)];
    facts.extend(newest.map(|of| of.day).max().map(|day| words::newest(&calendar::day(day))));
    out.push_str(&format!("<h1>{}</h1>\n<p class=\"facts\">{}</p>\n", words::SHELF, facts.join(" · ")));
    if shelf.reports.len() > 1 {
        let links = shelf
            .reports
            .iter()
            .map(|(name, days)| format!("<li><a href=\"#{}\">{}</a></li>", encoded(name), text(title(name, days))));
        out.push_str(&format!("<nav aria-label=\"{}\"><ul>{}</ul></nav>\n", words::SHELF, links.collect::<String>()));
    }
    out.push_str("</header>\n");
}

/// A report's title as its newest page has it.
fn title<'m>(name: &'m str, days: &'m [Manifest]) -> &'m str {
    days.first().and_then(|newest| newest.standing.as_ref()).map_or(name, |standing| standing.title.as_str())
}

fn section(out: &mut String, name: &str, days: &[Manifest]) {
    let (id, title) = (encoded(name), text(title(name, days)));
    out.push_str(&format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n"));
    let figure = days.first().and_then(|newest| newest.figure.as_ref());
    if let Some(figure) = figure {
        trend(out, figure, days);
    }
    let (in_sight, earlier) = days.split_at(days.len().min(IN_SIGHT));
    let label = format!("{title}: {}", words::days(&in_sight.len().to_string()));
    table(out, &label, name, days, 0, in_sight.len());
    if !earlier.is_empty() {
        let says = words::earlier(&words::days(&earlier.len().to_string()));
        out.push_str(&format!("<details class=\"earlier\"><summary>{says}</summary>\n"));
        table(out, &format!("{title}: {says}"), name, days, in_sight.len(), days.len());
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
}

/// The main figure of the newest day, and a line over the days that have the same one.
fn trend(out: &mut String, newest: &MainFigure, days: &[Manifest]) {
    let is_same = |figure: &&MainFigure| (&figure.label, &figure.unit) == (&newest.label, &newest.unit);
    let figures: Vec<Option<&MainFigure>> =
        days.iter().take(MOST_POINTS).rev().map(|of| of.figure.as_ref().filter(is_same)).collect();
    let series: Vec<_> = figures.iter().map(|figure| figure.and_then(MainFigure::number)).collect();
    let mut known: Vec<_> =
        figures.iter().flatten().filter_map(|figure| Some((figure.number()?, &figure.shown))).collect();
    out.push_str(&format!("<p class=\"figure\">{} <b>{}</b>", text(&newest.label), text(&newest.shown)));
    if let ([(_, first), .., (_, last)], true) = (known.as_slice(), known.len() > 1) {
        let (first, last) = (clean(first).into_owned(), clean(last).into_owned());
        known.sort_by_key(|(number, _)| *number);
        let says = words::trend(&first, &last, &clean(known[0].1), &clean(known[known.len() - 1].1));
        out.push_str(&format!(" {}", svg::labelled(&sparkline::draw(&series), "spark", &says)));
    }
    out.push_str("</p>\n");
}

/// The rows from one to another, exclusive; `label` names them to who hears the page.
fn table(out: &mut String, label: &str, name: &str, days: &[Manifest], from: usize, to: usize) {
    out.push_str(&format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\"><table class=\"shelf sortable\">\n<thead><tr>"
    ));
    let headings = [(words::DAY, ""), (words::HEADLINE, ""), (words::FIGURE, " class=\"num\""), (words::STATUS, "")];
    for (heading, class) in headings.into_iter().chain([(words::STATE_PUBLISHED, ""), (words::NEIGHBOURS, "")]) {
        out.push_str(&format!("<th scope=\"col\"{class}>{heading}</th>"));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for at in from..to {
        let newer = at.checked_sub(1).map(|at| &days[at]);
        row(out, name, &days[at], days.get(at + 1), newer, days.first().and_then(|newest| newest.figure.as_ref()));
    }
    out.push_str("</tbody></table></div>\n");
}

fn row(
    out: &mut String,
    name: &str,
    of: &Manifest,
    older: Option<&Manifest>,
    newer: Option<&Manifest>,
    main: Option<&MainFigure>,
) {
    let day = of.day;
    out.push_str(&format!(
        "<tr id=\"{}/{day}\"><th scope=\"row\" data-v=\"{day}\">{}</th><td class=\"long\"><a href=\"{}\">{}</a>",
        encoded(name),
        calendar::day(day),
        page_of(name, day),
        text(&of.headline)
    ));
    again(out, &of.revisions);
    out.push_str("</td>");
    match &of.figure {
        Some(figure) => {
            let rank = figure.number().map(|_| format!(" data-v=\"{}\"", html(&figure.value))).unwrap_or_default();
            let is_main = main.is_some_and(|main| main.label == figure.label);
            let label = if is_main { String::new() } else { format!("{}: ", text(&figure.label)) };
            out.push_str(&format!("<td class=\"num\"{rank}>{label}{}</td>", text(&figure.shown)));
        }
        None => out.push_str(&format!("<td class=\"num\">{}</td>", words::NOT_AVAILABLE)),
    }
    state(out, of);
    let link = |of: &Manifest, word: &str| {
        let to = calendar::day(of.day);
        format!("<a href=\"{}\" aria-label=\"{}\">{word}</a>", page_of(name, of.day), words::neighbour(word, &to))
    };
    let near = [(older, words::OLDER), (newer, words::NEWER)];
    let links: Vec<String> = near.into_iter().filter_map(|(of, word)| Some(link(of?, word))).collect();
    out.push_str(&format!("<td class=\"near\">{}</td></tr>\n", links.join(" ")));
}

/// The cells of how a page stands, and of when its state was published.
fn state(out: &mut String, of: &Manifest) {
    let Some(standing) = &of.standing else {
        let nothing = format!("<td>{}</td>", words::NOT_AVAILABLE);
        out.push_str(&nothing.repeat(2));
        return;
    };
    let (class, word) = match standing.status {
        Status::ChecksFailed => ("t-bad", words::CHECKS_FAILED),
        Status::Partial => ("plain", words::PARTIAL),
        Status::Fine => ("plain", words::FINE),
    };
    let passed = words::checks_passed(standing.checks_passed, standing.checks);
    out.push_str(&format!("<td><span class=\"{class}\">{word}</span> <span class=\"more\">{passed}</span></td>"));
    let when = standing.published_at.map_or_else(String::new, |at| calendar::moment(at.as_microsecond()));
    let commit = standing.commit.map_or_else(|| words::NOT_AVAILABLE.to_owned(), words::commit);
    let rank = standing.commit.unwrap_or_default();
    out.push_str(&format!("<td data-v=\"{rank}\">{when} <span class=\"more\">{commit}</span></td>"));
}

/// What was said of the day before.
fn again(out: &mut String, revisions: &[Revision]) {
    if revisions.is_empty() {
        return;
    }
    out.push_str(&format!("<details class=\"again\"><summary>{}</summary><ul>", words::made_again(revisions.len())));
    for revision in revisions.iter().rev() {
        let commit = revision.commit.map(|number| format!(", {}", words::commit(number))).unwrap_or_default();
        let because: Vec<&str> = revision.because.iter().map(|cause| words::cause(*cause)).collect();
        let because = if because.is_empty() { words::UNKNOWN_CAUSE.to_owned() } else { because.join(", ") };
        let changed: Vec<String> = revision.changed.iter().map(|path| text(path)).collect();
        out.push_str(&format!(
            "<li>{}{commit}: <q>{}</q><br>{}<br>{}</li>",
            words::BEFORE,
            text(&revision.headline),
            words::replaced_because(&because),
            words::files_changed(&changed.join(", "))
        ));
    }
    out.push_str("</ul></details>");
}

fn page_of(name: &str, day: Day) -> String {
    format!("{}/{day}/index.html", encoded(name))
}

/// A stranger's text as it must stand in HTML.
fn text(written: &str) -> String {
    html(&clean(written))
}

/// A name as a part of a relative address, and as an id: nothing in it can be a scheme, a folder or a quote.
fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
