//! The demo company as its exports show it: whole and consistent (`form`), believable and with everything in it that makes
//! reports hard (`story`).

mod form;
mod story;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Options, Written, write};
use crate::day::Day;

type Row = BTreeMap<String, String>;

/// The default output, made once for all tests.
struct Output {
    folder: tempfile::TempDir,
    written: Written,
}

fn output() -> &'static Output {
    static OUTPUT: OnceLock<Output> = OnceLock::new();
    OUTPUT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let written = write(folder.path(), &Options::default()).unwrap();
        Output { folder, written }
    })
}

impl Output {
    fn days(&self) -> Vec<String> {
        self.written.days.iter().map(Day::to_string).collect()
    }

    fn rows(&self, day: &str, file: &str) -> Vec<Row> {
        rows(&self.folder.path().join("exports").join(day).join(format!("{file}.csv.gz")))
    }

    fn truth(&self, file: &str) -> Vec<Row> {
        rows(&self.folder.path().join("truth").join(format!("{file}.csv.gz")))
    }

    /// The deals of each exported day, in order.
    fn deals(&self) -> &'static [(String, Vec<Row>)] {
        static DEALS: OnceLock<Vec<(String, Vec<Row>)>> = OnceLock::new();
        DEALS.get_or_init(|| {
            let days = self.days().into_iter();
            days.map(|day| (day.clone(), self.rows(&day, "Opportunity"))).collect()
        })
    }

    /// The deals of the last day that count: not deleted, not test records.
    fn last_deals(&self) -> Vec<&'static Row> {
        let (_, deals) = self.deals().last().unwrap();
        deals.iter().filter(|deal| !is(deal, "IsDeleted") && !deal["Name"].starts_with("TEST")).collect()
    }
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn rows(path: &Path) -> Vec<Row> {
    let text = unpacked(path);
    let mut lines = fields(text.trim_start_matches('\u{feff}')).into_iter();
    let header = lines.next().unwrap();
    lines
        .map(|line| {
            assert_eq!(line.len(), header.len(), "{}: {line:?}", path.display());
            header.iter().cloned().zip(line).collect()
        })
        .collect()
}

/// A reader of RFC 4180 that shares nothing with the writer.
fn fields(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => line.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                line.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut line));
            }
            other => field.push(other),
        }
    }
    assert!(!is_quoted && field.is_empty() && line.is_empty(), "the text ends within a line");
    lines
}

fn is(row: &Row, column: &str) -> bool {
    match row[column].as_str() {
        "true" => true,
        "false" => false,
        other => panic!("{column} is `{other}`"),
    }
}

fn cents(text: &str) -> i64 {
    if text.is_empty() { 0 } else { text.replace('.', "").parse().unwrap() }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
