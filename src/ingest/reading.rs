//! An export read to its end: the rows that fit, with their places, and the rows that do not.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema};

use super::Counts;
use super::conform::{self, Unfit};
use super::keyed::{KeySet, Keys};
use super::mapping::Mapping;
use super::reject::{self, Reject};
use crate::error::{Error, Result};
use crate::exports::{Export, Fault, TextBatch};
use crate::query::{DeclaredTable, Settings};

/// What an export is read with.
pub struct Over<'j> {
    pub table: &'j DeclaredTable,
    pub settings: &'j Settings,
    pub mapping: &'j Mapping,
    pub keys: &'j Keys,
    pub header: &'j [String],
}

/// What reading an export came to.
#[derive(Default)]
pub struct Read {
    /// The rows that fit, in the order of reading, under the declared schema.
    pub good: Vec<RecordBatch>,
    pub places: Places,
    pub rejects: Vec<Reject>,
    /// Keys of rejected rows, where they could be read.
    pub rejected_keys: KeySet,
    pub counts: Counts,
}

/// Where each good row stands in the export.
#[derive(Default)]
pub struct Places(Vec<(Arc<str>, Vec<u64>)>);

impl Places {
    /// File and line of the good row at a position in the order of reading.
    pub fn at(&self, mut position: usize) -> (Arc<str>, u64) {
        for (file, lines) in &self.0 {
            match lines.get(position) {
                Some(line) => return (Arc::clone(file), *line),
                None => position -= lines.len(),
            }
        }
        unreachable!("every good row's place was noted when it was read")
    }
}

/// Reads an export to its end.
pub fn read(over: &Over<'_>, export: &mut Export) -> Result<Read> {
    let mut read = Read::default();
    let mut last: BTreeMap<Arc<str>, Last> = BTreeMap::new();
    while let Some(batch) = export.next_batch()? {
        let line = |lines: Option<&u64>| lines.copied().unwrap_or(0);
        let (row, fault) = (line(batch.lines.last()), batch.faults.last().map_or(0, |fault| fault.line));
        if row.max(fault) > 0 {
            last.insert(Arc::clone(&batch.file), Last { line: row.max(fault), is_fault: fault > row });
        }
        read.counts.read += batch.faults.len() as u64;
        over.take_faults(&batch.faults, &mut read)?;
        over.take_rows(batch, &mut read)?;
    }
    for file in export.facts().iter().filter(|file| file.ends_without_newline) {
        if let Some(Last { line, is_fault: true }) = last.get(&file.file) {
            return Err(Error::failed(format!("{} was cut: its last row, line {line}, is not whole", file.file))
                .help("export it again: what is missing at its end would be taken for deleted"));
        }
    }
    Ok(read)
}

/// The last row of a file, and whether it could not be read.
struct Last {
    line: u64,
    is_fault: bool,
}

