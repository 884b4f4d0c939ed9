//! Days before a table's first export, rebuilt from the changes that the CRM itself remembers.
//!
//! Takes the rows of the first export and the events before it; gives the rows as of the end of each earlier day on which
//! something changed. A column is what its last event up to the day made it; before its first event, what that event says
//! it was; without any event, what the first export shows. What is not known is not made up:
//!
//! - The days reach back to the one before the first event of all, on which the state still stood that events changed.
//! - A row begins on its day of creation. Where a required column's first event does not say what was before, it begins
//!   with that event.
//! - A closed deal without an event of its status was closed before the first such event of all; if it was created later
//!   than that, or there is none, nobody knows since when it is closed, and it begins with the first export.
//! - An event that does not fit is passed over as if it had not been, and counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{concat, concat_batches, filter_record_batch, take};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use jiff::tz::TimeZone;

use super::conform::{self, Conformed};
use super::mapping::Mapped;
use super::text;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::hash::sha256_of_parts;
use crate::lake::{StateHash, StateHasher, Version, as_declared};
use crate::query::DeclaredTable;
use crate::query::function::MOMENT;

/// The events of a table from before its first export.
pub struct Events {
    /// Under the columns of [`EVENT`], in the order of the key.
    rows: RecordBatch,
    /// The day of each, in the pipeline's time zone, counted as Arrow's `Date32` does.
    days: Vec<i32>,
    state: StateHash,
}

/// The table whose days before its first export are rebuilt, and the one that tells what became of its columns.
pub const TABLE: &str = "crm.deal";
pub const EVENTS: &str = "crm.deal_event";
/// The columns of events that are read.
const EVENT: [&str; 5] = ["deal_id", "at", "column_name", "old_value", "new_value"];

/// The table as of earlier days, and what became of the events.
pub struct Past {
    pub days: BTreeSet<Day>,
    /// Events that were taken.
    pub taken: u64,
    /// Events that were passed over.
    pub passed_over: u64,
    /// Why events were passed over, and what else is not known; the most frequent first.
    pub reasons: Vec<String>,
    /// The rows of the first export, in the order of their key.
    first: RecordBatch,
    /// By row the first day on which it is told.
    begins: Vec<i32>,
    changing: Vec<Changing>,
}

/// A column that events change.
struct Changing {
    position: usize,
    /// The first export's values, those after each event, those before each event.
    values: ArrayRef,
    /// Where among them each row's value of the day lies that was asked for last; `None` where it is not known.
    at: Vec<Option<u32>>,
    /// Day, row and value, in the order in which they happened.
    events: Vec<(i32, u32, u32)>,
    /// How many of them have been done.
    done: usize,
}

/// Whether a table's past can be rebuilt from another one's rows; if not, why.
pub fn check(table: &DeclaredTable, event: &DeclaredTable) -> std::result::Result<(), String> {
    let key = table.key.first().map(|at| &table.columns[*at]);
    if table.key.len() != 1 || !key.is_some_and(|key| key.name == "deal_id" && key.data_type == DataType::Utf8) {
        return Err(format!("the key of {} is not `deal_id TEXT` alone", table.name));
    }
    for name in EVENT {
        let (wanted, type_name) = if name == "at" { (MOMENT, "TIMESTAMP") } else { (DataType::Utf8, "TEXT") };
        if event.column(name).is_none_or(|column| column.data_type != wanted) {
            return Err(format!("{} has no column `{name} {type_name}`", event.name));
        }
    }
    Ok(())
}

impl Events {
    /// Keeps the events before the day of the first export.
    pub fn read(
        event: &DeclaredTable,
        batches: impl Iterator<Item = Result<RecordBatch>>,
        first: Day,
        zone: &TimeZone,
    ) -> Result<Self> {
        let schema = event.schema();
        let positions = EVENT.map(|name| schema.index_of(name).unwrap_or_default());
        let schema = Arc::new(schema.project(&positions).map_err(failed)?);
        let (mut kept, mut days, mut hasher) = (Vec::new(), Vec::new(), StateHasher::default());
        for batch in batches {
            let batch = as_declared(&batch?, &schema, &event.name, first)?;
            let moments = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            let of = |row: usize| text::day_of(moments.value(row), zone).filter(|day| *day < first);
            let on: Vec<Option<Day>> = (0..batch.num_rows()).map(of).collect();
            let batch =
                filter_record_batch(&batch, &on.iter().map(|day| Some(day.is_some())).collect()).map_err(failed)?;
            hasher.add(&batch);
            days.extend(on.into_iter().flatten().map(Day::to_epoch_days));
            kept.push(batch);
        }
        Ok(Self { rows: concat_batches(&schema, &kept).map_err(failed)?, days, state: hasher.finish() })
    }

