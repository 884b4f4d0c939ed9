//! The files of data beside a report, read back by others' readers: CSV by `csv-core`, the workbook by `calamine`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};

use super::fixture;
use super::hostile::CORPUS;
use crate::project::ReportFormat;
use crate::reports::{Cell, Column, Kind, Notice, NoticeKind, Page, Rendered, Table, render};

fn executive() -> Rendered {
    rendered(fixture::EXECUTIVE, &fixture::data(), &fixture::page())
}

fn rendered(template: &str, data: &BTreeMap<String, Arc<Table>>, page: &Page) -> Rendered {
    render(&fixture::template(template), data, page).unwrap_or_else(|problem| panic!("{}", problem.render(false)))
}

fn of<'r>(rendered: &'r Rendered, path: &str) -> &'r str {
    let found = rendered.data.iter().find(|(known, _)| known == path);
    let known = || rendered.data.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>();
    &found.unwrap_or_else(|| panic!("{path} is not among {:?}", known())).1
}

/// The records of a CSV file.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut out, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 1]);
    let (mut rest, mut records) = (text.as_bytes(), Vec::new());
    loop {
        let (result, taken, _, fields) = reader.read_record(rest, &mut out, &mut ends);
        rest = &rest[taken..];
        match result {
            csv_core::ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends[..fields].iter().copied());
                let field = |(start, end): (usize, &usize)| String::from_utf8(out[start..*end].to_vec()).unwrap();
                records.push(starts.zip(&ends[..fields]).map(field).collect());
            }
            csv_core::ReadRecordResult::End => return records,
            csv_core::ReadRecordResult::InputEmpty => {}
            other => panic!("{other:?}"),
        }
    }
}

fn workbook(bytes: &[u8]) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes.to_vec())).unwrap()
}

fn cells(bytes: &[u8], sheet: &str) -> Vec<Vec<Data>> {
    workbook(bytes).worksheet_range(sheet).unwrap().rows().map(<[Data]>::to_vec).collect()
}

/// Every part of the workbook that is XML.
fn parts(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let part = |name: String| {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        (name, text)
    };
    names.into_iter().map(part).collect()
}

#[test]
fn each_chart_and_table_has_its_rows_as_csv_with_every_digit() {
    let report = executive();
    assert_eq!(
        of(&report, "data/columns-won-by-quarter.csv").lines().collect::<Vec<_>>()[..2],
        ["quarter,won,quota,outlook", "2026-Q1,7120400,6800000,"]
    );
    let last = of(&report, "data/columns-won-by-quarter.csv").lines().last().unwrap();
    assert_eq!(last, "2027-Q4,8431250.5,9200000,8950000");
    let ids = |from: &str| -> BTreeSet<String> {
        let rest = report.html.split(from).skip(1);
        rest.filter_map(|rest| rest.split('"').next()).map(|id| format!("data/{id}.csv")).collect()
    };
    let mut wanted = ids("<figure id=\"");
    wanted.extend(ids("<div class=\"listing\" id=\""));
    assert_eq!(report.data.iter().map(|(path, _)| path.clone()).collect::<BTreeSet<_>>(), wanted);
    for path in wanted {
        assert_eq!(report.html.matches(&format!("href=\"{path}\"")).count(), 2, "{path}: by its rows and in the list");
        assert_eq!(report.markdown.matches(&format!("]({path})")).count(), 1, "{path}");
    }
    for link in ["href=\"#files\"", "href=\"report.xlsx\"", "href=\"report.md\""] {
        assert_eq!(report.html.matches(link).count(), 1, "{link}");
    }
}

#[test]
fn data_has_all_rows_whatever_the_page_has_room_for() {
    let rows = (0..1_200).map(|n| vec![Cell::Int(n), Cell::text(format!("name {n}"))]).collect();
    let columns = vec![Column::new("n", Kind::Int), Column::new("name", Kind::Text)];
    let data = BTreeMap::from([("t".to_owned(), Arc::new(Table { columns, rows }))]);
    let template = "---\n---\n{{ table(t, limit=5) }}\n{{ bars(t, category='name', value='n', message='x', limit=3) }}\n\
                    {{ line(t, x='name', y={'n': 'Number'}, message='x') }}\n\
                    {{ table(t | selectattr('n', 'gt', 5000), columns=['n'], id='none') }}\n";
    let report = rendered(template, &data, &fixture::page());
    for path in ["data/table-t.csv", "data/bars-t.csv", "data/line-t.csv"] {
        assert_eq!(of(&report, path).lines().count(), 1_201, "{path}");
    }
    assert_eq!(of(&report, "data/line-t.csv").lines().next(), Some("name,n"));
    assert_eq!(of(&report, "data/none.csv"), "n\r\n");
    assert_eq!(cells(&report.workbook, "table-t").len(), 1_201);
    assert_eq!(cells(&report.workbook, "line-t")[0][1], Data::String("Number".into()));
}

