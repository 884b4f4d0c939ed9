//! Takes the files of an export in any supported format, gives batches of text columns with the line of every row, and
//! promises that nothing is inferred and nothing is lost in silence: a defect of a file is an error that stops the
//! source, a defect of a row is a fault that is handed over beside the rows.
//!
//! Everything here blocks. Empty text is NULL in all formats. CSV, NDJSON and Parquet are streamed; JSON and XLSX are
//! read whole, up to a size.

mod csv;
mod encoding;
mod export;
mod find;
mod header;
mod input;
mod json;
mod ndjson;
mod object;
mod parquet;
mod pattern;
mod roots;
mod rows;
mod window;
mod xlsx;

use std::sync::Arc;

use arrow::array::RecordBatch;
use serde::Deserialize;

pub use csv::{Csv, Delimiter, Escape, Quote, Ragged};
pub use encoding::Encoding;
pub use export::{Export, open};
pub use find::{days, find, newest_day, nothing_found};
pub use json::Json;
pub use ndjson::NdJson;
pub use parquet::Parquet;
pub use pattern::PathPattern;
pub use roots::Roots;
pub use xlsx::{Sheet, Xlsx};

/// Where an export lies and how it is written: the one block of a source that is named after its format.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv(Csv),
    NdJson(NdJson),
    Json(Json),
    Parquet(Parquet),
    Xlsx(Xlsx),
}

impl Format {
    /// Where the export's files lie.
    pub fn path(&self) -> &PathPattern {
        match self {
            Self::Csv(csv) => &csv.path,
            Self::NdJson(ndjson) => &ndjson.path,
            Self::Json(json) => &json.path,
            Self::Parquet(parquet) => &parquet.path,
            Self::Xlsx(xlsx) => &xlsx.path,
        }
    }

    /// The format's key in a source.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::NdJson(_) => "ndjson",
            Self::Json(_) => "json",
            Self::Parquet(_) => "parquet",
            Self::Xlsx(_) => "xlsx",
        }
    }

    /// The same format at another path.
    pub fn with_path(self, path: PathPattern) -> Self {
        match self {
            Self::Csv(csv) => Self::Csv(Csv { path, ..csv }),
            Self::NdJson(_) => Self::NdJson(NdJson { path }),
            Self::Json(json) => Self::Json(Json { path, ..json }),
            Self::Parquet(_) => Self::Parquet(Parquet { path }),
            Self::Xlsx(xlsx) => Self::Xlsx(Xlsx { path, ..xlsx }),
        }
    }

    /// What is contradictory in the block, which each of its values alone does not show.
    pub fn mistake(&self) -> Option<String> {
        match self {
            Self::Csv(csv) => csv.mistake(),
            Self::NdJson(_) | Self::Json(_) | Self::Parquet(_) | Self::Xlsx(_) => None,
        }
    }
}

/// Some rows of one file, in its order, and the faults found between them.
#[derive(Debug, Clone)]
pub struct TextBatch {
    /// The file's path from the project's folder.
    pub file: Arc<str>,
    /// One nullable Utf8 column for each of the header, or for each selected one, under its own name.
    pub columns: RecordBatch,
    /// Where each row begins, from 1: the line (CSV, NDJSON), the row of the sheet (XLSX), or which row or element of
    /// the file it is (Parquet, JSON).
    pub lines: Vec<u64>,
    /// Rows that could not be read; they are not in `columns`.
    pub faults: Vec<Fault>,
    /// Of an export whose records are marked: the mark of each row.
    pub marks: Vec<u128>,
    /// Records that were recognised, which are not in `columns`.
    pub familiar: Vec<Familiar>,
}

/// A record that was recognised by its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Familiar {
    /// What it is known as.
    pub number: u32,
    /// As in `TextBatch::lines`.
    pub line: u64,
}

/// Tells the records that are known by their marks. The mark of a record is a hash of its bytes and of the header that
/// it stands under: one that is met again is read as it was, as long as the export is read in the same way.
pub trait Recognise: Send + Sync {
    /// Whether no record is known.
    fn is_empty(&self) -> bool;

    /// The number of a record, if it is known.
    fn number(&self, mark: u128) -> Option<u32>;
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: Arc<str>,
    /// As in `TextBatch::lines`.
    pub line: u64,
    /// The column that shows the defect, where it is one column's.
    pub column: Option<String>,
    /// What is wrong, without any value of the row.
    pub reason: String,
    /// What could be read of the row, in the header's order; fewer or more than the header's columns in a row of the
    /// wrong length.
    pub fields: Vec<Option<String>>,
}

/// What is known of a file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The file's path from the project's folder.
    pub file: Arc<str>,
    /// The rows read, without the faults.
    pub rows: u64,
    pub faults: u64,
    /// The size on disk, and the XXH3 of those bytes, 128 bits in lower-case hexadecimal digits.
    pub bytes: u64,
    pub xxh3: String,
    /// Whether a file of lines lacks its last end of line: it may have been cut.
    pub ends_without_newline: bool,
}

/// One opened file of any format.
trait Reader: Send {
    /// The names of the columns, in the file's order.
    fn header(&self) -> &[String];

    /// Chooses the columns that batches hold, by their places in the file's header; called before the first batch.
    fn keep(&mut self, columns: Vec<usize>);

    /// Marks records from now on, and recognises those that are known; does nothing where records have no bytes of their
    /// own.
    fn mark(&mut self, _known: &Arc<dyn Recognise>) {}

    /// The next rows and faults; `None` at the end.
    fn next(&mut self) -> crate::error::Result<Option<rows::Part>>;

    /// Ends the reading of a file whose end was reached.
    fn close(self: Box<Self>) -> crate::error::Result<Closed>;
}

/// What a reader knows at the end of its file.
struct Closed {
    fingerprint: input::Fingerprint,
    ends_without_newline: bool,
}

#[cfg(test)]
mod tests;
