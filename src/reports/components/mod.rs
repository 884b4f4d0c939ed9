//! The components that templates call: each takes its arguments and gives a block, without knowing in which format
//! it will be written.

mod banner;
mod bars;
mod bullet;
mod columns;
mod fan;
mod freshness;
mod funnel;
mod heat;
mod kpi;
mod line;
mod quadrant;
mod reliability;
mod table;
mod waterfall;

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, Value};

use super::arguments::Arguments;
use super::block::{Block, Entry, Figure, Good, Grid, Title};
use super::calendar::{self, Grain};
use super::escape::slug;
use super::fault::fault;
use super::format::{Scale, Unit};
use super::number::Number;
use super::print::{self, Placed};
use super::scene::Scene;
use super::sheet::Sheet;
use super::signature::{self, Signature};
use super::table::{Cell, Table};
use super::words;

/// How many components a report may hold.
const MOST_BLOCKS: usize = 1000;
/// How many periods a chart over time draws, and how many rows its table shows.
const MOST_PERIODS: usize = 400;

/// What holds for the whole report.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The first month of the fiscal year, 1 to 12.
    pub fiscal_year_starts: i8,
    /// The reporting currency's ISO code.
    pub currency: Option<String>,
}

/// The blocks that a template has made, each with the place of its call in the body.
pub type Blocks = Arc<Mutex<Vec<(Block, usize)>>>;

type Build = fn(&Arguments, &Settings) -> Result<Block, Error>;

/// Makes the components known to an environment; what they make is added to `blocks`.
pub fn add_to(environment: &mut Environment<'_>, settings: &Arc<Settings>, blocks: &Blocks) {
    for signature in &signature::COMPONENTS {
        let (settings, blocks) = (Arc::clone(settings), Arc::clone(blocks));
        let build = build_of(signature);
        environment.add_function(signature.name, move |first: Rest<Value>, keywords: Kwargs| {
            let arguments = Arguments::read(signature, first, &keywords)?;
            let block = build(&arguments, &settings)?;
            let mut blocks = blocks.lock().unwrap_or_else(PoisonError::into_inner);
            if blocks.len() == MOST_BLOCKS {
                return Err(fault(format!("a report holds up to {MOST_BLOCKS} components")));
            }
            blocks.push((block, arguments.place));
            Ok::<Value, Error>(Value::from_object(Placed(blocks.len() - 1)))
        });
    }
}

fn build_of(signature: &Signature) -> Build {
    match signature.name {
        "kpi" => kpi::build,
        "columns" => columns::build,
        "bars" => bars::build,
        "line" => line::build,
        "waterfall" => waterfall::build,
        "fan" => fan::build,
        "heat" => heat::build,
        "reliability" => reliability::build,
        "bullet" => bullet::build,
        "quadrant" => quadrant::build,
        "funnel" => funnel::build,
        "table" => table::build,
        "banner" => banner::build,
        "freshness" => freshness::build,
        _ => unreachable!("every signature has its component"),
    }
}

/// What a chart over time is drawn from.
struct Periods {
    query: Arc<str>,
    /// The rows of the periods, oldest first.
    table: Arc<Table>,
    heading: String,
    labels: Vec<String>,
    notes: Vec<String>,
}

fn periods(arguments: &Arguments, settings: &Settings) -> Result<Periods, Error> {
    let (query, table) = arguments.table()?;
    let mut notes = Vec::new();
    let table = latest(table, &mut notes);
    let x = arguments.needed_column("x", &table)?;
    let grain = arguments.choice("grain")?.and_then(Grain::parse).unwrap_or(Grain::Month);
    let labels = labels(&table, x, grain, settings);
    Ok(Periods { query, heading: heading(&table, x), table, labels, notes })
}

/// The last periods of a query that has more than a chart draws; then `notes` says so.
fn latest(table: Arc<Table>, notes: &mut Vec<String>) -> Arc<Table> {
    let all = table.rows.len();
    if all <= MOST_PERIODS {
        return table;
    }
    notes.push(words::latest(MOST_PERIODS, all));
    Arc::new(Table { columns: table.columns.clone(), rows: table.rows[all - MOST_PERIODS..].to_vec() })
}

/// A chart drawn, without what all charts are given by the same arguments.
struct Drawing {
    says: String,
    wide: Scene,
    narrow: Scene,
    notes: Vec<String>,
    data: Grid,
}

