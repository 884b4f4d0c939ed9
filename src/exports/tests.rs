//! Exports of several files and of every format, through the public interface.

use std::fs;

use arrow::array::{Array, AsArray};

use super::*;
use crate::error::{Error, Result};

/// A project folder with files, and how they are read.
struct Folder {
    _folder: tempfile::TempDir,
    roots: Roots,
}

fn folder(files: &[(&str, &[u8])]) -> Folder {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let roots = Roots::new(folder.path(), &[]).unwrap();
    Folder { _folder: folder, roots }
}

fn format(block: &str) -> Format {
    let mut blocks: std::collections::HashMap<String, serde_yaml::Value> = serde_yaml::from_str(block).unwrap();
    let (name, block) = blocks.drain().next().unwrap();
    match name.as_str() {
        "csv" => Format::Csv(serde_yaml::from_value(block).unwrap()),
        "ndjson" => Format::NdJson(serde_yaml::from_value(block).unwrap()),
        "json" => Format::Json(serde_yaml::from_value(block).unwrap()),
        "xlsx" => Format::Xlsx(serde_yaml::from_value(block).unwrap()),
        other => panic!("{other}"),
    }
}

impl Folder {
    fn open(&self, block: &str) -> Result<Export> {
        let format = format(block);
        let files = find(&self.roots, format.path(), "2026-11-13".parse().unwrap())?;
        open(&self.roots, &format, &files)
    }

    fn error(&self, block: &str) -> Error {
        match self.open(block) {
            Ok(mut export) => loop {
                match export.next_batch() {
                    Ok(batch) => assert!(batch.is_some(), "no error"),
                    Err(error) => return error,
                }
            },
            Err(error) => error,
        }
    }
}

/// Every row as `file:line a|b|c`, NULL as nothing, and every fault as `file:line column: reason [fields]`.
fn told(export: &mut Export) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(batch) = export.next_batch().unwrap() {
        assert_eq!(batch.columns.num_rows(), batch.lines.len());
        for (row, line) in batch.lines.iter().enumerate() {
            let texts: Vec<&str> =
                batch.columns.columns().iter().map(|column| column.as_string::<i32>().value(row)).collect();
            told.push(format!("{}:{line} {}", batch.file, texts.join("|")));
        }
        for Fault { file, line, column, reason, fields } in &batch.faults {
            assert_eq!(*file, batch.file);
            let fields: Vec<&str> = fields.iter().map(|field| field.as_deref().unwrap_or("-")).collect();
            told.push(format!("{file}:{line} {}: {reason} [{}]", column.as_deref().unwrap_or("row"), fields.join("|")));
        }
    }
    told
}

#[test]
fn files_are_read_in_order_by_the_names_of_their_columns() {
    let folder = folder(&[("a.csv", b"Id,Name,Amount\n1,x,5\n"), ("b.csv", b"Amount,Id,Name\n6,2,y\n7,3\n8,4,z,9\n")]);
    let mut export = folder.open("csv: {path: '*.csv'}").unwrap();
    assert_eq!(export.header(), ["Id", "Name", "Amount"]);
    assert_eq!(
        told(&mut export),
        [
            "a.csv:2 1|x|5",
            "b.csv:2 2|y|6",
            "b.csv:3 row: expected 3 fields, found 2 [3|-|7]",
            "b.csv:4 row: expected 3 fields, found 4 [4|z|8|9]"
        ]
    );
    let facts = export.facts();
    assert_eq!((facts[0].rows, facts[0].faults, facts[0].bytes), (1, 0, 21));
    assert_eq!((facts[1].rows, facts[1].faults, &*facts[1].file), (1, 2, "b.csv"));
    assert_eq!(facts[0].xxh3.len(), 32);
}

#[test]
fn files_of_other_columns_stop_the_source_and_are_both_named() {
    let files = folder(&[("a.csv", b"Id,Name\n"), ("b.csv", b"Id,Stage,Name\n")]);
    assert_eq!(files.error("csv: {path: '*.csv'}").message, "b.csv has a column `Stage` that a.csv has not");
    let files = folder(&[("a.csv", b"Id,Name\n"), ("b.csv", b"Id\n")]);
    assert_eq!(files.error("csv: {path: '*.csv'}").message, "a.csv has a column `Name` that b.csv has not");
    assert_eq!(files.error("csv: {path: 'c*.csv'}").message, "no file matches c*.csv");
}