    /// A hash of all that the rebuilt days depend on, apart from the engine.
    pub fn fingerprint(&self, table: &DeclaredTable, first: &Version, zone: &TimeZone, program: &str) -> String {
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|column| (&column.name, &column.data_type, column.is_required, &column.allowed))
            .collect();
        sha256_of_parts([
            program,
            zone.iana_name().unwrap_or_default(),
            &format!("{columns:?}"),
            &format!("{} {}", first.day, first.state),
            &self.state.to_string(),
        ])
    }

    /// Works out the table's earlier days from the rows of its first export, which come in the order of their key.
    pub fn rebuild(
        &self,
        table: &DeclaredTable,
        first: impl Iterator<Item = Result<RecordBatch>>,
        first_day: Day,
        zone: &TimeZone,
    ) -> Result<Past> {
        let schema = table.schema();
        let first =
            first.map(|batch| as_declared(&batch?, &schema, &table.name, first_day)).collect::<Result<Vec<_>>>()?;
        let first = concat_batches(&schema, &first).map_err(failed)?;
        let mut told = Told::default();
        let mut changing = Vec::new();
        let mut taken: Vec<Taken> = Vec::new();
        for (position, events) in self.by_column(table, &first, &mut told) {
            let (column, of) = self.fit(table, position, events, &first, zone, &mut told)?;
            changing.push(column);
            taken.push(of);
        }
        let begins = begins(table, &first, &taken, first_day.to_epoch_days(), &mut told);
        let mut past = Past {
            days: BTreeSet::new(),
            taken: taken.iter().map(|taken| taken.events.len() as u64).sum(),
            passed_over: told.passed_over,
            reasons: told.reasons(),
            first,
            begins,
            changing,
        };
        past.begin(&taken, first_day);
        Ok(past)
    }

    /// The events of each column by its position, each with the row of its deal.
    fn by_column(&self, table: &DeclaredTable, first: &RecordBatch, told: &mut Told) -> BTreeMap<usize, Vec<Found>> {
        let key = table.key[0];
        let deals: HashMap<&str, u32> = first.column(key).as_string::<i32>().iter().flatten().zip(0..).collect();
        let text = |position: usize| self.rows.column(position).as_string::<i32>();
        let mut found: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
        for (at, day) in self.days.iter().enumerate() {
            let name = text(2).value(at);
            let position = table.columns.iter().position(|column| column.name == name).filter(|of| *of != key);
            match (position, deals.get(text(0).value(at))) {
                (None, _) => told.pass_over(format!("no column of {} that can change", table.name)),
                (_, None) => told.pass_over("of a deal that the first export does not hold".to_owned()),
                (Some(position), Some(row)) => {
                    found.entry(position).or_default().push(Found { row: *row, day: *day, at: at as u32 });
                }
            }
        }
        found
    }

    /// The events of a column that fit it.
    fn fit(
        &self,
        table: &DeclaredTable,
        position: usize,
        mut events: Vec<Found>,
        first: &RecordBatch,
        zone: &TimeZone,
        told: &mut Told,
    ) -> Result<(Changing, Taken)> {
        let moments = self.rows.column(1).as_primitive::<TimestampMicrosecondType>();
        events.sort_by_key(|event| (event.row, moments.value(event.at as usize)));
        let chosen: UInt32Array = events.iter().map(|event| event.at).collect();
        let cast = |texts: &ArrayRef| {
            let texts = take(texts, &chosen, None).map_err(failed)?;
            let mapped = vec![Mapped { values: Some(Arc::clone(&texts)), unfit: Vec::new() }];
            let Conformed { mut columns, faults, .. } =
                conform::conform(table, &[position], mapped, events.len(), zone)?;
            let values = columns.pop().ok_or_else(|| Error::failed("a column was lost"))?;
            Ok::<_, Error>((texts, values, faults))
        };
        let (_, after, unfit_after) = cast(self.rows.column(4))?;
        let (texts, before, mut unfit_before) = cast(self.rows.column(3))?;
        // What was before may be left out.
        let texts: &StringArray = texts.as_string();
        unfit_before.retain(|row, _| texts.is_valid(*row) && !texts.value(*row).trim().is_empty());

        let (rows, count) = (first.num_rows() as u32, events.len() as u32);
        let shown = first.column(position);
        let mut at: Vec<Option<u32>> = (0..rows).map(Some).collect();
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        let mut taken = Taken { position, events: Vec::new(), unsaid: BTreeMap::new() };
        for (nth, event) in (0..).zip(&events) {
            let fault = [&unfit_after, &unfit_before].into_iter().find_map(|faults| faults.get(&(nth as usize)));
            if let Some(fault) = fault {
                told.pass_over(format!("`{}` {}", fault.column, fault.reason));
                continue;
            }
            if last.insert(event.row, nth).is_none() {
                at[event.row as usize] = before.is_valid(nth as usize).then_some(rows + count + nth);
                if before.is_null(nth as usize) {
                    taken.unsaid.insert(event.row, event.day);
                }
            }
            taken.events.push((event.day, event.row, rows + nth));
        }
        let values = concat(&[shown.as_ref(), after.as_ref(), before.as_ref()]).map_err(failed)?;
        told.untold += differing(&values, last.iter().map(|(row, nth)| (*row, rows + nth)))?;
        let changing = Changing { position, values, at, events: Vec::new(), done: 0 };
        Ok((changing, taken))
    }
}

