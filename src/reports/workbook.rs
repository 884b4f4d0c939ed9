//! The workbook backend: one sheet that says what this is and what to beware of, then the data of each chart and table on a
//! sheet of its own, with types and number formats.
//!
//! Text is written as text, whatever it looks like: a cell never becomes a formula. A number that a spreadsheet would round, because
//! it has more than 15 digits, stands as text, and the first sheet says so. The bytes follow from the report alone.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook, Worksheet, XlsxError,
};

use super::block::{Block, Kpi, NoticeKind};
use super::csv;
use super::format::Unit;
use super::number::Number;
use super::page::Page;
use super::render::Document;
use super::sheet::{Field, Sheet};
use super::table::{Cell, Kind};
use super::{calendar, words};
use crate::day::Day;

/// The workbook's name beside the page.
pub const PATH: &str = "report.xlsx";

/// So many digits a spreadsheet keeps of a number.
const MOST_DIGITS: usize = 15;
/// What a cell and a sheet's name can hold, in UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
const LONGEST_NAME: usize = 31;
/// Columns are as wide as their text, within these, by so many of their rows.
const WIDTHS: (usize, usize) = (8, 48);
const MEASURED_ROWS: usize = 200;

/// The whole file.
pub fn write(document: &Document, page: &Page, headline: &str) -> Result<Vec<u8>, XlsxError> {
    let sheets: Vec<Listed<'_>> = listed(document);
    let mut cover = Cover::begin(page, headline)?;
    cover.facts(page)?;
    cover.notices(page)?;
    cover.figures(document)?;
    let mut written = Vec::new();
    let mut marks = Marks::default();
    for one in &sheets {
        written.push(data(one, &mut marks)?);
    }
    cover.contents(&sheets)?;
    cover.remarks(&marks)?;
    cover.definitions(page)?;
    let mut workbook = Workbook::new();
    // A fixed moment: the bytes are those of the day, whenever they are made.
    if let Some(made) = date(page.day) {
        workbook.set_properties(&DocProperties::new().set_title(&cut(headline).0).set_creation_datetime(&made));
    }
    workbook.push_worksheet(cover.sheet);
    written.into_iter().for_each(|sheet| workbook.push_worksheet(sheet));
    workbook.save_to_buffer()
}

/// A chart's or table's sheet, under a name that no other has.
struct Listed<'d> {
    name: String,
    says: &'d str,
    sheet: &'d Sheet,
}

fn listed(document: &Document) -> Vec<Listed<'_>> {
    // The second is a name that Excel keeps for itself.
    let mut taken = BTreeSet::from([words::REPORT.to_lowercase(), "history".to_owned()]);
    let sheets = document.sheets();
    sheets
        .map(|(id, says, sheet)| Listed { name: sheet_name(id, &mut taken), says: says.unwrap_or_default(), sheet })
        .collect()
}

/// A figure's id as the name of its sheet: at most 31 characters, and unique whatever their case.
fn sheet_name(id: &str, taken: &mut BTreeSet<String>) -> String {
    let fitting = |ending: &str| {
        let mut name = String::new();
        for c in id.chars().filter(|c| c.is_alphanumeric() || *c == '-') {
            if utf16(&name) + c.len_utf16() + ending.len() > LONGEST_NAME {
                break;
            }
            name.push(c);
        }
        if name.is_empty() { format!("{}{ending}", words::TABLE) } else { name + ending }
    };
    let mut name = fitting("");
    let mut count = 1;
    while !taken.insert(name.to_lowercase()) {
        count += 1;
        name = fitting(&format!("-{count}"));
    }
    name
}

/// What has been written otherwise than it was.
#[derive(Debug, Default)]
struct Marks {
    /// Numbers as text.
    long_numbers: usize,
    /// Texts cut to what a cell holds.
    cut_texts: usize,
}

