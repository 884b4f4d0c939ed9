//! One cell of a sheet as text: what the file keeps, not what the number format shows.

use calamine::{DataRef, ExcelDateTime};
use jiff::civil::Date;

/// Above this, a sheet's numbers skip whole numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A cell's text: dates and times in ISO form, numbers in the fewest plain digits that give them back; `Err` says why
/// there is none. `format` is the cell's number format, `from_1904` whether the workbook counts days from 1904.
pub(super) fn as_text(value: &DataRef<'_>, format: &str, from_1904: bool) -> Result<Option<String>, String> {
    let text = match value {
        DataRef::Empty => return Ok(None),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => number(*value)?,
        DataRef::DateTime(moment) if moment.is_duration() => duration(moment.as_f64())?,
        DataRef::DateTime(moment) => date_time(moment, format, from_1904)?,
        DataRef::Error(error) => return Err(format!("holds the error {error}")),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn number(value: f64) -> Result<String, String> {
    if !value.is_finite() {
        Err("holds no number".to_owned())
    } else if value.abs() >= EXACT {
        Err("holds a number of more digits than a sheet keeps; write it as text".to_owned())
    } else if value == 0.0 {
        Ok("0".to_owned())
    } else {
        Ok(value.to_string())
    }
}

fn date_time(moment: &ExcelDateTime, format: &str, from_1904: bool) -> Result<String, String> {
    let serial = moment.as_f64();
    let no_date = || "holds no date of the calendar".to_owned();
    let end = if from_1904 { 2_957_004.0 } else { 2_958_466.0 };
    if !(0.0..end).contains(&serial) {
        return Err(no_date());
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = clock(u64::from(hour), minute, second, milli);
    let shows = Shows::of(format);
    if serial < 1.0 && shows == Shows::Time {
        return Ok(time);
    }
    // Day 0 of the 1900 system is none, and its 29 February 1900 was none either.
    let part = |value: u8| i8::try_from(value).map_err(|_| no_date());
    let date =
        Date::new(i16::try_from(year).map_err(|_| no_date())?, part(month)?, part(day)?).map_err(|_| no_date())?;
    if !from_1904 && serial < 1.0 {
        return Err(no_date());
    }
    let whole = (hour, minute, second, milli) == (0, 0, 0, 0);
    Ok(if whole && shows == Shows::Date { date.to_string() } else { format!("{date}T{time}") })
}

fn duration(days: f64) -> Result<String, String> {
    let millis = (days.abs() * 86_400_000.0).round();
    if !(0.0..EXACT).contains(&millis) {
        return Err("holds no span of time".to_owned());
    }
    let millis = millis as u64;
    let [seconds, minutes] = [millis / 1000 % 60, millis / 60_000 % 60].map(|part| part as u8);
    let sign = if days < 0.0 { "-" } else { "" };
    Ok(format!("{sign}{}", clock(millis / 3_600_000, minutes, seconds, (millis % 1000) as u16)))
}

fn clock(hours: u64, minutes: u8, seconds: u8, millis: u16) -> String {
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// What a number format shows of a moment; the column's form should not change where one happens to be at midnight.
#[derive(Debug, PartialEq, Eq)]
enum Shows {
    Date,
    Time,
    Both,
}

impl Shows {
    fn of(format: &str) -> Self {
        let (mut date, mut time) = (false, false);
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            match character.to_ascii_lowercase() {
                '\\' | '_' | '*' => drop(characters.next()),
                '"' => drop(characters.by_ref().find(|&character| character == '"')),
                '[' => drop(characters.by_ref().find(|&character| character == ']')),
                ';' => break,
                'y' | 'd' => date = true,
                'h' | 's' => time = true,
                _ => {}
            }
        }
        match (date, time) {
            (true, true) => Self::Both,
            (false, true) => Self::Time,
            (_, false) => Self::Date,
        }
    }
}

/// The name of a cell, counted from 0, as sheets show it: `C17`.
pub(super) fn address(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    format!("{}{}", letters.iter().rev().collect::<String>(), row + 1)
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    fn dated(serial: f64, format: &str, from_1904: bool) -> Result<Option<String>, String> {
        let value = DataRef::DateTime(ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, from_1904));
        as_text(&value, format, from_1904)
    }

    fn date(serial: f64, format: &str) -> String {
        dated(serial, format, false).unwrap().unwrap()
    }

    #[test]
    fn numbers_have_the_fewest_plain_digits_that_give_them_back() {
        for (value, text) in [
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1.1, "1.1"),
            (1e-7, "0.0000001"),
            (-2.5, "-2.5"),
            (-0.0, "0"),
            (46.0, "46"),
        ] {
            assert_eq!(as_text(&DataRef::Float(value), "General", false).unwrap().unwrap(), text);
        }
        assert!(as_text(&DataRef::Float(1e16), "General", false).unwrap_err().contains("more digits"));
        assert_eq!(as_text(&DataRef::Bool(true), "", false).unwrap().unwrap(), "true");
        assert_eq!(as_text(&DataRef::String(String::new()), "", false), Ok(None));
        assert_eq!(as_text(&DataRef::Error(CellErrorType::NA), "", false).unwrap_err(), "holds the error #N/A");
    }

    #[test]
    fn moments_are_written_as_their_format_shows_them() {
        assert_eq!(date(45_943.0, "mm-dd-yy"), "2025-10-13");
        assert_eq!(date(45_943.0, "m/d/yy h:mm"), "2025-10-13T00:00:00");
        assert_eq!(date(45_943.541, "yyyy-mm-dd"), "2025-10-13T12:59:02.400");
        assert_eq!(date(0.75, "h:mm AM/PM"), "18:00:00");
        assert_eq!(date(45_943.75, "h:mm"), "2025-10-13T18:00:00");
        assert_eq!(date(45_943.0, "[$-409]d\\-mmm\\-yy;@"), "2025-10-13");
        assert_eq!(date(45_943.0, "yyyy\" hours\""), "2025-10-13");
        assert_eq!(date(1.0, "yyyy-mm-dd"), "1900-01-01");
        assert_eq!(date(61.0, "yyyy-mm-dd"), "1900-03-01");
        assert_eq!(date(2_958_465.0, "yyyy-mm-dd"), "9999-12-31");
    }

    #[test]
    fn the_1904_system_counts_from_its_own_first_day() {
        assert_eq!(dated(0.0, "yyyy-mm-dd", true).unwrap().unwrap(), "1904-01-01");
        assert_eq!(dated(44_481.0, "yyyy-mm-dd", true).unwrap().unwrap(), "2025-10-13");
    }

    #[test]
    fn what_is_no_date_says_so() {
        for serial in [-1.0, 0.0, 0.5, 60.0, 2_958_466.0, f64::NAN] {
            assert_eq!(dated(serial, "yyyy-mm-dd", false).unwrap_err(), "holds no date of the calendar", "{serial}");
        }
    }

    #[test]
    fn spans_of_time_may_be_longer_than_a_day() {
        let span = |days| {
            as_text(&DataRef::DateTime(ExcelDateTime::new(days, ExcelDateTimeType::TimeDelta, false)), "", false)
        };
        assert_eq!(span(1.104_166_666_666_666_7).unwrap().unwrap(), "26:30:00");
        assert_eq!(span(-0.25).unwrap().unwrap(), "-06:00:00");
    }

    #[test]
    fn cells_are_named_as_sheets_name_them() {
        let names = [(0, 0), (16, 2), (0, 25), (0, 26), (9, 701), (0, 702), (1_048_575, 16_383)]
            .map(|(row, column)| address(row, column));
        assert_eq!(names, ["A1", "C17", "Z1", "AA1", "ZZ10", "AAA1", "XFD1048576"]);
    }
}
