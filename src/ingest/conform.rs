//! Mapped columns under the declared types: what fits, and for each row that does not, why.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use jiff::tz::TimeZone;

use super::function::{NO_BOOLEAN, NO_DAY, NO_MOMENT, NO_NUMBER, NUMBER};
use super::mapping::Mapped;
use super::text;
use crate::error::{Error, Result};
use crate::query::function::MOMENT;
use crate::query::{DeclaredColumn, DeclaredTable, sql_type};

/// Why a row cannot be taken: the column and what is wrong with it, without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub column: String,
    pub reason: String,
}

/// Mapped columns under the declared types.
pub struct Conformed {
    pub columns: Vec<ArrayRef>,
    /// The first fault of each row that has one.
    pub faults: BTreeMap<usize, Unfit>,
    /// Rows without a fault whose number has more decimals than a column keeps, by the column's position in the table.
    pub rounded: BTreeMap<usize, u64>,
}

/// The columns of `table` at `positions` made of what was mapped.
pub fn conform(
    table: &DeclaredTable,
    positions: &[usize],
    mapped: Vec<Mapped>,
    rows: usize,
    zone: &TimeZone,
) -> Result<Conformed> {
    let mut rounded: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut faults: BTreeMap<usize, Unfit> = BTreeMap::new();
    let mut columns = Vec::with_capacity(positions.len());
    for (position, mapped) in positions.iter().zip(mapped) {
        let column = &table.columns[*position];
        let mut note = |row: usize, reason: &str| {
            faults.entry(row).or_insert_with(|| Unfit { column: column.name.clone(), reason: reason.to_owned() });
        };
        for (row, reason) in &mapped.unfit {
            note(*row as usize, reason);
        }
        let values = match mapped.values {
            None => new_null_array(&column.data_type, rows),
            Some(values) => cast(&values, &column.data_type, zone, &mut note, rounded.entry(*position).or_default())
                .ok_or_else(|| cannot(table, column, values.data_type()))?,
        };
        if !column.allowed.is_empty() {
            let texts = values.as_string::<i32>();
            for row in (0..rows).filter(|row| texts.is_valid(*row)) {
                if !column.allowed.iter().any(|allowed| allowed == texts.value(row)) {
                    note(row, &format!("is none of the values that the table allows ({})", column.allowed.join(", ")));
                }
            }
        }
        if column.is_required && values.null_count() > 0 {
            (0..rows).filter(|row| values.is_null(*row)).for_each(|row| note(row, "is missing"));
        }
        columns.push(values);
    }
    let fits = |rows: Vec<usize>| rows.iter().filter(|row| !faults.contains_key(row)).count() as u64;
    let rounded = rounded.into_iter().map(|(position, rows)| (position, fits(rows))).filter(|(_, rows)| *rows > 0);
    let rounded = rounded.collect();
    Ok(Conformed { columns, faults, rounded })
}

/// Whether what a map gives can become a column of a declared type.
pub fn is_castable(given: &DataType, declared: &DataType) -> bool {
    given == declared
        || *given == DataType::Null
        || *given == DataType::Utf8
        || arrow::compute::can_cast_types(given, declared)
}

fn cannot(table: &DeclaredTable, column: &DeclaredColumn, mapped: &DataType) -> Error {
    let (given, wanted) = (sql_type(mapped), sql_type(&column.data_type));
    Error::failed(format!("the map gives {given} for `{}` of {}, which is {wanted}", column.name, table.name))
        .help("change the expression in the map, or cast its result")
}

/// Casts without losing anything in silence; `None` if the types have nothing to do with each other. Money is not turned
/// down for a fraction of its smallest unit: it is rounded half away from zero, and its row is told in `rounded`.
fn cast(
    values: &ArrayRef,
    to: &DataType,
    zone: &TimeZone,
    note: &mut impl FnMut(usize, &str),
    rounded: &mut Vec<usize>,
) -> Option<ArrayRef> {
    if values.data_type() == to {
        return Some(empty_as_null(values));
    }
    if values.data_type() == &DataType::Null {
        return Some(new_null_array(to, values.len()));
    }
    if values.data_type() == &DataType::Utf8 {
        return from_text(values, to, zone, note, rounded);
    }
    if let (DataType::Timestamp(..), DataType::Date32) = (values.data_type(), to) {
        // The day on which the moment is in the pipeline's time zone.
        let moments = cast_with_options(values, &MOMENT, &CastOptions::default()).ok()?;
        let moments = moments.as_primitive::<TimestampMicrosecondType>();
        let day = |moment| text::day_of(moment, zone).map(crate::day::Day::to_epoch_days);
        return Some(Arc::new(moments.iter().map(|moment| moment.and_then(day)).collect::<Date32Array>()));
    }
    if matches!(to, DataType::Int32 | DataType::Int64) {
        whole_only(values, note);
    }
    if let (DataType::Decimal128(_, given), DataType::Decimal128(_, kept)) = (values.data_type(), to) {
        rounded.extend(fractions(values, given.saturating_sub(*kept)));
    }
    let cast = match narrowed(values, to) {
        Some(cast) => cast,
        None => cast_with_options(values, to, &CastOptions { safe: true, ..CastOptions::default() }).ok()?,
    };
    for row in (0..values.len()).filter(|row| cast.is_null(*row) && values.is_valid(*row)) {
        note(row, "does not fit the type of its column");
    }
    Some(cast)
}

