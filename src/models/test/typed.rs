//! Rows as YAML has them under the columns of a relation: what the engine reads them as, and for each value that is none of
//! its column's type a problem with its place.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef};
use serde_yaml::Value;

use crate::problem::{self, Problem};
use crate::project::TestRow;
use crate::query::{DeclaredTable, sql_type};
use crate::yaml::{Document, Segment};

/// Rows, and where they are written.
pub struct Written<'w> {
    pub document: &'w Document,
    /// Of the list of rows.
    pub path: Vec<Segment>,
    pub rows: &'w [TestRow],
}

impl Written<'_> {
    fn path(&self, row: usize, column: &str) -> Vec<Segment> {
        self.path.iter().cloned().chain([Segment::from(row), Segment::from(column)]).collect()
    }

    /// The text of a value as it stands in the file, so that no digit is lost to a number; `None` for NULL.
    fn text(&self, row: usize, column: &str, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                let place = self.document.place(&self.path(row, column));
                Some(place.source.text[place.span].to_owned())
            }
        }
    }
}

/// The columns that rows are read under.
pub struct Columns<'c> {
    /// What they are columns of, for words.
    pub of: &'c str,
    pub schema: SchemaRef,
    /// The table that lists which values some of them may have.
    pub declared: Option<&'c DeclaredTable>,
}

