//! `table`: chosen columns of a query's rows, formatted, totalled, and cut with the rest told.

use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::columns::difference_entry;
use super::{Settings, entry, id, numbers, title, with_unit};
use crate::problem::did_you_mean;
use crate::reports::arguments::{Arguments, label_of, listed};
use crate::reports::block::{Block, Entry, Good, Grid, Heading, Listing};
use crate::reports::calendar::{self, Grain};
use crate::reports::fault::fault;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::{self, Number};
use crate::reports::print;
use crate::reports::sheet::{Field, Sheet};
use crate::reports::signature::{ALIGNMENTS, COLUMN_FORMATS, COLUMN_KEYS, GOOD};
use crate::reports::table::{Cell, Kind, Table};
use crate::reports::words;

/// More rows than this are never shown; a CSV file holds all.
const MOST: usize = 500;

/// How one column is shown.
struct Shown {
    name: String,
    column: usize,
    label: String,
    format: &'static str,
    right: bool,
    good: Good,
    has_total: bool,
    is_number: bool,
    /// Whether its scale follows its numbers.
    is_scaled: bool,
    digits: Option<u8>,
    scale: Scale,
    numbers: Vec<Option<Number>>,
    /// Where it is totalled.
    sum: Option<Number>,
}

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let shown = match arguments.list("columns")? {
        Some(items) => {
            items.iter().map(|item| shown(item, &table, arguments, settings)).collect::<Result<Vec<_>, _>>()?
        }
        None => {
            let all = table.columns.iter().map(|column| Value::from(column.name.as_str()));
            all.map(|name| shown(&name, &table, arguments, settings)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let has_total = arguments.flag("total")?.unwrap_or(false);
    let mut sheet = Sheet { fields: Vec::new(), table: Arc::clone(&table), has_total };
    shown.iter().for_each(|shown| sheet.add(field(shown)));
    let shown = on_one_scale(shown);
    let limit = arguments.count("limit")?.unwrap_or(MOST).min(MOST);
    let count = table.rows.len().min(limit);
    let mut notes = Vec::new();
    if table.rows.is_empty() {
        notes.push(words::empty());
    }
    if count < table.rows.len() {
        let say = if has_total { words::remainder } else { words::remainder_without_total };
        notes.push(say(count, table.rows.len()));
    }
    let rows = (0..count).map(|row| shown.iter().map(|shown| cell(shown, &table, row, settings)).collect());
    let total = (has_total && !table.rows.is_empty()).then(|| total(&shown)).transpose()?;
    Ok(Block::Table(Listing {
        id: id(arguments, &query)?,
        message: arguments.text("message")?,
        title: title(arguments, "")?,
        definition: arguments.text("definition")?,
        notes,
        grid: Grid {
            columns: shown.iter().map(|shown| Heading { label: shown.label.clone(), right: shown.right }).collect(),
            rows: rows.collect(),
            total,
        },
        sortable: true,
        sheet,
    }))
}

fn field(shown: &Shown) -> Field {
    Field {
        name: shown.name.clone(),
        label: shown.label.clone(),
        column: shown.column,
        unit: shown.scale.unit.clone(),
        is_difference: matches!(shown.format, "signed" | "pp"),
        // Those of money are of thousands or millions.
        digits: shown.digits.filter(|_| !shown.is_scaled),
        total: shown.sum,
    }
}

fn shown(item: &Value, table: &Table, arguments: &Arguments, settings: &Settings) -> Result<Shown, Error> {
    let is_map = item.kind() == ValueKind::Map;
    if is_map {
        for key in item.try_iter()? {
            let key = key.as_str().unwrap_or_default().to_owned();
            if !COLUMN_KEYS.contains(&key.as_str()) {
                let help = did_you_mean(&key, COLUMN_KEYS);
                return Err(fault(format!("a column of `table` has no `{key}`: {help}")));
            }
        }
    }
    let get = |key: &str| if is_map { item.get_attr(key).ok().filter(|value| !value.is_undefined()) } else { None };
    let text = |key: &str| get(key).filter(|value| !value.is_none()).map(|value| print::words(&value)).transpose();
    let name = if is_map { text("column")?.unwrap_or_default() } else { item.as_str().unwrap_or_default().to_owned() };
    let column = if table.columns.is_empty() { Some(0) } else { table.position(&name) };
    let Some(column) = column else {
        let help = did_you_mean(&name, table.columns.iter().map(|column| column.name.as_str()));
        return Err(fault(format!("`columns` of `table`: the query has no column `{name}`: {help}")));
    };
    let kind = table.columns.get(column).map_or(Kind::Text, |column| column.kind);
    let format = match text("format")? {
        Some(format) => one_of("format", &format, &COLUMN_FORMATS)?,
        None => match kind {
            Kind::Int | Kind::Decimal | Kind::Float => "num",
            Kind::Day => "date",
            Kind::Bool | Kind::Text | Kind::Moment => "text",
        },
    };
    let is_number = matches!(format, "num" | "money" | "pct" | "pp" | "signed");
    if is_number && !kind.is_number() && !table.columns.is_empty() {
        return Err(fault(format!("`format: {format}` is for numbers; `{name}` holds {}", kind.words())));
    }
    let right = match text("align")? {
        Some(align) => one_of("align", &align, &ALIGNMENTS)? == "right",
        None => is_number,
    };
    let good = match text("good")? {
        Some(good) => Good::parse(Some(one_of("good", &good, &GOOD)?)),
        None if matches!(format, "signed" | "pp") => Good::Up,
        None => Good::None,
    };
    let has_total = match get("total") {
        Some(total) => total.is_true(),
        None => matches!(format, "num" | "money" | "signed"),
    };
    let numbers = if is_number && !table.rows.is_empty() { numbers(table, column) } else { Vec::new() };
    let sum = if has_total { number::sum(numbers.iter().flatten().copied()) } else { None };
    let digits =
        get("digits").and_then(|digits| digits.as_usize()).map(|digits| u8::try_from(digits.min(6)).unwrap_or(6));
    let unit = match text("unit")? {
        Some(unit) => Some(unit),
        None if format == "money" => match arguments.text("unit")? {
            Some(unit) => Some(unit),
            None => settings.currency.clone(),
        },
        None => None,
    };
    let scale = scale(format, unit, &numbers, sum, digits);
    let label = text("label")?.unwrap_or_else(|| label_of(&name));
    let is_scaled = matches!((format, &scale.unit), ("money" | "signed", Unit::Money(_)));
    Ok(Shown { name, column, label, format, right, good, has_total, is_number, is_scaled, digits, scale, numbers, sum })
}

/// Columns of money in one currency share one scale, so that they can be read across.
fn on_one_scale(mut shown: Vec<Shown>) -> Vec<Shown> {
    for index in 0..shown.len() {
        let unit = shown[index].scale.unit.clone();
        if !shown[index].is_scaled {
            continue;
        }
        let together: Vec<&Shown> = shown.iter().filter(|other| other.is_scaled && other.scale.unit == unit).collect();
        let numbers: Vec<Number> =
            together.iter().flat_map(|other| other.numbers.iter().flatten().copied().chain(other.sum)).collect();
        let scale = Scale::fit(unit, numbers, None);
        let one = &mut shown[index];
        one.scale = match one.digits {
            Some(digits) => scale.with_places(digits),
            None => scale,
        };
    }
    for one in &mut shown {
        if one.is_number {
            one.label = with_unit(&one.label, &heading_scale(one.format, &one.scale));
        }
    }
    shown
}

fn scale(
    format: &str,
    unit: Option<String>,
    numbers: &[Option<Number>],
    sum: Option<Number>,
    digits: Option<u8>,
) -> Scale {
    let found = numbers.iter().flatten().copied();
    match format {
        "pct" | "pp" => Scale::plain(Unit::Share, digits.unwrap_or(1)),
        "money" => Scale::fit(Unit::parse(&unit.unwrap_or_default()), found.chain(sum), digits),
        _ => {
            let integral = numbers.iter().flatten().all(|number| number.exact().2.is_empty());
            let unit = Unit::parse(&unit.unwrap_or_default());
            Scale::plain(unit, digits.unwrap_or(u8::from(!integral)))
        }
    }
}

/// Differences of shares are in points, which each of them says itself.
fn heading_scale(format: &str, scale: &Scale) -> Scale {
    if format == "pp" { Scale::plain(Unit::Plain(words::POINTS.to_owned()), 0) } else { scale.clone() }
}

fn one_of(key: &str, text: &str, choices: &'static [&'static str]) -> Result<&'static str, Error> {
    choices
        .iter()
        .find(|choice| **choice == text)
        .copied()
        .ok_or_else(|| fault(format!("`{key}` of a column of `table` is one of {}", listed(choices))))
}