#[test]
fn selected_columns_come_in_the_order_asked_and_faults_keep_all() {
    let files: [(&str, &[u8]); 2] = [("a.csv", b"Id,Name,Amount\n1,x,5\n2\n"), ("b.csv", b"Amount,Id,Name\n6,2,y\n")];
    let folder = folder(&files);
    let mut export = folder.open("csv: {path: '*.csv'}").unwrap();
    export.select(&["Amount", "Id"]).unwrap();
    assert_eq!(told(&mut export), ["a.csv:2 5|1", "a.csv:3 row: expected 3 fields, found 1 [2]", "b.csv:2 6|2"]);
    let mut export = folder.open("csv: {path: a.csv}").unwrap();
    let error = export.select(&["Amuont"]).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.help.as_deref()),
        ("a.csv has no column `Amuont`", Some("did you mean `Amount`?"))
    );
    export.select(&[] as &[&str]).unwrap();
    assert_eq!(told(&mut export), ["a.csv:2 ", "a.csv:3 row: expected 3 fields, found 1 [2]"]);
}

#[test]
fn lines_of_objects_are_rows_of_all_their_keys() {
    let lines = b"\xef\xbb\xbf{\"Id\": 1.50, \"Name\": \"Zo\\u00eb\", \"Open\": true}\r\n\n{\"Id\":2,\"Tags\":[ 1, {\"a\" : null} ],\"Name\":null}\n";
    let folder = folder(&[("a.ndjson", lines), ("b.ndjson", b"{\"Stage\":\"won\",\"Id\":\"3\"}")]);
    let mut export = folder.open("ndjson: {path: '*.ndjson'}").unwrap();
    assert_eq!(export.header(), ["Id", "Name", "Open", "Tags", "Stage"]);
    assert_eq!(
        told(&mut export),
        ["a.ndjson:1 1.50|Zoë|true||", "a.ndjson:3 2|||[1,{\"a\":null}]|", "b.ndjson:1 3||||won"]
    );
    assert_eq!(export.facts().iter().map(|facts| facts.ends_without_newline).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_line_that_is_no_object_is_a_fault() {
    let lines = b"{\"Id\":1,\"Name\":\"a\"}\n{\"Id\":2,\n[3]\n{\"Id\":4,\"Id\":5}\n{\"Id\":6} x\n{\"Id\":7,\"Name\":\"\xff\"}\n{\"Id\":8,\"Name\":\"\\ud800\"}\n{\"Id\":9}\n";
    let folder = folder(&[("a.ndjson", lines)]);
    let mut export = folder.open("ndjson: {path: a.ndjson}").unwrap();
    assert_eq!(
        told(&mut export),
        [
            "a.ndjson:1 1|a",
            "a.ndjson:8 9|",
            "a.ndjson:2 row: ends within a JSON value []",
            "a.ndjson:3 row: is not a JSON object []",
            "a.ndjson:4 Id: the key stands twice in one object [4|-]",
            "a.ndjson:5 row: is not JSON, as character 10 shows []",
            "a.ndjson:6 row: is not UTF-8 text []",
            "a.ndjson:7 Name: has an escape that is half a character [8|-]"
        ]
    );
}

#[test]
fn values_used_as_keys_stop_the_source() {
    let line: String = (0..=16_384).map(|at| format!(",\"key {at}\":1")).collect();
    let folder = folder(&[("a.ndjson", format!("{{{}}}\n", &line[1..]).as_bytes())]);
    assert_eq!(folder.error("ndjson: {path: a.ndjson}").message, "a.ndjson has more than 16384 different keys");
}

#[test]
fn a_json_list_is_rows_wherever_it_stands() {
    let list = "[{\"Id\":1,\"Name\":\"a\"},\n 7,\n {\"Id\":2,\"Owner\":{\"x\": 1}}]";
    let nested = format!("{{\"done\": true, \"result\": {{\"records\": {list} }}}}");
    let expected = ["1 1|a|", "3 2||{\"x\":1}", "2 row: is not a JSON object []"];
    let wide: Vec<u8> = format!("\u{feff}{list}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (content, rows) in [(list.as_bytes(), ""), (nested.as_bytes(), ", rows: result.records"), (&wide, "")] {
        let folder = folder(&[("a.json", content)]);
        let mut export = folder.open(&format!("json: {{path: a.json{rows}}}")).unwrap();
        assert_eq!(export.header(), ["Id", "Name", "Owner"]);
        assert_eq!(told(&mut export), expected.map(|row| format!("a.json:{row}")));
        assert_eq!((export.facts()[0].rows, export.facts()[0].faults), (2, 1));
    }
}

#[test]
fn a_file_that_is_not_a_json_list_stops_the_source() {
    for (content, rows, expected) in [
        (&b"[{\"Id\":1},"[..], "", "a.json: the file ends within a JSON value"),
        (b"[{\"Id\":1},\n{]", "", "a.json: the file is not JSON, as line 2 character 2 shows"),
        (b"{\"a\":1}\n{\"a\":2}", "", "a.json: the file is not JSON, as line 2 character 1 shows"),
        (b"{\"records\":[]}", "", "a.json: the file is not a list of rows"),
        (b"{\"records\":[]}", ", rows: rows", "a.json: there is no key `rows`; lists are `records`"),
        (b"{\"records\":1}", ", rows: records", "a.json: there is no list at `records`"),
        (b"[\"\xff\"]", "", "a.json line 1: the file is not UTF-8 text"),
        (b"", "", "a.json is empty"),
    ] {
        let folder = folder(&[("a.json", content)]);
        assert_eq!(folder.error(&format!("json: {{path: a.json{rows}}}")).message, expected);
    }
    let folder = folder(&[("a.json", b"[]")]);
    let mut export = folder.open("json: {path: a.json}").unwrap();
    assert!(export.header().is_empty() && told(&mut export).is_empty());
}

#[test]
fn packed_files_of_lines_are_read_as_they_are() {
    let packed = zstd::encode_all(&b"Id,Name\n1,a\n"[..], 1).unwrap();
    let lines = zstd::encode_all(&b"{\"Id\":1}\n{\"Id\":2}\n"[..], 1).unwrap();
    let folder = folder(&[("a.csv.zst", &packed), ("a.ndjson", &lines), ("cut.csv.zst", &packed[..packed.len() - 2])]);
    assert_eq!(told(&mut folder.open("csv: {path: a.csv.zst}").unwrap()), ["a.csv.zst:2 1|a"]);
    assert_eq!(told(&mut folder.open("ndjson: {path: a.ndjson}").unwrap()), ["a.ndjson:1 1", "a.ndjson:2 2"]);
    assert_eq!(folder.error("csv: {path: cut.csv.zst}").message, "cut.csv.zst is truncated or damaged");
}

#[test]
fn a_file_outside_the_project_is_not_opened() {
    let inside = folder(&[]);
    let outside = folder(&[("a.csv", b"Id\n1\n")]);
    let file = outside.roots.project().join("a.csv");
    let error = open(&inside.roots, &format("csv: {path: a.csv}"), &[file]).err().unwrap();
    assert!(error.message.ends_with("a.csv lies outside the project"));
}

#[test]
fn a_block_is_named_after_its_format() {
    for (yaml, path) in [
        ("!csv {path: a.csv}", "a.csv"),
        ("!ndjson {path: a}", "a"),
        ("!json {path: b}", "b"),
        ("!parquet {path: c}", "c"),
    ] {
        let format: Format = serde_yaml::from_str(yaml).unwrap();
        assert_eq!((format.path().to_string().as_str(), format.mistake()), (path, None));
    }
    let xlsx: Format = serde_yaml::from_str("!xlsx {path: d.xlsx, sheet: 2, header_row: 3}").unwrap();
    assert_eq!(xlsx.path().to_string(), "d.xlsx");
    assert!(serde_yaml::from_str::<Format>("!xlsx {path: d.xlsx, header_row: 0}").is_err());
    assert!(serde_yaml::from_str::<Format>("!ods {path: d}").is_err());
}

#[test]
fn batches_stay_small_and_an_export_can_be_sent_to_another_thread() {
    let rows: String = (0..20_000).map(|row| format!("{row}\n")).collect();
    let folder = folder(&[("a.csv", format!("Id\n{rows}").as_bytes())]);
    let mut export = folder.open("csv: {path: a.csv}").unwrap();
    let sizes = std::thread::spawn(move || {
        let mut sizes = Vec::new();
        while let Some(batch) = export.next_batch().unwrap() {
            assert!(batch.columns.column(0).null_count() == 0);
            sizes.push(batch.lines.len());
        }
        sizes
    });
    assert_eq!(sizes.join().unwrap(), [8192, 8192, 3616]);
}