/// Written rows as the engine has them; a column that a row leaves out is NULL in it.
pub fn rows(written: &Written<'_>, columns: &Columns<'_>) -> Result<RecordBatch, Vec<Problem>> {
    let mut problems = unknown_columns(written, columns);
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for field in columns.schema.fields() {
        match column(written, columns, field.name(), field.data_type()) {
            Ok(array) => arrays.push(array),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(written.rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(&columns.schema), arrays, &options).map_err(|error| {
        let place = written.document.key_place(&written.path);
        vec![Problem::error(place, format!("these rows cannot be put together: {error}"))]
    })
}

fn unknown_columns(written: &Written<'_>, columns: &Columns<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (row, values) in written.rows.iter().enumerate() {
        for name in values.keys().filter(|name| columns.schema.field_with_name(name).is_err()) {
            let place = written.document.key_place(&written.path(row, name));
            let names = columns.schema.fields().iter().map(|field| field.name().as_str());
            problems.push(
                Problem::error(place, format!("{} has no column `{name}`", columns.of))
                    .help(problem::did_you_mean(name, names)),
            );
        }
    }
    problems
}

fn column(
    written: &Written<'_>,
    columns: &Columns<'_>,
    name: &str,
    data_type: &DataType,
) -> Result<ArrayRef, Vec<Problem>> {
    let is_named = written.rows.iter().any(|values| values.contains_key(name));
    if !is_named {
        return Ok(new_null_array(data_type, written.rows.len()));
    }
    let mut problems = Vec::new();
    let mut refuse = |row: usize, message: String, help: Cow<'static, str>| {
        let place = written.document.place(&written.path(row, name));
        problems.push(Problem::error(place, message).help(help));
    };
    let mut texts: Vec<Option<String>> = Vec::with_capacity(written.rows.len());
    for (row, values) in written.rows.iter().enumerate() {
        let value = values.get(name).unwrap_or(&Value::Null);
        let is_one = match value {
            Value::Null | Value::Bool(_) => true,
            Value::String(_) | Value::Number(_) => *data_type != DataType::Boolean,
            Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => false,
        };
        let text = written.text(row, name, value);
        if !is_one {
            refuse(row, is_no(text.as_deref().unwrap_or_default(), data_type), how_to_write(data_type).into());
        }
        texts.push(text.filter(|_| is_one));
    }
    let texts = StringArray::from(texts);
    let (values, whole) = read(&texts, data_type);
    for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
        if !whole[row] {
            refuse(row, is_no(texts.value(row), data_type), how_to_write(data_type).into());
        }
    }
    let allowed = columns.declared.and_then(|table| table.column(name)).map_or(&[][..], |column| &column.allowed);
    for row in (0..texts.len()).filter(|row| texts.is_valid(*row) && !allowed.is_empty()) {
        let text = texts.value(row);
        if !allowed.iter().any(|allowed| allowed == text) {
            let help = problem::did_you_mean(text, allowed.iter().map(String::as_str));
            refuse(row, format!("`{text}` is none of the values that {} allows in `{name}`", columns.of), help.into());
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// Texts as values of a type, and of each whether it is one without loss.
fn read(texts: &StringArray, data_type: &DataType) -> (ArrayRef, Vec<bool>) {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let Ok(values) = cast_with_options(texts, data_type, &options) else {
        return (new_null_array(data_type, texts.len()), vec![false; texts.len()]);
    };
    let mut whole: Vec<bool> = (0..texts.len()).map(|row| values.is_valid(row)).collect();
    // A digit past the last that the type has would go without a word.
    if let DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) = data_type {
        let wide = DataType::Decimal256(76, scale.saturating_add(20));
        if let (Ok(wanted), Ok(kept)) =
            (cast_with_options(texts, &wide, &options), cast_with_options(&values, &wide, &options))
        {
            for (row, whole) in whole.iter_mut().enumerate() {
                *whole &= wanted.slice(row, 1) == kept.slice(row, 1);
            }
        }
    }
    (values, whole)
}

fn is_no(text: &str, data_type: &DataType) -> String {
    format!("`{text}` is no {}", sql_type(data_type))
}

fn how_to_write(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Date32 | DataType::Date64 => "write a day of the calendar, as in 2026-09-30",
        DataType::Timestamp(..) => "write a moment of UTC, as in 2026-09-30 14:00:00",
        DataType::Boolean => "write true or false",
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            "write a number with no more digits than the type has, as in 12.50"
        }
        of if of.is_integer() => "write a whole number",
        of if of.is_floating() => "write a number, as in 0.25",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "write a text",
        _ => "leave it out: a test cannot write such values",
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{Field, Schema, TimeUnit};

    use super::*;
    use crate::path;
    use crate::problem::SourceFile;
    use crate::yaml;

    fn read(text: &str) -> Result<Vec<String>, Vec<String>> {
        let fields = [
            ("id", DataType::Utf8),
            ("amount", DataType::Decimal128(18, 4)),
            ("share", DataType::Float64),
            ("deals", DataType::Int64),
            ("on_day", DataType::Date32),
            ("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
            ("is_won", DataType::Boolean),
        ];
        let fields = fields.map(|(name, data_type)| Field::new(name, data_type, true));
        let source = SourceFile::new("sql/kpi/x.test.yaml", text);
        let document = yaml::parse(&source, 0..text.len()).unwrap();
        let written: std::collections::BTreeMap<String, Vec<TestRow>> = document.read().unwrap();
        let written = Written { document: &document, path: path!["rows"].to_vec(), rows: &written["rows"] };
        let columns = Columns { of: "kpi.x", schema: Arc::new(Schema::new(fields.to_vec())), declared: None };
        match rows(&written, &columns) {
            Ok(batch) => Ok((0..batch.num_rows())
                .map(|row| {
                    let cell = |column: &ArrayRef| {
                        arrow::util::display::array_value_to_string(column, row).unwrap_or_default()
                    };
                    batch.columns().iter().map(cell).collect::<Vec<_>>().join("|")
                })
                .collect()),
            Err(found) => Err(found.iter().map(|found| format!("{} {}", found.place, found.message)).collect()),
        }
    }

    #[test]
    fn values_are_read_as_their_columns_types_with_every_digit_that_is_written() {
        let text = "rows:\n  - {id: 007, amount: 12345678901234.5600, share: 1e-3, deals: -3, on_day: 2026-09-30, at: 2026-09-30 14:00:00, is_won: true}\n  - {id: 'null', amount: 1000}\n  - {id: null}\n  - {}\n";
        assert_eq!(
            read(text).unwrap(),
            [
                "007|12345678901234.5600|0.001|-3|2026-09-30|2026-09-30T14:00:00|true",
                "null|1000.0000|||||",
                "||||||",
                "||||||"
            ]
        );
    }

    #[test]
    fn what_is_no_value_of_its_column_is_told_with_its_place() {
        let text = "rows:\n  - amount: 1.00005\n    share: half\n    deals: 1.5\n    on_day: 2026-02-30\n    is_won: 1\n    id: [a]\n    amuont: 1\n  - amount: ''\n    at: today\n    deals: true\n";
        assert_eq!(
            read(text).unwrap_err(),
            [
                "sql/kpi/x.test.yaml:8:5 kpi.x has no column `amuont`",
                "sql/kpi/x.test.yaml:7:9 `[a]` is no TEXT",
                "sql/kpi/x.test.yaml:2:13 `1.00005` is no DECIMAL(18, 4)",
                "sql/kpi/x.test.yaml:9:13 `` is no DECIMAL(18, 4)",
                "sql/kpi/x.test.yaml:3:12 `half` is no DOUBLE",
                "sql/kpi/x.test.yaml:4:12 `1.5` is no BIGINT",
                "sql/kpi/x.test.yaml:11:12 `true` is no BIGINT",
                "sql/kpi/x.test.yaml:5:13 `2026-02-30` is no DATE",
                "sql/kpi/x.test.yaml:10:9 `today` is no TIMESTAMP",
                "sql/kpi/x.test.yaml:6:13 `1` is no BOOLEAN",
            ]
        );
    }
}
