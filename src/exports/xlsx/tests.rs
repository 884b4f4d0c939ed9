//! Workbooks as writers make them, and as they break.

use std::io::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use rust_xlsxwriter::{ExcelDateTime, Format as Look, Workbook};

use super::super::{Fault, Format, Roots, open};
use crate::error::Error;

struct Content {
    header: Vec<String>,
    rows: Vec<(u64, Vec<Option<String>>)>,
    faults: Vec<Fault>,
}

fn read(workbook: &[u8], settings: &str) -> Result<Content, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("deal.xlsx"), workbook).unwrap();
    let xlsx = serde_yaml::from_str(&format!("path: deal.xlsx\n{settings}")).unwrap();
    let roots = Roots::new(folder.path(), &[])?;
    let mut export = open(&roots, &Format::Xlsx(xlsx), &[roots.project().join("deal.xlsx")])?;
    let (header, mut rows, mut faults) = (export.header().to_vec(), Vec::new(), Vec::new());
    while let Some(batch) = export.next_batch()? {
        for (at, &line) in batch.lines.iter().enumerate() {
            let value = |column: &ArrayRef| {
                let column = column.as_string::<i32>();
                column.is_valid(at).then(|| column.value(at).to_owned())
            };
            rows.push((line, batch.columns.columns().iter().map(value).collect()));
        }
        faults.extend(batch.faults);
    }
    Ok(Content { header, rows, faults })
}

fn message(workbook: &[u8], settings: &str) -> String {
    read(workbook, settings).err().unwrap().message
}

fn texts(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|&text| Some(text.to_owned()).filter(|text| !text.is_empty())).collect()
}

fn told(content: &Content) -> Vec<(u64, Option<&str>, &str)> {
    content.faults.iter().map(|fault| (fault.line, fault.column.as_deref(), fault.reason.as_str())).collect()
}

/// A workbook of one sheet `Deals` with the columns Id, Name and Amount, and what `fill` adds.
fn deals(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Deals").unwrap();
    sheet.write_row(0, 0, ["Id", "Name", "Amount"]).unwrap();
    fill(sheet);
    workbook.save_to_buffer().unwrap()
}