/// A drawing as a figure: with its message, its title in the unit of its scale, its definition and its id.
fn figure(arguments: &Arguments, query: &str, scale: &Scale, drawing: Drawing) -> Result<Block, Error> {
    let Drawing { says, wide, narrow, notes, data } = drawing;
    Ok(Block::Figure(Figure {
        id: id(arguments, query)?,
        message: arguments.text("message")?.unwrap_or_default(),
        title: title(arguments, &scale.unit_words())?,
        definition: arguments.text("definition")?,
        says,
        wide,
        narrow,
        notes,
        data,
        sheet: Sheet::of(arguments, &scale.unit)?,
    }))
}

/// A figure's stable id: the one given, else the component and its query.
fn id(arguments: &Arguments, query: &str) -> Result<String, Error> {
    Ok(match arguments.text("id")? {
        Some(id) => slug(&id),
        None => slug(&format!("{}-{query}", arguments.signature.name)),
    })
}

/// Who; measure in unit; when.
fn title(arguments: &Arguments, unit: &str) -> Result<Title, Error> {
    let measure = arguments.text("measure")?.unwrap_or_default();
    let measure = if unit.is_empty() { measure } else { words::unit_in(&measure, unit) };
    Ok(Title { who: arguments.text("who")?, measure, when: arguments.text("when")? })
}

/// The numbers of a column, top to bottom.
fn numbers(table: &Table, column: usize) -> Vec<Option<Number>> {
    table.rows.iter().map(|row| Number::of_cell(&row[column])).collect()
}

/// The numbers of an optional column; as many gaps as rows where there is none.
fn numbers_of(arguments: &Arguments, name: &str, table: &Table) -> Result<(bool, Vec<Option<Number>>), Error> {
    Ok(match arguments.column(name, table)? {
        Some(column) => (true, numbers(table, column)),
        None => (false, vec![None; table.rows.len()]),
    })
}

/// A column as labels: days as periods of a grain, anything else in its words.
fn labels(table: &Table, column: usize, grain: Grain, settings: &Settings) -> Vec<String> {
    let label = |cell: &Cell| match cell {
        Cell::Day(day) => calendar::period(*day, grain, settings.fiscal_year_starts),
        cell => print::cell_words(cell),
    };
    table.rows.iter().map(|row| label(&row[column])).collect()
}

fn good(arguments: &Arguments) -> Result<Good, Error> {
    Ok(Good::parse(arguments.choice("good")?))
}

/// What the period before is called.
fn previous_label(arguments: &Arguments) -> Result<String, Error> {
    Ok(arguments.text("previous_label")?.unwrap_or_else(|| words::PREVIOUS_SHORT.to_owned()))
}

/// The heading over a column of labels.
fn heading(table: &Table, column: usize) -> String {
    table.columns.get(column).map(|column| super::arguments::label_of(&column.name)).unwrap_or_default()
}

/// The scale of a figure's data table, which rounds less than the drawing does.
fn detail(unit: &Unit, numbers: &[Option<Number>]) -> Scale {
    let integral = numbers.iter().flatten().all(|number| number.exact().2.is_empty());
    let places = match unit {
        Unit::Money(_) => 0,
        Unit::Share => 1,
        Unit::Plain(_) => u8::from(!integral),
    };
    Scale::plain(unit.clone(), places)
}

/// A number in a data table.
fn entry(scale: &Scale, number: Option<Number>) -> Entry {
    let text = number.map_or_else(|| words::NOT_AVAILABLE.to_owned(), |number| scale.value(number));
    Entry::ranked(text, number)
}

/// `Actual (USD)`.
fn with_unit(label: &str, scale: &Scale) -> String {
    let unit = scale.unit_words();
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

/// A series in a sentence for a screen reader.
fn series_says(name: &str, labels: &[String], values: &[Option<Number>], scale: &Scale) -> String {
    let found: Vec<(&str, Number)> =
        labels.iter().zip(values).filter_map(|(label, number)| Some((label.as_str(), (*number)?))).collect();
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return String::new() };
    let low = found.iter().min_by_key(|(_, number)| *number).unwrap_or(first);
    let high = found.iter().max_by_key(|(_, number)| *number).unwrap_or(first);
    let written: Vec<String> = [first, last, low, high].iter().map(|(_, number)| scale.sentence(*number)).collect();
    words::series(name, (first.0, &written[0]), (last.0, &written[1]), (low.0, &written[2]), (high.0, &written[3]))
}

/// The first and the last label, for descriptions.
fn ends(labels: &[String]) -> (&str, &str) {
    (labels.first().map_or("", String::as_str), labels.last().map_or("", String::as_str))
}
