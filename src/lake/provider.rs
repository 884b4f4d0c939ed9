//! A table of the lake as the query engine reads it: the rows as of a day, or all versions of them up to it.
//!
//! The files are those of the pin, never a listing; their names never leave this module.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Date32Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::commit::Version;
use super::history::{self, Lives, VersionRows};
use super::name::{Role, TableName};
use super::pin::Pin;
use crate::day::Day;
use crate::error::Error;

/// The column that tells which day's snapshot a row of [`Pin::snapshots`] is of.
pub const SNAPSHOT_ON: &str = "snapshot_on";

/// The columns as SQL sees them: a version may lack a column that was declared since, so none is promised to be
/// without NULL.
pub fn as_read(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns of [`Pin::snapshots`]: the table's and `snapshot_on`.
pub fn snapshots_as_read(schema: &SchemaRef) -> SchemaRef {
    with_day(schema, SNAPSHOT_ON)
}

/// The columns of [`Pin::history`]: the table's, then `valid_from` and `valid_to`; `known_from` and `known_to` where the
/// table has a column of such a name itself.
pub fn history_as_read(schema: &SchemaRef) -> SchemaRef {
    let [from, to] = match ["valid_from", "valid_to"] {
        names if names.iter().all(|name| schema.field_with_name(name).is_err()) => names,
        _ => ["known_from", "known_to"],
    };
    history::with_days(&as_read(schema), from, to)
}

fn with_day(schema: &SchemaRef, name: &str) -> SchemaRef {
    let mut fields = as_read(schema).fields().to_vec();
    fields.push(Arc::new(Field::new(name, DataType::Date32, false)));
    Arc::new(Schema::new(fields))
}

impl Pin {
    /// The table's rows as of a day, under the given columns; no rows, where there is no version that old.
    ///
    /// A column that a version does not have is NULL in it.
    pub fn table(&self, name: &TableName, role: Role, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        self.provider(self.as_of(name, role, day), schema)
    }

    /// What was rejected of the export that the table's rows as of a day came from.
    pub fn rejects(&self, name: &TableName, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        let taken = self.as_of(name, Role::Snapshot, day);
        self.provider(taken.and_then(|taken| self.on(name, Role::Reject, taken.day)), schema)
    }

    /// All versions of the table's rows that were so up to a day, under the columns of [`history_as_read`].
    pub fn history(&self, name: &TableName, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        let schema = history_as_read(schema);
        Arc::new(HistoryTable { schema, pin: self.clone(), table: name.clone(), day, each: None })
    }

    /// The table's rows as of each of several days, under its columns and a last one that tells the day.
    pub fn each(&self, name: &TableName, days: &[Day], schema: &SchemaRef, column: &str) -> Arc<dyn TableProvider> {
        let Some(last) = days.iter().max() else { return Arc::new(EmptyTable::new(with_day(schema, column))) };
        let (pin, table, each) = (self.clone(), name.clone(), Some(days.to_vec()));
        Arc::new(HistoryTable { schema: with_day(schema, column), pin, table, day: *last, each })
    }

    /// All snapshots of the table up to a day: its columns and `snapshot_on`.
    pub fn snapshots(&self, name: &TableName, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        let days: Vec<Day> = self.days(name, Role::Snapshot).into_iter().take_while(|of| *of <= day).collect();
        self.each(name, &days, schema, SNAPSHOT_ON)
    }

    fn provider(&self, version: Option<&Version>, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        match version {
            Some(version) => {
                let schema = TableSchema::builder(as_read(schema)).build();
                Arc::new(LakeTable { schema, pin: self.clone(), version: version.clone(), files: Default::default() })
            }
            None => Arc::new(EmptyTable::new(as_read(schema))),
        }
    }
}

/// The rows as of a version.
#[derive(Debug)]
struct LakeTable {
    schema: TableSchema,
    pin: Pin,
    version: Version,
    /// The files to read, once they were asked for.
    files: std::sync::OnceLock<Vec<PartitionedFile>>,
}

impl LakeTable {
    /// The files to read, each proved to be the one that was committed, and which of their rows.
    fn files(&self) -> Result<Vec<PartitionedFile>> {
        if let Some(files) = self.files.get() {
            return Ok(files.clone());
        }
        let mut files = Vec::new();
        for piece in history::pieces(&self.pin, &self.version).map_err(external)? {
            let file = Self::file(&piece.path, piece.bytes)?;
            files.push(match piece.selection() {
                Some(selection) => file.with_extension(ParquetRowSelection::new(selection)),
                None => file,
            });
        }
        Ok(self.files.get_or_init(|| files).clone())
    }

    fn file(path: &Path, bytes: u64) -> Result<PartitionedFile> {
        let location = StorePath::from_absolute_path(path).map_err(|error| {
            DataFusionError::External(format!("the lake's path cannot be read by the engine: {error}").into())
        })?;
        let meta = ObjectMeta {
            location,
            // Files of the lake never change; the engine wants some moment.
            last_modified: Default::default(),
            size: bytes,
            e_tag: None,
            version: None,
        };
        Ok(PartitionedFile::new_from_meta(meta))
    }
}

fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let source = Arc::new(ParquetSource::new(self.schema.clone()));
        let files = self.files()?;
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = Precision::Exact(usize::try_from(self.version.rows).unwrap_or(usize::MAX));
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_group(FileGroup::new(files))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// All versions of a table's rows up to a day, or its rows as of each of several days.
#[derive(Debug, Clone)]
struct HistoryTable {
    schema: SchemaRef,
    pin: Pin,
    table: TableName,
    day: Day,
    each: Option<Vec<Day>>,
}

#[async_trait]
impl TableProvider for HistoryTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let lives = history::lives(&self.pin, &self.table, self.day).map_err(external)?;
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let stream = HistoryStream::new(self, lives, projection.unwrap_or(&all))?;
        let schema = PartitionStream::schema(&stream).clone();
        let exec = StreamingTableExec::try_new(schema, vec![Arc::new(stream)], None, None, false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// Some columns of a history, read file by file.
#[derive(Debug, Clone)]
struct HistoryStream {
    lives: Vec<Lives>,
    /// The columns to read, with those of a version's days last.
    read: SchemaRef,
    /// The columns to give, and their positions in what is read.
    given: SchemaRef,
    positions: Vec<usize>,
    each: Option<Arc<[i32]>>,
}

impl HistoryStream {
    fn new(table: &HistoryTable, lives: Vec<Lives>, projection: &[usize]) -> Result<Self> {
        let given = Arc::new(table.schema.project(projection)?);
        // The lake's own come last: the days of a version, or the one day of a row.
        let own = if table.each.is_some() { 1 } else { 2 };
        let of_table = table.schema.fields().len() - own;
        let columns: Vec<usize> = projection.iter().copied().filter(|at| *at < of_table).collect();
        let positions = projection.iter().map(|at| match columns.iter().position(|column| column == at) {
            Some(position) => position,
            None => columns.len() + at - of_table,
        });
        let positions = positions.collect();
        let read = history::with_days(&table.schema.project(&columns)?, history::FROM, history::TO);
        let each = table.each.as_ref().map(|days| days.iter().map(|day| day.to_epoch_days()).collect());
        Ok(Self { lives, read, given, positions, each })
    }

    fn batches(self) -> impl Iterator<Item = Result<RecordBatch>> {
        let Self { lives, read, given, positions, each } = self;
        let opened = lives.into_iter().flat_map(move |lives| match VersionRows::open(&lives, &read) {
            Ok(rows) => Box::new(rows) as Box<dyn Iterator<Item = crate::error::Result<RecordBatch>> + Send>,
            Err(error) => Box::new(std::iter::once(Err(error))),
        });
        opened.map(move |batch| {
            let batch = batch.map_err(external)?;
            let batch = match &each {
                None => batch,
                Some(days) => expand(&batch, days)?,
            };
            let columns = positions.iter().map(|position| batch.column(*position).clone()).collect();
            let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(given.clone(), columns, &options)?)
        })
    }
}

impl PartitionStream for HistoryStream {
    fn schema(&self) -> &SchemaRef {
        &self.given
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = futures::stream::iter(self.clone().batches());
        Box::pin(RecordBatchStreamAdapter::new(self.given.clone(), batches))
    }
}

/// Each version once for every day on which it was so, with the day in the place of its own two.
fn expand(batch: &RecordBatch, days: &[i32]) -> Result<RecordBatch> {
    let own = batch.num_columns() - 2;
    let (from, to) =
        (batch.column(own).as_primitive::<Date32Type>(), batch.column(own + 1).as_primitive::<Date32Type>());
    let (mut rows, mut on) = (Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        let until = if to.is_null(row) { i32::MAX } else { to.value(row) };
        for day in days.iter().filter(|day| (from.value(row)..until).contains(*day)) {
            rows.push(row as u32);
            on.push(*day);
        }
    }
    let rows = take_record_batch(batch, &UInt32Array::from(rows))?;
    let mut columns = rows.columns()[..own].to_vec();
    columns.push(Arc::new(Date32Array::from(on)));
    let mut fields = batch.schema_ref().fields()[..own].to_vec();
    fields.push(Arc::new(Field::new(SNAPSHOT_ON, DataType::Date32, false)));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
