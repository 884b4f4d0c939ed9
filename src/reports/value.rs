//! Query results as the template engine's values: rows and columns by name, exact amounts, days. What is not
//! there is an error that says so, never an empty text.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectExt, ObjectRepr, ValueKind};
use minijinja::{Error, Value};

use super::calendar;
use super::fault::fault;
use super::format;
use super::number::Number;
use super::table::{Cell, Table};
use super::words;
use crate::day::Day;
use crate::problem::did_you_mean;

/// A query's result under its name.
#[derive(Debug)]
pub struct Result {
    pub name: Arc<str>,
    pub table: Arc<Table>,
}

/// One row of a query's result.
#[derive(Debug)]
pub struct Row {
    pub result: Arc<Result>,
    pub index: usize,
}

/// An exact decimal.
#[derive(Debug)]
pub struct Amount(pub Number);

/// A calendar day.
#[derive(Debug)]
pub struct DayValue(pub Day);

/// An instant, in microseconds of UTC.
#[derive(Debug)]
pub struct MomentValue(pub i64);

/// A table as a template sees it.
pub fn of_table(name: &str, table: &Arc<Table>) -> Value {
    Value::from_object(Result { name: name.into(), table: Arc::clone(table) })
}

/// A cell as a template sees it.
pub fn of_cell(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(value) => Value::from(*value),
        Cell::Int(value) => Value::from(*value),
        Cell::Decimal { unscaled, scale } => match Number::new(*unscaled, *scale) {
            Some(number) => Value::from_object(Amount(number)),
            None => Value::from(fault("a decimal is too large for a report")),
        },
        Cell::Float(value) if value.is_finite() => Value::from(*value),
        Cell::Float(_) => Value::from(()),
        Cell::Text(text) => Value::from(Arc::clone(text)),
        Cell::Day(day) => Value::from_object(DayValue(*day)),
        Cell::Moment(microseconds) => Value::from_object(MomentValue(*microseconds)),
    }
}

/// A template's value as a cell; `None` for lists, tables, components and what is undefined.
pub fn to_cell(value: &Value) -> Option<Cell> {
    if let Some(amount) = value.downcast_object_ref::<Amount>() {
        return Some(amount.0.to_cell());
    }
    if let Some(day) = value.downcast_object_ref::<DayValue>() {
        return Some(Cell::Day(day.0));
    }
    if let Some(moment) = value.downcast_object_ref::<MomentValue>() {
        return Some(Cell::Moment(moment.0));
    }
    match value.kind() {
        ValueKind::None => Some(Cell::Null),
        ValueKind::Bool => Some(Cell::Bool(value.is_true())),
        ValueKind::Number => {
            if value.is_integer() {
                return value.as_i64().map(Cell::Int);
            }
            f64::try_from(value.clone()).ok().map(Cell::Float)
        }
        ValueKind::String => value.as_str().map(Cell::text),
        _ => None,
    }
}

/// The rows of a query's result, or of a list of its rows that a filter has chosen; an empty list is a table
/// without columns.
pub fn to_table(value: &Value) -> Option<(Arc<str>, Arc<Table>)> {
    if let Some(result) = value.downcast_object_ref::<Result>() {
        return Some((Arc::clone(&result.name), Arc::clone(&result.table)));
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return None;
    }
    let mut chosen: Option<(Arc<Result>, Vec<Vec<Cell>>)> = None;
    for item in value.try_iter().ok()? {
        let row = item.downcast_object_ref::<Row>()?;
        let (result, rows) = chosen.get_or_insert_with(|| (Arc::clone(&row.result), Vec::new()));
        if !Arc::ptr_eq(&result.table, &row.result.table) {
            return None;
        }
        rows.push(row.result.table.rows[row.index].clone());
    }
    let Some((result, rows)) = chosen else {
        return Some(("rows".into(), Arc::new(Table::default())));
    };
    let columns = result.table.columns.clone();
    Some((Arc::clone(&result.name), Arc::new(Table { columns, rows })))
}

impl Object for Result {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(name) = key.as_str() {
            return Some(Value::from(fault(format!(
                "`{}` is a table: take a row first, as in `{}[0].{name}`, or loop over its rows",
                self.name, self.name
            ))));
        }
        let index = key.as_usize()?;
        if index < self.table.rows.len() {
            return Some(Value::from_object(Row { result: Arc::clone(self), index }));
        }
        let rows = words::rows(self.table.rows.len() as u64);
        let first =
            if self.table.rows.is_empty() { String::new() } else { format!(": the first is `{}[0]`", self.name) };
        Some(Value::from(fault(format!("there is no row {index} in `{}`, which has {rows}{first}", self.name))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let result = Arc::clone(self);
        let rows = (0..self.table.rows.len())
            .map(move |index| Value::from_object(Row { result: Arc::clone(&result), index }))
            .collect();
        Enumerator::Values(rows)
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.table.rows.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let table = &self.result.table;
        match table.position(name) {
            Some(column) => Some(of_cell(&table.rows[self.index][column])),
            None => {
                let help = did_you_mean(name, table.columns.iter().map(|column| column.name.as_str()));
                Some(Value::from(fault(format!("`{}` has no column `{name}`: {help}", self.result.name))))
            }
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|row| {
            Box::new(row.result.table.columns.iter().map(|column| Value::from(column.name.as_str())))
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.result.name, self.index)
    }
}

impl Object for Amount {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::exact(self.0))
    }
}

impl Object for DayValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Object for MomentValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&calendar::moment(self.0))
    }
}

/// The words for a value in an error: what it is, never what it holds.
pub fn describe(value: &Value) -> &'static str {
    if value.is_undefined() {
        return "undefined";
    }
    match to_cell(value) {
        Some(Cell::Null) => "NULL",
        Some(cell) => cell.kind().map_or("NULL", super::table::Kind::words),
        None if value.downcast_object_ref::<Result>().is_some() => "a table",
        None if value.downcast_object_ref::<Row>().is_some() => "a row",
        None => match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => "a list",
            ValueKind::Map => "a map",
            _ => "something else",
        },
    }
}

/// An error for a value of the wrong sort.
pub fn unfit(what: &str, wanted: &str, value: &Value) -> Error {
    fault(format!("{what} takes {wanted}, not {}", describe(value)))
}