fn data(listed: &Listed<'_>, marks: &mut Marks) -> Result<Worksheet, XlsxError> {
    let sheet = listed.sheet;
    let mut out = Worksheet::new();
    out.set_name(&listed.name)?;
    out.set_freeze_panes(1, 0)?;
    out.set_repeat_rows(0, 0)?;
    let mut below = 0;
    for (column, field) in (0u16..).zip(&sheet.fields) {
        let is_number = sheet.kind(field).is_some_and(Kind::is_number);
        let look = Look::of(sheet, field);
        out.write_string_with_format(0, column, heading(sheet, field), &header(is_number))?;
        let mut width = utf16(&field.label) + 2;
        let mut row = 1;
        for cell in sheet.cells(field) {
            put(&mut out, (row, column), cell, &look, marks)?;
            if row as usize <= MEASURED_ROWS {
                width = width.max(look.width(cell));
            }
            row += 1;
        }
        below = row;
        out.set_column_width(column, width.clamp(WIDTHS.0, WIDTHS.1) as f64)?;
    }
    if sheet.has_total && !sheet.table.rows.is_empty() {
        for (column, field) in (0u16..).zip(&sheet.fields) {
            let look = Look::of(sheet, field).total();
            let total = match field.total {
                Some(total) => total.to_cell(),
                None if column == 0 => Cell::text(words::TOTAL),
                None => Cell::text(""),
            };
            put(&mut out, (below, column), &total, &look, marks)?;
        }
    }
    Ok(out)
}

fn heading(sheet: &Sheet, field: &Field) -> String {
    let label = match sheet.kind(field) {
        Some(Kind::Moment) => words::in_utc(&field.label),
        _ => field.label.clone(),
    };
    cut(&label).0
}

fn header(is_number: bool) -> Format {
    let header = Format::new().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Thin);
    if is_number { header.set_align(FormatAlign::Right) } else { header }
}

/// How the cells of a column look.
struct Look {
    number: Format,
    text: Format,
    day: Format,
    moment: Format,
    /// Numbers are multiplied by this: differences of shares are percentage points.
    factor: Number,
    is_share: bool,
    /// The letters that stand around a number.
    around: usize,
}

impl Look {
    fn of(sheet: &Sheet, field: &Field) -> Self {
        let is_points = field.unit == Unit::Share && field.is_difference;
        let factor = Number::whole(if is_points { 100 } else { 1 });
        let is_whole = || sheet.cells(field).filter_map(Number::of_cell).all(|number| number.exact().2.is_empty());
        let places = match (field.digits, &field.unit) {
            (Some(digits), _) => usize::from(digits),
            (None, Unit::Share) => 1,
            (None, _) if is_whole() => 0,
            (None, Unit::Money(_)) => 2,
            (None, Unit::Plain(_)) => 1,
        };
        let (pattern, around) = pattern(&field.unit, field.is_difference, places);
        Self {
            number: Format::new().set_num_format(pattern),
            text: Format::new(),
            day: Format::new().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss").set_align(FormatAlign::Left),
            factor,
            is_share: field.unit == Unit::Share,
            around,
        }
    }

    /// The same for sums.
    fn total(self) -> Self {
        let bold = |format: Format| format.set_bold().set_border_top(FormatBorder::Thin);
        Self { number: bold(self.number), text: bold(self.text), day: self.day, moment: self.moment, ..self }
    }

    /// About how wide a cell is, in letters.
    fn width(&self, cell: &Cell) -> usize {
        match cell {
            Cell::Int(_) | Cell::Decimal { .. } | Cell::Float(_) => {
                let whole = Number::of_cell(cell).map_or(0, |number| number.exact().1.len());
                whole + whole / 3 + self.around + 4
            }
            Cell::Day(_) => 11,
            Cell::Moment(_) => 20,
            Cell::Text(text) => text.lines().map(utf16).max().unwrap_or(0) + 1,
            Cell::Bool(_) => 7,
            Cell::Null => 0,
        }
    }
}

/// A number format, and how many letters it puts around the digits.
fn pattern(unit: &Unit, is_difference: bool, places: usize) -> (String, usize) {
    let fraction = if places == 0 { String::new() } else { format!(".{}", "0".repeat(places)) };
    let (before, digits, after) = match unit {
        // A currency's code is three capital letters.
        Unit::Money(code) => (format!("[${code}] "), format!("#,##0{fraction}"), String::new()),
        Unit::Share if is_difference => (String::new(), format!("0{fraction}"), format!("\" {}\"", words::POINTS)),
        Unit::Share => (String::new(), format!("0{fraction}%"), String::new()),
        Unit::Plain(word) => {
            let is_safe = !word.is_empty() && word.len() <= 40 && word.chars().all(|c| c.is_alphanumeric() || c == ' ');
            let after = if is_safe { format!("\" {word}\"") } else { String::new() };
            (String::new(), format!("#,##0{fraction}"), after)
        }
    };
    let around = utf16(&before) + utf16(&after) + places + 1;
    let pattern = match is_difference {
        true => format!("{before}+{digits}{after};{before}-{digits}{after};{before}{digits}{after}"),
        false => format!("{before}{digits}{after}"),
    };
    (pattern, around)
}

