//! Whole CSV files: header, lines, faults and errors.

use arrow::array::{Array, AsArray};

use super::super::{Fault, Format, Roots, open};
use crate::error::Error;

/// What a file holds: header, rows with their lines, faults.
#[derive(Debug)]
struct Content {
    header: Vec<String>,
    rows: Vec<(u64, Vec<Option<String>>)>,
    faults: Vec<Fault>,
    ends_without_newline: bool,
}

fn read(content: &[u8], settings: &str) -> Result<Content, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deal.csv");
    std::fs::write(&path, content).unwrap();
    let csv = serde_yaml::from_str(&format!("path: deal.csv\n{settings}")).unwrap();
    let roots = Roots::new(folder.path(), &[])?;
    let mut export = open(&roots, &Format::Csv(csv), &[roots.project().join("deal.csv")])?;
    let (header, mut rows, mut faults) = (export.header().to_vec(), Vec::new(), Vec::new());
    while let Some(batch) = export.next_batch()? {
        for (at, &line) in batch.lines.iter().enumerate() {
            let column = |column: &arrow::array::ArrayRef| {
                let column = column.as_string::<i32>();
                column.is_valid(at).then(|| column.value(at).to_owned())
            };
            rows.push((line, batch.columns.columns().iter().map(column).collect()));
        }
        faults.extend(batch.faults);
    }
    let ends_without_newline = export.facts()[0].ends_without_newline;
    Ok(Content { header, rows, faults, ends_without_newline })
}

fn message(content: &[u8], settings: &str) -> String {
    read(content, settings).unwrap_err().message
}

fn texts(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|&text| Some(text.to_owned()).filter(|text| !text.is_empty())).collect()
}

/// Line, column and reason of each fault.
fn told(content: &Content) -> Vec<(u64, Option<&str>, &str)> {
    content.faults.iter().map(|fault| (fault.line, fault.column.as_deref(), fault.reason.as_str())).collect()
}

#[test]
fn rows_come_with_the_lines_on_which_they_begin() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["Id,Deal Name", "1,\"two", "lines\"", "", "2,x", "3,"].join(end);
        let content = read(text.as_bytes(), "").unwrap();
        assert_eq!(content.header, ["Id", "Deal Name"]);
        let two = format!("two{end}lines");
        assert_eq!(
            content.rows,
            [(2, texts(&["1", &two])), (5, texts(&["2", "x"])), (6, texts(&["3", ""]))],
            "{end:?}"
        );
        assert!(content.faults.is_empty() && content.ends_without_newline);
        assert!(!read(format!("{text}{end}").as_bytes(), "").unwrap().ends_without_newline);
    }
}

#[test]
fn a_byte_order_mark_before_a_quoted_header_is_no_part_of_it() {
    let content = read("\u{feff}\"Id\",\"Näme\"\n1,a\n".as_bytes(), "").unwrap();
    assert_eq!(content.header, ["Id", "Näme"]);
}

#[test]
fn an_empty_file_is_an_error_and_a_header_alone_is_none() {
    assert_eq!(message(b"", ""), "deal.csv is empty");
    assert_eq!(message(b"\xef\xbb\xbf", ""), "deal.csv is empty");
    assert_eq!(message(b"\n\n", ""), "deal.csv has no header line");
    let content = read(b"Id,Name", "").unwrap();
    assert_eq!((content.header.len(), content.rows.len(), content.faults.len()), (2, 0, 0));
}

#[test]
fn a_header_with_missing_or_doubled_names_is_an_error() {
    assert_eq!(message(b"\nId,,Name\n", ""), "deal.csv line 2: column 2 has no name");
    assert_eq!(message(b"Id,Name,Id\n", ""), "deal.csv line 1: columns 1 and 3 are both called `Id`");
    assert_eq!(message(b"Id,Name,\n1,2,\n", ""), "deal.csv line 1: column 3 has no name");
    assert_eq!(message(b"Id,\"Na\"me\n", ""), "deal.csv line 1: text follows a closing quote in the header");
    assert_eq!(message(b"Id,N\xe4me\n", ""), "deal.csv line 1: column 2 of the header is not UTF-8 text");
    assert!(message(b"I\0d\0,\0x\0\n\0", "").contains("has a NUL byte"));
}