/// The parts of a workbook, packed as they are given.
fn pack(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook whose one sheet has the rows `rows`, written as its XML.
fn written(workbook: &str, rows: &str) -> Vec<u8> {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"x\"><Relationship Id=\"r1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns:r=\"{office}\">{workbook}<sheets><sheet name=\"Deals\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    pack(&[
        ("[Content_Types].xml", types),
        ("_rels/.rels", &relation("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", &relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/workbook.xml", &book),
        ("xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

#[test]
fn cells_of_every_kind_are_exact_texts() {
    let date = Look::new().set_num_format("yyyy-mm-dd");
    let moment = Look::new().set_num_format("dd.mm.yyyy hh:mm");
    let workbook = deals(|sheet| {
        sheet.write_row(1, 0, ["001", "Zoë & <Co>", ""]).unwrap();
        sheet.write_number(1, 2, 0.1).unwrap();
        sheet.write_number(3, 0, 1e15).unwrap();
        sheet.write_boolean(3, 1, true).unwrap();
        sheet.write_datetime_with_format(3, 2, ExcelDateTime::parse_from_str("2024-02-29").unwrap(), &date).unwrap();
        sheet
            .write_datetime_with_format(4, 2, ExcelDateTime::parse_from_str("2024-02-29T00:00:00").unwrap(), &moment)
            .unwrap();
        sheet
            .write_datetime_with_format(5, 2, ExcelDateTime::parse_from_str("2024-02-29T18:30:15").unwrap(), &date)
            .unwrap();
        sheet.write_blank(9, 0, &date).unwrap();
    });
    let content = read(&workbook, "").unwrap();
    assert_eq!(content.header, ["Id", "Name", "Amount"]);
    assert_eq!(
        content.rows,
        [
            (2, texts(&["001", "Zoë & <Co>", "0.1"])),
            (4, texts(&["1000000000000000", "true", "2024-02-29"])),
            (5, texts(&["", "", "2024-02-29T00:00:00"])),
            (6, texts(&["", "", "2024-02-29T18:30:15"])),
        ]
    );
    assert!(content.faults.is_empty());
}

#[test]
fn cells_without_a_value_of_their_own_are_faults_with_their_address() {
    let header = "<row r=\"1\"><c r=\"B1\" t=\"str\"><v>Id</v></c><c r=\"C1\" t=\"str\"><v>Amount</v></c></row>";
    let rows = "<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"C2\" t=\"e\"><v>#N/A</v></c></row>\
                <row r=\"3\"><c r=\"B3\"><v>2</v></c><c r=\"C3\"><f>A1*2</f></c></row>\
                <row r=\"4\"><c r=\"B4\"><v>3</v></c><c r=\"C4\"><f>A1*2</f><v>7.5</v></c></row>\
                <row r=\"5\"><c r=\"B5\"><v>4</v></c><c r=\"D5\"><v>9</v></c></row>\
                <row r=\"6\"><c r=\"B6\"><v>12345678901234567</v></c></row>\
                <row r=\"7\"><c r=\"B7\" s=\"1\"><v>0</v></c></row>";
    let content = read(&written("", &format!("{header}{rows}")), "").unwrap();
    assert_eq!(content.rows, [(4, texts(&["3", "7.5"]))]);
    assert_eq!(
        told(&content),
        [
            (2, Some("Amount"), "C2 holds the error #N/A"),
            (3, Some("Amount"), "C3 holds a formula without its result"),
            (5, None, "D5 holds a value, but its column has no name"),
            (6, Some("Id"), "B6 holds a number of more digits than a sheet keeps; write it as text"),
            (7, Some("Id"), "B7 holds no date of the calendar"),
        ]
    );
    assert_eq!(content.faults[0].fields, texts(&["1", ""]));
}

#[test]
fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Day</v></c></row><row r=\"2\"><c r=\"A2\" s=\"1\"><v>44481</v></c></row>";
    assert_eq!(read(&written("<workbookPr date1904=\"1\"/>", rows), "").unwrap().rows, [(2, texts(&["2025-10-13"]))]);
    assert_eq!(read(&written("", rows), "").unwrap().rows, [(2, texts(&["2021-10-12"]))]);
}

#[test]
fn merged_cells_are_an_error_in_the_header_and_faults_below_it() {
    let look = Look::new();
    let workbook = deals(|sheet| {
        sheet.write_row(1, 0, ["1", "a", "5"]).unwrap();
        sheet.merge_range(2, 1, 3, 1, "b", &look).unwrap();
        sheet.write(2, 0, "2").unwrap();
        sheet.write(3, 0, "3").unwrap();
        sheet.merge_range(7, 4, 8, 5, "", &look).unwrap();
    });
    let content = read(&workbook, "").unwrap();
    assert_eq!(content.rows, [(2, texts(&["1", "a", "5"]))]);
    assert_eq!(told(&content), [(3, None, "the cells B3:B4 are merged"), (4, None, "the cells B3:B4 are merged")]);
    let workbook = deals(|sheet| {
        sheet.merge_range(0, 2, 0, 3, "Amount", &look).unwrap();
    });
    assert_eq!(message(&workbook, ""), "deal.xlsx, sheet `Deals`: the header cells C1:D1 are merged");
}

#[test]
fn the_header_stands_where_the_pipeline_says_and_has_no_gaps() {
    let workbook = deals(|sheet| {
        sheet.write_row(2, 1, ["Key", "Value"]).unwrap();
        sheet.write_row(3, 1, ["k", "v"]).unwrap();
    });
    let content = read(&workbook, "header_row: 3").unwrap();
    assert_eq!((content.header.join(","), content.rows), ("Key,Value".to_owned(), vec![(4, texts(&["k", "v"]))]));
    assert_eq!(message(&workbook, "header_row: 9"), "deal.xlsx, sheet `Deals`: row 9 holds no names of columns");
    let gap = deals(|sheet| {
        sheet.write(0, 4, "Stage").unwrap();
    });
    assert_eq!(message(&gap, ""), "deal.xlsx, sheet `Deals`: the header cell D1 is empty");
    let twice = deals(|sheet| {
        sheet.write(0, 3, "Id").unwrap();
    });
    assert_eq!(message(&twice, ""), "deal.xlsx, sheet `Deals`: columns 1 and 4 are both called `Id`");
}

#[test]
fn the_sheet_is_chosen_by_name_or_number_and_never_guessed() {
    let mut workbook = Workbook::new();
    for name in ["Notes", "Deals"] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.write(0, 0, name).unwrap();
    }
    let workbook = workbook.save_to_buffer().unwrap();
    for (settings, header) in [("sheet: Deals", "Deals"), ("sheet: 2", "Deals"), ("sheet: 1", "Notes")] {
        assert_eq!(read(&workbook, settings).unwrap().header, [header]);
    }
    let missing = read(&workbook, "sheet: deals").err().unwrap();
    assert_eq!(
        (missing.message.as_str(), missing.help.as_deref()),
        ("deal.xlsx has no sheet `deals`", Some("the sheets are: `Notes`, `Deals`"))
    );
    assert_eq!(message(&workbook, "sheet: 3"), "deal.xlsx has no sheet 3");
    assert_eq!(message(&workbook, "sheet: 0"), "deal.xlsx has no sheet 0");
    assert_eq!(message(&workbook, ""), "deal.xlsx has 2 sheets");
}

#[test]
fn the_unpacked_size_is_known_before_anything_is_unpacked() {
    let zeros = "0".repeat(5_000_000);
    let packed = pack(&[("a", &zeros), ("b", "12")]);
    assert!(packed.len() < 50_000);
    assert_eq!(super::unpacked_bytes(&packed), 5_000_002);
    assert_eq!(super::unpacked_bytes(b"no archive"), 0);
}

#[test]
fn broken_workbooks_say_what_they_are() {
    let whole = deals(|_| {});
    for content in [&whole[..whole.len() / 2], b"Id,Name\n", b"PK\x03\x04"] {
        assert_eq!(message(content, ""), "deal.xlsx is not an XLSX workbook, or is truncated or damaged");
    }
    assert_eq!(message(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", ""), "deal.xlsx is an old Excel workbook");
    let unending = written("", "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Id</v></c></row><row r=\"2\"><c r=\"A2\"><v>1");
    assert_eq!(message(&unending, ""), "deal.xlsx, sheet `Deals`: the cell after A1 cannot be read");
    let unordered =
        written("", "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>2</v></c></row>");
    assert_eq!(message(&unordered, ""), "deal.xlsx, sheet `Deals`: A1 stands out of order");
    let spilled = written(
        "",
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Id</v></c></row><row r=\"2\"><c r=\"A2\" t=\"e\"><v>#SPILL!</v></c></row>",
    );
    assert_eq!(message(&spilled, ""), "deal.xlsx, sheet `Deals`: the cell after A1 holds an error of a formula");
}
