//! What templates can compute, and how they fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fixture;
use crate::problem::Problem;
use crate::project::ReportFormat;
use crate::reports::{Cell, Column, Kind, Page, Table, render};

fn data() -> BTreeMap<String, Arc<Table>> {
    let deal = fixture::table(
        "name text|amount decimal|probability float|closed day|n int
        Secret GmbH|99999999999999.9999|0.6|2026-11-01|3
        Other|0.0001||2026-12-01|4
        Third|-5||2026-10-01|",
    );
    BTreeMap::from([("deal".to_owned(), deal), ("nothing".to_owned(), fixture::table("amount decimal|name text"))])
}

fn run(body: &str) -> Result<String, Problem> {
    let formats = BTreeSet::from([ReportFormat::Markdown]);
    let page = Page { title: "T".into(), glossary: Vec::new(), provenance: Vec::new(), formats, ..fixture::page() };
    let rendered = render(&fixture::template(&format!("---\nqueries:\n---\n{body}")), &data(), &page)?;
    let body = rendered.markdown.split_once("checks passed").map(|(_, rest)| rest).unwrap_or_default();
    Ok(body.split("\nk thousand").next().unwrap_or_default().trim().to_owned())
}

fn says(body: &str, expected: &str) {
    match run(body) {
        Ok(text) => assert_eq!(text, expected, "{body}"),
        Err(problem) => panic!("{body}: {}", problem.render(false)),
    }
}

fn fails(body: &str, message: &str) {
    let problem = run(body).err().unwrap_or_else(|| panic!("{body} does not fail"));
    assert!(problem.message.contains(message), "{body}: {}", problem.message);
    for secret in ["Secret", "99999999999999"] {
        assert!(!problem.render(false).contains(secret), "a value of the data in: {}", problem.render(false));
    }
}

#[test]
fn money_is_added_compared_and_printed_exactly() {
    says("{{ deal[0].amount + deal[1].amount }}", "100000000000000");
    says("{{ deal[0].amount - 0.9999 }}", "99999999999999");
    says("{{ deal | sum(attribute='amount') }}", "99999999999995");
    says("{{ deal[0].amount * 2 }}", "199999999999999.9998");
    says("{{ -deal[2].amount }} {{ deal[2].amount | abs }}", "5 5");
    says("{% if deal[2].amount < 0 %}below{% endif %} {{ deal[1].amount > 0 }}", "below yes");
    says("{{ 0 < deal[1].amount < 1 }}", "yes");
    says("{{ (deal | selectattr('amount', 'gt', 0)) | length }}", "2");
    says("{{ deal | max(attribute='amount') == deal[0].amount }}", "yes");
}

#[test]
fn null_is_a_dash_spreads_and_compares_as_false() {
    says("{{ deal[1].probability }}", "–");
    says("{{ deal[1].probability + 1 }} {{ deal[1].probability | pct }}", "– –");
    says("{{ deal[1].probability > 0 }} {{ deal[1].probability < 0 }}", "no no");
    says("{{ deal[1].probability == none }} {{ deal[1].probability | default(0.5) | pct }}", "yes 50.0\u{a0}%");
    says("{{ 5 / 0 }} {{ deal | sum(attribute='n') }}", "– 7");
}

#[test]
fn days_compare_with_each_other_and_with_their_text() {
    says("{{ deal[0].closed < deal[1].closed }} {{ deal[0].closed == '2026-11-01' }}", "yes yes");
    says("{{ deal[0].closed | date }} / {{ deal[0].closed | period('quarter') }}", "1 Nov 2026 / 2027-Q4");
    says(
        "{% for d in deal | sort(attribute='closed') %}{{ d.closed }} {% endfor %}",
        "1 Oct 2026 1 Nov 2026 1 Dec 2026",
    );
}

#[test]
fn figures_are_written_as_in_charts() {
    says(
        "{{ 1250000 | money }} {{ 1250000 | money('EUR') }} {{ -1250000 | signed('USD') }}",
        "USD\u{a0}1.25m EUR\u{a0}1.25m USD\u{a0}−1.25m",
    );
    says(
        "{{ 0.274 | pct }} {{ 0.033 | pp }} {{ 1234567 | num }} {{ 1.25 | num(1) }}",
        "27.4\u{a0}% +3.3\u{a0}pp 1,234,567 1.3",
    );
}

