//! A table's rows on their way into a commit: checked, hashed and written to an unfinished file.

use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, SortField};

use super::commit::{Facts, Version};
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
    path: PathBuf,
    /// The path from the lake's folder.
    name: String,
    file: ParquetFile,
    hasher: StateHasher,
    order: Option<KeyOrder>,
}

/// A table that is written and durable, yet in no commit: [`super::Transaction::add`] puts it into one.
#[derive(Debug)]
pub struct Staged {
    pub(super) version: Version,
    pub(super) schema: SchemaRef,
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
    pub(super) fn create(place: Place, schema: &Schema, key: &[usize]) -> Result<Self> {
        let Place { table, role, day, path, name } = place;
        let of_table = |error: Error| Error { message: format!("{role} of {table}: {}", error.message), ..error };
        check_columns(schema).map_err(of_table)?;
        let order = if key.is_empty() { None } else { Some(KeyOrder::new(schema, key).map_err(of_table)?) };
        let file = ParquetFile::create(&path, schema)?;
        Ok(Self { table, role, day, path, name, file, hasher: StateHasher::default(), order })
    }

    /// Writes rows whose columns have the names and types of the schema, in its order.
    ///
    /// Fails if a row does not come after the one before it by the key.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let named =
            |(ours, theirs): (&arrow::datatypes::FieldRef, &arrow::datatypes::FieldRef)| ours.name() == theirs.name();
        let schema = self.file.schema();
        if !schema.fields().iter().zip(batch.schema_ref().fields()).all(named) {
            return Err(self.failed("its rows have other columns than it was begun with"));
        }
        let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec())
            .map_err(|error| self.failed(&format!("its rows do not fit the columns it was begun with: {error}")))?;
        if let Some(order) = &mut self.order
            && let Err(said) = order.check(&batch)
        {
            return Err(self.failed(&said));
        }
        self.hasher.add(&batch);
        self.file.write(&batch, &self.path)
    }

    /// Makes the rows durable, outside any commit, and checks that the file reads back.
    pub fn finish(self) -> Result<Staged> {
        let Self { table, role, day, path, name, file, hasher, .. } = self;
        let schema = file.schema().clone();
        let file = file.finish(&path, name)?;
        let (rows, state) = (file.rows, hasher.finish());
        Ok(Staged {
            version: Version { table, role, day, rows, state, files: vec![file], facts: Facts::new() },
            schema,
        })
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
    state_hash::check_types(schema)
}

/// That rows come in strictly rising order of their key: NULL first, numbers and days by value, text by its bytes.
struct KeyOrder {
    key: Vec<usize>,
    names: String,
    converter: RowConverter,
    last: Option<OwnedRow>,
    rows: u64,
}

impl KeyOrder {
    fn new(schema: &Schema, key: &[usize]) -> Result<Self> {
        let fields = || key.iter().map(|&column| schema.field(column));
        let names: Vec<&str> = fields().map(|field| field.name().as_str()).collect();
        let converter = RowConverter::new(fields().map(|field| SortField::new(field.data_type().clone())).collect())
            .map_err(|error| Error::failed(format!("its rows cannot be ordered by `{}`: {error}", names.join(", "))))?;
        Ok(Self { key: key.to_vec(), names: names.join(", "), converter, last: None, rows: 0 })
    }

    fn check(&mut self, batch: &RecordBatch) -> std::result::Result<(), String> {
        let columns: Vec<_> = self.key.iter().map(|&column| batch.column(column).clone()).collect();
        let rows = self.converter.convert_columns(&columns).map_err(|error| error.to_string())?;
        let mut last = self.last.as_ref().map(OwnedRow::row);
        for row in &rows {
            self.rows += 1;
            if last.is_some_and(|last| last >= row) {
                let (before, row) = (self.rows - 1, self.rows);
                return Err(format!("row {row} does not come after row {before} by the key `{}`", self.names));
            }
            last = Some(row);
        }
        self.last = last.map(|row| row.owned());
        Ok(())
    }
}
