//! Rows of an answer as text, for a person's eyes or for a program.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow::util::pretty::pretty_format_batches_with_options;

use forecastle::error::{Error, Kind, Result};
use forecastle::reports::without_formula;

use super::args::Format;

/// Writes rows on stdout.
pub fn print(schema: &SchemaRef, rows: &[RecordBatch], format: Format) -> Result<()> {
    match write(std::io::stdout(), schema, rows, format) {
        // Whoever reads has seen enough: `| head`.
        Err(error) if error.kind == Kind::Io && error.message.contains("Broken pipe") => Ok(()),
        other => other,
    }
}

/// Rows as text.
pub fn text(schema: &SchemaRef, rows: &[RecordBatch], format: Format) -> Result<String> {
    let mut written = Vec::new();
    write(&mut written, schema, rows, format)?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

/// Each row as a list of its columns.
pub fn expanded(rows: &[RecordBatch]) -> Result<String> {
    let options = options();
    let mut text = String::new();
    let mut nth = 0;
    for batch in rows {
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| bad(&error))?;
        for row in 0..batch.num_rows() {
            nth += 1;
            text += &format!("-- row {nth}\n");
            for (name, column) in names.iter().zip(&columns) {
                let value = column.value(row).try_to_string().map_err(|error| bad(&error))?;
                text += &format!("{name:<width$}  {value}\n");
            }
        }
    }
    Ok(visible(text))
}

/// How values are shown to people.
fn options() -> FormatOptions<'static> {
    FormatOptions::default().with_null("–")
}

fn bad(error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Io, format!("could not write the rows: {error}"))
}

fn write(mut out: impl Write + Send, schema: &SchemaRef, rows: &[RecordBatch], format: Format) -> Result<()> {
    match format {
        Format::Table => {
            let shown = if rows.is_empty() { vec![RecordBatch::new_empty(Arc::clone(schema))] } else { rows.to_vec() };
            let table = pretty_format_batches_with_options(&shown, &options()).map_err(|error| bad(&error))?;
            writeln!(out, "{}", visible(table.to_string())).map_err(|error| bad(&error))?;
        }
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut out);
            let shown = if rows.is_empty() { vec![RecordBatch::new_empty(Arc::clone(schema))] } else { rows.to_vec() };
            for batch in shown {
                writer.write(&without_formulas(&batch)).map_err(|error| bad(&error))?;
            }
        }
        Format::Json => {
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::LineDelimited>(&mut out);
            for batch in rows {
                writer.write(batch).map_err(|error| bad(&error))?;
            }
            writer.finish().map_err(|error| bad(&error))?;
        }
        Format::Parquet => {
            let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, Arc::clone(schema), None)
                .map_err(|error| bad(&error))?;
            for batch in rows {
                writer.write(batch).map_err(|error| bad(&error))?;
            }
            writer.close().map_err(|error| bad(&error))?;
        }
    }
    Ok(())
}

/// Without characters that command a terminal, which a text of a CRM may hold: each as its picture.
fn visible(text: String) -> String {
    let commands = |c: char| c.is_control() && c != '\n';
    if !text.contains(commands) {
        return text;
    }
    let picture = |c: char| match c {
        '\u{7f}' => '␡',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(|c| if commands(c) { picture(c) } else { c }).collect()
}

/// With the texts that a spreadsheet would take for formulas made harmless.
fn without_formulas(batch: &RecordBatch) -> RecordBatch {
    let safe = |column: &ArrayRef| -> ArrayRef {
        if column.data_type() != &DataType::Utf8 {
            return Arc::clone(column);
        }
        let texts = column.as_string::<i32>().iter();
        Arc::new(texts.map(|text| text.map(without_formula)).collect::<StringArray>())
    };
    RecordBatch::try_new(batch.schema(), batch.columns().iter().map(safe).collect()).unwrap_or_else(|_| batch.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_row_commands_the_terminal() {
        let names: ArrayRef = Arc::new(StringArray::from(vec!["a\u{1b}[2Jb\u{7}", "c\u{9b}31m\u{7f}\r"]));
        let batch = RecordBatch::try_from_iter([("name", names)]).unwrap();
        for shown in
            [text(&batch.schema(), std::slice::from_ref(&batch), Format::Table), expanded(std::slice::from_ref(&batch))]
        {
            let shown = shown.unwrap();
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
            assert!(shown.contains("a␛[2Jb␇") && shown.contains("c\u{fffd}31m␡␍"), "{shown}");
        }
    }

    #[test]
    fn an_expanded_row_is_a_list_of_its_columns() {
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["D1", "D2"]));
        let reasons: ArrayRef = Arc::new(StringArray::from(vec![Some("Price"), None]));
        let batch = RecordBatch::try_from_iter([("deal_id", ids), ("loss_reason", reasons)]).unwrap();
        let list = "-- row 1\ndeal_id      D1\nloss_reason  Price\n-- row 2\ndeal_id      D2\nloss_reason  –\n";
        assert_eq!(expanded(&[batch]).unwrap(), list);
    }
}