/// What [`cast_with_options`] gives for decimals that become others of fewer places, or whole numbers; `None` where that is
/// not asked for, or one of them does not fit in 64 bits. A division of 64 bits is one instruction, one of 128 a function.
fn narrowed(values: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    let DataType::Decimal128(_, scale) = *values.data_type() else { return None };
    let (precision, kept) = match *to {
        DataType::Decimal128(precision, kept) if precision <= 18 => (Some(precision), kept),
        DataType::Int32 | DataType::Int64 => (None, 0),
        _ => return None,
    };
    let by = 10i64.checked_pow(u32::try_from(scale.checked_sub(kept)?).ok()?)?;
    let values = values.as_primitive::<Decimal128Type>();
    let is_long = |row: usize| values.is_valid(row) && i64::try_from(values.value(row)).is_err();
    if (0..values.len()).any(is_long) {
        return None;
    }
    // What lies under a NULL may be anything.
    let short: Int64Array = values.unary(|value| value as i64);
    Some(match (precision, to) {
        (Some(precision), _) => {
            let most = 10i64.checked_pow(u32::from(precision))?;
            // Half away from zero.
            let rounded = |value: i64| {
                (value / by) + i64::from(value % by >= by - by / 2) - i64::from(-(value % by) >= by - by / 2)
            };
            let fits = |value: i64| Some(rounded(value)).filter(|value| value.abs() < most).map(i128::from);
            let decimals: Decimal128Array = short.unary_opt(fits);
            Arc::new(decimals.with_precision_and_scale(precision, kept).ok()?)
        }
        (None, DataType::Int32) => Arc::new(short.unary_opt::<_, Int32Type>(|value| i32::try_from(value / by).ok())),
        (None, _) => Arc::new(short.unary::<_, Int64Type>(|value| value / by)),
    })
}

/// Empty text is NULL.
fn empty_as_null(values: &ArrayRef) -> ArrayRef {
    let Some(texts) = values.as_string_opt::<i32>() else { return Arc::clone(values) };
    let ends = texts.value_offsets();
    if !(0..texts.len()).any(|row| ends[row] == ends[row + 1] && texts.is_valid(row)) {
        return Arc::clone(values);
    }
    Arc::new(texts.iter().map(|text| text.filter(|text| !text.is_empty())).collect::<arrow::array::StringArray>())
}

