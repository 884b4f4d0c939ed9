//! A table of the lake as the query engine reads it: its rows as of a day, their versions, or what was rejected.
//!
//! The files are those of the pin, never a listing; their names never leave this module.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, Operator};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNullExpr, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::streaming::StreamingTableExec;

use super::commit::Version;
use super::history::{self, Piece};
use super::history_table::HistoryTable;
use super::name::{Role, TableName};
use super::pin::Pin;
use super::recast::Recast;
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

    /// The table's rows as of each of several days, which rise, under its columns and a last one that tells the day.
    pub fn each(&self, name: &TableName, days: &[Day], schema: &SchemaRef, column: &str) -> Arc<dyn TableProvider> {
        let Some(last) = days.last() else { return Arc::new(EmptyTable::new(with_day(schema, column))) };
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
                let schema = as_read(schema);
                Arc::new(LakeTable { schema, pin: self.clone(), version: version.clone(), files: Default::default() })
            }
            None => Arc::new(EmptyTable::new(as_read(schema))),
        }
    }
}

/// The rows as of a version.
#[derive(Debug)]
struct LakeTable {
    schema: SchemaRef,
    pin: Pin,
    version: Version,
    /// What to read, once it was asked for.
    files: std::sync::OnceLock<Files>,
}

/// The files of a version, each proved to be the one that was committed, and the columns that they have.
#[derive(Debug, Clone)]
struct Files {
    pieces: Vec<Piece>,
    /// The day of which rows are wanted, where the one file holds those of a month's other days as well.
    alive_on: Option<Day>,
    schema: SchemaRef,
}

impl LakeTable {
    fn files(&self) -> Result<&Files> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let schema = self.pin.schema(&self.version).map_err(external)?;
        let is_cast = |field: &FieldRef| is_recast(&schema, field);
        let month = match self.schema.fields().iter().any(is_cast) {
            false => history::month_of(&self.pin, &self.version).map_err(external)?,
            true => None,
        };
        let (pieces, alive_on) = match month {
            Some(month) => (vec![month], Some(self.version.day)),
            None => (history::pieces(&self.pin, &self.version).map_err(external)?, None),
        };
        Ok(self.files.get_or_init(|| Files { pieces, alive_on, schema }))
    }
}

/// Whether a column has another type than in the files.
fn is_recast(stored: &Schema, field: &Field) -> bool {
    stored.field_with_name(field.name()).is_ok_and(|stored| stored.data_type() != field.data_type())
}

pub(super) fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[async_trait]
impl TableProvider for LakeTable {
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
        let Files { pieces, alive_on, schema } = self.files()?;
        let Version { table, day, rows, .. } = &self.version;
        let of = (table.clone(), *day);
        let scan = Scan { schema: &self.schema, pieces: pieces.clone(), alive_on: *alive_on, rows: *rows, of };
        scan.plan(projection, limit, |field| is_recast(schema, field))
    }
}

/// Some files of a table, read one after the other.
pub(super) struct Scan<'s> {
    /// The table's columns; a file may have others, or of another type.
    pub schema: &'s SchemaRef,
    pub pieces: Vec<Piece>,
    /// The day of which rows are wanted, where each row says from when and until when it was so.
    pub alive_on: Option<Day>,
    pub rows: u64,
    /// What they hold, and of which day: for who has to tell of a value that does not fit.
    pub of: (TableName, Day),
}

impl Scan<'_> {
    /// `is_recast` says which columns have another type in one of the files.
    pub fn plan(
        self,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
        is_recast: impl Fn(&FieldRef) -> bool,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Self { schema, pieces, alive_on, rows, of } = self;
        let wanted = match projection {
            Some(projection) => Arc::new(schema.project(projection)?),
            None => Arc::clone(schema),
        };
        if wanted.fields().iter().any(is_recast) {
            let (table, day) = of;
            let stream = Recast { table, day, pieces, schema: wanted.clone() };
            let exec = StreamingTableExec::try_new(wanted, vec![Arc::new(stream)], None, None, false, limit)?;
            return Ok(Arc::new(exec));
        }
        let Some(day) = alive_on else {
            return read(schema, projection.cloned(), limit, &pieces, Precision::Exact(count(rows)));
        };
        // Which rows those are is told by two more columns, that go no further.
        let every: Vec<usize> = (0..schema.fields().len()).collect();
        let mut columns = projection.cloned().unwrap_or(every);
        let asked = columns.len();
        columns.extend([schema.fields().len(), schema.fields().len() + 1]);
        let held: u64 = pieces.iter().map(|piece| piece.rows).sum();
        let with_days = history::with_days(schema, history::FROM, history::TO);
        let read = read(&with_days, Some(columns), None, &pieces, Precision::Exact(count(held)))?;
        let alive = FilterExecBuilder::new(alive_on_day(day, asked), read)
            .apply_projection(Some((0..asked).collect()))?
            .with_default_selectivity(u8::try_from(rows * 100 / held.max(1)).unwrap_or(100));
        Ok(Arc::new(alive.build()?))
    }
}

fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// Reads some columns of files.
fn read(
    schema: &SchemaRef,
    columns: Option<Vec<usize>>,
    limit: Option<usize>,
    pieces: &[Piece],
    rows: Precision<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let source = Arc::new(ParquetSource::new(TableSchema::builder(Arc::clone(schema)).build()));
    let files = pieces.iter().map(to_engine).collect::<Result<Vec<_>>>()?;
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = rows;
    let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
        .with_file_group(FileGroup::new(files))
        .with_statistics(statistics)
        .with_projection_indices(columns)?
        .with_limit(limit)
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// Whether a row was so on a day, by the two columns from `at` on.
fn alive_on_day(day: Day, at: usize) -> Arc<dyn PhysicalExpr> {
    let day = lit(ScalarValue::Date32(Some(day.to_epoch_days())));
    let from: Arc<dyn PhysicalExpr> = Arc::new(Column::new(history::FROM, at));
    let to: Arc<dyn PhysicalExpr> = Arc::new(Column::new(history::TO, at + 1));
    let both = |left, operator, right| Arc::new(BinaryExpr::new(left, operator, right)) as Arc<dyn PhysicalExpr>;
    let goes_on: Arc<dyn PhysicalExpr> = Arc::new(IsNullExpr::new(Arc::clone(&to)));
    let has_begun = both(from, Operator::LtEq, Arc::clone(&day));
    both(has_begun, Operator::And, both(goes_on, Operator::Or, both(to, Operator::Gt, day)))
}

/// A file as the engine reads it, and which of its rows.
fn to_engine(piece: &Piece) -> Result<PartitionedFile> {
    let location = StorePath::from_absolute_path(&piece.path).map_err(|error| {
        DataFusionError::External(format!("the lake's path cannot be read by the engine: {error}").into())
    })?;
    let meta = ObjectMeta {
        location,
        // Files of the lake never change; the engine wants some moment.
        last_modified: Default::default(),
        size: piece.bytes,
        e_tag: None,
        version: None,
    };
    let file = PartitionedFile::new_from_meta(meta);
    Ok(match piece.selection() {
        Some(selection) => file.with_extension(ParquetRowSelection::new(selection)),
        None => file,
    })
}