#[test]
fn a_report_has_the_formats_that_it_names_and_no_link_to_others() {
    let page = |formats: &[ReportFormat]| Page { formats: formats.iter().copied().collect(), ..fixture::page() };
    let only = |formats: &[ReportFormat]| rendered(fixture::EXECUTIVE, &fixture::data(), &page(formats));
    let paths = |report: Rendered| report.files().into_keys().collect::<Vec<_>>();
    assert_eq!(paths(only(&[ReportFormat::Html])), ["index.html"]);
    assert_eq!(paths(only(&[ReportFormat::Xlsx])), ["report.xlsx"]);
    assert!(paths(only(&[ReportFormat::Csv])).iter().all(|path| path.starts_with("data/")));
    let Rendered { html, .. } = only(&[ReportFormat::Html]);
    for absent in ["report.md", "report.xlsx", ".csv", "#files"] {
        assert!(!html.contains(absent), "{absent}");
    }
    let Rendered { markdown, .. } = only(&[ReportFormat::Markdown]);
    assert!(!markdown.contains(".csv") && !markdown.contains(".xlsx") && markdown.contains("](assets/"));
}

#[test]
fn the_workbook_says_what_it_is_and_has_a_sheet_for_each_chart_and_table() {
    let notices = vec![Notice { kind: NoticeKind::Warn, text: "Not all data is of this day.".into() }];
    let page = Page { notices, ..fixture::page() };
    let report = rendered(fixture::EXECUTIVE, &fixture::data(), &page);
    let names = workbook(&report.workbook).sheet_names();
    assert_eq!(names.len(), 1 + report.data.len());
    assert_eq!(names[0], "Report");
    let cover: Vec<String> = cells(&report.workbook, "Report").concat().iter().map(ToString::to_string).collect();
    for said in [
        report.headline.as_str(),
        "Not all data is of this day.",
        "48,210 rows, state 5d0c77a1",
        "columns-won-by-quarter",
    ] {
        assert!(cover.iter().any(|cell| cell == said), "{said} in {cover:?}");
    }
    let quarters = cells(&report.workbook, "columns-won-by-quarter");
    assert_eq!(quarters[0][..3], ["Quarter", "Won", "Quota"].map(|label| Data::String(label.into())));
    assert_eq!(
        quarters[1][..4],
        [Data::String("2026-Q1".into()), Data::Float(7_120_400.0), Data::Float(6_800_000.0), Data::Empty]
    );
    let owners = cells(&report.workbook, "table-pipeline-by-owner");
    assert_eq!(
        owners.last().unwrap()[..3],
        [Data::String("Total".into()), Data::Float(182.0), Data::Float(58_381_900.0)]
    );
    let parts = parts(&report.workbook);
    for (name, xml) in
        parts.iter().filter(|(name, _)| name.starts_with("xl/worksheets/sheet") && !name.ends_with("sheet1.xml"))
    {
        assert!(xml.contains("topLeftCell=\"A2\"") && xml.contains("state=\"frozen\""), "{name}");
    }
    for format in ["[$USD] #,##0", "0.0%", "yyyy-mm-dd"] {
        assert!(parts["xl/styles.xml"].contains(&format!("formatCode=\"{format}")), "{format}");
    }
    assert!(parts["docProps/core.xml"].contains("2026-11-21T00:00:00Z"), "made on the day, whenever that is");
    assert_eq!(rendered(fixture::EXECUTIVE, &fixture::data(), &page).workbook, report.workbook);
}

