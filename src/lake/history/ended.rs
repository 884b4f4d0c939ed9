//! The rows that a day ended, as a file: the day of the version that wrote each, and its position in that version's file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, Date32Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, UInt32Type};

use super::super::chain;
use super::super::commit::{DataFile, Holds};
use super::super::parquet_file::ParquetFile;
use super::super::rows;
use crate::day::Day;
use crate::error::{Error, Result};

/// A row of a segment: the day of the version whose file it lies in, and its position there.
pub type Position = (Day, u32);

/// Writes positions, sorted; `None` without any.
pub fn write(path: &Path, name: String, positions: &mut [Position]) -> Result<Option<DataFile>> {
    if positions.is_empty() {
        return Ok(None);
    }
    positions.sort_unstable();
    let schema = Arc::new(Schema::new(vec![
        Field::new("day", DataType::Date32, false),
        Field::new("row", DataType::UInt32, false),
    ]));
    let days: Date32Array = positions.iter().map(|(day, _)| Some(day.to_epoch_days())).collect();
    let rows: UInt32Array = positions.iter().map(|(_, row)| Some(*row)).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(days), Arc::new(rows)])
        .map_err(|error| Error::failed(format!("could not keep which rows ended: {error}")))?;
    let mut file = ParquetFile::create(path, &schema)?;
    file.write(&batch, path)?;
    Ok(Some(DataFile { holds: Holds::Ended, ..file.finish(path, name)? }))
}

/// Reads positions back, sorted.
pub fn read(path: &Path, bytes: u64) -> Result<Vec<Position>> {
    let damaged = || chain::damaged(path, "does not read as ended rows");
    let reader = rows::builder(path, bytes)?.build().map_err(|_| damaged())?;
    let mut positions = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|_| damaged())?;
        let [days, rows] = batch.columns() else { return Err(damaged()) };
        let days = days.as_primitive_opt::<Date32Type>().ok_or_else(damaged)?;
        let rows = rows.as_primitive_opt::<UInt32Type>().ok_or_else(damaged)?;
        for (day, row) in days.values().iter().zip(rows.values()) {
            positions.push((Day::from_epoch_days(*day).ok_or_else(damaged)?, *row));
        }
    }
    Ok(positions)
}
