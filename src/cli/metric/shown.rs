//! A metric's figures as a person reads them: rounded, in their unit, the numbers to the right.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::array_value_to_string;

use forecastle::project::Unit;

const NOTHING: &str = "–";

/// A column as it is shown.
struct Column {
    name: String,
    is_number: bool,
    cells: Vec<String>,
}

impl Column {
    /// A text as wide as the column.
    fn put(&self, text: &str) -> String {
        let texts = self.cells.iter().chain([&self.name]);
        let width = texts.map(|text| text.chars().count()).max().unwrap_or(0);
        if self.is_number { format!("{text:>width$}") } else { format!("{text:width$}") }
    }
}

/// The lines of a table.
pub fn table(rows: &RecordBatch, unit: Unit) -> Vec<String> {
    let schema = rows.schema();
    let shown = schema.fields().iter().zip(rows.columns());
    let columns: Vec<Column> = shown
        .map(|(field, column)| Column {
            name: field.name().clone(),
            is_number: column.data_type().is_numeric(),
            cells: cells(field.name(), column, unit),
        })
        .collect();
    let line = |cells: Vec<String>| cells.join("  ").trim_end().to_owned();
    let head = line(columns.iter().map(|column| column.put(&column.name)).collect());
    let body =
        (0..rows.num_rows()).map(|row| line(columns.iter().map(|column| column.put(&column.cells[row])).collect()));
    std::iter::once(head).chain(body).collect()
}

fn cells(name: &str, column: &ArrayRef, unit: Unit) -> Vec<String> {
    let unit = unit_of(name, unit);
    if !column.data_type().is_numeric() {
        let cell = |row| match column.is_null(row) {
            true => NOTHING.to_owned(),
            false => array_value_to_string(column, row).unwrap_or_default(),
        };
        return (0..column.len()).map(cell).collect();
    }
    numbers(column)
        .into_iter()
        .map(|value| value.map_or_else(|| NOTHING.to_owned(), |value| number(value, unit)))
        .collect()
}

/// What a column of the result counts in.
fn unit_of(name: &str, unit: Unit) -> Unit {
    match name {
        "n" => Unit::Count,
        "lower" | "upper" | "target_attainment" => Unit::Percent,
        "numerator" | "denominator" => Unit::Number,
        name if name.ends_with("_growth") => Unit::Percent,
        _ => unit,
    }
}

/// A column's numbers, for the eye only.
pub fn numbers(column: &ArrayRef) -> Vec<Option<f64>> {
    match cast(column, &DataType::Float64) {
        Ok(floats) => floats.as_primitive::<Float64Type>().iter().collect(),
        Err(_) => vec![None; column.len()],
    }
}

/// A number in its unit.
pub fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{:.1} %", value * 100.0),
        Unit::Ratio => format!("{value:.2}"),
        Unit::Days => format!("{value:.1}"),
        Unit::Money => grouped(value, 2),
        Unit::Count => grouped(value, 0),
        Unit::Number => grouped(value, if value.fract() == 0.0 { 0 } else { 2 }),
    }
}

/// Thousands parted by commas.
fn grouped(value: f64, places: usize) -> String {
    let written = format!("{:.places$}", value.abs());
    let (whole, fraction) = written.split_once('.').map_or((written.as_str(), None), |(a, b)| (a, Some(b)));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if value < 0.0 && written.contains(|c: char| c.is_ascii_digit() && c != '0') { "-" } else { "" };
    match fraction {
        Some(fraction) => format!("{sign}{text}.{fraction}"),
        None => format!("{sign}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_their_unit() {
        let written = [
            (0.453_416, Unit::Percent),
            (1_234_567.891, Unit::Money),
            (-1234.0, Unit::Count),
            (-0.001, Unit::Money),
            (4.152_83, Unit::Ratio),
            (78.0, Unit::Days),
            (999.0, Unit::Number),
        ]
        .map(|(value, unit)| number(value, unit));
        assert_eq!(written, ["45.3 %", "1,234,567.89", "-1,234", "0.00", "4.15", "78.0", "999"]);
    }
}