fn cell(shown: &Shown, table: &Table, row: usize, settings: &Settings) -> Entry {
    let cell = &table.rows[row][shown.column];
    match shown.format {
        "num" | "money" | "pct" => entry(&shown.scale, shown.numbers[row]),
        "signed" | "pp" => variance(shown, shown.numbers[row]),
        format => match (cell, Grain::parse(if format == "date" { "day" } else { format })) {
            (Cell::Day(day), Some(grain)) => {
                let words = calendar::period(*day, grain, settings.fiscal_year_starts);
                Entry::ranked(words, Some(Number::whole(i64::from(day.to_epoch_days()))))
            }
            (Cell::Moment(moment), _) => Entry::ranked(print::cell_words(cell), Some(Number::whole(*moment))),
            (cell, _) => Entry::ranked(print::cell_words(cell), Number::of_cell(cell)),
        },
    }
}

fn variance(shown: &Shown, number: Option<Number>) -> Entry {
    let entry = difference_entry(&shown.scale, number, shown.good);
    match number {
        // The heading says that these are points.
        Some(number) => Entry { text: shown.scale.variance(number), ..entry },
        None => entry,
    }
}

fn total(shown: &[Shown]) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::with_capacity(shown.len());
    for (at, one) in shown.iter().enumerate() {
        entries.push(if one.has_total && !one.numbers.is_empty() {
            let sum = one.sum.ok_or_else(|| fault("a column's total is too large"))?;
            if one.format == "signed" { variance(one, Some(sum)) } else { entry(&one.scale, Some(sum)) }
        } else if at == 0 {
            Entry::text(words::TOTAL)
        } else {
            Entry::text("")
        });
    }
    Ok(entries)
}
