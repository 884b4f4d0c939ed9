//! Takes a CSV file, gives its rows as text with the line on which each begins, and promises that what is not a whole
//! row of the header's columns, in the file's encoding, is a fault or an error.

mod settings;
mod split;

use std::sync::Arc;

use twox_hash::XxHash3_128;

pub use settings::{Csv, Delimiter, Escape, Quote, Ragged};
use split::{Dialect, Field, Split, count_lines, line_length, split, unescape};

use super::encoding::Text;
use super::input::Input;
use super::rows::{Part, Rows};
use super::window::Window;
use super::{Closed, Reader, Recognise, header};
use crate::error::{Error, Result};

/// So many fields are split before they are copied into their columns: these and their bytes stay in the cache.
const TOGETHER: usize = 4096;

/// One CSV file being read.
pub(super) struct CsvReader {
    window: Window,
    dialect: Dialect,
    nulls: Vec<Vec<u8>>,
    ragged: Ragged,
    trailing_delimiter: bool,
    header: Vec<String>,
    kept: Vec<usize>,
    rows: Rows,
    /// The line at which the window's rest begins, from 1.
    line: u64,
    fields: Vec<Field>,
    /// The kept fields of rows that are not yet in `rows`, row by row, by their places among the bytes that the window holds.
    waiting: Vec<Field>,
    unescaped: Vec<u8>,
    /// Whether the row before had broken quotes, so that a line may be the rest of it.
    doubtful: bool,
    marking: Option<Marking>,
}

/// What records are marked with, and known by.
struct Marking {
    header: u128,
    known: Arc<dyn Recognise>,
}

impl Marking {
    fn of(&self, record: &[u8]) -> u128 {
        XxHash3_128::oneshot(record).wrapping_add(self.header)
    }
}

impl CsvReader {
    /// Opens a file and reads its header.
    pub fn open(csv: &Csv, input: Input) -> Result<Self> {
        if let Some(mistake) = csv.mistake() {
            return Err(Error::failed(format!("the `csv` block for {}: {mistake}", csv.path)));
        }
        let text = Text::open(input, csv.encoding)?;
        let name = Arc::clone(text.name());
        let mut reader = Self {
            window: Window::new(text),
            dialect: csv.dialect(b','),
            nulls: csv.null.iter().map(|text| text.clone().into_bytes()).collect(),
            ragged: csv.ragged,
            trailing_delimiter: csv.trailing_delimiter,
            header: Vec::new(),
            kept: Vec::new(),
            rows: Rows::new(&name, 0),
            line: 1,
            fields: Vec::new(),
            waiting: Vec::new(),
            unescaped: Vec::new(),
            doubtful: false,
            marking: None,
        };
        let named = reader.take_delimiter_line()?;
        reader.dialect.delimiter = match (csv.delimiter, named) {
            (Some(Delimiter(declared)), Some(named)) if declared != named => {
                return Err(reader.stops(1, "the line `sep=` names another delimiter than the pipeline"));
            }
            (Some(Delimiter(delimiter)), _) | (None, Some(delimiter)) => delimiter,
            (None, None) => b',',
        };
        for _ in 0..csv.skip_lines {
            reader.skip_line()?;
        }
        reader.header = match &csv.columns {
            Some(columns) => columns.clone(),
            None => reader.read_header()?,
        };
        reader.keep((0..reader.header.len()).collect());
        Ok(reader)
    }

    /// Takes a first line such as `sep=;`, which Excel reads and writes, and gives its delimiter.
    fn take_delimiter_line(&mut self) -> Result<Option<u8>> {
        while self.window.rest().len() < 8 && !self.window.ended() {
            self.window.more(1)?;
        }
        let rest = self.window.rest();
        let Some(&[s, e, p, b'=', delimiter, b'\r' | b'\n']) = rest.first_chunk::<6>() else { return Ok(None) };
        let allowed =
            Delimiter::try_from(char::from(delimiter).to_string()).is_ok() && self.dialect.quote != Some(delimiter);
        if !b"sep".eq_ignore_ascii_case(&[s, e, p]) || !allowed {
            return Ok(None);
        }
        self.skip_line()?;
        Ok(Some(delimiter))
    }

    fn skip_line(&mut self) -> Result<()> {
        loop {
            match line_length(self.window.rest(), self.window.ended()) {
                Some(length) => {
                    self.window.take(length);
                    self.line += u64::from(length > 0);
                    return Ok(());
                }
                None => self.window.more(self.line)?,
            }
        }
    }