#[test]
fn too_few_and_too_many_fields_are_faults_that_keep_what_was_read() {
    let content = read(b"Id,Name,Amount\n1,a\n2,b,3\n3,c,4,5\n\"4", "").unwrap_err();
    assert_eq!(content.message, "deal.csv: the file ends inside a quoted field that opened on line 5");
    let content = read(b"Id,Name,Amount\n1,a\n2,b,3\n3,c,4,\n4,d", "").unwrap();
    assert_eq!(content.rows, [(3, texts(&["2", "b", "3"]))]);
    assert_eq!(
        told(&content),
        [
            (2, None, "expected 3 fields, found 2"),
            (4, None, "expected 3 fields, found 4"),
            (5, None, "expected 3 fields, found 2")
        ]
    );
    assert_eq!(content.faults[1].fields, texts(&["3", "c", "4", ""]));
    assert!(content.ends_without_newline);
    assert_eq!(message(b"Id,Name\n1,a\n2\n", "ragged: error"), "deal.csv line 3: expected 2 fields, found 1");
}

#[test]
fn bytes_that_are_no_text_are_faults_of_their_rows_alone() {
    let content = read(b"Id,Name\n1,caf\xe9\n2,b\n3,a\0b\n4,\xc3\xa9\n", "").unwrap();
    assert_eq!(content.rows, [(3, texts(&["2", "b"])), (5, texts(&["4", "é"]))]);
    assert_eq!(told(&content), [(2, Some("Name"), "is not UTF-8 text"), (4, Some("Name"), "has a NUL byte")]);
    assert_eq!(content.faults[0].fields, texts(&["1", ""]));
    let content = read(b"Id,Name\n1,caf\xe9\n2,a\x81b\n", "encoding: windows-1252").unwrap();
    assert_eq!(content.rows, [(2, texts(&["1", "café"]))]);
    assert_eq!(told(&content), [(3, Some("Name"), "is not windows-1252 text")]);
}

#[test]
fn a_row_with_broken_quotes_is_a_fault_and_so_is_what_may_be_its_rest() {
    let content = read(b"Id,Name\n1,\"5\" pipe\",x\n2,b\n3,\"he said \"hi\nthere\",x\n4,d\n5,6\" pipe\n", "").unwrap();
    assert_eq!(content.rows, [(3, texts(&["2", "b"])), (6, texts(&["4", "d"])), (7, texts(&["5", "6\" pipe"]))]);
    assert_eq!(
        told(&content),
        [
            (2, None, "text follows a closing quote"),
            (4, None, "text follows a closing quote"),
            (5, None, "may be the rest of the row before, whose quotes are broken")
        ]
    );
    assert_eq!(content.faults[0].fields, texts(&["1"]));
    assert_eq!(message(b"Id\n\"5\"x\n", "ragged: error"), "deal.csv line 2: text follows a closing quote");
}

#[test]
fn a_quote_that_is_not_closed_stops_the_source_where_it_opened() {
    assert_eq!(
        message(b"Id,Name\n1,\"a\n2,b\n3,\"c\",d\n", ""),
        "deal.csv line 4: text follows the quote that closes the field which opened on line 2"
    );
    let endless = format!("Id,Name\n1,a\n2,\"{}", "3,c\n".repeat(300_000));
    assert_eq!(
        message(endless.as_bytes(), ""),
        "deal.csv line 3: the quoted field that opens there is longer than 1 MiB"
    );
}

#[test]
fn a_record_without_end_stops_the_source() {
    let endless = format!("Id,Name\n1,{}", "x".repeat(super::super::window::MAX_RECORD + 1));
    assert_eq!(message(endless.as_bytes(), ""), "deal.csv line 2: the record that begins there is longer than 64 MiB");
}

#[test]
fn a_record_longer_than_the_buffer_is_read_whole() {
    let long = "x".repeat(3_000_000);
    let text = format!("Id,Name\n1,{long}\n2,b\n");
    assert_eq!(read(text.as_bytes(), "").unwrap().rows, [(2, texts(&["1", &long])), (3, texts(&["2", "b"]))]);
}

#[test]
fn a_declared_trailing_delimiter_ends_every_row() {
    for header in ["Id,Rate,", "Id,Rate"] {
        let text = format!("{header}\n1,2.5,\n2,,\n3,3.5\n4,5,6\n5,\n");
        let content = read(text.as_bytes(), "trailing_delimiter: true").unwrap();
        assert_eq!(content.header, ["Id", "Rate"]);
        assert_eq!(content.rows, [(2, texts(&["1", "2.5"])), (3, texts(&["2", ""]))]);
        assert_eq!(
            told(&content),
            [
                (4, None, "the row does not end with a delimiter"),
                (5, None, "the row does not end with a delimiter"),
                (6, None, "expected 2 fields, found 1")
            ]
        );
    }
}

