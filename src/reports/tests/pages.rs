//! One template, many pages: keys are strangers' text, and each page holds its own rows only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fixture;
use super::hostile::CORPUS;
use crate::catalogue::Each;
use crate::problem::{Problem, Severity};
use crate::project::QueryColumn;
use crate::reports::{Cell, Column, Edition, Kind, Known, Table, check_pages, edition};

const TEMPLATE: &str = "---\neach: person.owner_id\n---\n# {{ deal | length }} deals of {{ person[0].title }}, {{ all | length }} of all\n\n\
                        {{ table(deal, message='Deals') }}\n";

fn each(query: &str, column: &str) -> Each {
    let place = fixture::template(TEMPLATE).source.place(4..8);
    let key = QueryColumn { query: query.into(), column: column.into() };
    Each { key, query_place: place.clone(), column_place: place }
}

fn made(data: &BTreeMap<String, Arc<Table>>) -> Result<Edition, Problem> {
    edition(&fixture::template(TEMPLATE), Some(&each("person", "owner_id")), data, &fixture::page())
}

fn data(people: &[(&str, &str)], deals: &[&str]) -> BTreeMap<String, Arc<Table>> {
    let text = |text: &str| if text == "NULL" { Cell::Null } else { Cell::text(text) };
    let column = |name: &str, kind| Column::new(name, kind);
    let person = Table {
        columns: vec![column("owner_id", Kind::Text), column("title", Kind::Text)],
        rows: people.iter().map(|(key, title)| vec![text(key), text(title)]).collect(),
    };
    let deal = Table {
        columns: vec![column("name", Kind::Text), column("owner_id", Kind::Text)],
        rows: deals.iter().enumerate().map(|(n, key)| vec![Cell::text(format!("deal {n}")), text(key)]).collect(),
    };
    let all = Table { columns: vec![column("n", Kind::Int)], rows: vec![vec![Cell::Int(1)], vec![Cell::Int(2)]] };
    let tables = [("person", person), ("deal", deal), ("all", all)];
    tables.into_iter().map(|(name, table)| (name.to_owned(), Arc::new(table))).collect()
}

fn text<'e>(edition: &'e Edition, path: &str) -> &'e str {
    let known = || edition.files.keys().collect::<Vec<_>>();
    std::str::from_utf8(edition.files.get(path).unwrap_or_else(|| panic!("{path} is not among {:?}", known()))).unwrap()
}

#[test]
fn each_key_has_a_page_with_its_own_rows_and_the_list_has_all() {
    let edition =
        made(&data(&[("u1", "Anna"), ("u2", "NULL"), ("u3", "Chi")], &["u1", "u2", "u1", "NULL", "gone"])).unwrap();
    let headlines: Vec<(&str, &str)> =
        edition.pages.iter().map(|page| (page.title.as_str(), page.headline.as_str())).collect();
    assert_eq!(
        headlines,
        [("Anna", "2 deals of Anna, 2 of all"), ("u2", "1 deals of –, 2 of all"), ("Chi", "0 deals of Chi, 2 of all")]
    );
    assert_eq!(edition.headline, "Executive report: 3 pages");
    assert_eq!(text(&edition, "u1/data/table-deal.csv"), "name,owner_id\r\ndeal 0,u1\r\ndeal 2,u1\r\n");
    assert_eq!(text(&edition, "u3/data/table-deal.csv"), "name,owner_id\r\n");
    for page in ["u1", "u2", "u3"] {
        for file in ["index.html", "report.md", "report.xlsx"] {
            assert!(edition.files.contains_key(&format!("{page}/{file}")), "{page}/{file}");
        }
        assert!(text(&edition, &format!("{page}/index.html")).contains("href=\"../index.html\">All pages</a>"));
        assert!(text(&edition, &format!("{page}/report.md")).contains("[All pages](../report.md)"));
    }
    let list = text(&edition, "index.html");
    assert!(list.contains("<a href=\"u1/index.html\">Anna</a><p>2 deals of Anna, 2 of all</p>"), "{list}");
    assert!(text(&edition, "report.md").contains("- [Anna](u1/report.md): 2 deals of Anna, 2 of all\n"));
    assert!(!edition.files.contains_key("report.xlsx"), "the list itself has no data");
    assert!(
        text(&edition, "u1/index.html").contains("<title>2 deals of Anna, 2 of all – Executive report – Anna</title>")
    );
}

#[test]
fn no_key_leaves_the_folder_or_meets_another() {
    let people: Vec<(&str, &str)> =
        CORPUS.iter().chain(&["..", "../..", "/", "", "A", "a"]).map(|key| (*key, *key)).collect();
    let edition = made(&data(&people, &[])).unwrap();
    let folders: BTreeSet<&str> = edition.pages.iter().map(|page| page.folder.as_str()).collect();
    assert_eq!(folders.len(), people.len());
    for path in edition.files.keys() {
        let parts: Vec<&str> = path.split('/').collect();
        assert!(parts.len() <= 3 && parts.iter().all(|part| !part.is_empty() && !part.starts_with('.')), "{path}");
        assert!(path.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '.')), "{path}");
    }
    let list = text(&edition, "index.html");
    assert!(!list.contains("<script>alert") && !list.contains("<img"), "{list}");
    let again = made(&data(&people, &[])).unwrap();
    assert_eq!(again, edition, "the same inputs give the same bytes");
}