    fn read_header(&mut self) -> Result<Vec<String>> {
        let Some(Found { length, lines, whole }) = self.find()? else {
            return Err(
                Error::failed(format!("{} has no header line", self.name())).help("look at how the export ended")
            );
        };
        if !whole {
            return Err(self.stops(self.line, "text follows a closing quote in the header"));
        }
        let record = &self.window.rest()[..length];
        let mut names = Vec::with_capacity(self.fields.len());
        for (at, field) in self.fields.iter().enumerate() {
            let bytes = content(record, *field, &self.dialect, &mut self.unescaped);
            match std::str::from_utf8(bytes) {
                Ok(name) if !name.contains('\0') => names.push(name.to_owned()),
                Ok(_) => {
                    return Err(self
                        .stops(self.line, &format!("column {} of the header has a NUL byte", at + 1))
                        .help("if the file is UTF-16 without a byte order mark, declare `encoding: utf-16le`"));
                }
                Err(_) => {
                    let encoding = self.window.text().encoding();
                    return Err(self
                        .stops(self.line, &format!("column {} of the header is not {encoding} text", at + 1))
                        .help("declare the file's encoding, for example `encoding: windows-1252`"));
                }
            }
        }
        if self.trailing_delimiter && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        header::check(&names).map_err(|mistake| self.stops(self.line, &mistake.0).help(mistake.1))?;
        self.window.take(length);
        self.line += lines;
        Ok(names)
    }

    /// The next record, left at the window's start; `None` at the file's end.
    fn find(&mut self) -> Result<Option<Found>> {
        loop {
            let (rest, ended) = (self.window.rest(), self.window.ended());
            if rest.is_empty() && ended {
                return Ok(None);
            }
            match split(rest, ended, &self.dialect, &mut self.fields) {
                Split::Record { length, lines } => return Ok(Some(Found { length, lines, whole: true })),
                Split::Broken { length, lines } => return Ok(Some(Found { length, lines, whole: false })),
                Split::Blank { length } => {
                    self.window.take(length);
                    self.line += 1;
                }
                Split::More => {
                    self.fill_columns();
                    self.window.more(self.line)?;
                }
                Split::Unclosed { opened } => {
                    let message =
                        format!("the file ends inside a quoted field that opened on line {}", self.line + opened);
                    return Err(Error::failed(format!("{}: {message}", self.name()))
                        .help("the file is cut, or a quote within the field is not doubled"));
                }
                Split::TooLong { opened } => {
                    return Err(self
                        .stops(self.line + opened, "the quoted field that opens there is longer than 1 MiB")
                        .help("a closing quote is missing, or a quote within the field is not doubled"));
                }
                Split::Astray { opened, closed } => {
                    let message = format!(
                        "text follows the quote that closes the field which opened on line {}",
                        self.line + opened
                    );
                    return Err(self
                        .stops(self.line + closed, &message)
                        .help("a closing quote is missing, or a quote within the field is not doubled"));
                }
            }
        }
    }

    /// Takes the record at the window's start if it is known. Its first line is tried as a whole record: the same bytes
    /// before an end of line are always the same record, however they came to be one.
    fn recognise(&mut self) -> bool {
        let Some(marking) = self.marking.as_ref().filter(|marking| !self.doubtful && !marking.known.is_empty()) else {
            return false;
        };
        let rest = self.window.rest();
        let Some(end) = memchr::memchr(b'\n', rest) else { return false };
        let record = without_end(&rest[..=end]);
        let Some(number) = marking.known.number(marking.of(record)) else { return false };
        // Within quotes a carriage return alone ends a line, too.
        let lines = 1 + count_lines(record);
        self.rows.familiar(number, self.line);
        self.window.take(end + 1);
        self.line += lines;
        true
    }

    /// Adds the record that stands at the window's start, over so many lines, to the rows or to the faults.
    fn add_or_recognise(&mut self, length: usize, lines: u64) -> Result<()> {
        let Some(marking) = &self.marking else { return self.add(length).map(drop) };
        let mark = marking.of(without_end(&self.window.rest()[..length]));
        // A record of one line was looked for before it was split.
        if lines > 1
            && !self.doubtful
            && let Some(number) = marking.known.number(mark)
        {
            self.rows.familiar(number, self.line);
            return Ok(());
        }
        if self.add(length)? {
            self.rows.mark(mark);
        }
        Ok(())
    }

    /// Adds the record that stands at the window's start to the rows, or to the faults; tells whether it is a row.
    fn add(&mut self, length: usize) -> Result<bool> {
        let record = &self.window.rest()[..length];
        let Some(defect) = self.defect(record) else {
            let (_, from) = self.window.held();
            self.waiting.extend(self.kept.iter().map(|&at| self.fields[at].behind(from)));
            self.rows.end(self.line, length);
            self.doubtful = false;
            if self.waiting.len() >= TOGETHER {
                self.fill_columns();
            }
            return Ok(true);
        };
        self.reject(length, defect).map(|()| false)
    }

    /// Copies the texts that wait into their columns, one column after the other: to write to all of them by turns is several
    /// times slower.
    fn fill_columns(&mut self) {
        let (held, _) = self.window.held();
        for (column, texts) in self.rows.columns.iter_mut().enumerate() {
            for field in self.waiting.iter().skip(column).step_by(self.kept.len()) {
                if !field.escaped && self.nulls.is_empty() {
                    texts.push_part(held, field.start..field.end);
                    continue;
                }
                let text = content(held, *field, &self.dialect, &mut self.unescaped);
                match self.nulls.iter().any(|null| null == text) {
                    true => texts.push_null(),
                    false => texts.push(text),
                }
            }
        }
        self.waiting.clear();
    }