/// An event of a column: the row that it changes, its day, and its position among all events.
struct Found {
    row: u32,
    day: i32,
    at: u32,
}

/// The events of a column that were taken: day, row and value, by row and then as they happened.
struct Taken {
    position: usize,
    events: Vec<(i32, u32, u32)>,
    /// The rows whose first event does not say what was before, with its day.
    unsaid: BTreeMap<u32, i32>,
}

/// What is to be said of the events.
#[derive(Default)]
struct Told {
    passed_over: u64,
    why: BTreeMap<String, u64>,
    /// Values of the first export that are others than their last event left them.
    untold: u64,
    /// Closed deals of which nobody knows since when.
    undated: u64,
    /// Rows that begin later than they were created.
    late: u64,
}

impl Told {
    fn pass_over(&mut self, why: String) {
        self.passed_over += 1;
        *self.why.entry(why).or_default() += 1;
    }

    fn reasons(&self) -> Vec<String> {
        let mut why: Vec<(&String, &u64)> = self.why.iter().collect();
        why.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let mut said: Vec<String> =
            why.into_iter().map(|(why, count)| format!("{count} × passed over: {why}")).collect();
        for (count, what) in [
            (self.untold, "changed without an event before the first export"),
            (self.undated, "a closed deal whose events do not say since when: it begins with the first export"),
            (self.late, "begins after its creation, with an event that does not say what a required column was before"),
        ] {
            if count > 0 {
                said.push(format!("{count} × {what}"));
            }
        }
        said
    }
}