#[test]
fn keys_that_are_missing_or_double_are_told_by_their_rows_and_not_by_their_values() {
    let told = |people: &[(&str, &str)]| made(&data(people, &[])).unwrap_err();
    let missing = told(&[("u1", "Anna"), ("NULL", "Ben")]);
    assert_eq!(missing.message, "row 2 of the query `person` has no `owner_id`: every page needs a key");
    assert_eq!(missing.help.as_deref(), Some("leave such rows out: WHERE owner_id IS NOT NULL"));
    let double = told(&[("u1", "Anna"), ("u2", "Ben"), ("u1", "Anna")]);
    assert_eq!(double.message, "rows 1 and 3 of the query `person` have the same `owner_id`: a key makes one page");
    let many: Vec<String> = (0..1_001).map(|n| format!("u{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "x")).collect();
    assert_eq!(told(&many).message, "the query `person` gives 1001 rows, and a report has up to 1000 pages");
    let nobody = made(&data(&[], &["u1"])).unwrap();
    assert!(text(&nobody, "index.html").contains("There is nothing to show: no rows."));
    assert_eq!(nobody.headline, "Executive report: 0 pages");
}

#[test]
fn a_mistake_on_one_page_says_on_which() {
    let template = "---\n---\n{{ deal[0].name }}\n";
    let data = data(&[("u1", "Anna"), ("secret", "Ben")], &["u1"]);
    let found =
        edition(&fixture::template(template), Some(&each("person", "owner_id")), &data, &fixture::page()).unwrap_err();
    assert!(
        found.message.ends_with("(on page 2 of 2)") && !found.render(false).contains("secret"),
        "{}",
        found.message
    );
}

#[test]
fn numbers_and_days_are_keys_too_whatever_their_type_says_of_decimals() {
    let table = |name: &str, kind, cells: Vec<Cell>| {
        let columns = vec![Column::new(name, kind)];
        Arc::new(Table { columns, rows: cells.into_iter().map(|cell| vec![cell]).collect() })
    };
    let decimal = |unscaled| Cell::Decimal { unscaled, scale: 2 };
    let data = BTreeMap::from([
        ("person".to_owned(), table("n", Kind::Int, vec![Cell::Int(1), Cell::Int(-2)])),
        ("deal".to_owned(), table("n", Kind::Decimal, vec![decimal(100), decimal(-200), decimal(150), decimal(100)])),
    ]);
    let template = fixture::template("---\n---\n# {{ deal | length }}\n{{ table(deal) }}\n");
    let edition = edition(&template, Some(&each("person", "n")), &data, &fixture::page()).unwrap();
    assert_eq!(edition.pages.iter().map(|page| page.headline.as_str()).collect::<Vec<_>>(), ["2", "1"]);
}

#[test]
fn what_keeps_a_report_from_having_pages_is_found_without_data() {
    let column = |name: &str, kind| Column::new(name, kind);
    let queries = BTreeMap::from([
        ("person".to_owned(), vec![column("owner_id", Kind::Text), column("share", Kind::Float)]),
        ("deal".to_owned(), vec![column("owner_id", Kind::Int)]),
    ]);
    let (variables, none) = (BTreeMap::new(), BTreeSet::new());
    let known = Known { queries: &queries, broken: &none, variables: &variables, definitions: &none, each: None };
    let told = |query: &str, name: &str| {
        let found = check_pages(&each(query, name), known);
        found
            .into_iter()
            .map(|found| (found.severity, found.message, found.help.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let error = |message: &str, help: &str| vec![(Severity::Error, message.to_owned(), help.to_owned())];
    assert_eq!(told("persn", "owner_id"), error("there is no query `persn`", "did you mean `person`?"));
    assert_eq!(
        told("person", "amount"),
        error("the query `person` has no column `amount`", "there are: `owner_id`, `share`")
    );
    assert_eq!(
        told("person", "ownerid"),
        error("the query `person` has no column `ownerid`", "did you mean `owner_id`?")
    );
    assert_eq!(
        told("person", "share")[0].1,
        "`share` holds a number: a page's key is a text, an exact number or a day"
    );
    assert_eq!(
        told("person", "owner_id"),
        error(
            "`owner_id` is text in `person` and a number in `deal`: no row would be of any page",
            "CAST it in one of them"
        )
    );
    let lonely = BTreeMap::from([("person".to_owned(), queries["person"].clone()), ("all".to_owned(), Vec::new())]);
    let found = check_pages(&each("person", "owner_id"), Known { queries: &lonely, ..known });
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
}