    /// What keeps the record from being a row.
    fn defect(&self, record: &[u8]) -> Option<Defect> {
        let trailing = usize::from(self.trailing_delimiter);
        if !self.window.is_text(record.len()) {
            Some(Defect::NoText)
        } else if self.trailing_delimiter && self.fields.last().is_some_and(|field| field.start < field.end) {
            Some(Defect::Shape("the row does not end with a delimiter".to_owned()))
        } else if self.fields.len() != self.header.len() + trailing {
            let (expected, found) = (self.header.len(), self.fields.len() - trailing);
            Some(Defect::Shape(format!("expected {expected} fields, found {found}")))
        } else if self.doubtful && self.has_stray_quote(record) {
            Some(Defect::Shape("may be the rest of the row before, whose quotes are broken".to_owned()))
        } else {
            None
        }
    }

    /// Whether a quote stands in a field that is not quoted.
    fn has_stray_quote(&self, record: &[u8]) -> bool {
        let Some(quote) = self.dialect.quote else { return false };
        self.fields.iter().any(|field| !field.quoted && record[field.start..field.end].contains(&quote))
    }

    /// Keeps the record that stands at the window's start apart as a fault, or fails when the settings say so.
    fn reject(&mut self, length: usize, defect: Defect) -> Result<()> {
        let record = &self.window.rest()[..length];
        let mut readable = Vec::with_capacity(self.fields.len());
        let mut untextual = None;
        for (at, field) in self.fields.iter().enumerate() {
            let text = content(record, *field, &self.dialect, &mut self.unescaped);
            let null = text.is_empty() || self.nulls.iter().any(|null| null == text);
            match std::str::from_utf8(text) {
                Ok(text) if !text.contains('\0') => readable.push((!null).then(|| text.to_owned())),
                found => {
                    untextual = untextual.or(Some((at, found.is_ok())));
                    readable.push(None);
                }
            }
        }
        let (column, reason) = match defect {
            Defect::Shape(reason) if self.ragged == Ragged::Error => return Err(self.stops(self.line, &reason)),
            Defect::Shape(reason) => (None, reason),
            Defect::NoText => {
                let nul = untextual.is_some_and(|(_, nul)| nul);
                let encoding = self.window.text().encoding();
                let reason = if nul { "has a NUL byte".to_owned() } else { format!("is not {encoding} text") };
                (untextual.and_then(|(at, _)| self.header.get(at).cloned()), reason)
            }
        };
        self.rows.fault(self.line, column, reason, readable);
        Ok(())
    }

    fn name(&self) -> &str {
        self.window.text().name()
    }

    /// The error that ends the reading at a line.
    fn stops(&self, line: u64, message: &str) -> Error {
        Error::failed(format!("{} line {line}: {message}", self.name()))
    }
}

/// A record that stands at the window's start: its bytes and lines, and whether its quotes are as they should be.
struct Found {
    length: usize,
    lines: u64,
    whole: bool,
}

/// Why a record is no row.
enum Defect {
    /// It is not text in the file's encoding, or has a NUL byte.
    NoText,
    /// Its fields are not those of the header.
    Shape(String),
}

impl Reader for CsvReader {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn keep(&mut self, columns: Vec<usize>) {
        self.rows = Rows::new(self.window.text().name(), columns.len());
        self.kept = columns;
    }

    fn mark(&mut self, known: &Arc<dyn Recognise>) {
        let mut header = XxHash3_128::new();
        for name in &self.header {
            header.write(name.as_bytes());
            header.write(&[self.dialect.delimiter, 0]);
        }
        self.marking = Some(Marking { header: header.finish_128(), known: Arc::clone(known) });
    }

    fn next(&mut self) -> Result<Option<Part>> {
        while !self.rows.is_full() {
            if self.recognise() {
                continue;
            }
            let Some(Found { length, lines, whole }) = self.find()? else { break };
            if whole {
                self.add_or_recognise(length, lines)?;
            } else {
                self.reject(length, Defect::Shape("text follows a closing quote".to_owned()))?;
                self.doubtful = true;
            }
            self.window.take(length);
            self.line += lines;
        }
        self.fill_columns();
        Ok(self.rows.finish())
    }

    fn close(self: Box<Self>) -> Result<Closed> {
        let ends_without_newline = !self.window.at_line_start();
        Ok(Closed { fingerprint: self.window.close()?, ends_without_newline })
    }
}

/// A record without its end of line.
fn without_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// A field's text without its escapes.
fn content<'a>(record: &'a [u8], field: Field, dialect: &Dialect, unescaped: &'a mut Vec<u8>) -> &'a [u8] {
    let text = &record[field.start..field.end];
    if !field.escaped {
        return text;
    }
    unescape(text, dialect, unescaped);
    unescaped
}

#[cfg(test)]
mod tests;
