//! Rows into the order of their key, however many they are and however they come.

use std::cmp::Ordering;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{SortOptions, filter_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::row::OwnedRow;
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::streaming_merge::StreamingMergeBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{FutureExt, StreamExt};

use super::keyed::Keys;
use super::placed::{self, Place, SEQUENCE};
use super::reject::Reject;
use crate::error::{Error, Result};

/// Bytes that the rows of one export may take in memory while they are sorted; beyond, sorted runs go to disk.
const MEMORY: usize = 128 << 20;
const BATCH: usize = 8192;

/// Placed rows, batch by batch.
pub type PlacedRows = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Whether rows that come one batch after the other are in the order of their key; equal keys may follow each other.
pub struct InOrder {
    keys: Arc<Keys>,
    last: Option<OwnedRow>,
}

impl InOrder {
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, last: None }
    }

    /// Whether the rows of a batch go on where those before it ended.
    pub fn goes_on(&mut self, batch: &RecordBatch) -> Result<bool> {
        if batch.num_rows() == 0 {
            return Ok(true);
        }
        let [first, last] = self.keys.ends(batch)?;
        let goes_on = self.last.as_ref().is_none_or(|last| *last <= first);
        self.last = Some(last);
        Ok(goes_on && self.keys.steps(batch)?.all(Ordering::is_ge))
    }
}

/// Whether rows that are all there, or all so far, are in the order of their key; if so, what rows after them go on from.
pub fn in_order(rows: &[RecordBatch], keys: &Arc<Keys>) -> Result<Option<InOrder>> {
    let mut order = InOrder::new(Arc::clone(keys));
    for batch in rows {
        if !order.goes_on(batch)? {
            return Ok(None);
        }
    }
    Ok(Some(order))
}

/// Sorts rows by key and then as they were read, which must come to their end; what does not fit in memory goes to `scratch`.
pub fn sort(
    rows: impl Iterator<Item = RecordBatch> + Send + 'static,
    schema: &SchemaRef,
    key: &[usize],
    scratch: &Path,
) -> Result<PlacedRows> {
    let engine = Engine::open(scratch)?;
    let source = Once { schema: Arc::clone(schema), rows: Mutex::new(Some(Box::new(rows.map(Ok)))) };
    let source = StreamingTableExec::try_new(Arc::clone(schema), vec![Arc::new(source)], None, None, false, None);
    let sorted =
        source.and_then(|source| SortExec::new(order(schema, key)?, Arc::new(source)).execute(0, engine.task()));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Error::failed(format!("could not begin to sort rows: {error}")))?;
    let mut sorted = engine.rows(sorted, move |stream| runtime.block_on(stream.next()))?.peekable();
    // The first row that comes out tells that the last one went in.
    sorted.peek();
    Ok(Box::new(sorted))
}

/// Rows of both, each in the order of its key; of rows with one key, those that were read come first.
pub fn merge(
    read: PlacedRows,
    kept: PlacedRows,
    schema: &SchemaRef,
    key: &[usize],
    scratch: &Path,
) -> Result<PlacedRows> {
    let engine = Engine::open(scratch)?;
    let order = order(schema, key).map_err(|error| engine.failed(&error))?;
    let reservation = MemoryConsumer::new("rows of the day before").register(&engine.env.memory_pool);
    let merged = StreamingMergeBuilder::new()
        .with_streams(vec![stream(schema, read), stream(schema, kept)])
        .with_schema(Arc::clone(schema))
        .with_expressions(&order)
        .with_metrics(BaselineMetrics::new(&ExecutionPlanMetricsSet::new(), 0))
        .with_batch_size(BATCH)
        .with_reservation(reservation)
        .build();
    // Both sides are there when they are asked for; and asking may itself wait for a sort, which has a runtime of its own.
    Ok(Box::new(engine.rows(merged, |stream| {
        loop {
            if let Some(next) = stream.next().now_or_never() {
                return next;
            }
        }
    })?))
}

/// By key, NULL first, text by its bytes; then by when a row was read, with those that were not last.
fn order(schema: &SchemaRef, key: &[usize]) -> Result<LexOrdering, DataFusionError> {
    let by = |at: usize, nulls_first: bool| {
        let options = SortOptions { descending: false, nulls_first };
        PhysicalSortExpr::new(Arc::new(Column::new(schema.field(at).name(), at)), options)
    };
    let sequence = by(schema.index_of(SEQUENCE)?, false);
    let columns = key.iter().map(|at| by(*at, true)).chain([sequence]);
    LexOrdering::new(columns).ok_or_else(|| DataFusionError::Internal("a table has no key".to_owned()))
}

/// What sorts: the query engine's operators, in a room of their own.
struct Engine {
    env: Arc<RuntimeEnv>,
    scratch: Arc<Path>,
}

