//! The rows of several pieces as one stream in the order of their key.

use std::cmp::Ordering;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{RowConverter, Rows, SortField};

use super::super::state_hash;
use super::ended::Position;
use super::piece::{self, Piece, PieceReader};
use crate::day::Day;
use crate::error::{Error, Result};

/// Rows per batch that is put together.
const BATCH: usize = 8192;

/// Rows of pieces, each sorted by key, in the order of the key; rows of one key in the order of the pieces.
pub struct SortedRows {
    schema: SchemaRef,
    cursors: Vec<Cursor>,
    /// Cursors that have a row, the one whose row is next last.
    order: Vec<usize>,
    converter: RowConverter,
}

/// A row of the stream.
pub struct Row<'s> {
    pub key: &'s [u8],
    pub hash: u128,
    /// The day since which it is so.
    pub since: Day,
    pub position: Position,
}

struct Cursor {
    reader: PieceReader,
    day: Day,
    block: Option<Block>,
    at: usize,
}

struct Block {
    batch: RecordBatch,
    keys: Rows,
    hashes: Vec<u128>,
    since: Vec<i32>,
    positions: Vec<u32>,
}

/// Rows put together, with where each came from.
pub struct Merged {
    pub batch: RecordBatch,
    pub since: Vec<i32>,
    pub positions: Vec<Position>,
}

/// What turns keys into bytes that compare as the keys do: NULL first, text by its bytes.
pub fn converter(schema: &Schema, key: &[String]) -> Result<RowConverter> {
    let types = key.iter().map(|name| schema.field_with_name(name).map(|field| field.data_type().clone()));
    let fields = types.map(|found| found.map(SortField::new)).collect::<std::result::Result<Vec<_>, _>>();
    fields
        .and_then(RowConverter::new)
        .map_err(|error| Error::failed(format!("its rows cannot be ordered by `{}`: {error}", key.join(", "))))
}

impl SortedRows {
    /// Opens pieces whose rows have the columns of `schema`, and perhaps others, which are passed over.
    pub fn open(pieces: &[Piece], schema: &SchemaRef, key: &[String]) -> Result<Self> {
        let mut sorted =
            Self { schema: schema.clone(), cursors: Vec::new(), order: Vec::new(), converter: converter(schema, key)? };
        for piece in pieces {
            sorted.cursors.push(Cursor { reader: piece.open(None)?, day: piece.day, block: None, at: 0 });
            sorted.fill(sorted.cursors.len() - 1, key)?;
        }
        sorted.order = (0..sorted.cursors.len()).filter(|at| sorted.cursors[*at].block.is_some()).collect();
        let cursors = &sorted.cursors;
        sorted.order.sort_by(|a, b| compare(cursors, *b, *a));
        Ok(sorted)
    }

    /// Reads the cursor's next block of rows.
    fn fill(&mut self, at: usize, key: &[String]) -> Result<()> {
        let cursor = &mut self.cursors[at];
        cursor.at = 0;
        cursor.block = None;
        for next in cursor.reader.by_ref() {
            let (read, positions) = next?;
            if read.num_rows() == 0 {
                continue;
            }
            let since = piece::since(&read, cursor.day);
            let failed = |error| Error::failed(format!("an earlier version of its rows cannot be read: {error}"));
            let columns = self.schema.fields().iter().map(|field| read.schema_ref().index_of(field.name()));
            let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
            let batch = read.project(&columns).map_err(failed)?;
            let keys = key.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect::<Vec<_>>();
            let keys = self.converter.convert_columns(&keys).map_err(failed)?;
            let mut hashes = Vec::new();
            state_hash::hash_rows(&batch, &mut hashes);
            cursor.block = Some(Block { batch, keys, hashes, since, positions });
            return Ok(());
        }
        Ok(())
    }

    /// The next row, which stays the next until [`SortedRows::advance`].
    pub fn peek(&self) -> Option<Row<'_>> {
        let cursor = &self.cursors[*self.order.last()?];
        let block = cursor.block.as_ref()?;
        Some(Row {
            key: block.keys.row(cursor.at).data(),
            hash: block.hashes[cursor.at],
            since: Day::from_epoch_days(block.since[cursor.at]).unwrap_or(cursor.day),
            position: (cursor.day, block.positions[cursor.at]),
        })
    }

    /// Goes past the next row.
    pub fn advance(&mut self, key: &[String]) -> Result<()> {
        let Some(first) = self.order.pop() else { return Ok(()) };
        self.cursors[first].at += 1;
        let length = self.cursors[first].block.as_ref().map_or(0, |block| block.batch.num_rows());
        if self.cursors[first].at >= length {
            self.fill(first, key)?;
            if self.cursors[first].block.is_none() {
                return Ok(());
            }
        }
        let cursors = &self.cursors;
        // Most often the same cursor goes on; where not, it is put among the others.
        if self.order.last().is_none_or(|next| compare(cursors, *next, first) == Ordering::Greater) {
            self.order.push(first);
            return Ok(());
        }
        let place = self.order.partition_point(|other| compare(cursors, *other, first) == Ordering::Greater);
        self.order.insert(place, first);
        Ok(())
    }

    /// The next rows as a batch; `None` at the end.
    pub fn next_batch(&mut self, key: &[String]) -> Result<Option<Merged>> {
        let mut blocks: Vec<RecordBatch> = Vec::new();
        let mut current: Vec<Option<usize>> = vec![None; self.cursors.len()];
        let (mut indices, mut since, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        while indices.len() < BATCH {
            let Some(row) = self.peek() else { break };
            since.push(row.since.to_epoch_days());
            positions.push(row.position);
            let first = self.order[self.order.len() - 1];
            let cursor = &self.cursors[first];
            let Some(block) = &cursor.block else { break };
            let block = *current[first].get_or_insert_with(|| {
                blocks.push(block.batch.clone());
                blocks.len() - 1
            });
            indices.push((block, cursor.at));
            if self.cursors[first].at + 1 == blocks[block].num_rows() {
                current[first] = None;
            }
            self.advance(key)?;
        }
        if indices.is_empty() {
            return Ok(None);
        }
        let blocks: Vec<&RecordBatch> = blocks.iter().collect();
        let batch = interleave_record_batch(&blocks, &indices).map_err(|error| {
            Error::failed(format!("an earlier version of its rows cannot be put together: {error}"))
        })?;
        Ok(Some(Merged { batch, since, positions }))
    }
}

/// Cursors by their next rows, then by their order.
fn compare(cursors: &[Cursor], a: usize, b: usize) -> Ordering {
    let key = |at: usize| cursors[at].block.as_ref().map(|block| block.keys.row(cursors[at].at));
    key(a).cmp(&key(b)).then(a.cmp(&b))
}