/// Writes one value, as what it is.
fn put(
    out: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    look: &Look,
    marks: &mut Marks,
) -> Result<(), XlsxError> {
    let plain = csv::plain(cell);
    let written = match (cell, plain) {
        (Cell::Bool(value), _) => out.write_boolean_with_format(row, column, *value, &look.text),
        (Cell::Text(text), _) => {
            let (text, is_cut) = cut(text);
            marks.cut_texts += usize::from(is_cut);
            out.write_string_with_format(row, column, text, &look.text)
        }
        (Cell::Int(_) | Cell::Decimal { .. } | Cell::Float(_), Some(plain)) => {
            match exactly(cell, look.factor, look.is_share) {
                Some(number) => out.write_number_with_format(row, column, number, &look.number),
                None => {
                    marks.long_numbers += 1;
                    let right = look.text.clone().set_align(FormatAlign::Right);
                    out.write_string_with_format(row, column, plain, &right)
                }
            }
        }
        (cell, Some(plain)) => {
            let (date, format) = match cell {
                Cell::Day(day) => (date(*day), &look.day),
                Cell::Moment(microseconds) => (moment(*microseconds), &look.moment),
                _ => (None, &look.text),
            };
            match date {
                Some(date) => out.write_datetime_with_format(row, column, date, format),
                None => out.write_string_with_format(row, column, plain, &look.text),
            }
        }
        (_, None) => return Ok(()),
    };
    written.map(|_| ())
}

/// A number as a spreadsheet holds it; `None` where it would lose digits. A share is a quotient, which has been rounded before.
fn exactly(cell: &Cell, factor: Number, is_share: bool) -> Option<f64> {
    let is_short = |number: &Number| {
        let (_, whole, fraction) = number.exact();
        is_share || (whole + &fraction).trim_matches('0').len() <= MOST_DIGITS
    };
    match (Number::of_cell(cell).and_then(|number| number.times(factor)).filter(is_short), cell) {
        (Some(number), _) => Some(number.to_f64()),
        // What the query gave as a float holds no more digits than the file does.
        (None, Cell::Float(value)) => Some(value * factor.to_f64()).filter(|value| value.is_finite()),
        (None, _) => None,
    }
}

