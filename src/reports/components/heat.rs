//! `heat`: a figure for each row and column of a matrix, coloured by how high it is.

use std::collections::HashMap;

use minijinja::Error;

use super::{Drawing, Settings, detail, figure, heading, labels, numbers, numbers_of, with_unit};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading};
use crate::reports::calendar::Grain;
use crate::reports::fault::fault;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::heat::{self, Cell, Heat};
use crate::reports::words;

/// More rows and columns than these are never drawn.
const MOST_ROWS: usize = 40;
const MOST_COLUMNS: usize = 24;
/// More than these do not stand in the table below.
const MOST_ROWS_LISTED: usize = 500;
const MOST_COLUMNS_LISTED: usize = 100;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let grain = arguments.choice("grain")?.and_then(Grain::parse).unwrap_or(Grain::Month);
    let row = arguments.needed_column("row", &table)?;
    let (rows, row_of) = distinct(labels(&table, row, grain, settings));
    let column = arguments.needed_column("column", &table)?;
    let (columns, column_of) = distinct(labels(&table, column, grain, settings));
    let value = numbers(&table, arguments.needed_column("value", &table)?);
    let (has_n, n) = numbers_of(arguments, "n", &table)?;
    let whole = Scale::plain(Unit::Plain(String::new()), 0);
    let mut cells: Vec<Vec<Option<Cell>>> = vec![vec![None; columns.len()]; rows.len()];
    for index in 0..value.len() {
        let cell = &mut cells[row_of[index]][column_of[index]];
        if cell.is_some() {
            return Err(fault(format!(
                "row {} of the query fills a cell of `heat` that one before it fills",
                index + 1
            )));
        }
        *cell = Some(Cell {
            value: value[index],
            n: n[index].map(|n| whole.value(n)),
            thin: n[index].is_some_and(|n| n < Number::whole(words::THIN_BELOW)),
        });
    }
    let mut chart = Heat {
        rows,
        columns,
        cells: cells.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect(),
        has_n,
        scale: arguments.scale(value.iter().flatten().copied())?,
        min: arguments.number("min")?,
        max: arguments.number("max")?,
    };
    let mut notes = Vec::new();
    if table.rows.is_empty() {
        notes.push(words::empty());
    } else if value.iter().flatten().next().is_none() {
        notes.push(words::no_numbers());
    }
    let says = says(&chart);
    let data = data(&chart, heading(&table, row), &value, &mut notes);
    cut(&mut chart, &mut notes);
    if chart.cells.iter().flatten().any(|cell| cell.thin) {
        notes.push(words::thin_note());
    }
    let drawing =
        Drawing { says, wide: heat::draw(&chart, Width::Wide), narrow: heat::draw(&chart, Width::Narrow), notes, data };
    figure(arguments, &query, &chart.scale, drawing)
}

/// Each label once, in the order of their first rows, and which of them each row has.
fn distinct(labels: Vec<String>) -> (Vec<String>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut found = Vec::new();
    let mut places = Vec::with_capacity(labels.len());
    for label in labels {
        let place = *known.entry(label).or_insert_with_key(|label| {
            found.push(label.clone());
            found.len() - 1
        });
        places.push(place);
    }
    (found, places)
}

/// Leaves to the drawing what it has room for; `notes` says what it leaves out.
fn cut(chart: &mut Heat, notes: &mut Vec<String>) {
    // What is left out counts for the colours: cells that are drawn keep theirs whatever follows.
    let values = || chart.cells.iter().flatten().filter_map(|cell| cell.value);
    (chart.min, chart.max) = (chart.min.or(values().min()), chart.max.or(values().max()));
    if chart.rows.len() > MOST_ROWS {
        notes.push(words::others_of(chart.rows.len() - MOST_ROWS, words::ROWS_COUNTED));
        chart.rows.truncate(MOST_ROWS);
        chart.cells.truncate(MOST_ROWS);
    }
    if chart.columns.len() > MOST_COLUMNS {
        notes.push(words::others_of(chart.columns.len() - MOST_COLUMNS, words::COLUMNS_COUNTED));
        chart.columns.truncate(MOST_COLUMNS);
        chart.cells.iter_mut().for_each(|row| row.truncate(MOST_COLUMNS));
    }
}

fn says(chart: &Heat) -> String {
    let mut says = words::heat_says(chart.rows.len(), chart.columns.len());
    let found = || {
        let rows = chart.rows.iter().zip(&chart.cells);
        rows.flat_map(|(row, cells)| {
            let cells = chart.columns.iter().zip(cells);
            cells.filter_map(move |(column, cell)| Some((row.as_str(), column.as_str(), cell.value?)))
        })
    };
    if let (Some(low), Some(high)) = (found().min_by_key(|cell| cell.2), found().max_by_key(|cell| cell.2)) {
        let (lowest, highest) = (chart.scale.sentence(low.2), chart.scale.sentence(high.2));
        says.push(' ');
        says.push_str(&words::extremes((low.0, low.1, &lowest), (high.0, high.1, &highest)));
    }
    says
}

fn data(chart: &Heat, row_heading: String, all: &[Option<Number>], notes: &mut Vec<String>) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    for (all, most, what) in [
        (chart.rows.len(), MOST_ROWS_LISTED, words::ROWS_COUNTED),
        (chart.columns.len(), MOST_COLUMNS_LISTED, words::COLUMNS_COUNTED),
    ] {
        if all > most {
            notes.push(words::listed_of(most, all, what));
        }
    }
    let columns = chart.columns.iter().take(MOST_COLUMNS_LISTED);
    let entry = |cell: &Cell| {
        let text = cell.value.map_or_else(|| words::NOT_AVAILABLE.to_owned(), |value| scale.value(value));
        let text = cell.n.as_ref().map_or_else(|| text.clone(), |n| words::with_cases(&text, n));
        Entry::ranked(text, cell.value)
    };
    let row = |(label, cells): (&String, &Vec<Cell>)| {
        let cells = cells.iter().take(MOST_COLUMNS_LISTED).map(entry);
        std::iter::once(Entry::text(label.clone())).chain(cells).collect()
    };
    Grid {
        columns: std::iter::once(Heading::left(row_heading))
            .chain(columns.map(|column| Heading::right(with_unit(column, &scale))))
            .collect(),
        rows: chart.rows.iter().zip(&chart.cells).take(MOST_ROWS_LISTED).map(row).collect(),
        total: None,
    }
}