#[test]
fn joined_texts_keep_their_blanks() {
    says("{{ 'Won in ' ~ 'Q4' }}", "Won in Q4");
    says(
        "{{ 'Won in ' ~ (deal[0].closed | period('quarter')) ~ ', by ' ~ deal[0].name }}",
        "Won in 2027-Q4, by Secret GmbH",
    );
    says("{{ deal[0].n ~ ' ' ~ 'deals' }}", "3 deals");
    says("{% set begin = 'Won ' %}{{ begin ~ 5 }}", "Won 5");
    says("{% set begin %}Won {% endset %}{{ begin ~ 5 }}", "Won 5");
    says("{{ banner('Won in ' ~ deal[1].n ~ ' days') }}", "> [!NOTE]\n> Won in 4 days");
}

#[test]
fn a_block_of_words_can_be_a_message() {
    let body = "{% set m %}Won {{ 5 | num }} of {{ deal[0].name }}{% endset %}{{ banner(m) }}\n{{ m }}";
    says(body, "> [!NOTE]\n> Won 5 of Secret GmbH\n\nWon 5 of Secret GmbH");
}

#[test]
fn what_is_not_there_is_an_error_with_its_place() {
    fails("{{ nothing[0].amount }}", "there is no row 0 in `nothing`, which has 0 rows");
    fails("{{ deal[3].amount }}", "there is no row 3 in `deal`, which has 3 rows: the first is `deal[0]`");
    fails("{{ deal[0].amuont }}", "`deal` has no column `amuont`: did you mean `amount`?");
    fails("{{ deal.amount }}", "`deal` is a table");
    fails("{{ typo }}", "is undefined");
    fails("{{ deal }}", "a table cannot be printed");
    fails("{{ deal[0] }}", "a row cannot be printed");
    let problem = run("words\n\n{{ 1 }} {{ deal[0].amuont }}").err().unwrap();
    assert_eq!(problem.place.line_column().0, 6);
}

#[test]
fn kinds_that_do_not_go_together_are_an_error_that_names_no_value() {
    fails("{{ deal[0].name + 1 }}", "`+` does not go between text and a number");
    fails("{{ deal[0].name < 1 }}", "`<` does not go between text and a number");
    fails("{{ deal[0].name | money }}", "`money` takes a number, not text");
    fails("{{ kpi(label='x', value=deal[0].name) }}", "`value` of `kpi` takes a number, not text");
    fails("{{ deal[0].name[5:] | int }}", "filter int is unknown");
    fails("{{ 'x' ~ kpi(label='a', value=1) }}", "a component stands alone");
    fails("{{ 9223372036854775807 + deal[0].n }}", "too large");
}

#[test]
fn arguments_are_checked_by_name() {
    fails("{{ kpi(label='x', valeu=1) }}", "`kpi` has no argument `valeu`: did you mean `value`?");
    fails("{{ kpi(label='x') }}", "`kpi` needs `value=`");
    fails("{{ kpi(label='x', value=1, good='upp') }}", "`good` of `kpi` is one of `up`, `down`, `none`");
    fails("{{ bars(deal, category='name', value='nam', message='m') }}", "the query has no column `nam`");
    fails(
        "{{ bars(deal, category='name', value='name', message='m') }}",
        "takes a column of numbers; `name` holds text",
    );
    fails("{{ bars(category='name') }}", "begins with its data");
    fails("{{ table(deal, columns=[{'colum': 'name'}]) }}", "has no `colum`: did you mean `column`?");
    fails("{{ table(deal, columns=[{'column': 'name', 'format': 'money'}]) }}", "is for numbers");
}

#[test]
fn a_component_among_words_is_refused() {
    fails("words {{ banner('x') }} words", "stands where only words can stand");
    fails("| {{ banner('x') }} |", "stands where only words can stand");
    fails("```\n{{ banner('x') }}\n```", "stands where only words can stand");
}

