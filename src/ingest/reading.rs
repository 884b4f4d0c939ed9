//! An export's rows under their table's columns: those that fit, with their places, and those that do not.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jiff::tz::TimeZone;

use super::Counts;
use super::conform::{self, Conformed, Unfit};
use super::guard;
use super::keyed::{KeySet, Keys};
use super::mapping::Mapping;
use super::ordering::Double;
use super::placed::{self, Place};
use super::recalled::{Recalled, Record};
use super::reject::{self, Rejects};
use crate::error::{Error, Result};
use crate::exports::{Familiar, Fault, FileFacts, TextBatch};
use crate::query::DeclaredTable;

/// What an export is read with.
pub struct Over {
    pub table: DeclaredTable,
    pub zone: TimeZone,
    pub mapping: Mapping,
    pub keys: Arc<Keys>,
    pub header: Vec<String>,
    pub recalled: Option<Arc<Recalled>>,
    /// The share of rows that may be rejected.
    pub limit: f64,
    /// So many rejects are kept whatever their share is.
    pub rejects: u64,
}

/// What reading an export came to, beside the rows that fit.
#[derive(Default)]
pub struct Read {
    /// The files of the export, as places number them.
    pub files: Vec<Arc<str>>,
    pub rejects: Rejects,
    /// Keys of rejected rows, where they could be read; none, where rejects are but counted.
    pub rejected_keys: KeySet,
    pub counts: Counts,
    /// How many numbers were rounded, by their column's position in the table.
    pub rounded: BTreeMap<usize, u64>,
    pub facts: Vec<FileFacts>,
    /// Where the records stand that gave remembered rows, by their positions.
    pub seen: Vec<Option<Place>>,
    /// Recognised records that came again.
    pub doubles: Vec<Double>,
    /// The marks of records that were left out.
    pub left_out: Vec<u128>,
}

/// An export being read.
pub struct Reading {
    over: Over,
    schema: SchemaRef,
    read: Read,
    rows: u64,
    last: BTreeMap<Arc<str>, Last>,
}

/// The last row of a file, and whether it could not be read.
struct Last {
    line: u64,
    is_fault: bool,
}

impl Reading {
    pub fn new(over: Over) -> Self {
        let schema = placed::schema(&over.table.schema());
        let rows = over.recalled.as_ref().map_or(0, |recalled| recalled.marks.rows.len());
        let read = Read { seen: vec![None; rows], ..Read::default() };
        Self { over, schema, read, rows: 0, last: BTreeMap::new() }
    }

    /// The rows of a batch that fit, with their places.
    pub fn take(&mut self, batch: TextBatch) -> Result<Vec<RecordBatch>> {
        let line = |lines: Option<&u64>| lines.copied().unwrap_or(0);
        let familiar = batch.familiar.last().map_or(0, |familiar| familiar.line);
        let (row, fault) = (line(batch.lines.last()).max(familiar), batch.faults.last().map_or(0, |fault| fault.line));
        if row.max(fault) > 0 {
            self.last.insert(Arc::clone(&batch.file), Last { line: row.max(fault), is_fault: fault > row });
        }
        if self.read.files.last() != Some(&batch.file) {
            self.read.files.push(Arc::clone(&batch.file));
        }
        self.read.counts.read += batch.faults.len() as u64;
        self.take_faults(&batch.faults)?;
        self.take_familiar(&batch.familiar)?;
        let taken = self.take_rows(batch)?;
        // An export that is wrong throughout would else be held in memory, row by row, to be refused at its end. One that is
        // wrong at its start only is known for that at its end, and read again.
        let rejected = self.read.rejects.len();
        if rejected > self.over.rejects && guard::is_over(self.over.limit, rejected, self.read.counts.read) {
            self.read.rejects.count();
            self.read.rejected_keys = KeySet::new();
        }
        Ok(taken)
    }

