//! Two states held against each other: both sorted by the key, then by everything else, and merged.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use arrow::array::{DynComparator, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, SchemaRef, i256};
use arrow::row::{RowConverter, SortField};
use datafusion::common::Column as Named;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, col};
use serde_json::Value;

use super::chunk::{Chunk, Converters, Cursor};
use super::{
    ChangedCell, ChangedRow, Column, ColumnChange, Difference, Examples, Fate, Move, Retyped, RowCounts, SchemaChange,
    Side, State, Total, value,
};
use crate::catalogue::Catalogue;
use crate::error::{Error, Kind, Result};
use crate::lake::TableName;
use crate::problem;
use crate::query::{lake_failure, sql_type};

/// The key of a relation: of a declared table its own, of a model that of its first `unique` check.
pub fn key_of(catalogue: &Catalogue, relation: &TableName) -> Vec<String> {
    if let Some(table) = catalogue.tables.get(relation) {
        return table.key.iter().map(|at| table.columns[*at].name.clone()).collect();
    }
    let checks = catalogue.models.get(relation).map(|model| model.header.checks.as_slice()).unwrap_or_default();
    let unique = checks.iter().find_map(|check| check.unique.as_ref());
    unique.into_iter().flatten().map(|column| column.to_lowercase()).collect()
}

/// Compares two states. `wanted` is the key that was asked for; else it is `usual`, as far as both have its columns.
pub async fn compare(
    relation: &TableName,
    before: &Side,
    after: &Side,
    usual: &[String],
    wanted: Option<&[String]>,
    limit: usize,
) -> Result<Difference> {
    let (was, now) = (before.plan.schema().inner(), after.plan.schema().inner());
    let (schema, shared) = schemas(was, now);
    let key = match wanted {
        Some(wanted) => asked_key(relation, wanted, &shared)?,
        None if usual.iter().all(|name| shared.iter().any(|(shared, _)| shared == name)) => usual.to_vec(),
        None => Vec::new(),
    };
    let mut columns: Vec<(String, DataType)> =
        key.iter().filter_map(|name| shared.iter().find(|(shared, _)| shared == name).cloned()).collect();
    columns.extend(shared.iter().filter(|(name, _)| !key.contains(name)).cloned());
    let failed = |error: DataFusionError| {
        lake_failure(&error).unwrap_or_else(|| {
            let why = crate::sql_type::in_text(&error.find_root().to_string());
            Error::failed(format!("the rows of {relation} could not be compared: {why}"))
        })
    };
    let Counted { states, rows, changes, examples, moves } = if columns.is_empty() {
        counted(before, after).await.map_err(failed)?
    } else {
        let key_columns = if key.is_empty() { columns.len() } else { key.len() };
        let streams = [sorted(before, &columns).await.map_err(failed)?, sorted(after, &columns).await.map_err(failed)?];
        merge(streams, &columns, key_columns, limit).await.map_err(failed)?
    };
    let [(rows_before, repeated_before), (rows_after, repeated_after)] = states;
    let repeated = |count: u64| if key.is_empty() { 0 } else { count };
    let in_order = |change: &ColumnChange| shared.iter().position(|(name, _)| *name == change.name);
    let mut changes = changes;
    changes.sort_by_key(in_order);
    Ok(Difference {
        relation: relation.to_string(),
        before: State { label: before.label.clone(), rows: rows_before, repeated_keys: repeated(repeated_before) },
        after: State { label: after.label.clone(), rows: rows_after, repeated_keys: repeated(repeated_after) },
        key,
        schema,
        rows,
        columns: changes,
        moves,
        examples,
    })
}

fn asked_key(relation: &TableName, wanted: &[String], shared: &[(String, DataType)]) -> Result<Vec<String>> {
    for name in wanted {
        if shared.iter().all(|(known, _)| known != name) {
            let names: Vec<&str> = shared.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Error::new(
                Kind::Project,
                format!("the key names `{name}`, which is no column of both sides of {relation}"),
            )
            .help(problem::did_you_mean(name, names)));
        }
    }
    Ok(wanted.to_vec())
}