#[test]
fn the_delimiter_line_of_excel_is_obeyed_and_not_read_as_a_row() {
    for text in ["sep=;\nId;Name\n1;a,b\n", "SEP=;\r\nId;Name\r\n1;a,b\r\n", "\u{feff}sep=;\rId;Name\r1;a,b\r"] {
        let content = read(text.as_bytes(), "").unwrap();
        assert_eq!((content.header.len(), &content.rows), (2, &vec![(3, texts(&["1", "a,b"]))]), "{text:?}");
    }
    assert_eq!(read(b"sep=;\nId;Name\n1;a\n", "delimiter: ;").unwrap().rows.len(), 1);
    assert!(message(b"sep=;\nId;Name\n", "delimiter: tab").contains("names another delimiter"));
    assert_eq!(read(b"sep=x,b\n1,2\n", "").unwrap().header, ["sep=x", "b"]);
}

#[test]
fn settings_change_how_a_file_is_read() {
    let content =
        read(b"report\n\"of\nId|Name\n1|'a|b'\n2|-\n", "delimiter: '|'\nquote: \"'\"\nskip_lines: 2\nnull: ['-']")
            .unwrap();
    assert_eq!(content.rows, [(4, texts(&["1", "a|b"])), (5, texts(&["2", ""]))]);
    let content = read(b"1\ta\n2\t b \n", "delimiter: tab\ncolumns: [Id, Name]\ntrim: true").unwrap();
    assert_eq!((content.header.len(), &content.rows), (2, &vec![(1, texts(&["1", "a"])), (2, texts(&["2", "b"]))]));
    let wide: Vec<u8> = "Id;Größe\n1;„x“\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let content = read(&wide, "delimiter: ;\nencoding: utf-16le").unwrap();
    assert_eq!((content.header[1].as_str(), &content.rows), ("Größe", &vec![(2, texts(&["1", "„x“"]))]));
}

#[test]
fn rows_of_many_buffers_and_batches_arrive_once_and_in_order() {
    let rows = 20_000_u64;
    let text: String =
        (0..rows).map(|row| format!("{row},\"name {row}, \"\"quoted\"\"\nsecond line\",€{row}\r\n")).collect();
    let content = read(format!("Id,Name,Value\r\n{text}").as_bytes(), "").unwrap();
    assert_eq!(content.rows.len() as u64, rows);
    for (row, (line, values)) in (0..).zip(&content.rows) {
        assert_eq!(*line, 2 + 2 * row);
        assert_eq!(
            *values,
            texts(&[&row.to_string(), &format!("name {row}, \"quoted\"\nsecond line"), &format!("€{row}")])
        );
    }
}

#[test]
fn a_long_file_gives_the_texts_that_were_written() {
    // Longer than what is read at once, with fields of all lengths, some quoted, some with quotes and lines in them.
    let content = |row: usize, column: usize| match (row * 7 + column * 3) % 11 {
        0 => String::new(),
        1 => format!("say \"{row}\", twice"),
        2 => format!("line {row}\nand {column}"),
        3 => "Zoë ".repeat(row % 40),
        4 => "-".to_owned(),
        _ => format!("{row}:{column}"),
    };
    let (mut text, mut rows, mut line) = ("a,b,c\n".to_owned(), Vec::new(), 2);
    for row in 0..20_000 {
        let contents: Vec<String> = (0..3).map(|column| content(row, column)).collect();
        let written = contents.iter().enumerate().map(|(column, content)| {
            let is_quoted = content.contains(['"', '\n']) || (row + column) % 5 == 0;
            if is_quoted { format!("\"{}\"", content.replace('"', "\"\"")) } else { content.clone() }
        });
        text.extend([written.collect::<Vec<_>>().join(","), "\n".to_owned()]);
        rows.push((line, contents));
        line += 1 + rows[row].1.iter().filter(|content| content.contains('\n')).count() as u64;
    }
    for (settings, null) in [("", ""), ("null: ['-']", "-")] {
        let read = read(text.as_bytes(), settings).unwrap();
        assert_eq!((read.rows.len(), read.faults.len()), (rows.len(), 0));
        for (read, (line, contents)) in read.rows.iter().zip(&rows) {
            let is_null = |content: &&String| content.is_empty() || *content == null;
            let expected = contents.iter().map(|content| Some(content).filter(|content| !is_null(content)).cloned());
            assert_eq!(*read, (*line, expected.collect::<Vec<_>>()));
        }
    }
}