/// By row the first day on which it is told; after all days where it is never told.
fn begins(table: &DeclaredTable, first: &RecordBatch, taken: &[Taken], first_day: i32, told: &mut Told) -> Vec<i32> {
    let created =
        table.columns.iter().position(|column| column.name == "created_on" && column.data_type == DataType::Date32);
    let mut begins: Vec<i32> = match created {
        Some(created) => {
            let days = first.column(created).as_primitive::<Date32Type>();
            days.iter().map(|day| day.unwrap_or(i32::MIN)).collect()
        }
        None => vec![i32::MIN; first.num_rows()],
    };
    if taken.iter().all(|taken| taken.events.is_empty()) {
        return begins;
    }
    for taken in taken.iter().filter(|taken| table.columns[taken.position].is_required) {
        for (row, day) in &taken.unsaid {
            let begin = &mut begins[*row as usize];
            told.late += u64::from(*begin != i32::MIN && *begin < *day);
            *begin = (*begin).max(*day);
        }
    }
    let status =
        table.columns.iter().position(|column| column.name == "status" && column.allowed.iter().any(|of| of == "open"));
    let Some(status) = status else { return begins };
    let events = taken.iter().find(|taken| taken.position == status).map(|taken| taken.events.as_slice());
    let events = events.unwrap_or_default();
    let known_since = events.iter().map(|(day, ..)| *day).min();
    let dated: BTreeSet<u32> = events.iter().map(|(_, row, _)| *row).collect();
    for (row, status) in (0..).zip(first.column(status).as_string::<i32>()) {
        let begin = &mut begins[row as usize];
        if status == Some("open") || dated.contains(&row) || *begin >= first_day {
            continue;
        }
        match known_since {
            Some(since) if *begin < since => *begin = (*begin).max(since - 1),
            _ => {
                *begin = i32::MAX;
                told.undated += 1;
            }
        }
    }
    begins
}

impl Past {
    /// Finds the days, and gives each column its events in the order in which they are to be done.
    fn begin(&mut self, taken: &[Taken], first_day: Day) {
        let first_day = first_day.to_epoch_days();
        let earliest = taken.iter().flat_map(|taken| &taken.events).map(|(day, ..)| *day).min();
        let Some(eve) = earliest.map(|earliest| earliest - 1) else { return };
        let mut days: BTreeSet<i32> = self.begins.iter().copied().filter(|day| *day > eve).collect();
        if self.begins.iter().any(|begin| *begin <= eve) {
            days.insert(eve);
        }
        for (changing, taken) in self.changing.iter_mut().zip(taken) {
            // What happened before a row begins stands when it does.
            let happened =
                taken.events.iter().map(|(day, row, value)| ((*day).max(self.begins[*row as usize]), *row, *value));
            changing.events = happened.collect();
            // By row they are in order already, also several of a day.
            changing.events.sort_by_key(|(day, ..)| *day);
            days.extend(changing.events.iter().map(|(day, ..)| *day));
        }
        self.days = days.into_iter().filter(|day| *day < first_day).filter_map(Day::from_epoch_days).collect();
    }

    /// The table's rows as of the end of a day; days are asked for in their order.
    pub fn rows(&mut self, day: Day) -> Result<RecordBatch> {
        let day = day.to_epoch_days();
        let rows: Vec<u32> = (0..).zip(&self.begins).filter(|(_, begin)| **begin <= day).map(|(row, _)| row).collect();
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.first.num_columns()];
        for changing in &mut self.changing {
            while let Some((_, row, value)) = changing.events.get(changing.done).filter(|(on, ..)| *on <= day) {
                changing.at[*row as usize] = Some(*value);
                changing.done += 1;
            }
            let at: UInt32Array = rows.iter().map(|row| changing.at[*row as usize]).collect();
            columns[changing.position] = Some(take(&changing.values, &at, None).map_err(failed)?);
        }
        let rows = UInt32Array::from(rows);
        let columns = columns.into_iter().zip(self.first.columns()).map(|(column, first)| match column {
            Some(column) => Ok(column),
            None => take(first, &rows, None),
        });
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
        RecordBatch::try_new(self.first.schema(), columns).map_err(failed)
    }
}

/// How many rows have another value than another place among the values holds.
fn differing(values: &ArrayRef, places: impl Iterator<Item = (u32, u32)>) -> Result<u64> {
    let (ours, theirs): (Vec<u32>, Vec<u32>) = places.unzip();
    let ours = take(values, &UInt32Array::from(ours), None).map_err(failed)?;
    let theirs = take(values, &UInt32Array::from(theirs), None).map_err(failed)?;
    Ok(distinct(&ours, &theirs).map_err(failed)?.true_count() as u64)
}

fn failed(error: ArrowError) -> Error {
    Error::failed(format!("the days before the first export could not be rebuilt: {error}"))
}

#[cfg(test)]
mod tests;