/// What differs between the columns, and those that both have with the type in which they are compared.
fn schemas(was: &SchemaRef, now: &SchemaRef) -> (SchemaChange, Vec<(String, DataType)>) {
    let mut change = SchemaChange::default();
    let mut shared = Vec::new();
    for field in now.fields() {
        let named = || Column { name: field.name().clone(), sql_type: sql_type(field.data_type()) };
        let Ok(old) = was.field_with_name(field.name()) else {
            change.added.push(named());
            continue;
        };
        let (before, after) = (sql_type(old.data_type()), sql_type(field.data_type()));
        if before != after {
            change.retyped.push(Retyped { name: field.name().clone(), before, after });
        }
        let common = match old.data_type() == field.data_type() {
            true => field.data_type().clone(),
            // What cannot be compared as values is compared as it is written.
            false => comparison_coercion(old.data_type(), field.data_type()).unwrap_or(DataType::Utf8),
        };
        shared.push((field.name().clone(), common));
    }
    let gone = was.fields().iter().filter(|field| now.field_with_name(field.name()).is_err());
    change.removed =
        gone.map(|field| Column { name: field.name().clone(), sql_type: sql_type(field.data_type()) }).collect();
    (change, shared)
}

/// A side's rows in the order in which they are merged.
async fn sorted(side: &Side, columns: &[(String, DataType)]) -> Result<SendableRecordBatchStream, DataFusionError> {
    let schema = side.plan.schema();
    let column = |(name, data_type): &(String, DataType)| {
        let of = |at: usize| {
            let (qualifier, field) = schema.qualified_field(at);
            let named = Expr::Column(Named::new(qualifier.cloned(), field.name()));
            let is_same = field.data_type() == data_type;
            if is_same { named.alias(name) } else { cast(named, data_type.clone()).alias(name) }
        };
        let at = schema.fields().iter().position(|field| field.name() == name);
        at.map(of).ok_or_else(|| DataFusionError::Plan(format!("there is no column {name}")))
    };
    let columns = columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let order: Vec<_> =
        columns.iter().map(|column| col(Named::from_name(column.schema_name().to_string())).sort(true, true)).collect();
    let plan = LogicalPlanBuilder::from(side.plan.clone()).project(columns)?.sort(order)?.build()?;
    side.session.stream(&plan).await
}

/// Everything that is found of two sides.
struct Counted {
    /// Rows and repeated keys of either side.
    states: [(u64, u64); 2],
    rows: RowCounts,
    changes: Vec<ColumnChange>,
    moves: Vec<Move>,
    examples: Examples,
}

/// Two sides that have no column in common: all rows of one went, all of the other came.
async fn counted(before: &Side, after: &Side) -> Result<Counted, DataFusionError> {
    let mut states = [(0, 0); 2];
    for (state, side) in states.iter_mut().zip([before, after]) {
        let mut stream = side.session.stream(&side.plan).await?;
        while let Some(batch) = futures::StreamExt::next(&mut stream).await {
            state.0 += batch?.num_rows() as u64;
        }
    }
    let rows = RowCounts { removed: states[0].0, added: states[1].0, ..RowCounts::default() };
    Ok(Counted { states, rows, changes: Vec::new(), moves: Vec::new(), examples: Examples::default() })
}

async fn merge(
    [before, after]: [SendableRecordBatchStream; 2],
    columns: &[(String, DataType)],
    key_columns: usize,
    limit: usize,
) -> Result<Counted, DataFusionError> {
    let order = SortOptions { descending: false, nulls_first: true };
    let fields = |columns: &[(String, DataType)]| {
        columns.iter().map(|(_, of)| SortField::new_with_options(of.clone(), order)).collect::<Vec<_>>()
    };
    let converters = Converters {
        key: RowConverter::new(fields(&columns[..key_columns]))?,
        whole: RowConverter::new(fields(columns))?,
        key_columns,
    };
    let mut was = Cursor::open(before, &converters).await?;
    let mut now = Cursor::open(after, &converters).await?;
    let mut tally = Tally::new(columns, key_columns, limit);
    loop {
        let (in_was, in_now) = (was.row().is_some(), now.row().is_some());
        let order = match (was.key(), now.key()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(was), Some(now)) => was.cmp(&now),
        };
        match order {
            Ordering::Less => tally.alone(Fate::Removed, was.row())?,
            Ordering::Greater => tally.alone(Fate::Added, now.row())?,
            Ordering::Equal if !was.is_repeated() && !now.is_repeated() => tally.pair(was.row(), now.row())?,
            Ordering::Equal => {
                repeated(&mut tally, &mut was, &mut now, &converters).await?;
                continue;
            }
        }
        debug_assert!(in_was || in_now);
        if order != Ordering::Greater {
            was.advance(&converters).await?;
        }
        if order != Ordering::Less {
            now.advance(&converters).await?;
        }
    }
    Ok(tally.finish([(was.rows, was.repeated), (now.rows, now.repeated)]))
}