/// A header mapped as it is: its text is read as its column's type.
fn from_text(
    values: &ArrayRef,
    to: &DataType,
    zone: &TimeZone,
    note: &mut impl FnMut(usize, &str),
    rounded: &mut Vec<usize>,
) -> Option<ArrayRef> {
    let texts = values.as_string::<i32>();
    fn read<T>(
        texts: &arrow::array::StringArray,
        reason: &str,
        note: &mut impl FnMut(usize, &str),
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<Option<T>> {
        let mut values = Vec::with_capacity(texts.len());
        for (row, text) in texts.iter().enumerate() {
            let text = text.filter(|text| !text::trim(text).is_empty());
            let value = text.and_then(&read);
            if text.is_some() && value.is_none() {
                note(row, reason);
            }
            values.push(value);
        }
        values
    }
    Some(match to {
        DataType::Boolean => Arc::new(BooleanArray::from(read(texts, NO_BOOLEAN, note, text::boolean))),
        DataType::Date32 => Arc::new(Date32Array::from(read(texts, NO_DAY, note, |text| {
            text::day(text, None).map(crate::day::Day::to_epoch_days)
        }))),
        DataType::Timestamp(..) => {
            let moments: ArrayRef = Arc::new(TimestampMicrosecondArray::from(read(texts, NO_MOMENT, note, |text| {
                text::moment(text, None, zone)
            })));
            debug_assert_eq!(moments.data_type(), &MOMENT);
            moments
        }
        DataType::Decimal128(..) | DataType::Int32 | DataType::Int64 | DataType::Float64 => {
            let numbers = Decimal128Array::from(read(texts, NO_NUMBER, note, |text| text::number(text, None)));
            let numbers: ArrayRef = Arc::new(numbers.with_precision_and_scale(38, 10).ok()?);
            debug_assert_eq!(numbers.data_type(), &NUMBER);
            return cast(&numbers, to, zone, note, rounded);
        }
        _ => return None,
    })
}

/// The rows of decimals that would lose something without so many digits at their ends.
fn fractions(numbers: &ArrayRef, digits: i8) -> impl Iterator<Item = usize> {
    let units = u32::try_from(digits).ok().and_then(|digits| 10i128.checked_pow(digits)).unwrap_or(1);
    let short = i64::try_from(units).ok();
    let has_fraction = move |value: i128| match (i64::try_from(value).ok(), short) {
        // Many times faster, and nearly always so.
        (Some(value), Some(units)) => value % units != 0,
        _ => value % units != 0,
    };
    let values = numbers.as_primitive::<Decimal128Type>().iter().enumerate();
    values.filter(move |(_, value)| units > 1 && value.is_some_and(has_fraction)).map(|(row, _)| row)
}

/// A fraction is not cut off in silence.
fn whole_only(numbers: &ArrayRef, note: &mut impl FnMut(usize, &str)) {
    let mut has_fraction: Vec<usize> = Vec::new();
    match numbers.data_type() {
        DataType::Decimal128(_, scale) => has_fraction.extend(fractions(numbers, *scale)),
        DataType::Float64 => {
            let values = numbers.as_primitive::<Float64Type>().iter().enumerate();
            has_fraction
                .extend(values.filter(|(_, value)| value.is_some_and(|value| value.fract() != 0.0)).map(|of| of.0));
        }
        _ => {}
    }
    has_fraction.into_iter().for_each(|row| note(row, "is not a whole number"));
}

/// The rows of a batch that have no fault, under the declared schema.
pub fn fitting(table: &DeclaredTable, columns: &[ArrayRef], faults: &BTreeMap<usize, Unfit>) -> Result<RecordBatch> {
    let bad = |error: arrow::error::ArrowError| {
        Error::failed(format!("could not put together rows of {}: {error}", table.name))
    };
    let rows = columns.first().map_or(0, |column| column.len());
    if faults.is_empty() {
        return RecordBatch::try_new(table.schema(), columns.to_vec()).map_err(bad);
    }
    // Rows with faults may break the declared NOT NULL, so they leave before the schema is put on.
    let keep: BooleanArray = (0..rows).map(|row| Some(!faults.contains_key(&row))).collect();
    let columns = columns
        .iter()
        .map(|column| arrow::compute::filter(column, &keep))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(bad)?;
    RecordBatch::try_new(table.schema(), columns).map_err(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowed_decimals_are_what_a_cast_gives() {
        let edges = [0, 1, 4, 5, 6, 49, 50, 51, 99, 100, 149, 150, i128::from(i32::MAX), i128::from(i64::MAX)];
        let powers = (0..19).map(|power| 10i128.pow(power));
        let all = powers
            .flat_map(|power| edges.map(|edge| edge.saturating_mul(power)))
            .flat_map(|value| [value, value + 1, value - 1, -value]);
        let all: Vec<Option<i128>> =
            all.filter(|value| i64::try_from(*value).is_ok()).map(Some).chain([None]).collect();
        let options = CastOptions { safe: true, ..CastOptions::default() };
        for scale in [0, 1, 2, 10] {
            let values: ArrayRef =
                Arc::new(Decimal128Array::from(all.clone()).with_precision_and_scale(38, scale).unwrap());
            let decimals = [(18, 2), (18, 0), (4, 1), (1, 0), (12, 10)].map(|(p, s)| DataType::Decimal128(p, s));
            for to in decimals.into_iter().chain([DataType::Int32, DataType::Int64]) {
                let Some(narrowed) = narrowed(&values, &to) else { continue };
                assert_eq!(&narrowed, &cast_with_options(&values, &to, &options).unwrap(), "{scale} {to}");
            }
        }
        let long: ArrayRef = Arc::new(Decimal128Array::from(vec![i128::from(i64::MAX) + 1]));
        assert!(narrowed(&long, &DataType::Int64).is_none());
    }
}
