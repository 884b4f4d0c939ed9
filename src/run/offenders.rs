//! What broke the rules of a day, kept in the lake: the keys of rows, never the rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use crate::catalogue::CheckOutcome;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::lake::{Facts, Pin, Role, TableName, Transaction};

/// So many of one check are kept.
pub const MOST: usize = 1000;

/// One row is an offender of a check.
#[derive(Debug, Default)]
pub struct Offenders {
    checks: Vec<String>,
    positions: Vec<i64>,
    keys: Vec<String>,
}

/// The table that they are kept as, `lake/latest/check.offender.parquet` for readers outside.
fn name() -> TableName {
    TableName::new("check", "offender").expect("it is a name")
}

impl Offenders {
    /// Adds those of a check; a key is written `deal_id=17, owner_id=ann`.
    pub fn add(&mut self, outcome: &CheckOutcome, keys: &[String]) {
        for (at, key) in keys.iter().enumerate() {
            self.checks.push(outcome.check.clone());
            self.positions.push(i64::try_from(at + 1).unwrap_or(i64::MAX));
            self.keys.push(key.clone());
        }
    }

    /// Puts them into the commit, in the place of those of the days before: what is kept is of the newest day, like the rows
    /// of models. The run of a past day leaves it alone.
    pub fn keep(self, transaction: &mut Transaction<'_>, day: Day) -> Result<()> {
        let view = transaction.view();
        let newest = |name: &TableName| view.days(name, Role::Snapshot).last().copied();
        if view.tables(Role::Snapshot).filter_map(newest).any(|newest| newest > day) {
            return Ok(());
        }
        for old in view.days(&name(), Role::Check).into_iter().filter(|of| *of != day || self.checks.is_empty()) {
            transaction.remove(&name(), Role::Check, old)?;
        }
        if self.checks.is_empty() {
            return Ok(());
        }
        let schema = Schema::new(vec![
            Field::new("check_name", DataType::Utf8, false),
            Field::new("position", DataType::Int64, false),
            Field::new("keys", DataType::Utf8, false),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(self.checks)),
            Arc::new(Int64Array::from(self.positions)),
            Arc::new(StringArray::from(self.keys)),
        ];
        let failed = |error| Error::failed(format!("the offenders cannot be kept: {error}"));
        let rows = RecordBatch::try_new(Arc::new(schema.clone()), columns).map_err(failed)?;
        let mut table = transaction.table(&name(), Role::Check, day, &schema, &[])?;
        table.write(&rows)?;
        let staged = table.finish()?;
        transaction.add(staged, Facts::new())?;
        Ok(())
    }
}

/// The keys of the offenders that a lake keeps of a day, by check in the order in which they were kept.
pub fn kept(pin: &Pin, day: Day) -> Result<Vec<(String, String)>> {
    let Some(version) = pin.on(&name(), Role::Check, day) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for batch in pin.read(version)? {
        let batch = batch?;
        let (checks, keys) = (batch.column(0).as_string::<i32>(), batch.column(2).as_string::<i32>());
        let rows = checks.iter().zip(keys).filter_map(|(check, key)| Some((check?.to_owned(), key?.to_owned())));
        found.extend(rows);
    }
    Ok(found)
}