impl Over<'_> {
    fn take_rows(&self, batch: TextBatch, read: &mut Read) -> Result<()> {
        let TextBatch { file, columns, lines, .. } = batch;
        let all = lines.len();
        let keep = self.mapping.condition(&columns)?;
        let (columns, lines) = only(columns, lines, keep)?;
        read.counts.left_out += (all - lines.len()) as u64;
        for row in 0..self.mapping.rows() {
            let holds = self.mapping.condition_of(row, &columns)?;
            let (columns, lines) = only(columns.clone(), lines.clone(), holds)?;
            self.take_row(row, &file, columns, lines, read)?;
        }
        Ok(())
    }

    /// Takes one of the rows of the table that each of these rows of the export holds.
    fn take_row(
        &self,
        row: usize,
        file: &Arc<str>,
        columns: RecordBatch,
        lines: Vec<u64>,
        read: &mut Read,
    ) -> Result<()> {
        let rows = lines.len();
        read.counts.read += rows as u64;
        if rows == 0 {
            return Ok(());
        }
        let all: Vec<usize> = (0..self.table.columns.len()).collect();
        let mapped = self.mapping.evaluate(row, &columns, all.iter().copied())?;
        let (values, faults) = conform::conform(self.table, &all, mapped, rows, &self.settings.timezone)?;
        if !faults.is_empty() {
            self.note_keys(&values, faults.keys().copied(), read)?;
            self.reject(file, &columns, &lines, &faults, read);
        }
        read.places.0.push((
            Arc::clone(file),
            lines.iter().enumerate().filter(|(row, _)| !faults.contains_key(row)).map(|(_, line)| *line).collect(),
        ));
        read.good.push(conform::fitting(self.table, values, &faults)?);
        Ok(())
    }

    fn reject(
        &self,
        file: &Arc<str>,
        columns: &RecordBatch,
        lines: &[u64],
        faults: &BTreeMap<usize, Unfit>,
        read: &mut Read,
    ) {
        let names: Vec<String> = columns.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        for (row, Unfit { column, reason }) in faults {
            let texts = columns.columns().iter().map(|column| {
                let column: &StringArray = column.as_string();
                column.is_valid(*row).then(|| column.value(*row))
            });
            read.rejects.push(Reject {
                file: Arc::clone(file),
                line: lines[*row],
                column: Some(column.clone()),
                reason: reason.clone(),
                fields: reject::row_json(&names, texts),
            });
        }
    }

    /// Keeps the keys of rejected rows that can be read, so that their last good version can be carried.
    fn note_keys(&self, values: &[ArrayRef], rows: impl Iterator<Item = usize>, read: &mut Read) -> Result<()> {
        let key: Vec<ArrayRef> = self.table.key.iter().map(|position| Arc::clone(&values[*position])).collect();
        let keys = self.keys.of_columns(&key)?;
        let readable = rows.filter(|row| key.iter().all(|column| column.is_valid(*row)));
        read.rejected_keys.extend(readable.map(|row| Box::from(keys.row(row).as_ref())));
        Ok(())
    }

    /// Rows that could not be read as rows: of what could be read the key is looked for.
    fn take_faults(&self, faults: &[Fault], read: &mut Read) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let column = |at: usize| {
            let texts = faults.iter().map(|fault| fault.fields.get(at).and_then(|field| field.as_deref()));
            Arc::new(texts.collect::<StringArray>()) as ArrayRef
        };
        let fields: Vec<Field> = self.header.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let texts =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), (0..self.header.len()).map(column).collect())
                .map_err(|error| Error::failed(format!("could not look at the rows that cannot be read: {error}")))?;
        for row in 0..self.mapping.rows() {
            let mapped = self.mapping.evaluate(row, &texts, self.table.key.iter().copied())?;
            let zone = &self.settings.timezone;
            let (key, _) = conform::conform(self.table, &self.table.key, mapped, faults.len(), zone)?;
            let keys = self.keys.of_columns(&key)?;
            let readable = (0..faults.len()).filter(|at| key.iter().all(|column| column.is_valid(*at)));
            read.rejected_keys.extend(readable.map(|at| Box::from(keys.row(at).as_ref())));
        }
        for fault in faults {
            read.rejects.push(Reject {
                file: Arc::clone(&fault.file),
                line: fault.line,
                column: fault.column.clone(),
                reason: fault.reason.clone(),
                fields: reject::row_json(self.header, fault.fields.iter().map(Option::as_deref)),
            });
        }
        Ok(())
    }
}

/// The rows of a batch that are to be kept, with their lines; all, if that is not said.
fn only(columns: RecordBatch, lines: Vec<u64>, keep: Option<BooleanArray>) -> Result<(RecordBatch, Vec<u64>)> {
    let Some(keep) = keep else { return Ok((columns, lines)) };
    let lines = lines.into_iter().zip(keep.values()).filter(|(_, keep)| *keep).map(|(line, _)| line).collect();
    let columns = filter_record_batch(&columns, &keep)
        .map_err(|error| Error::failed(format!("could not apply `where`: {error}")))?;
    Ok((columns, lines))
}