/// A day as a spreadsheet's; it knows none before 1900.
fn date(day: Day) -> Option<ExcelDateTime> {
    let date = day.date();
    let year = u16::try_from(date.year()).ok().filter(|year| *year >= 1900)?;
    ExcelDateTime::from_ymd(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

fn moment(microseconds: i64) -> Option<ExcelDateTime> {
    let moment = jiff::Timestamp::from_microsecond(microseconds).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let [hour, minute, second] = [moment.hour(), moment.minute(), moment.second()].map(|part| part.unsigned_abs());
    let date = date(Day::of(moment.date()))?;
    date.and_hms_milli(u16::from(hour), minute, second, moment.millisecond().unsigned_abs()).ok()
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text as a cell holds it: without NUL characters, and with a mark at its end and told, if it was too long.
fn cut(text: &str) -> (String, bool) {
    let held = text.replace('\0', "");
    if held.len() <= LONGEST_TEXT || utf16(&held) <= LONGEST_TEXT {
        return (held, false);
    }
    let room = LONGEST_TEXT - utf16(words::CUT);
    let mut length = 0;
    let kept: String = held
        .chars()
        .take_while(|c| {
            length += c.len_utf16();
            length <= room
        })
        .collect();
    (kept + words::CUT, true)
}

/// The first sheet.
struct Cover {
    sheet: Worksheet,
    row: u32,
    bold: Format,
    wrapped: Format,
}

impl Cover {
    fn begin(page: &Page, headline: &str) -> Result<Self, XlsxError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(words::REPORT)?;
        for (column, width) in [(0, 30), (1, 80), (2, 44)] {
            sheet.set_column_width(column, width)?;
        }
        let top = Format::new().set_bold().set_font_size(16);
        sheet.write_string_with_format(0, 0, cut(headline).0, &top)?;
        sheet.write_string(1, 0, cut(&format!("{} — {}", page.who, page.title)).0)?;
        let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Left).set_align(FormatAlign::Top);
        Ok(Self { sheet, row: 2, bold: Format::new().set_bold().set_align(FormatAlign::Top), wrapped })
    }

    fn section(&mut self, title: &str) -> Result<(), XlsxError> {
        self.row += 1;
        let line = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
        for column in 0..3 {
            self.sheet.write_blank(self.row, column, &line)?;
        }
        self.sheet.write_string_with_format(self.row, 0, cut(title).0, &line)?;
        self.row += 1;
        Ok(())
    }

    fn line(&mut self, label: &str, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, cut(label).0, &self.bold)?;
        self.sheet.write_string_with_format(self.row, 1, cut(text).0, &self.wrapped)?;
        self.row += 1;
        Ok(())
    }

    fn facts(&mut self, page: &Page) -> Result<(), XlsxError> {
        self.row += 1;
        match date(page.day) {
            Some(day) => {
                let look = Format::new().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left);
                self.sheet.write_string_with_format(self.row, 0, words::DAY, &self.bold)?;
                self.sheet.write_datetime_with_format(self.row, 1, day, &look)?;
                self.row += 1;
            }
            None => self.line(words::DAY, &calendar::day(page.day))?,
        }
        self.line(words::DATA_AS_OF, &page.data_as_of)?;
        if let Some(currency) = &page.currency {
            self.line(words::CURRENCY, currency)?;
        }
        page.facts.iter().try_for_each(|fact| self.line(words::STATUS, fact))
    }

    fn notices(&mut self, page: &Page) -> Result<(), XlsxError> {
        if page.notices.is_empty() {
            return Ok(());
        }
        self.section(words::NOTICES)?;
        page.notices.iter().try_for_each(|notice| {
            let kind = match notice.kind {
                NoticeKind::Info => words::NOTICE_INFO,
                NoticeKind::Good => words::NOTICE_GOOD,
                NoticeKind::Warn => words::NOTICE_WARN,
                NoticeKind::Bad => words::NOTICE_BAD,
            };
            self.line(kind.trim_end_matches(':'), &notice.text)
        })
    }

    /// Key figures: the number itself, and beside it what it is compared to.
    fn figures(&mut self, document: &Document) -> Result<(), XlsxError> {
        let found: Vec<&Kpi> = document
            .blocks
            .iter()
            .filter_map(|block| if let Block::Kpi(kpi) = block { Some(kpi) } else { None })
            .collect();
        if found.is_empty() {
            return Ok(());
        }
        self.section(words::KEY_FIGURES)?;
        for kpi in found {
            self.sheet.write_string_with_format(self.row, 0, cut(&kpi.label).0, &self.bold)?;
            let is_share = kpi.counted_in == Unit::Share;
            let value = kpi.exact.map(Number::to_cell).and_then(|cell| exactly(&cell, Number::whole(1), is_share));
            let at = (self.row, 1);
            match value {
                Some(value) => {
                    let is_whole = kpi.exact.is_some_and(|number| number.exact().2.is_empty());
                    let places = match kpi.counted_in {
                        Unit::Share => 1,
                        Unit::Plain(_) => usize::from(!is_whole),
                        Unit::Money(_) => 2 * usize::from(!is_whole),
                    };
                    let look = self.wrapped.clone().set_num_format(pattern(&kpi.counted_in, false, places).0);
                    self.sheet.write_number_with_format(at.0, at.1, value, &look)?;
                }
                None => {
                    let value = cut(&format!("{} {}", kpi.value, kpi.unit)).0;
                    self.sheet.write_string_with_format(at.0, at.1, value.trim_end(), &self.wrapped)?;
                }
            }
            // A difference of shares says itself that it is in points.
            let unit = if is_share || kpi.unit.is_empty() { String::new() } else { format!(" {}", kpi.unit) };
            let deltas = kpi.deltas.iter().map(|delta| format!("{} {}{unit}", delta.reference, delta.difference));
            let beside: Vec<String> = deltas.chain(kpi.notes.iter().cloned()).collect();
            self.sheet.write_string_with_format(self.row, 2, cut(&beside.join(" · ")).0, &self.wrapped)?;
            self.row += 1;
        }
        Ok(())
    }

    fn contents(&mut self, sheets: &[Listed<'_>]) -> Result<(), XlsxError> {
        if sheets.is_empty() {
            return Ok(());
        }
        self.section(words::SHEETS)?;
        for one in sheets {
            // The name holds letters, digits and hyphens only.
            let link = Url::new(format!("internal:'{}'!A1", one.name)).set_text(&one.name);
            self.sheet.write_url(self.row, 0, link)?;
            self.sheet.write_string_with_format(self.row, 1, cut(one.says).0, &self.wrapped)?;
            self.sheet.write_string(self.row, 2, words::rows(one.sheet.table.rows.len() as u64))?;
            self.row += 1;
        }
        Ok(())
    }

    fn remarks(&mut self, marks: &Marks) -> Result<(), XlsxError> {
        let remarks = [(marks.long_numbers, words::LONG_NUMBERS), (marks.cut_texts, words::CUT_TEXTS)];
        for (count, says) in remarks.into_iter().filter(|(count, _)| *count > 0) {
            self.line(&words::cells(count), says)?;
        }
        Ok(())
    }

    fn definitions(&mut self, page: &Page) -> Result<(), XlsxError> {
        if !page.glossary.is_empty() {
            self.section(words::GLOSSARY)?;
        }
        for definition in &page.glossary {
            self.line(&definition.label, &definition.text)?;
        }
        for (group, facts) in &page.provenance {
            self.section(group)?;
            facts.iter().try_for_each(|(label, value)| self.line(label, value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_valid_and_unique() {
        let mut taken = BTreeSet::from(["report".to_owned(), "history".to_owned()]);
        let mut name = |id: &str| sheet_name(id, &mut taken);
        assert_eq!(name("report"), "report-2");
        assert_eq!(name("history"), "history-2");
        assert_eq!(name("bars-loss-reason"), "bars-loss-reason");
        let long = "a-very-long-id-of-a-chart-that-has-many-letters";
        assert_eq!(name(long), "a-very-long-id-of-a-chart-that-");
        assert_eq!(name(long), "a-very-long-id-of-a-chart-tha-2");
        assert_eq!(name("𠮷".repeat(20).as_str()), "𠮷".repeat(15), "31 units of UTF-16");
        assert_eq!(name("[]*"), "Table");
    }

    #[test]
    fn a_number_that_would_be_rounded_is_none() {
        let one = Number::whole(1);
        let decimal = |unscaled, scale| exactly(&Cell::Decimal { unscaled, scale }, one, false);
        assert_eq!(decimal(123_456_789_012_345, 2), Some(1_234_567_890_123.45));
        assert_eq!(decimal(1_234_567_890_123_456, 2), None);
        assert_eq!(decimal(12_300_000_000_000_000_000, 4), Some(1_230_000_000_000_000.0));
        assert_eq!(exactly(&Cell::Int(i64::MAX), one, false), None);
        assert_eq!(exactly(&Cell::Float(0.1 + 0.2), one, false), Some(0.1 + 0.2));
        assert_eq!(exactly(&Cell::Float(f64::NAN), one, false), None);
        assert_eq!(exactly(&Cell::Float(0.033), Number::whole(100), true), Some(3.3));
        let five_of_eleven = Cell::Decimal { unscaled: 454_545_454_545_454_545, scale: 18 };
        assert_eq!(exactly(&five_of_eleven, one, true), Some(5.0 / 11.0));
    }

    #[test]
    fn numbers_are_written_by_what_they_are_counted_in() {
        let of = |unit: &str, is_difference, places| pattern(&Unit::parse(unit), is_difference, places).0;
        assert_eq!(of("USD", false, 2), "[$USD] #,##0.00");
        assert_eq!(of("%", false, 1), "0.0%");
        assert_eq!(of("%", true, 1), "+0.0\" pp\";-0.0\" pp\";0.0\" pp\"");
        assert_eq!(of("days", false, 0), "#,##0\" days\"");
        assert_eq!(of("\"; evil", false, 0), "#,##0", "a word that could be part of a format is left out");
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_with_a_mark() {
        let (text, is_cut) = cut(&"𠮷".repeat(20_000));
        assert!(is_cut && text.ends_with(words::CUT) && utf16(&text) <= LONGEST_TEXT);
        assert_eq!(cut("a\0b"), ("ab".to_owned(), false));
        assert!(!cut(&"x".repeat(LONGEST_TEXT)).1);
    }
}