#[test]
fn days_are_dates_points_are_points_and_long_numbers_are_told() {
    let kinds = [Kind::Day, Kind::Moment, Kind::Bool, Kind::Float, Kind::Decimal, Kind::Text];
    let columns = ["day", "moment", "flag", "change", "long", "text"];
    let columns = columns.into_iter().zip(kinds).map(|(name, kind)| Column::new(name, kind)).collect();
    let row = |day: &str, unscaled, text: &str| {
        let moment = Cell::Moment(1_795_312_800_000_000);
        let decimal = Cell::Decimal { unscaled, scale: 2 };
        vec![Cell::Day(day.parse().unwrap()), moment, Cell::Bool(true), Cell::Float(0.033), decimal, Cell::text(text)]
    };
    let rows = vec![
        row("2026-11-21", 12_345_678_901_234_567_890, &"長".repeat(40_000)),
        row("1815-06-18", 125, "_x0041_ \u{b}"),
    ];
    let data = BTreeMap::from([("t".to_owned(), Arc::new(Table { columns, rows }))]);
    let template = "---\n---\n{{ table(t, columns=['day', 'moment', 'flag', {'column': 'change', 'format': 'pp'}, \
                    {'column': 'long', 'format': 'money'}, 'text']) }}\n";
    let report = rendered(template, &data, &fixture::page());
    let found = cells(&report.workbook, "table-t");
    let moment = |cell: &Data| match cell {
        Data::DateTime(moment) => moment.to_ymd_hms_milli(),
        other => panic!("{other:?} is no date"),
    };
    assert_eq!(moment(&found[1][0]), (2026, 11, 21, 0, 0, 0, 0));
    assert_eq!(found[2][0], Data::String("1815-06-18".into()), "a spreadsheet knows no day before 1900");
    assert_eq!(found[0][1], Data::String("Moment (UTC)".into()));
    assert_eq!(moment(&found[1][1]), (2026, 11, 22, 2, 0, 0, 0));
    assert_eq!(found[1][2..4], [Data::Bool(true), Data::Float(3.3)]);
    assert_eq!(found[1][4], Data::String("123456789012345678.9".into()));
    assert_eq!(found[2][4], Data::Float(1.25));
    assert!(found[1][5].to_string().ends_with("… [cut]"));
    assert_eq!(found[2][5], Data::String("_x0041_ \u{b}".into()));
    let cover: Vec<String> = cells(&report.workbook, "Report").concat().iter().map(ToString::to_string).collect();
    for said in ["more than 15 digits", "32,767 characters"] {
        assert_eq!(cover.iter().filter(|cell| cell.contains(said)).count(), 1, "{said}");
    }
    assert_eq!(records(of(&report, "data/table-t.csv"))[1][5].chars().count(), 40_000);
}

#[test]
fn hostile_text_stays_text_in_both() {
    for text in CORPUS.into_iter().chain(["_x0041_ and _x000D_", "+66 2 123", "\r=1", "\u{fffe}\u{ffff}"]) {
        let rows = vec![vec![Cell::text(text), Cell::Int(-7)]];
        let columns = vec![Column::new("name", Kind::Text), Column::new("n", Kind::Int)];
        let data = BTreeMap::from([("t".to_owned(), Arc::new(Table { columns, rows }))]);
        let template = "---\n---\n# {{ t[0].name }}\n{{ kpi(label=t[0].name, value=1, unit=t[0].name) }}\n\
                        {{ table(t, columns=[{'column': 'name', 'label': t[0].name}, {'column': 'n', 'unit': t[0].name}], id=t[0].name) }}\n";
        let page = Page { title: text.into(), who: text.into(), ..fixture::page() };
        let report = rendered(template, &data, &page);
        let (path, written) = &report.data[0];
        assert!(!path[5..].contains(['/', '\\', '\0']) && !path.contains(".."), "{path}");
        let found = records(written);
        let (name, number) = (&found[1][0], &found[1][1]);
        assert!(name == text || *name == format!("'{text}"), "{text:?} became {name:?}");
        assert!(!name.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{text:?} could run");
        assert_eq!(number, "-7");
        let sheets = workbook(&report.workbook).sheet_names();
        let found = &cells(&report.workbook, &sheets[1])[1];
        assert_eq!(*found, [Data::String(text.replace('\0', "")), Data::Float(-7.0)]);
        for (part, xml) in parts(&report.workbook) {
            assert!(!xml.contains("<f>") && !xml.contains("<f "), "{part}: {text:?}");
            assert!(!xml.contains("TargetMode=\"External\""), "{part}: {text:?}");
        }
    }
}
