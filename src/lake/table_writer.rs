//! A table's rows on their way into a commit: checked, hashed and written to an unfinished file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, Rows};

use super::commit::{Facts, Stored, Version};
use super::fs;
use super::history::{self, Before, HistoryWriter, MarkedRow, Marks, Written};
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
    begun: Begun,
}

/// What a writer was begun with.
struct Begun {
    place: Place,
    key: Vec<usize>,
    before: Option<Before>,
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
    /// The unfinished file of the rows' marks.
    pub(super) marks: Option<PathBuf>,
}

impl Staged {
    /// What was written; readable through any pin of the lake until the transaction ends.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

/// Where a writer's unfinished file lies, and for which version.
#[derive(Clone)]
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
        let begun = Begun { place: place.clone(), key: key.to_vec(), before: before.clone() };
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
        Ok(Self { table, role, day, schema, hasher: StateHasher::default(), rows: 0, order, out, begun })
    }

    /// Begins again, as if nothing had been written.
    pub fn anew(self) -> Result<Self> {
        let Self { schema, out, begun: Begun { place, key, before }, .. } = self;
        drop(out);
        fs::remove(&place.path)?;
        Self::create(place, &schema, &key, before)
    }

    /// A folder for what is not to outlive the run.
    pub fn scratch(&self) -> &Path {
        self.begun.place.path.parent().unwrap_or(Path::new("."))
    }

    /// Writes rows whose columns have the names and types of the schema, in its order.
    ///
    /// Fails if a row does not come after the one before it by the key.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.write_marked(batch, &[])
    }

    /// Likewise; tells the mark of each row, for [`TableWriter::remember`].
    pub fn write_marked(&mut self, batch: &RecordBatch, marks: &[u128]) -> Result<()> {
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
            (Out::History(history), Some(keys)) => history.write(&batch, &keys, hashes, marks),
            (Out::History(_), None) => Err(Error::failed("a table without a key has no history")),
            (Out::Whole(file, path, _), _) => file.write(&batch, path),
        }
    }

    /// The marks of the snapshot before, if it was remembered with marks of the same meaning and its rows can be told to
    /// go on.
    pub fn recall(&self, meaning: u128) -> Option<Marks> {
        let Out::History(history) = &self.out else { return None };
        let before = self.begun.before.as_ref()?;
        history.recall(&marks_file(before.pin.root(), &self.table), meaning)
    }

    /// Keeps a mark of each row for the next snapshot, beside the lake's data; to be called before the first row.
    pub fn remember(&mut self, meaning: u128) -> Result<()> {
        match &mut self.out {
            Out::History(history) => history.remember(meaning),
            Out::Whole(..) => Ok(()),
        }
    }

    /// Lets rows of the snapshot before stay, each with a mark, and ends the others: what is written after that is new,
    /// and none of it has the key of a row that stays.
    pub fn go_on(&mut self, rows: &[MarkedRow], stays: &[Option<u128>]) -> Result<()> {
        let Out::History(history) = &mut self.out else {
            return Err(Error::failed("a table without a key has no history"));
        };
        history.go_on(rows, stays)?;
        for (row, _) in rows.iter().zip(stays).filter(|(_, stays)| stays.is_some()) {
            self.hasher.add_row(row.hash);
            self.rows += 1;
        }
        Ok(())
    }

    /// Makes the rows durable, outside any commit, and checks that the files read back.
    pub fn finish(self) -> Result<Staged> {
        self.finish_marked(&[])
    }

    /// Likewise; `strays` are marks of what is no row.
    pub fn finish_marked(self, strays: &[u128]) -> Result<Staged> {
        let Self { table, role, day, schema, hasher, rows, order, out, .. } = self;
        let Written { stored, files, closed, marks } = match out {
            Out::Whole(file, path, name) => {
                let files = vec![file.finish(&path, name)?];
                Written { stored: Stored::Whole, files, closed: Vec::new(), marks: None }
            }
            Out::History(history) => history.finish(strays)?,
        };
        let key = order.map(|order| order.names).filter(|_| role == Role::Snapshot).unwrap_or_default();
        let version =
            Version { table, role, day, rows, state: hasher.finish(), stored, key, files, facts: Facts::new() };
        Ok(Staged { version, schema, closed, marks })
    }

    fn failed(&self, said: &str) -> Error {
        Error::failed(format!("{} of {}: {said}", self.role, self.table))
    }
}

/// Where the marks of a table's newest snapshot lie.
pub(super) fn marks_file(root: &Path, table: &TableName) -> PathBuf {
    root.join("cache").join(format!("{table}.marks"))
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
