//! The filters and tests that a template may use: those that write numbers and days, and those that choose rows.
//! All others of the engine are left out, because they would take text for safe or decimals for something else.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, Value, filters, functions, tests};

use super::calendar::{self, Grain};
use super::components::Settings;
use super::fault::fault;
use super::format::{Scale, Unit};
use super::number::Number;
use super::table::Cell;
use super::value::{of_cell, to_cell, unfit};
use super::{operators, print, words};

/// Every filter's name, for the checker.
pub const FILTERS: [&str; 33] = [
    "abs",
    "batch",
    "chain",
    "count",
    "date",
    "default",
    "first",
    "groupby",
    "items",
    "join",
    "last",
    "length",
    "lower",
    "map",
    "max",
    "min",
    "money",
    "num",
    "pct",
    "period",
    "pp",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "select",
    "selectattr",
    "signed",
    "sort",
    "sum",
    "trim",
    "unique",
    "upper",
];

/// The filters whose result is rows of the same table.
pub const ROW_FILTERS: [&str; 8] =
    ["chain", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"];

/// Every test's name, for the checker.
pub const TESTS: [&str; 20] = [
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "ge",
    "gt",
    "in",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// The engine's own functions that are kept.
pub const FUNCTIONS: [&str; 3] = ["dict", "namespace", "range"];

/// Makes filters, tests and functions known to an empty environment.
pub fn add_to(environment: &mut Environment<'_>, settings: &Arc<Settings>) {
    add_writing(environment, settings);
    add_choosing(environment);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("none", tests::is_none);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("even", tests::is_even);
    environment.add_test("divisibleby", tests::is_divisibleby);
    environment.add_test("number", |value: &Value| to_cell(value).is_some_and(|cell| Number::of_cell(&cell).is_some()));
    environment.add_test("string", tests::is_string);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("in", tests::is_in);
    environment.add_test("true", tests::is_true);
    operators::add_tests_to(environment);
    environment.add_function("range", functions::range);
    environment.add_function("dict", functions::dict);
    environment.add_function("namespace", functions::namespace);
}

fn add_writing(environment: &mut Environment<'_>, settings: &Arc<Settings>) {
    environment.add_filter("num", |value: &Value, digits: Option<u8>, options: Kwargs| {
        let digits = digits.or(options.get("digits")?);
        options.assert_all_used()?;
        written("num", value, |number| {
            let places = digits.unwrap_or(u8::from(!number.exact().2.is_empty()));
            Scale::plain(Unit::Plain(String::new()), places).value(number)
        })
    });
    let currency = settings.currency.clone();
    environment.add_filter("money", move |value: &Value, unit: Option<String>, options: Kwargs| {
        let unit = unit.or(options.get("unit")?).or(currency.clone()).unwrap_or_default();
        let digits: Option<u8> = options.get("digits")?;
        options.assert_all_used()?;
        written("money", value, |number| Scale::fit(Unit::parse(&unit), [number], digits).sentence(number))
    });
    environment.add_filter("pct", |value: &Value, digits: Option<u8>, options: Kwargs| {
        let digits = digits.or(options.get("digits")?).unwrap_or(1);
        options.assert_all_used()?;
        written("pct", value, |number| Scale::plain(Unit::Share, digits).sentence(number))
    });
    environment.add_filter("pp", |value: &Value, digits: Option<u8>, options: Kwargs| {
        let digits = digits.or(options.get("digits")?).unwrap_or(1);
        options.assert_all_used()?;
        written("pp", value, |number| Scale::plain(Unit::Share, digits).variance_with_points(number))
    });
    environment.add_filter("signed", |value: &Value, unit: Option<String>, options: Kwargs| {
        let unit = unit.or(options.get("unit")?).unwrap_or_default();
        let digits: Option<u8> = options.get("digits")?;
        options.assert_all_used()?;
        written("signed", value, |number| Scale::fit(Unit::parse(&unit), [number], digits).sentence_variance(number))
    });
    environment.add_filter("date", |value: &Value| match to_cell(value) {
        Some(Cell::Null) => Ok(words::NOT_AVAILABLE.to_owned()),
        Some(cell @ (Cell::Day(_) | Cell::Moment(_))) => Ok(print::cell_words(&cell)),
        _ => Err(unfit("`date`", "a day", value)),
    });
    let year_starts = settings.fiscal_year_starts;
    environment.add_filter("period", move |value: &Value, grain: &str| {
        let grain = Grain::parse(grain)
            .ok_or_else(|| fault(format!("`period` takes one of {}", super::arguments::listed(&Grain::NAMES))))?;
        match to_cell(value) {
            Some(Cell::Null) => Ok(words::NOT_AVAILABLE.to_owned()),
            Some(Cell::Day(day)) => Ok(calendar::period(day, grain, year_starts)),
            _ => Err(unfit("`period`", "a day", value)),
        }
    });
}

/// A number in words; NULL is a dash.
fn written(name: &str, value: &Value, write: impl Fn(Number) -> String) -> Result<String, Error> {
    match to_cell(value) {
        Some(Cell::Null) => Ok(words::NOT_AVAILABLE.to_owned()),
        Some(cell) => Number::of_cell(&cell).map(write).ok_or_else(|| unfit(&format!("`{name}`"), "a number", value)),
        None => Err(unfit(&format!("`{name}`"), "a number", value)),
    }
}

fn add_choosing(environment: &mut Environment<'_>) {
    environment.add_filter("length", filters::length);
    environment.add_filter("count", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("select", filters::select);
    environment.add_filter("reject", filters::reject);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("rejectattr", filters::rejectattr);
    environment.add_filter("map", filters::map);
    environment.add_filter("groupby", filters::groupby);
    environment.add_filter("batch", filters::batch);
    environment.add_filter("items", filters::items);
    environment.add_filter("chain", filters::chain);
    environment.add_filter("sum", |rows: &Value, options: Kwargs| {
        let mut total = Number::ZERO;
        for cell in cells("sum", rows, &options)? {
            if let Some(number) = number_in("sum", &cell)? {
                total = total.plus(number).ok_or_else(|| fault("the sum is too large"))?;
            }
        }
        Ok::<Value, Error>(of_cell(&total.to_cell()))
    });
    environment.add_filter("min", |rows: &Value, options: Kwargs| extreme("min", rows, &options, Ordering::Less));
    environment.add_filter("max", |rows: &Value, options: Kwargs| extreme("max", rows, &options, Ordering::Greater));
    environment.add_filter("abs", |value: &Value| match to_cell(value) {
        Some(Cell::Null) => Ok(Value::from(())),
        Some(cell) => Number::of_cell(&cell)
            .map(|number| of_cell(&number.abs().to_cell()))
            .ok_or_else(|| unfit("`abs`", "a number", value)),
        None => Err(unfit("`abs`", "a number", value)),
    });
    environment.add_filter("default", |value: &Value, instead: &Value| {
        if value.is_undefined() || value.is_none() { instead.clone() } else { value.clone() }
    });
    environment.add_filter("join", |items: &Value, between: Option<&str>| {
        let words = items.try_iter()?.map(|item| print::words(&item)).collect::<Result<Vec<_>, _>>()?;
        Ok::<String, Error>(words.join(between.unwrap_or_default()))
    });
    environment.add_filter("upper", |value: &Value| print::words(value).map(|text| text.to_uppercase()));
    environment.add_filter("lower", |value: &Value| print::words(value).map(|text| text.to_lowercase()));
    environment.add_filter("trim", |value: &Value| print::words(value).map(|text| text.trim().to_owned()));
    environment.add_filter("replace", |value: &Value, from: &str, to: &str| {
        print::words(value).map(|text| if from.is_empty() { text } else { text.replace(from, to) })
    });
}

/// The values of a list, or one attribute of each of its rows.
fn cells(name: &str, rows: &Value, options: &Kwargs) -> Result<Vec<Cell>, Error> {
    let attribute: Option<String> = options.get("attribute")?;
    options.assert_all_used()?;
    if !matches!(rows.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(unfit(&format!("`{name}`"), "a list", rows));
    }
    let mut cells = Vec::new();
    for item in rows.try_iter()? {
        let value = match &attribute {
            Some(attribute) => item.get_attr(attribute)?,
            None => item,
        };
        match to_cell(&value) {
            Some(cell) => cells.push(cell),
            None if attribute.is_none() => {
                return Err(fault(format!("`{name}` needs to know the column: `{name}(attribute='a_column')`")));
            }
            None => return Err(unfit(&format!("`{name}`"), "values", &value)),
        }
    }
    Ok(cells)
}

fn number_in(name: &str, cell: &Cell) -> Result<Option<Number>, Error> {
    match (cell, Number::of_cell(cell)) {
        (Cell::Null, _) => Ok(None),
        (_, Some(number)) => Ok(Some(number)),
        _ => Err(fault(format!("`{name}` takes numbers"))),
    }
}

/// The least or the greatest value; NULL of none.
fn extreme(name: &str, rows: &Value, options: &Kwargs, wanted: Ordering) -> Result<Value, Error> {
    let mut best: Option<Cell> = None;
    for cell in cells(name, rows, options)?.into_iter().filter(|cell| *cell != Cell::Null) {
        let better = match &best {
            None => true,
            Some(best) => match operators::compare(&cell, best) {
                Some(order) => order == wanted,
                None => return Err(fault(format!("`{name}` takes values of one kind"))),
            },
        };
        if better {
            best = Some(cell);
        }
    }
    Ok(best.map_or(Value::from(()), |cell| of_cell(&cell)))
}
