//! Mistakes that are found without data, each at its place.

use std::collections::{BTreeMap, BTreeSet};

use super::fixture;
use crate::problem::{Problem, Severity, SourceFile};
use crate::reports::{Column, Kind, Known, Template, check, tiles};

fn problems(body: &str) -> Vec<Problem> {
    known(body, check)
}

/// Looks at a body over two queries, a third that is broken, two variables and a definition.
fn known<T>(body: &str, look: impl FnOnce(&Template, Known<'_>) -> T) -> T {
    let text = format!("---\nqueries:\n  deal: SELECT 1\n  rep: SELECT 1\n---\n{body}");
    let queries = BTreeMap::from([
        (
            "deal".to_owned(),
            vec![
                Column::new("name", Kind::Text),
                Column::new("amount", Kind::Decimal),
                Column::new("closed", Kind::Day),
            ],
        ),
        ("rep".to_owned(), vec![Column::new("name", Kind::Text)]),
    ]);
    let variables = BTreeMap::from([("day".to_owned(), Kind::Day), ("pipeline".to_owned(), Kind::Text)]);
    let definitions = BTreeSet::from(["win_rate.narrow".to_owned()]);
    let broken = BTreeSet::from(["lost".to_owned()]);
    let known =
        Known { queries: &queries, broken: &broken, variables: &variables, definitions: &definitions, each: None };
    look(&fixture::template(&text), known)
}

/// The one error of a body that uses both queries; what its place covers.
fn one(body: &str) -> (String, String) {
    let all = problems(&format!("{body}\n{{{{ deal | length }}}}{{{{ rep | length }}}}"));
    match all.as_slice() {
        [problem] => {
            let covered = problem.place.source.text[problem.place.span.clone()].to_owned();
            (format!("{}; {}", problem.message, problem.help.clone().unwrap_or_default()), covered)
        }
        _ => panic!("{body}: {}", all.iter().map(|problem| problem.render(false)).collect::<String>()),
    }
}

fn finds(body: &str, message: &str, covered: &str) {
    let (found, place) = one(body);
    assert!(found.contains(message), "{body}: {found}");
    assert_eq!(place, covered, "{body}");
}

#[test]
fn unknown_names_are_found_where_they_stand() {
    finds("{{ dael[0].name }}", "`dael` is neither a query nor a variable; did you mean `deal`?", "dael");
    finds("{{ deal[0].amuont }}", "the query `deal` has no column `amuont`; did you mean `amount`?", "amuont");
    finds("{{ deal[0]['amuont'] }}", "no column `amuont`", "'amuont'");
    finds("{{ deal[0].name | uper }}", "there is no filter `uper`; did you mean `upper`?", "uper");
    finds("{% if day is odz %}{% endif %}", "there is no test `odz`; did you mean `odd`?", "odz");
    finds("{{ colunms(deal) }}", "there is no component `colunms`; did you mean `columns`?", "colunms");
    finds("{{ deal[0].name.upper() }}", "there is no `upper()` on values", "upper");
}

#[test]
fn columns_are_known_in_loops_and_after_filters() {
    finds("{% for d in deal %}{{ d.nane }}{% endfor %}", "no column `nane`", "nane");
    finds(
        "{% for d in deal | sort(attribute='amount') | reverse %}{{ d.nane }}{% endfor %}",
        "no column `nane`",
        "nane",
    );
    finds("{% set first = deal | first %}{{ first.nane }}", "no column `nane`", "nane");
    finds("{% for d in deal[:3] %}{{ d.nane }}{% endfor %}", "no column `nane`", "nane");
    finds("{{ deal | sum(attribute='amuont') }}", "no column `amuont`", "sum");
    finds("{{ deal | selectattr('amuont', 'gt', 0) | length }}", "no column `amuont`", "selectattr");
    finds("{{ deal.name }}", "`deal` is a table", "name");
}

#[test]
fn keywords_and_the_columns_they_name_are_checked() {
    let chart = "bars(deal, category='name', value='amount', message='m'";
    finds(&format!("{{{{ {chart}, goood='up') }}}}"), "has no argument `goood`: did you mean `good`?", "goood");
    finds(
        &format!("{{{{ {chart}, good='upp') }}}}"),
        "`good` cannot be `upp`; it is one of `up`, `down`, `none`",
        "'upp'",
    );
    finds(&format!("{{{{ {chart}, n='amuont') }}}}"), "no column `amuont`", "'amuont'");
    finds(&format!("{{{{ {chart}, n='name') }}}}"), "must be a column of numbers; `name` holds text", "'name'");
    finds(&format!("{{{{ {chart}, limit='ten') }}}}"), "takes a whole number, not text", "'ten'");
    finds(&format!("{{{{ {chart}, definition='win_rate') }}}}"), "there is no definition `win_rate`", "'win_rate'");
    finds("{{ bars(deal, category='name', value='amount') }}", "`bars` needs `message=`", "bars");
    finds(&format!("{{{{ {chart}, low='amount') }}}}"), "`bars` needs `high=` beside `low=`", "bars");
    finds("{{ kpi(label='x', value=deal[0].name) }}", "`value` of `kpi` takes a number, not text", "deal[0].name");
    finds("{{ kpi(label='x', value=1, trend=(deal, 'amuont')) }}", "no column `amuont`", "'amuont'");
    finds("{{ line(deal, x='closed', y=['amount', 'amuont'], message='m') }}", "no column `amuont`", "'amuont'");
    finds("{{ table(deal, columns=['name', {'column': 'amuont'}]) }}", "no column `amuont`", "'amuont'");
    finds("{{ table(deal, columns=[{'column': 'name', 'format': 'mony'}]) }}", "`format` cannot be `mony`", "'mony'");
    finds("{{ table(day) }}", "`table` takes a query's rows, not a day", "day");
    finds("{{ table() }}", "`table` begins with its data", "table");
    finds("{{ kpi('x', label='x', value=1) }}", "takes keyword arguments", "kpi");
}

#[test]
fn the_charts_of_analyses_are_checked_as_all_others_are() {
    finds("{{ heat(deal, row='name', column='nane', value='amount', message='m') }}", "no column `nane`", "'nane'");
    finds("{{ heat(deal, row='name', column='name', value='name', message='m') }}", "a column of numbers", "'name'");
    let fan = "fan(deal, x='closed', actual='amount', forecast='amount', low='amount', high='amount', interval='80 %'";
    finds(&format!("{{{{ {fan}, target='amount', message='m') }}}}"), "`fan` has no argument `target`", "target");
    finds(
        &format!("{{{{ {fan}, inner_low='amount', message='m') }}}}"),
        "needs `inner_high=` beside `inner_low=`",
        "fan",
    );
    let corners = "top_left='a', top_right='b', bottom_left='c', bottom_right='d'";
    finds(
        &format!(
            "{{{{ quadrant(deal, label='name', x='amount', y='amount', x_split=1, y_split=2, x_measure='x', \
             y_measure='y', {corners}, bad='right', message='m') }}}}"
        ),
        "`bad` cannot be `right`; it is one of `top_left`, `top_right`",
        "'right'",
    );
    finds(
        "{{ bullet(deal, category='name', actual='amount', plan='amount', ranges=['amount', 'fair'], message='m') }}",
        "no column `fair`",
        "'fair'",
    );
}

#[test]
fn a_tile_reads_the_columns_that_its_arguments_name() {
    let body = "{{ heat(deal, row='name', column='closed', value='amount', message='m') }}\n\
                {{ bullet(deal, category='name', actual='amount', plan='amount', ranges={'amount': 'Poor'}, message='m') }}\n\
                {{ quadrant(deal, label='name', x='amount', y='amount', x_split=rep | length, y_split=1, x_measure='x', \
                y_measure='y', top_left='a', top_right='b', bottom_left='c', bottom_right='d', message='m') }}";
    let found: Vec<String> = known(body, tiles)
        .into_iter()
        .map(|tile| {
            let columns: Vec<&str> = tile.reads.iter().filter_map(|(_, column)| column.as_deref()).collect();
            format!("{}: {}", tile.id, columns.join(" "))
        })
        .collect();
    assert_eq!(found, ["heat-deal: amount closed name", "bullet-deal: amount name", "quadrant-deal: amount name"]);
}

#[test]
fn values_of_the_wrong_kind_are_found() {
    finds("{{ deal[0].name | money }}", "`money` takes a number, not text", "money");
    finds("{{ deal[0].amount | period('month') }}", "`period` takes a day, not a number", "period");
    finds("{{ deal }}", "a table cannot be printed", "deal");
    finds("{{ day.month }}", "a day has no `month`", "month");
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_file() {
    let found = problems("{{ typo }}\n\n{{ deal[0].x }}\n{{ rep[0].y }} {{ 1 | zz }}");
    let lines: Vec<usize> = found.iter().map(|problem| problem.place.line_column().0).collect();
    assert_eq!(lines, [6, 8, 9, 9]);
}

#[test]
fn names_that_the_template_gives_itself_are_known() {
    let body = "{% set f = deal[0] %}{% macro m(a, b=1) %}{{ a }}{{ b }}{{ f.name }}{% endmacro %}{{ m(1) }}\
                {% for d in deal %}{{ loop.index }}{% with x = d %}{{ x.amount | money }}{% endwith %}{% else %}none{% endfor %}\
                {% for k, v in dict(a=1) | items %}{{ k }}{% endfor %}{{ rep | length }}{{ pipeline }}{{ day | date }}";
    assert!(problems(body).is_empty(), "{:?}", problems(body));
}

#[test]
fn a_query_that_nothing_uses_is_a_warning_at_its_name() {
    let found = problems("{{ deal | length }}");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
    assert_eq!(found[0].place.to_string(), "reports/test.md:4:3");
}

#[test]
fn mistakes_of_syntax_have_their_place() {
    let text = "---\nx: 1\n---\nwords\n{{ deal[0. }}\n";
    let found = Template::parse(&SourceFile::new("reports/test.md", text), 13).unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].place.line_column().0, 5, "{}", found[0].render(false));
    for (body, name) in [
        ("{% include 'x' %}", "include"),
        ("{% extends 'x' %}", "extends"),
        ("{% autoescape false %}{% endautoescape %}", "autoescape"),
    ] {
        let found = Template::parse(&SourceFile::new("reports/test.md", body), 0).unwrap_err();
        assert!(found[0].message.contains(name), "{}", found[0].message);
    }
}

#[test]
fn a_query_named_like_a_component_is_refused() {
    let queries = BTreeMap::from([("table".to_owned(), vec![Column::new("x", Kind::Int)])]);
    let (broken, definitions) = (BTreeSet::new(), BTreeSet::new());
    let known = Known {
        queries: &queries,
        broken: &broken,
        variables: &BTreeMap::new(),
        definitions: &definitions,
        each: None,
    };
    let found = check(&fixture::template("---\nqueries:\n  table: SELECT 1\n---\n{{ table[0].x }}"), known);
    assert_eq!(found[0].message, "`table` is the name of a component");
}

#[test]
fn of_a_broken_query_nothing_is_told_but_the_rest_of_the_template_is() {
    let all = problems("{{ lost[0].nme }} {{ table(lost, columns=['x']) }} {{ deal[0].nme }}{{ rep | length }}");
    let told: Vec<&str> = all.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(told, ["the query `deal` has no column `nme`"]);
}