impl Engine {
    fn open(scratch: &Path) -> Result<Self> {
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![scratch.to_owned()]));
        let env = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| Error::failed(format!("could not begin to sort rows: {error}")))?;
        Ok(Self { env, scratch: scratch.into() })
    }

    fn task(&self) -> Arc<TaskContext> {
        Arc::new(TaskContext::default().with_runtime(Arc::clone(&self.env)))
    }

    /// The rows of a stream of the engine's, as `next` waits for them.
    fn rows(
        self,
        stream: Result<SendableRecordBatchStream, DataFusionError>,
        next: impl Fn(&mut SendableRecordBatchStream) -> Option<Result<RecordBatch, DataFusionError>> + Send + 'static,
    ) -> Result<impl Iterator<Item = Result<RecordBatch>> + Send + 'static> {
        let mut stream = stream.map_err(|error| self.failed(&error))?;
        Ok(std::iter::from_fn(move || next(&mut stream).map(|batch| batch.map_err(|error| self.failed(&error)))))
    }

    fn failed(&self, error: &DataFusionError) -> Error {
        match error.find_root() {
            DataFusionError::IoError(source) => Error::io("sort rows in", &self.scratch, source),
            // What was read of the day before may have been damaged.
            DataFusionError::External(source) if source.is::<Error>() => match source.downcast_ref::<Error>() {
                Some(error) => Error { help: error.help.clone(), ..Error::new(error.kind, error.message.clone()) },
                None => Error::failed("could not put rows into the order of their key"),
            },
            other => Error::failed(format!("could not put rows into the order of their key: {other}")),
        }
    }
}

fn stream(schema: &SchemaRef, rows: PlacedRows) -> SendableRecordBatchStream {
    let rows = rows.map(|batch| batch.map_err(|error| DataFusionError::External(Box::new(error))));
    Box::pin(RecordBatchStreamAdapter::new(Arc::clone(schema), futures::stream::iter(rows)))
}

/// Rows that are read once.
struct Once {
    schema: SchemaRef,
    rows: Mutex<Option<PlacedRows>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().ok().and_then(|mut rows| rows.take());
        stream(&self.schema, rows.unwrap_or_else(|| Box::new(std::iter::empty())))
    }
}

/// Two rows of an export with one key.
#[derive(Debug, Clone, Copy)]
pub struct Double {
    pub place: Place,
    /// Where the row stands that was read first, which stays.
    pub first: Place,
}

impl Double {
    /// What is told of the one that does not stay.
    pub fn reject(&self, files: &[Arc<str>]) -> Reject {
        let Self { place, first } = self;
        let of = match first.file == place.file {
            true => format!("line {}", first.line),
            false => format!("{}:{}", files[first.file as usize], first.line),
        };
        Reject {
            file: Arc::clone(&files[place.file as usize]),
            line: place.line,
            column: None,
            reason: format!("has the key of {of}"),
            fields: "{}".to_owned(),
        }
    }
}

/// Rows in the order of their key, of which each key passes once.
pub struct Distinct {
    keys: Arc<Keys>,
    last: Option<(OwnedRow, Option<Place>)>,
    pub doubles: Vec<Double>,
}

impl Distinct {
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, last: None, doubles: Vec::new() }
    }

    /// The rows whose key no row before them has.
    pub fn pass(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let place = placed::places(&batch);
        if batch.num_rows() == 0 {
            return Ok(batch);
        }
        let [first, last] = self.keys.ends(&batch)?;
        let is_new = self.last.as_ref().is_none_or(|(last, _)| *last < first);
        if is_new && self.keys.steps(&batch)?.all(Ordering::is_gt) {
            self.last = Some((last, place(batch.num_rows() - 1)));
            return Ok(batch);
        }
        let rows = self.keys.of(&batch)?;
        let mut last = self.last.as_ref().map(|(row, place)| (row.row(), *place));
        let mut keep = Vec::with_capacity(batch.num_rows());
        for (at, row) in rows.iter().enumerate() {
            let first = last.filter(|(last, _)| *last == row);
            keep.push(first.is_none());
            match first {
                None => last = Some((row, place(at))),
                // A row of the day before gives way to the one that was read.
                Some((_, first)) => {
                    self.doubles.extend(place(at).zip(first).map(|(place, first)| Double { place, first }))
                }
            }
        }
        self.last = last.map(|(row, place)| (row.owned(), place));
        if keep.iter().all(|keep| *keep) {
            return Ok(batch);
        }
        filter_record_batch(&batch, &BooleanArray::from(keep))
            .map_err(|error| Error::failed(format!("could not set rows aside: {error}")))
    }
}
