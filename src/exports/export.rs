//! Takes the files of one export and gives their rows as one stream, under one header.
//!
//! CSV, Parquet and XLSX files each have a header; those of one export must have the same columns, in any order. NDJSON
//! and JSON have none: their columns are the union of all keys, in the order of their first appearance, for which the
//! files are read a first time. So the header is known before the first row in every format, and whoever maps columns
//! can tell a column that is missing from one that is empty.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::csv::CsvReader;
use super::input::Input;
use super::json::JsonReader;
use super::ndjson::NdJsonReader;
use super::object::Keys;
use super::parquet::ParquetReader;
use super::roots::Roots;
use super::rows::Part;
use super::xlsx::XlsxReader;
use super::{Closed, Fault, FileFacts, Format, Reader, Recognise, TextBatch};
use crate::error::{Error, Result};
use crate::problem::did_you_mean;

/// The files of one export, being read one after the other.
pub struct Export {
    format: Format,
    waiting: VecDeque<(PathBuf, Arc<str>)>,
    header: Arc<[String]>,
    /// The file whose header it is.
    first: Arc<str>,
    /// The columns that batches hold.
    schema: SchemaRef,
    open: Option<OpenFile>,
    facts: Vec<FileFacts>,
    known: Option<Arc<dyn Recognise>>,
}

struct OpenFile {
    reader: Box<dyn Reader>,
    /// For each column of the file, its place in the export's header.
    places: Vec<usize>,
    name: Arc<str>,
    rows: u64,
    faults: u64,
}

/// Opens the files of an export, in the order given, and reads the header; there must be one file at least.
pub fn open(roots: &Roots, format: &Format, files: &[PathBuf]) -> Result<Export> {
    let waiting: Vec<(PathBuf, Arc<str>)> =
        files.iter().map(|file| Ok((roots.confine(file)?, Arc::from(roots.name(file))))).collect::<Result<_>>()?;
    let Some((path, first)) = waiting.first() else {
        return Err(Error::failed(format!("no file matches {}", format.path())));
    };
    let (header, reader) = match keys(format, &waiting)? {
        Some(header) => (header, None),
        None => {
            let reader = open_file(format, path, first, &Arc::from([]))?;
            (Arc::from(reader.header()), Some(reader))
        }
    };
    let first = Arc::clone(first);
    let mut waiting = VecDeque::from(waiting);
    let open = reader.map(|reader| {
        waiting.pop_front();
        OpenFile { reader, places: (0..header.len()).collect(), name: Arc::clone(&first), rows: 0, faults: 0 }
    });
    let schema = schema(header.iter());
    Ok(Export { format: format.clone(), waiting, header, first, schema, open, facts: Vec::new(), known: None })
}

/// The columns of formats without a header: all keys of all files.
fn keys(format: &Format, files: &[(PathBuf, Arc<str>)]) -> Result<Option<Arc<[String]>>> {
    let mut keys = Keys::default();
    for (path, name) in files {
        match format {
            Format::NdJson(_) => NdJsonReader::open(Input::skim(path, name)?, Arc::from([]))?.find_keys(&mut keys)?,
            Format::Json(json) => {
                JsonReader::open(json, Input::skim(path, name)?, Arc::from([]))?.find_keys(&mut keys)?
            }
            Format::Csv(_) | Format::Parquet(_) | Format::Xlsx(_) => return Ok(None),
        }
    }
    Ok(Some(Arc::from(keys.names)))
}

fn open_file(format: &Format, path: &Path, name: &Arc<str>, keys: &Arc<[String]>) -> Result<Box<dyn Reader>> {
    Ok(match format {
        Format::Csv(csv) => Box::new(CsvReader::open(csv, Input::open(path, name)?)?),
        Format::NdJson(_) => Box::new(NdJsonReader::open(Input::open(path, name)?, Arc::clone(keys))?),
        Format::Json(json) => Box::new(JsonReader::open(json, Input::open(path, name)?, Arc::clone(keys))?),
        Format::Parquet(_) => Box::new(ParquetReader::open(path, name)?),
        Format::Xlsx(xlsx) => Box::new(XlsxReader::open(xlsx, path, name)?),
    })
}

fn schema<'a>(names: impl Iterator<Item = &'a String>) -> SchemaRef {
    Arc::new(Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>()))
}