#[test]
fn a_template_that_never_ends_or_never_stops_printing_is_stopped() {
    fails(
        "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a %}{% endfor %}{% endfor %}",
        "does too much",
    );
    let long = "x".repeat(1000);
    fails(&format!("{{% for a in range(99999) %}}{long}{{% endfor %}}"), "prints too much");
    fails(
        "{% set ns = namespace(t='xxxxxxxxxx') %}{% for a in range(30) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
        "too long",
    );
}

#[test]
fn charts_and_reports_stay_of_a_size_that_can_be_read() {
    let mut rows = String::from("x text|y int\n");
    (0..600).for_each(|at| rows.push_str(&format!("p{at}|{at}\n")));
    let data = BTreeMap::from([("t".to_owned(), fixture::table(&rows))]);
    let chart = |body: &str| render(&fixture::template(&format!("---\n---\n{body}")), &data, &fixture::page());
    let columns = chart("{{ columns(t, x='x', actual='y', message='m') }}").unwrap().markdown;
    assert!(columns.contains("The last 400 of 600 periods.") && columns.contains("| p599 |"));
    assert!(!columns.contains("| p199 |"));
    let bars = chart("{{ bars(t, category='x', value='y', message='m') }}").unwrap().markdown;
    assert!(bars.contains("500 of 600 rows shown.") && bars.contains("And 560 more"));
    let problem = chart("{% for a in range(2000) %}{{ banner('x') }}\n{% endfor %}").err().unwrap();
    assert!(problem.message.contains("up to 1000 components"), "{}", problem.message);
}

#[test]
fn a_filter_that_leaves_no_row_leaves_an_empty_chart() {
    let body = "{{ bars(deal | selectattr('n', 'gt', 99), category='name', value='amount', message='None') }}";
    let text = run(body).unwrap_or_else(|problem| panic!("{}", problem.render(false)));
    assert!(text.contains("There is nothing to show"), "{text}");
}

#[test]
fn tables_are_cut_with_the_rest_told_and_totalled_exactly() {
    let text = run("{{ table(deal, columns=['name', 'amount'], limit=1, total=true) }}")
        .unwrap_or_else(|p| panic!("{}", p.render(false)));
    assert!(text.contains("1 of 3 rows shown; the total covers all."), "{text}");
    assert!(text.contains("| **Total** | **99,999,999,999,995.0** |"), "{text}");
}

#[test]
fn a_waterfall_whose_lines_do_not_add_up_says_so() {
    let rows = fixture::table("l text|v decimal\nstart|10\nup|5\nend|16");
    let data = BTreeMap::from([("w".to_owned(), rows)]);
    let template = fixture::template("---\n---\n{{ waterfall(w, label='l', value='v', unit='USD', message='m') }}");
    let rendered = render(&template, &data, &fixture::page()).unwrap_or_else(|p| panic!("{}", p.render(false)));
    assert!(
        rendered.markdown.contains("The lines add up to USD\u{a0}15, not to USD\u{a0}16: USD\u{a0}+1 is unexplained.")
    );
}

#[test]
fn two_charts_of_one_query_have_ids_of_their_own() {
    let chart = "{{ bars(deal, category='name', value='amount', message='m') }}\n";
    let data = data();
    let rendered = render(&fixture::template(&format!("---\n---\n{chart}{chart}")), &data, &fixture::page()).unwrap();
    let paths: Vec<&str> = rendered.assets.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["assets/bars-deal.svg", "assets/bars-deal-2.svg"]);
}

#[test]
fn cells_of_every_kind_print() {
    let columns = [Kind::Bool, Kind::Moment, Kind::Float].into_iter().zip(["b", "m", "f"]);
    let table = Table {
        columns: columns.map(|(kind, name)| Column::new(name, kind)).collect(),
        rows: vec![vec![Cell::Bool(true), Cell::Moment(1_795_312_800_000_000), Cell::Float(f64::NAN)]],
    };
    let data = BTreeMap::from([("t".to_owned(), Arc::new(table))]);
    let template = fixture::template("---\n---\n{{ t[0].b }} {{ t[0].m }} {{ t[0].f }}");
    let rendered = render(&template, &data, &fixture::page()).unwrap_or_else(|p| panic!("{}", p.render(false)));
    assert!(rendered.markdown.contains("yes 2026-11-22 02:00 UTC –"));
}
