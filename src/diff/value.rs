//! Cells as JSON values, and exact sums of decimals.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Float64Type, Int64Type, i256,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

/// A cell: whole numbers, doubles and booleans as such, everything else as the text that SQL gives.
pub fn cell(column: &dyn Array, row: usize) -> Result<Value, ArrowError> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    let data_type = column.data_type();
    if let DataType::Boolean = data_type {
        return Ok(column.as_boolean().value(row).into());
    }
    if data_type.is_integer() && *data_type != DataType::UInt64 {
        let whole = arrow::compute::cast(&column.slice(row, 1), &DataType::Int64)?;
        return Ok(whole.as_primitive::<Int64Type>().value(0).into());
    }
    if let DataType::Float64 = data_type {
        let number = column.as_primitive::<Float64Type>().value(row);
        // JSON knows neither infinity nor what is no number.
        return Ok(serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number));
    }
    let options = FormatOptions::default().with_display_error(false);
    Ok(ArrayFormatter::try_new(column, &options)?.value(row).to_string().into())
}

/// The scale of a column of money: decimals with room for a billion and at most four places. Rates and shares have more places or
/// less room.
pub fn money(data_type: &DataType) -> Option<i8> {
    let (precision, scale) = match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => (*precision, *scale),
        _ => return None,
    };
    let room = i16::from(precision) - i16::from(scale);
    (scale <= 4 && room >= 9).then_some(scale)
}

/// A decimal cell without its point; NULL is zero.
pub fn unscaled(column: &dyn Array, row: usize) -> i256 {
    if column.is_null(row) {
        return i256::ZERO;
    }
    match column.data_type() {
        DataType::Decimal32(..) => i256::from(i64::from(column.as_primitive::<Decimal32Type>().value(row))),
        DataType::Decimal64(..) => i256::from(column.as_primitive::<Decimal64Type>().value(row)),
        DataType::Decimal128(..) => i256::from_i128(column.as_primitive::<Decimal128Type>().value(row)),
        DataType::Decimal256(..) => column.as_primitive::<Decimal256Type>().value(row),
        _ => i256::ZERO,
    }
}

/// A decimal as text.
pub fn decimal(unscaled: i256, scale: i8) -> String {
    Decimal256Type::format_decimal(unscaled, arrow::datatypes::DECIMAL256_MAX_PRECISION, scale)
}

/// A difference as text, with its sign.
pub fn signed(unscaled: i256, scale: i8) -> String {
    let sign = if unscaled > i256::ZERO { "+" } else { "" };
    format!("{sign}{}", decimal(unscaled, scale))
}
