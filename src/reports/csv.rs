//! The CSV backend: a figure's data as RFC 4180 has it, in UTF-8 with a header, for programs and for spreadsheets.
//!
//! Numbers have every digit and days are `2026-11-21`. NULL is nothing between two commas, a text without letters is `""`.

use std::borrow::Cow;

use super::sheet::Sheet;
use super::table::Cell;

/// The path of a figure's data, beside the page.
pub fn path(id: &str) -> String {
    format!("data/{id}.csv")
}

/// The whole file; nothing, where a filter has left no row to know any column by.
pub fn write(sheet: &Sheet) -> String {
    let mut out = String::new();
    if sheet.fields.is_empty() {
        return out;
    }
    line(&mut out, sheet.fields.iter().map(|field| Some(quoted(&field.name))));
    for row in &sheet.table.rows {
        line(&mut out, sheet.fields.iter().map(|field| cell(&row[field.column])));
    }
    out
}

fn line<'t>(out: &mut String, cells: impl Iterator<Item = Option<Cow<'t, str>>>) {
    let start = out.len();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&cell.unwrap_or_default());
    }
    if out.len() == start {
        // A line with nothing in it is no row to most readers.
        out.push_str("\"\"");
    }
    out.push_str("\r\n");
}

fn cell(cell: &Cell) -> Option<Cow<'_, str>> {
    match cell {
        Cell::Text(text) => Some(quoted(text)),
        cell => plain(cell).map(Cow::Owned),
    }
}

/// A value as programs write it; nothing for NULL and for what is no number.
pub fn plain(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Decimal { unscaled, scale } => decimal(*unscaled, *scale),
        Cell::Float(value) if value.is_finite() => value.to_string(),
        Cell::Float(_) => return None,
        Cell::Text(text) => text.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(microseconds) => jiff::Timestamp::from_microsecond(*microseconds).ok()?.to_string(),
    })
}

/// `unscaled / 10^scale` with every digit, without zeros behind the last of them.
fn decimal(unscaled: i128, scale: i8) -> String {
    let mut digits = unscaled.unsigned_abs().to_string();
    match usize::try_from(scale) {
        Ok(places) => {
            if digits.len() <= places {
                digits.insert_str(0, &"0".repeat(places + 1 - digits.len()));
            }
            let fraction = digits.split_off(digits.len() - places);
            let fraction = fraction.trim_end_matches('0');
            if !fraction.is_empty() {
                digits = format!("{digits}.{fraction}");
            }
        }
        Err(_) if unscaled != 0 => digits.push_str(&"0".repeat(usize::from(scale.unsigned_abs()))),
        Err(_) => {}
    }
    if unscaled < 0 { format!("-{digits}") } else { digits }
}

fn quoted(text: &str) -> Cow<'_, str> {
    let safe = without_formula(text);
    let is_plain = matches!(safe, Cow::Borrowed(_))
        && !safe.is_empty()
        && !safe.contains(['"', ',', '\r', '\n'])
        && !safe.starts_with(' ')
        && !safe.ends_with(' ');
    if is_plain { safe } else { Cow::Owned(format!("\"{}\"", safe.replace('"', "\"\""))) }
}

/// Text that no spreadsheet runs as a formula: what opens like one (`= + - @`, their full-width forms, a tab or a line's end) has
/// an apostrophe before it, as OWASP recommends. Spaces before the sign are no protection, as some programs take them off.
pub fn without_formula(text: &str) -> Cow<'_, str> {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let visible = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if text.starts_with(['\t', '\r', '\n']) || visible.starts_with(SIGNS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::reports::format::Unit;
    use crate::reports::sheet::Field;
    use crate::reports::table::{Column, Kind, Table};

    fn sheet(columns: &[(&str, Kind)], rows: Vec<Vec<Cell>>) -> Sheet {
        let fields = columns.iter().enumerate().map(|(column, (name, _))| Field {
            name: (*name).to_owned(),
            label: (*name).to_owned(),
            column,
            unit: Unit::Plain(String::new()),
            is_difference: false,
            digits: None,
            total: None,
        });
        let fields = fields.collect();
        let columns = columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
        Sheet { fields, table: Arc::new(Table { columns, rows }), has_total: false }
    }

    #[test]
    fn every_kind_of_value_is_written_so_that_a_program_reads_it() {
        let kinds = [
            ("flag", Kind::Bool),
            ("count", Kind::Int),
            ("amount", Kind::Decimal),
            ("share", Kind::Float),
            ("name", Kind::Text),
            ("closed_on", Kind::Day),
            ("seen_at", Kind::Moment),
        ];
        let amount = Cell::Decimal { unscaled: -12_345_678_901_234_567_890_123_456_789_012_345_678, scale: 4 };
        let full = vec![
            Cell::Bool(true),
            Cell::Int(i64::MIN),
            amount,
            Cell::Float(0.1),
            Cell::text("Ștefan, \"the\" 陳"),
            Cell::Day("2026-11-05".parse().unwrap()),
            Cell::Moment(1_795_312_800_000_000),
        ];
        let written = write(&sheet(&kinds, vec![full, vec![Cell::Null; 7]]));
        assert_eq!(
            written,
            "flag,count,amount,share,name,closed_on,seen_at\r\n\
             true,-9223372036854775808,-1234567890123456789012345678901234.5678,0.1,\"Ștefan, \"\"the\"\" 陳\",2026-11-05,\
             2026-11-22T02:00:00Z\r\n,,,,,,\r\n"
        );
    }

    #[test]
    fn decimals_have_every_digit_on_either_side_of_the_point() {
        let of = |unscaled, scale| decimal(unscaled, scale);
        assert_eq!(
            [of(5, 3), of(-5, 1), of(1_250, 2), of(0, 4), of(12, -2), of(0, -2)],
            ["0.005", "-0.5", "12.5", "0", "1200", "0"]
        );
    }

    #[test]
    fn a_formula_is_text_and_a_negative_number_stays_one() {
        let texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u{feff}=1", "a=1", "'=1"];
        let guarded: Vec<bool> =
            texts.iter().map(|text| without_formula(text).starts_with("'") && !text.starts_with('\'')).collect();
        assert_eq!(guarded, [true, true, true, true, true, true, true, true, true, true, false, false]);
        let written = write(&sheet(
            &[("=name", Kind::Text), ("n", Kind::Int)],
            vec![vec![Cell::text("=cmd|' /C calc'!A0"), Cell::Int(-5)]],
        ));
        assert_eq!(written, "\"'=name\",n\r\n\"'=cmd|' /C calc'!A0\",-5\r\n");
    }

    #[test]
    fn null_and_a_text_without_letters_are_told_apart_and_no_row_is_lost() {
        let two = [("a", Kind::Text), ("b", Kind::Text)];
        assert_eq!(write(&sheet(&two, vec![vec![Cell::Null, Cell::text("")]])), "a,b\r\n,\"\"\r\n");
        assert_eq!(write(&sheet(&two[..1], vec![vec![Cell::Null]])), "a\r\n\"\"\r\n");
        assert_eq!(write(&sheet(&two[..1], vec![])), "a\r\n");
    }
}
