//! A table's rows on their way into a commit: checked, hashed and written to an unfinished file.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, Rows};

use super::commit::{Facts, Stored, Version};
use super::history::{self, Before, HistoryWriter, Written};
use super::name::{Role, TableName};
use super::parquet_file::ParquetFile;
use super::state_hash::{self, StateHasher};
use crate::day::Day;
use crate::error::{Error, Result};

/// Takes a table's rows, batch by batch; belongs to no thread.
pub struct TableWriter {
    pub(super) table: TableName,
    pub(super) role: Role,
    pub(super) day: Day,
    schema: SchemaRef,
    hasher: StateHasher,
    rows: u64,
    order: Option<KeyOrder>,
    out: Out,
}

/// Where rows go to.
enum Out {
    /// All of them into a file of the version's own, whose path from the lake's folder is the second one.
    Whole(Box<ParquetFile>, PathBuf, String),
    /// What changed since the version before.
    History(Box<HistoryWriter>),
}

/// A table that is written and durable, yet in no commit: [`super::Transaction::add`] puts it into one.
#[derive(Debug)]
pub struct Staged {
    pub(super) version: Version,
    pub(super) schema: SchemaRef,
    /// Versions of days before that the new one put into one file.
    pub(super) closed: Vec<Version>,
}

impl Staged {
    /// What was written; readable through any pin of the lake until the transaction ends.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

/// Where a writer's unfinished file lies, and for which version.
pub(super) struct Place {
    pub table: TableName,
    pub role: Role,
    pub day: Day,
    pub path: PathBuf,
    pub name: String,
}

impl TableWriter {
    /// `before` is the version that a snapshot with a key is compared with.
    pub(super) fn create(place: Place, schema: &Schema, key: &[usize], before: Option<Before>) -> Result<Self> {
        let Place { table, role, day, path, name } = place;
        let of_table = |error: Error| Error { message: format!("{role} of {table}: {}", error.message), ..error };
        check_columns(schema).map_err(of_table)?;
        let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let order = if key.is_empty() { None } else { Some(KeyOrder::new(&schema, key).map_err(of_table)?) };
        let out = match &order {
            Some(order) if role == Role::Snapshot => {
                let history = HistoryWriter::create(day, &schema, &order.names, before, path, name);
                Out::History(Box::new(history.map_err(of_table)?))
            }
            _ => Out::Whole(Box::new(ParquetFile::create(&path, &schema)?), path, name),
        };
        Ok(Self { table, role, day, schema, hasher: StateHasher::default(), rows: 0, order, out })
    }

    /// Writes rows whose columns have the names and types of the schema, in its order.
    ///
    /// Fails if a row does not come after the one before it by the key.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let named = |(ours, theirs): (&FieldRef, &FieldRef)| ours.name() == theirs.name();
        if !self.schema.fields().iter().zip(batch.schema_ref().fields()).all(named) {
            return Err(self.failed("its rows have other columns than it was begun with"));
        }
        let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())
            .map_err(|error| self.failed(&format!("its rows do not fit the columns it was begun with: {error}")))?;
        let keys = self.order.as_mut().map(|order| order.check(&batch)).transpose();
        let keys = keys.map_err(|said| self.failed(&said))?;
        let hashes = self.hasher.add(&batch);
        self.rows += batch.num_rows() as u64;
        match (&mut self.out, keys) {
            (Out::History(history), Some(keys)) => history.write(&batch, &keys, hashes),
            (Out::History(_), None) => Err(Error::failed("a table without a key has no history")),
            (Out::Whole(file, path, _), _) => file.write(&batch, path),
        }
    }

    /// Makes the rows durable, outside any commit, and checks that the files read back.
    pub fn finish(self) -> Result<Staged> {
        let Self { table, role, day, schema, hasher, rows, order, out } = self;
        let Written { stored, files, closed } = match out {
            Out::Whole(file, path, name) => {
                Written { stored: Stored::Whole, files: vec![file.finish(&path, name)?], closed: Vec::new() }
            }
            Out::History(history) => history.finish()?,
        };
        let key = order.map(|order| order.names).filter(|_| role == Role::Snapshot).unwrap_or_default();
        let version =
            Version { table, role, day, rows, state: hasher.finish(), stored, key, files, facts: Facts::new() };
        Ok(Staged { version, schema, closed })
    }

    fn failed(&self, said: &str) -> Error {
        Error::failed(format!("{} of {}: {said}", self.role, self.table))
    }
}

fn check_columns(schema: &Schema) -> Result<()> {
    if schema.fields().is_empty() {
        return Err(Error::failed("it has no column"));
    }
    let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(
            Error::failed(format!("two columns are called `{}`", twice[0])).help("name one of them otherwise with AS")
        );
    }
    if let Some(own) = names.iter().find(|name| [history::FROM, history::TO].contains(name)) {
        return Err(Error::failed(format!("no column can be called `{own}`")).help("name it otherwise with AS"));
    }
    state_hash::check_types(schema)
}

/// That rows come in strictly rising order of their key: NULL first, numbers and days by value, text by its bytes.
struct KeyOrder {
    key: Vec<usize>,
    names: Vec<String>,
    converter: RowConverter,
    last: Option<OwnedRow>,
    rows: u64,
}

impl KeyOrder {
    fn new(schema: &Schema, key: &[usize]) -> Result<Self> {
        let names: Vec<String> = key.iter().map(|&column| schema.field(column).name().clone()).collect();
        let converter = history::converter(schema, &names)?;
        Ok(Self { key: key.to_vec(), names, converter, last: None, rows: 0 })
    }

    /// The keys of the rows of a batch.
    fn check(&mut self, batch: &RecordBatch) -> std::result::Result<Rows, String> {
        let columns: Vec<_> = self.key.iter().map(|&column| batch.column(column).clone()).collect();
        let rows = self.converter.convert_columns(&columns).map_err(|error| error.to_string())?;
        let mut last = self.last.as_ref().map(OwnedRow::row);
        for row in &rows {
            self.rows += 1;
            if last.is_some_and(|last| last >= row) {
                let (before, row) = (self.rows - 1, self.rows);
                let names = self.names.join(", ");
                return Err(format!("row {row} does not come after row {before} by the key `{names}`"));
            }
            last = Some(row);
        }
        self.last = last.map(|row| row.owned());
        Ok(rows)
    }
}
