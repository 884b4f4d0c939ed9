//! A table of the lake as the query engine reads it: the rows as of a day, or all snapshots up to it.
//!
//! The files are those of the pin, never a listing; their names never leave this module.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;

use super::commit::Version;
use super::name::{Role, TableName};
use super::pin::Pin;
use super::verify;
use crate::day::Day;

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
    let mut fields = as_read(schema).fields().to_vec();
    fields.push(Arc::new(Field::new(SNAPSHOT_ON, DataType::Date32, false)));
    Arc::new(Schema::new(fields))
}

impl Pin {
    /// The table's rows as of a day, under the given columns; no rows, where there is no version that old.
    ///
    /// A column that a version does not have is NULL in it.
    pub fn table(&self, name: &TableName, role: Role, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        match self.as_of(name, role, day) {
            Some(version) => Arc::new(LakeTable::new(schema, &[], self, vec![(version.clone(), vec![])])),
            None => Arc::new(EmptyTable::new(as_read(schema))),
        }
    }

    /// What was rejected of the export that the table's rows as of a day came from.
    pub fn rejects(&self, name: &TableName, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        let taken = self.as_of(name, Role::Snapshot, day);
        match taken.and_then(|taken| self.on(name, Role::Reject, taken.day)) {
            Some(rejects) => Arc::new(LakeTable::new(schema, &[], self, vec![(rejects.clone(), vec![])])),
            None => Arc::new(EmptyTable::new(as_read(schema))),
        }
    }

    /// All snapshots of the table up to a day: its columns and `snapshot_on`.
    pub fn snapshots(&self, name: &TableName, day: Day, schema: &SchemaRef) -> Arc<dyn TableProvider> {
        let column = Arc::new(Field::new(SNAPSHOT_ON, DataType::Date32, false));
        let days = self.days(name, Role::Snapshot).into_iter().take_while(|of| *of <= day);
        let versions = days.filter_map(|of| self.on(name, Role::Snapshot, of));
        let versions: Vec<(Version, Vec<ScalarValue>)> = versions
            .map(|version| (version.clone(), vec![ScalarValue::Date32(Some(version.day.to_epoch_days()))]))
            .collect();
        if versions.is_empty() {
            return Arc::new(EmptyTable::new(snapshots_as_read(schema)));
        }
        Arc::new(LakeTable::new(schema, &[column], self, versions))
    }
}

#[derive(Debug)]
struct LakeTable {
    schema: TableSchema,
    pin: Pin,
    /// Each with the values of the columns that are not in its files.
    versions: Vec<(Version, Vec<ScalarValue>)>,
}

impl LakeTable {
    fn new(schema: &SchemaRef, beside: &[Arc<Field>], pin: &Pin, versions: Vec<(Version, Vec<ScalarValue>)>) -> Self {
        let schema = TableSchema::builder(as_read(schema)).with_table_partition_cols(beside.to_vec()).build();
        Self { schema, pin: pin.clone(), versions }
    }

    /// The files to read, each proved to be the one that was committed.
    fn files(&self) -> Result<Vec<PartitionedFile>> {
        let mut files = Vec::new();
        for (version, values) in &self.versions {
            verify::prove(&self.pin, version).map_err(|error| DataFusionError::External(Box::new(error)))?;
            for (path, bytes) in self.pin.files(version) {
                files.push(Self::file(&path, bytes)?.with_partition_values(values.clone()));
            }
        }
        Ok(files)
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
        let rows = self.versions.iter().map(|(version, _)| usize::try_from(version.rows).unwrap_or(usize::MAX)).sum();
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = Precision::Exact(rows);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_group(FileGroup::new(files))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