impl Export {
    /// The names of all columns, case kept, in the first file's order.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Narrows the batches to these columns, in this order; to be called before the first batch. Faults keep all fields.
    pub fn select(&mut self, names: &[impl AsRef<str>]) -> Result<()> {
        assert!(
            self.facts.is_empty() && self.open.as_ref().is_none_or(|open| open.rows + open.faults == 0),
            "rows were read"
        );
        for name in names.iter().map(AsRef::as_ref) {
            if !self.header.iter().any(|column| column == name) {
                return Err(Error::failed(format!("{} has no column `{name}`", self.first))
                    .help(did_you_mean(name, self.header.iter().map(String::as_str))));
            }
        }
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.schema = schema(names.iter());
        if let Some(open) = &mut self.open {
            open.reader.keep(kept(&self.schema, open.reader.header()));
        }
        Ok(())
    }

    /// Marks records from now on, and recognises those that are known; to be called before the first batch.
    pub fn mark(&mut self, known: Arc<dyn Recognise>) {
        if let Some(open) = &mut self.open {
            open.reader.mark(&known);
        }
        self.known = Some(known);
    }

    /// The next rows of one file; `None` when all files are read.
    pub fn next_batch(&mut self) -> Result<Option<TextBatch>> {
        loop {
            let Some(mut open) = self.open.take() else {
                let Some((path, name)) = self.waiting.pop_front() else { return Ok(None) };
                self.open = Some(self.open_next(path, name)?);
                continue;
            };
            let Some(part) = open.reader.next()? else {
                let Closed { fingerprint, ends_without_newline } = open.reader.close()?;
                let (file, rows, faults) = (open.name, open.rows, open.faults);
                let (bytes, xxh3) = (fingerprint.bytes, fingerprint.xxh3);
                self.facts.push(FileFacts { file, rows, faults, bytes, xxh3, ends_without_newline });
                continue;
            };
            open.rows += (part.lines.len() + part.familiar.len()) as u64;
            open.faults += part.faults.len() as u64;
            let batch = self.batch(part, &open);
            self.open = Some(open);
            return Ok(Some(batch));
        }
    }

    /// What is known of the files that were read to their ends, in their order.
    pub fn facts(&self) -> &[FileFacts] {
        &self.facts
    }

    fn open_next(&self, path: PathBuf, name: Arc<str>) -> Result<OpenFile> {
        let mut reader = open_file(&self.format, &path, &name, &self.header)?;
        let places = self.places(reader.header(), &name)?;
        reader.keep(kept(&self.schema, reader.header()));
        self.known.iter().for_each(|known| reader.mark(known));
        Ok(OpenFile { reader, places, name, rows: 0, faults: 0 })
    }

    /// Where the columns of another file stand in the header; an error when they are not the same columns.
    fn places(&self, columns: &[String], name: &str) -> Result<Vec<usize>> {
        let differs = |with: &str, column: &str, without: &str| {
            Error::failed(format!("{with} has a column `{column}` that {without} has not")).help(
                "files of one export need the same columns; read them as sources of their own, or export them again",
            )
        };
        if let Some(missing) = self.header.iter().find(|column| !columns.contains(column)) {
            return Err(differs(&self.first, missing, name));
        }
        let place = |column: &String| self.header.iter().position(|known| known == column);
        columns.iter().map(|column| place(column).ok_or_else(|| differs(name, column, &self.first))).collect()
    }

    fn batch(&self, part: Part, open: &OpenFile) -> TextBatch {
        let Part { columns, lines, mut faults, marks, familiar } = part;
        if !open.places.is_sorted() {
            faults.iter_mut().for_each(|fault| reorder(fault, &open.places));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(lines.len()));
        let columns = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .expect("readers give one nullable text per kept column and row");
        TextBatch { file: Arc::clone(&open.name), columns, lines, faults, marks, familiar }
    }
}

/// Where the columns of the batches stand in a file's header.
fn kept(schema: &Schema, header: &[String]) -> Vec<usize> {
    let place = |name: &String| header.iter().position(|column| column == name);
    schema
        .fields()
        .iter()
        .map(|field| place(field.name()).expect("headers are compared before columns are kept"))
        .collect()
}

/// Puts the fields of a file's order into the header's; what a row has too many of stays at the end.
fn reorder(fault: &mut Fault, places: &[usize]) {
    let mut fields = vec![None; places.len()];
    for (at, field) in std::mem::take(&mut fault.fields).into_iter().enumerate() {
        match places.get(at) {
            Some(&place) => fields[place] = field,
            None => fields.push(field),
        }
    }
    fault.fields = fields;
}
