//! `freshness`: how old the data of each source is.

use minijinja::Error;

use super::{Settings, entry, id, labels, numbers_of};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading, Listing, Title, Tone};
use crate::reports::calendar::Grain;
use crate::reports::format::{Scale, Unit};
use crate::reports::sheet::Sheet;
use crate::reports::table::Cell;
use crate::reports::words;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let sources = labels(&table, arguments.needed_column("source", &table)?, Grain::Day, settings);
    let days = labels(&table, arguments.needed_column("day", &table)?, Grain::Day, settings);
    let (has_age, age) = numbers_of(arguments, "age", &table)?;
    let (has_rows, rows) = numbers_of(arguments, "rows", &table)?;
    let stale = arguments.column("stale", &table)?;
    let whole = Scale::plain(Unit::Plain(String::new()), 0);
    let mut columns = vec![Heading::left(words::SOURCE), Heading::left(words::DATA_DAY)];
    let optional = [(has_age, words::AGE), (has_rows, words::ROWS)];
    columns.extend(optional.into_iter().filter(|(has, _)| *has).map(|(_, label)| Heading::right(label)));
    if stale.is_some() {
        columns.push(Heading::left(words::STATUS));
    }
    let mut listed = Vec::with_capacity(sources.len());
    for index in 0..sources.len() {
        let mut row = vec![Entry::text(sources[index].clone()), Entry::text(days[index].clone())];
        if has_age {
            let words =
                age[index].map_or_else(|| words::NOT_AVAILABLE.to_owned(), |age| words::days(&whole.value(age)));
            row.push(Entry::ranked(words, age[index]));
        }
        if has_rows {
            row.push(entry(&whole, rows[index]));
        }
        if let Some(column) = stale {
            row.push(match &table.rows[index][column] {
                Cell::Bool(true) => Entry::text(words::STALE).toned(Tone::Bad),
                Cell::Bool(false) => Entry::text(words::FRESH).toned(Tone::Good),
                cell => Entry::text(crate::reports::print::cell_words(cell)),
            });
        }
        listed.push(row);
    }
    Ok(Block::Table(Listing {
        id: id(arguments, &query)?,
        message: None,
        title: Title::default(),
        definition: None,
        notes: Vec::new(),
        grid: Grid { columns, rows: listed, total: None },
        sortable: false,
        sheet: Sheet::of(arguments, &whole.unit)?,
    }))
}
