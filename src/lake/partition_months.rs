//! Partitions of a month that is over are put into one file, so that years of days are not thousands of files.
//!
//! The file lies like that of a closed month of a snapshot's history: each row is so on the day of its partition alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch};
use arrow::datatypes::Schema;
use jiff::civil::Date;

use super::commit::{Stored, Version};
use super::history;
use super::name::{Role, TableName};
use super::parquet_file::ParquetFile;
use super::transaction::Transaction;
use crate::day::Day;
use crate::error::{Error, Result};

impl Transaction<'_> {
    /// Puts a model's partitions of each month before that of its newest one into one file, where they lie in several.
    pub fn close_months(&mut self, table: &TableName) -> Result<()> {
        let mut months: BTreeMap<Date, Vec<Arc<Version>>> = BTreeMap::new();
        for version in self.versions(table, Role::Model) {
            months.entry(version.day.date().first_of_month()).or_default().push(version);
        }
        // In the newest one there are days to come.
        months.pop_last();
        for partitions in months.into_values().filter(|partitions| is_scattered(partitions)) {
            self.close(&partitions)?;
        }
        Ok(())
    }

    fn close(&mut self, partitions: &[Arc<Version>]) -> Result<()> {
        let view = self.view();
        let Some(first) = partitions.first().filter(|first| view.is_whole(first)) else { return Ok(()) };
        let schema = view.schema(first)?;
        for other in partitions {
            // Damaged, which is told to whoever reads it; or of other SQL, and about to be computed anew.
            if !view.is_whole(other) || view.schema(other)? != schema {
                return Ok(());
            }
        }
        let mut fields = schema.fields().to_vec();
        fields.extend([history::from_field(), history::to_field()]);
        let (path, name) = self.unfinished(&first.table);
        let mut file = ParquetFile::create(&path, &Schema::new(fields))?;
        for partition in partitions {
            for batch in view.read(partition)? {
                file.write(&of_day(&batch?, partition.day, file.schema())?, &path)?;
            }
        }
        let file = file.finish(&path, name)?;
        for partition in partitions {
            let closed = Version { stored: Stored::Month, files: vec![file.clone()], ..Version::clone(partition) };
            self.put(closed, Vec::new());
        }
        Ok(())
    }
}

/// Whether partitions lie in more than one file.
fn is_scattered(partitions: &[Arc<Version>]) -> bool {
    let [first, others @ ..] = partitions else { return false };
    !others.is_empty() && others.iter().any(|other| other.rows_file() != first.rows_file())
}

/// Rows that are so on one day.
fn of_day(batch: &RecordBatch, day: Day, schema: &Arc<Schema>) -> Result<RecordBatch> {
    let on = |day: Option<Day>| -> ArrayRef {
        Arc::new(std::iter::repeat_n(day.map(Day::to_epoch_days), batch.num_rows()).collect::<Date32Array>())
    };
    let mut columns = batch.columns().to_vec();
    columns.extend([on(Some(day)), on(day.plus(1))]);
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::failed(format!("could not close a month of partitions: {error}")))
}