    /// Notes which remembered rows are there again.
    fn take_familiar(&mut self, familiar: &[Familiar]) -> Result<()> {
        let Some(recalled) = self.over.recalled.as_ref().filter(|_| !familiar.is_empty()) else { return Ok(()) };
        let file = self.read.file()?;
        for Familiar { number, line } in familiar {
            match recalled.record(*number) {
                Record::LeftOut(at) => {
                    self.read.counts.left_out += 1;
                    self.read.left_out.push(recalled.marks.strays[at]);
                }
                Record::Row(at) => {
                    self.read.counts.read += 1;
                    let place = Place { file, line: *line };
                    match self.read.seen[at] {
                        Some(first) => self.read.doubles.push(Double { place, first }),
                        None => self.read.seen[at] = Some(place),
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a row was rejected whose last good version may have to be carried.
    pub fn has_rejected_keys(&self) -> bool {
        !self.read.rejected_keys.is_empty()
    }

    /// Ends the reading of an export that was read to its end.
    pub fn end(mut self, facts: Vec<FileFacts>) -> Result<Read> {
        for file in facts.iter().filter(|file| file.ends_without_newline) {
            if let Some(Last { line, is_fault: true }) = self.last.get(&file.file) {
                return Err(Error::failed(format!("{} was cut: its last row, line {line}, is not whole", file.file))
                    .help("export it again: what is missing at its end would be taken for deleted"));
            }
        }
        self.read.facts = facts;
        Ok(self.read)
    }

    fn take_rows(&mut self, batch: TextBatch) -> Result<Vec<RecordBatch>> {
        let TextBatch { file, columns, lines, marks, .. } = batch;
        let all = Texts { columns, lines, marks };
        let keep = self.over.mapping.condition(&all.columns)?;
        if let Some(keep) = &keep {
            self.read.counts.left_out += keep.false_count() as u64;
            let marks = all.marks.iter().zip(keep.values()).filter(|(_, keep)| !keep);
            self.read.left_out.extend(marks.map(|(mark, _)| mark));
        }
        let kept = all.only(keep)?;
        let mut taken = Vec::new();
        for row in 0..self.over.mapping.rows() {
            let holds = self.over.mapping.condition_of(row, &kept.columns)?;
            taken.extend(self.take_row(row, &file, kept.clone().only(holds)?)?);
        }
        Ok(taken)
    }

    /// Takes one of the rows of the table that each of these rows of the export holds.
    fn take_row(&mut self, row: usize, file: &Arc<str>, texts: Texts) -> Result<Option<RecordBatch>> {
        let Texts { columns, mut lines, mut marks } = texts;
        let rows = lines.len();
        self.read.counts.read += rows as u64;
        if rows == 0 {
            return Ok(None);
        }
        let Over { table, zone, mapping, .. } = &self.over;
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let mapped = mapping.evaluate(row, &columns, all.iter().copied())?;
        let Conformed { columns: values, faults, rounded } = conform::conform(table, &all, mapped, rows, zone)?;
        for (column, rows) in rounded {
            *self.read.rounded.entry(column).or_default() += rows;
        }
        let fitting = conform::fitting(table, &values, &faults)?;
        if !faults.is_empty() {
            self.note_keys(&values, faults.keys().copied())?;
            self.reject(file, &columns, &lines, &faults);
            without(&mut lines, &faults);
            without(&mut marks, &faults);
        }
        let (first, file) = (self.rows, self.read.file()?);
        self.rows += fitting.num_rows() as u64;
        placed::place(fitting, &self.schema, placed::Origin { first, file, lines, marks }).map(Some)
    }

    fn reject(&mut self, file: &Arc<str>, columns: &RecordBatch, lines: &[u64], faults: &BTreeMap<usize, Unfit>) {
        let names: Vec<String> = columns.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        for (row, Unfit { column, reason }) in faults {
            let texts = columns.columns().iter().map(|column| {
                let column: &StringArray = column.as_string();
                column.is_valid(*row).then(|| column.value(*row))
            });
            let fields = || reject::row_json(&names, texts);
            self.read.rejects.add((file, lines[*row]), Some(column), reason, fields);
        }
    }

    /// Keeps the keys of rejected rows that can be read, so that their last good version can be carried.
    fn note_keys(&mut self, values: &[ArrayRef], rows: impl Iterator<Item = usize>) -> Result<()> {
        if !self.read.rejects.are_kept() {
            return Ok(());
        }
        let key: Vec<ArrayRef> = self.over.table.key.iter().map(|position| Arc::clone(&values[*position])).collect();
        let keys = self.over.keys.of_columns(&key)?;
        let readable = rows.filter(|row| key.iter().all(|column| column.is_valid(*row)));
        self.read.rejected_keys.extend(readable.map(|row| Box::from(keys.row(row).as_ref())));
        Ok(())
    }

    /// Rows that could not be read as rows: of what could be read the key is looked for.
    fn take_faults(&mut self, faults: &[Fault]) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let column = |at: usize| {
            let texts = faults.iter().map(|fault| fault.fields.get(at).and_then(|field| field.as_deref()));
            Arc::new(texts.collect::<StringArray>()) as ArrayRef
        };
        let Over { table, zone, mapping, keys, header, .. } = &self.over;
        let fields: Vec<Field> = header.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let texts = RecordBatch::try_new(Arc::new(Schema::new(fields)), (0..header.len()).map(column).collect())
            .map_err(|error| Error::failed(format!("could not look at the rows that cannot be read: {error}")))?;
        let rows = if self.read.rejects.are_kept() { mapping.rows() } else { 0 };
        for row in 0..rows {
            let mapped = mapping.evaluate(row, &texts, table.key.iter().copied())?;
            let key = conform::conform(table, &table.key, mapped, faults.len(), zone)?.columns;
            let keys = keys.of_columns(&key)?;
            let readable = (0..faults.len()).filter(|at| key.iter().all(|column| column.is_valid(*at)));
            self.read.rejected_keys.extend(readable.map(|at| Box::from(keys.row(at).as_ref())));
        }
        for fault in faults {
            let fields = || reject::row_json(header, fault.fields.iter().map(Option::as_deref));
            self.read.rejects.add((&fault.file, fault.line), fault.column.as_deref(), &fault.reason, fields);
        }
        Ok(())
    }
}

/// Rows of an export, with their lines and, where they are marked, their marks.
#[derive(Clone)]
struct Texts {
    columns: RecordBatch,
    lines: Vec<u64>,
    marks: Vec<u128>,
}

impl Texts {
    /// The rows that are to be kept; all, if that is not said.
    fn only(self, keep: Option<BooleanArray>) -> Result<Self> {
        let Some(keep) = keep else { return Ok(self) };
        let Self { columns, lines, marks } = self;
        let lines = lines.into_iter().zip(keep.values()).filter(|(_, keep)| *keep).map(|(line, _)| line).collect();
        let marks = marks.into_iter().zip(keep.values()).filter(|(_, keep)| *keep).map(|(mark, _)| mark).collect();
        let columns = filter_record_batch(&columns, &keep)
            .map_err(|error| Error::failed(format!("could not apply `where`: {error}")))?;
        Ok(Self { columns, lines, marks })
    }
}

/// Takes out what is of rows with faults.
fn without<T>(of_rows: &mut Vec<T>, faults: &BTreeMap<usize, Unfit>) {
    let mut row = 0..;
    of_rows.retain(|_| row.next().is_some_and(|row| !faults.contains_key(&row)));
}

impl Read {
    /// Which file of the export is being read.
    fn file(&self) -> Result<u32> {
        u32::try_from(self.files.len() - 1).map_err(|_| Error::failed("an export has too many files"))
    }
}
