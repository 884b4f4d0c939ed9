//! The rows of a version whose columns had other types than they are declared with since.
//!
//! The engine could cast them too, but would tell neither the column nor the day of a value that does not fit.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;

use super::history::Piece;
use super::name::TableName;
use super::provider::external;
use super::rows;
use crate::day::Day;

/// Some columns of a version, read file by file.
#[derive(Debug, Clone)]
pub(super) struct Recast {
    pub table: TableName,
    pub day: Day,
    pub pieces: Vec<Piece>,
    pub schema: SchemaRef,
}

impl Recast {
    fn batches(self) -> impl Iterator<Item = Result<RecordBatch>> {
        let Self { table, day, pieces, schema } = self;
        let wanted = schema.clone();
        let read = pieces.into_iter().flat_map(move |piece| {
            let names: Vec<&str> = wanted.fields().iter().map(|field| field.name().as_str()).collect();
            match piece.open(Some(&names)) {
                Ok(rows) => Box::new(rows) as Box<dyn Iterator<Item = _> + Send>,
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        });
        read.map(move |rows| {
            let (batch, _) = rows.map_err(external)?;
            let columns = schema.fields().iter().map(|field| rows::column(&batch, field, None, (&table, day)));
            let columns = columns.collect::<crate::error::Result<_>>().map_err(external)?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
        })
    }
}

impl PartitionStream for Recast {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = futures::stream::iter(self.clone().batches());
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}