/// Rows of one key of which a side has several: none of them is another one's, so they are compared as wholes.
async fn repeated(
    tally: &mut Tally<'_>,
    was: &mut Cursor,
    now: &mut Cursor,
    converters: &Converters,
) -> Result<(), DataFusionError> {
    let Some(key) = was.key().map(|key| key.owned()) else { return Ok(()) };
    loop {
        let is_of = |cursor: &Cursor| cursor.key().is_some_and(|of| of == key.row());
        let order = match (is_of(was), is_of(now)) {
            (false, false) => return Ok(()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => was.whole().cmp(&now.whole()),
        };
        match order {
            Ordering::Less => tally.alone(Fate::Removed, was.row())?,
            Ordering::Greater => tally.alone(Fate::Added, now.row())?,
            Ordering::Equal => tally.pair(was.row(), now.row())?,
        }
        if order != Ordering::Greater {
            was.advance(converters).await?;
        }
        if order != Ordering::Less {
            now.advance(converters).await?;
        }
    }
}

/// What has been found so far.
struct Tally<'c> {
    columns: &'c [(String, DataType)],
    key_columns: usize,
    /// Whether rows are told apart by less than all of their columns.
    has_key: bool,
    limit: usize,
    rows: RowCounts,
    /// For each column: in how many rows it changed, and its sums before and after.
    changed: Vec<u64>,
    sums: Vec<[i256; 2]>,
    moves: Vec<(i256, Move)>,
    examples: Examples,
    /// Comparators of the columns of two chunks, which many rows share.
    comparators: Option<((usize, usize), Vec<DynComparator>)>,
}

impl<'c> Tally<'c> {
    fn new(columns: &'c [(String, DataType)], key_columns: usize, limit: usize) -> Self {
        Self {
            columns,
            key_columns,
            has_key: key_columns < columns.len(),
            limit,
            rows: RowCounts::default(),
            changed: vec![0; columns.len()],
            sums: vec![[i256::ZERO; 2]; columns.len()],
            moves: Vec::new(),
            examples: Examples::default(),
            comparators: None,
        }
    }

    /// A row that only one side has.
    fn alone(&mut self, fate: Fate, row: Option<(&Chunk, usize)>) -> Result<(), DataFusionError> {
        let Some((chunk, at)) = row else { return Ok(()) };
        let count = if fate == Fate::Added { &mut self.rows.added } else { &mut self.rows.removed };
        *count += 1;
        let (was, now) = if fate == Fate::Added { (None, row) } else { (row, None) };
        self.add_up(fate, was, now)?;
        let key = |of: &Self| of.key(chunk, at);
        if fate == Fate::Added && self.examples.added.len() < self.limit {
            let key = key(self)?;
            self.examples.added.push(key);
        } else if fate == Fate::Removed && self.examples.removed.len() < self.limit {
            let key = key(self)?;
            self.examples.removed.push(key);
        }
        Ok(())
    }

    /// A row that both sides have.
    fn pair(&mut self, was: Option<(&Chunk, usize)>, now: Option<(&Chunk, usize)>) -> Result<(), DataFusionError> {
        let (Some((before, at_before)), Some((after, at_after))) = (was, now) else { return Ok(()) };
        let chunks = (before.number, after.number);
        if self.comparators.as_ref().is_none_or(|(known, _)| *known != chunks) {
            let order = SortOptions { descending: false, nulls_first: true };
            let columns = before.batch.columns().iter().zip(after.batch.columns()).skip(self.key_columns);
            let made = columns.map(|(before, after)| make_comparator(before.as_ref(), after.as_ref(), order));
            self.comparators = Some((chunks, made.collect::<Result<Vec<_>, _>>()?));
        }
        let comparators = self.comparators.as_ref().map(|(_, made)| made.as_slice()).unwrap_or_default();
        let differing: Vec<usize> = (0..comparators.len())
            .filter(|column| comparators[*column](at_before, at_after) != Ordering::Equal)
            .map(|column| column + self.key_columns)
            .collect();
        if differing.is_empty() {
            self.rows.unchanged += 1;
            return self.add_up_unmoved(now);
        }
        self.rows.changed += 1;
        for column in &differing {
            self.changed[*column] += 1;
        }
        if self.examples.changed.len() < self.limit {
            let cells = differing.iter().map(|column| {
                Ok(ChangedCell {
                    column: self.columns[*column].0.clone(),
                    before: value::cell(before.batch.column(*column), at_before)?,
                    after: value::cell(after.batch.column(*column), at_after)?,
                })
            });
            let cells = cells.collect::<Result<Vec<_>, DataFusionError>>()?;
            self.examples.changed.push(ChangedRow { key: self.key(before, at_before)?, cells });
        }
        self.add_up(Fate::Changed, was, now)
    }

