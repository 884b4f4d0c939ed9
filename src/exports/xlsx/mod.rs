//! Takes an XLSX workbook, gives the rows of one sheet as text with their numbers in the sheet, and promises that a
//! cell without a value of its own (an error, an unsaved formula, a part of merged cells) makes its row a fault. The
//! file is read whole.

mod cell;
mod sheet;

use std::collections::VecDeque;
use std::fmt;
use std::io::Cursor;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use calamine::{Reader as _, SheetType, XlsxError};
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::input::{Fingerprint, load, too_large};
use super::pattern::PathPattern;
use super::rows::{Part, Rows};
use super::{Closed, Reader};
use crate::error::{Error, Result};
use sheet::{Row, Table};

/// The largest workbook, in bytes on disk and unpacked.
const MAX_BYTES: u64 = 256 << 20;
const MAX_UNPACKED: u64 = 2 << 30;

/// Where an XLSX export lies, and where in it.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Xlsx {
    pub path: PathPattern,
    /// The only sheet, unless declared.
    pub sheet: Option<Sheet>,
    /// The row that holds the names of the columns, counted from 1; what is above it is not read.
    #[serde(default = "first_row")]
    pub header_row: NonZeroU32,
}

fn first_row() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// A sheet, by its name or its number from 1, hidden ones counted.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Sheet {
    Name(String),
    Number(usize),
}

impl<'de> Deserialize<'de> for Sheet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = Sheet;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of a sheet, or its number from 1")
            }

            fn visit_u64<E>(self, number: u64) -> std::result::Result<Sheet, E> {
                Ok(Sheet::Number(usize::try_from(number).unwrap_or(usize::MAX)))
            }

            fn visit_str<E>(self, name: &str) -> std::result::Result<Sheet, E> {
                Ok(Sheet::Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(NameOrNumber)
    }
}

/// One sheet in memory.
pub(super) struct XlsxReader {
    name: Arc<str>,
    header: Vec<String>,
    waiting: VecDeque<Row>,
    kept: Vec<usize>,
    rows: Rows,
    fingerprint: Fingerprint,
}

impl XlsxReader {
    pub fn open(xlsx: &Xlsx, path: &Path, name: &Arc<str>) -> Result<Self> {
        let (content, fingerprint) = load(path, name, MAX_BYTES)?;
        let old = content.starts_with(b"\xd0\xcf\x11\xe0");
        if unpacked_bytes(&content) > MAX_UNPACKED {
            return Err(too_large(name, MAX_UNPACKED));
        }
        let mut workbook: calamine::Xlsx<_> =
            calamine::Xlsx::new(Cursor::new(content)).map_err(|error| match error {
                XlsxError::Password => {
                    Error::failed(format!("{name} is protected by a password")).help("save it without one")
                }
                _ if old => {
                    Error::failed(format!("{name} is an old Excel workbook")).help("save it as .xlsx, or as CSV")
                }
                _ => Error::failed(format!("{name} is not an XLSX workbook, or is truncated or damaged"))
                    .help("export it again"),
            })?;
        let sheet = choose(&workbook, xlsx.sheet.as_ref(), name)?;
        let table = sheet::read(&mut workbook, &sheet, xlsx.header_row.get() - 1).map_err(|mistake| {
            Error::failed(format!("{name}, sheet `{sheet}`: {}", mistake.message)).help(mistake.help)
        })?;
        let Table { header, rows } = table;
        let kept: Vec<usize> = (0..header.len()).collect();
        let waiting = VecDeque::from(rows);
        Ok(Self { name: Arc::clone(name), rows: Rows::new(name, kept.len()), header, waiting, kept, fingerprint })
    }
}

/// What the parts of a workbook say they unpack to; 0 where there is no telling, which opening it will find.
fn unpacked_bytes(content: &[u8]) -> u64 {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(content)) else { return 0 };
    (0..archive.len()).map(|part| archive.by_index_raw(part).map_or(0, |part| part.size())).sum()
}

fn choose(workbook: &calamine::Xlsx<Cursor<Vec<u8>>>, wanted: Option<&Sheet>, file: &str) -> Result<String> {
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<&str> = sheets.map(|sheet| sheet.name.as_str()).collect();
    let found = match wanted {
        Some(Sheet::Name(name)) => names.iter().find(|known| *known == name),
        Some(Sheet::Number(number)) => number.checked_sub(1).and_then(|at| names.get(at)),
        None => Some(&names).filter(|names| names.len() == 1).and_then(|names| names.first()),
    };
    let there = format!("the sheets are: `{}`", names.join("`, `"));
    match (found, wanted) {
        (Some(name), _) => Ok((*name).to_owned()),
        (None, Some(Sheet::Name(name))) => Err(Error::failed(format!("{file} has no sheet `{name}`")).help(there)),
        (None, Some(Sheet::Number(number))) => Err(Error::failed(format!("{file} has no sheet {number}")).help(there)),
        (None, None) => Err(Error::failed(format!("{file} has {} sheets", names.len()))
            .help(format!("say which: `sheet: ...`; {there}"))),
    }
}

impl Reader for XlsxReader {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn keep(&mut self, columns: Vec<usize>) {
        self.rows = Rows::new(&self.name, columns.len());
        self.kept = columns;
    }

    fn next(&mut self) -> Result<Option<Part>> {
        while !self.rows.is_full() {
            let Some(Row { number, cells, defect }) = self.waiting.pop_front() else { break };
            if let Some((column, reason)) = defect {
                let column = column.and_then(|column| self.header.get(column).cloned());
                self.rows.fault(u64::from(number), column, reason, cells);
                continue;
            }
            for (column, &at) in self.rows.columns.iter_mut().zip(&self.kept) {
                column.push(cells[at].as_deref().unwrap_or_default().as_bytes());
            }
            self.rows.end(u64::from(number), cells.iter().flatten().map(String::len).sum());
        }
        Ok(self.rows.finish())
    }

    fn close(self: Box<Self>) -> Result<Closed> {
        Ok(Closed { fingerprint: self.fingerprint, ends_without_newline: false })
    }
}

#[cfg(test)]
mod tests;
