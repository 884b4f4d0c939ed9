//! Takes a file of an unknown export, and gives its columns with the values of its first rows, and how it is written.

use std::path::Path;

use arrow::array::{Array, AsArray};

use crate::error::{Doing, Error, Kind, Result};
use crate::exports::{self, Format, Roots};

/// So many rows are looked at.
pub const ROWS: usize = 20_000;

/// What was seen of a file.
#[derive(Debug)]
pub struct Sample {
    /// The file's name, without its folder.
    pub file: String,
    /// The format's key in a source.
    pub format: &'static str,
    /// What stands in that block beside the path, as `delimiter: ';'`.
    pub settings: String,
    pub columns: Vec<Column>,
    pub rows: usize,
}

/// A column of a file.
#[derive(Debug)]
pub struct Column {
    pub name: String,
    /// The texts of the rows that have one, in their order.
    pub values: Vec<String>,
}

/// Looks at a file. Of several ways to read it the one that finds the most columns is taken, the more usual one first.
pub fn take(path: &Path) -> Result<Sample> {
    std::fs::metadata(path).doing("read", path)?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(format) = format_of(&file) else {
        return Err(Error::new(Kind::Project, format!("{file} does not say by its name how it is written"))
            .help("name it .csv, .tsv, .ndjson, .json, .parquet or .xlsx; each but the last two also as .gz or .zst"));
    };
    let mut failure = None;
    for settings in ways(format) {
        let mut best: Option<Sample> = None;
        for settings in *settings {
            match read(path, &file, format, settings) {
                Ok(sample) if best.as_ref().is_none_or(|best| best.columns.len() < sample.columns.len()) => {
                    best = Some(sample);
                }
                Ok(_) => {}
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        if let Some(best) = best {
            return Ok(best);
        }
    }
    Err(failure.unwrap_or_else(|| Error::new(Kind::Project, format!("{file} cannot be read"))))
}

fn format_of(file: &str) -> Option<&'static str> {
    let lower = file.to_lowercase();
    let name = lower.strip_suffix(".gz").or(lower.strip_suffix(".zst")).unwrap_or(&lower);
    Some(match name.rsplit_once('.')?.1 {
        "csv" | "tsv" | "txt" => "csv",
        "ndjson" | "jsonl" => "ndjson",
        "json" => "json",
        "parquet" => "parquet",
        "xlsx" => "xlsx",
        _ => return None,
    })
}

/// What a file may be written like. A group is tried where nothing could be read by the one before.
fn ways(format: &str) -> &'static [&'static [&'static str]] {
    match format {
        "csv" => &[
            &["", "delimiter: ';'", "delimiter: tab", "delimiter: '|'"],
            &[
                "encoding: windows-1252",
                "encoding: windows-1252, delimiter: ';'",
                "encoding: windows-1252, delimiter: tab",
                "encoding: windows-1252, delimiter: '|'",
            ],
        ],
        "json" => {
            &[&[""], &["rows: value", "rows: data", "rows: results", "rows: records", "rows: items", "rows: rows"]]
        }
        // A workbook of several sheets does not say which.
        "xlsx" => &[&[""], &["sheet: 1"]],
        _ => &[&[""]],
    }
}

fn read(path: &Path, file: &str, format: &'static str, settings: &str) -> Result<Sample> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let roots = Roots::new(folder, &[])?;
    let place = roots.project().join(path.file_name().unwrap_or_default());
    let mut export = exports::open(&roots, &written(format, settings), &[place])?;
    let mut columns: Vec<Column> =
        export.header().iter().map(|name| Column { name: name.clone(), values: Vec::new() }).collect();
    let mut rows = 0;
    while rows < ROWS
        && let Some(batch) = export.next_batch()?
    {
        let taken = batch.columns.num_rows().min(ROWS - rows);
        for (column, texts) in columns.iter_mut().zip(batch.columns.columns()) {
            let texts = texts.as_string::<i32>();
            let filled = (0..taken).filter(|row| texts.is_valid(*row)).map(|row| texts.value(row).trim());
            column.values.extend(filled.filter(|text| !text.is_empty()).map(str::to_owned));
        }
        rows += taken;
    }
    Ok(Sample { file: file.to_owned(), format, settings: settings.to_owned(), columns, rows })
}

/// The format as a source would declare it.
fn written(format: &str, settings: &str) -> Format {
    let block = format!("{{path: export, {settings}}}");
    let read = match format {
        "csv" => serde_yaml::from_str(&block).map(Format::Csv),
        "ndjson" => serde_yaml::from_str(&block).map(Format::NdJson),
        "json" => serde_yaml::from_str(&block).map(Format::Json),
        "parquet" => serde_yaml::from_str(&block).map(Format::Parquet),
        _ => serde_yaml::from_str(&block).map(Format::Xlsx),
    };
    read.expect("the ways to write an export are those that a source may declare")
}