    /// Adds the money of an unchanged row to both sums.
    fn add_up_unmoved(&mut self, row: Option<(&Chunk, usize)>) -> Result<(), DataFusionError> {
        let Some((chunk, at)) = row else { return Ok(()) };
        for (column, sums) in self.sums.iter_mut().enumerate() {
            if value::money(&self.columns[column].1).is_some() {
                let amount = value::unscaled(chunk.batch.column(column), at);
                *sums = [sum(sums[0], amount)?, sum(sums[1], amount)?];
            }
        }
        Ok(())
    }

    /// Adds a row's money to the sums, and its largest move to the moves.
    fn add_up(
        &mut self,
        fate: Fate,
        was: Option<(&Chunk, usize)>,
        now: Option<(&Chunk, usize)>,
    ) -> Result<(), DataFusionError> {
        let mut largest: Option<(i256, usize)> = None;
        for (column, (_, data_type)) in self.columns.iter().enumerate() {
            if value::money(data_type).is_none() {
                continue;
            }
            let amount = |row: Option<(&Chunk, usize)>| {
                row.map_or(i256::ZERO, |(chunk, at)| value::unscaled(chunk.batch.column(column), at))
            };
            let (before, after) = (amount(was), amount(now));
            let sums = &mut self.sums[column];
            *sums = [sum(sums[0], before)?, sum(sums[1], after)?];
            let difference = after.wrapping_sub(before);
            if difference != i256::ZERO
                && largest.is_none_or(|(other, _)| difference.wrapping_abs() > other.wrapping_abs())
            {
                largest = Some((difference, column));
            }
        }
        let (Some((difference, column)), Some((chunk, at))) = (largest, was.or(now)) else { return Ok(()) };
        let size = difference.wrapping_abs();
        // Most rows move less than those that are shown.
        if self.moves.len() >= self.limit && self.moves.last().is_none_or(|(least, _)| size <= *least) {
            return Ok(());
        }
        let (name, data_type) = &self.columns[column];
        let cell = |row: Option<(&Chunk, usize)>| match row {
            Some((chunk, at)) => value::cell(chunk.batch.column(column), at),
            None => Ok(Value::Null),
        };
        let found = Move {
            row: fate,
            key: self.key(chunk, at)?,
            column: name.clone(),
            before: cell(was)?,
            after: cell(now)?,
            difference: value::signed(difference, value::money(data_type).unwrap_or_default()),
        };
        // Of equal ones the first comes first.
        let place = self.moves.partition_point(|(other, _)| *other >= size);
        self.moves.insert(place, (size, found));
        self.moves.truncate(self.limit);
        Ok(())
    }

    /// What tells a row from others.
    fn key(&self, chunk: &Chunk, at: usize) -> Result<BTreeMap<String, Value>, DataFusionError> {
        let named = self.columns[..self.key_columns].iter().zip(chunk.batch.columns());
        named.map(|((name, _), column)| Ok((name.clone(), value::cell(column, at)?))).collect()
    }

    fn finish(self, states: [(u64, u64); 2]) -> Counted {
        let skipped = if self.has_key { self.key_columns } else { 0 };
        let changes = self.columns.iter().enumerate().skip(skipped).map(|(at, (name, data_type))| {
            let [before, after] = self.sums[at];
            let total = value::money(data_type).map(|scale| Total {
                before: value::decimal(before, scale),
                after: value::decimal(after, scale),
                difference: value::signed(after.wrapping_sub(before), scale),
            });
            ColumnChange { name: name.clone(), changed: self.changed[at], total }
        });
        let changes = changes.collect();
        let moves = self.moves.into_iter().map(|(_, found)| found).collect();
        Counted { states, rows: self.rows, changes, moves, examples: self.examples }
    }
}

fn sum(a: i256, b: i256) -> Result<i256, DataFusionError> {
    a.checked_add(b).ok_or_else(|| DataFusionError::Execution("a sum of money has more than 76 digits".to_owned()))
}
