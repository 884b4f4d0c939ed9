//! `quadrant`: cases by two measures, parted into four quarters that have names.

use minijinja::Error;

use super::{Drawing, Settings, detail, entry, figure, heading, labels, numbers, with_unit};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading, Tone};
use crate::reports::calendar::Grain;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::quadrant::{self, Corner, Measure, Point, Quadrant};
use crate::reports::signature::CORNERS;
use crate::reports::words;

/// More points than this are never drawn.
const MOST: usize = 300;
/// More rows than this do not stand in the table below.
const MOST_LISTED: usize = 500;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let label = arguments.needed_column("label", &table)?;
    let labels = labels(&table, label, Grain::Day, settings);
    let x = numbers(&table, arguments.needed_column("x", &table)?);
    let y = numbers(&table, arguments.needed_column("y", &table)?);
    let across = measure(arguments, ["x_measure", "x_unit", "x_split"], &x)?;
    let up = measure(arguments, ["y_measure", "y_unit", "y_split"], &y)?;
    let points: Vec<Point> = labels
        .into_iter()
        .zip(x.iter().zip(&y))
        .filter_map(|(label, (x, y))| Some(Point { label, x: (*x)?, y: (*y)? }))
        .collect();
    let mut names: [String; 4] = Default::default();
    for (name, corner) in names.iter_mut().zip(CORNERS) {
        *name = arguments.text(corner)?.unwrap_or_default();
    }
    let bad = arguments.choice("bad")?.and_then(|bad| CORNERS.iter().position(|corner| *corner == bad));
    let mut chart = Quadrant { points, across, up, names, bad: bad.map(|corner| Corner::ALL[corner]) };
    let mut notes = Vec::new();
    let without = table.rows.len() - chart.points.len();
    if table.rows.is_empty() {
        notes.push(words::empty());
    } else if chart.points.is_empty() {
        notes.push(words::no_numbers());
    } else if without > 0 {
        notes.push(words::without_numbers(without));
    }
    if chart.points.len() > MOST_LISTED {
        notes.push(words::remainder_without_total(MOST_LISTED, chart.points.len()));
    }
    let (says, data) = (says(&chart), data(&chart, heading(&table, label), &x, &y));
    if chart.points.len() > MOST {
        notes.push(words::others(chart.points.len() - MOST));
        chart.points.truncate(MOST);
    }
    let ((wide, nameless), (narrow, nameless_narrow)) =
        (quadrant::draw(&chart, Width::Wide), quadrant::draw(&chart, Width::Narrow));
    if nameless + nameless_narrow > 0 {
        notes.push(words::NAMELESS.to_owned());
    }
    figure(arguments, &query, &bare(), Drawing { says, wide, narrow, notes, data })
}

/// Two measures have two units: the title names neither.
fn bare() -> Scale {
    Scale::plain(Unit::Plain(String::new()), 0)
}

fn measure(
    arguments: &Arguments,
    [name, unit, split]: [&str; 3],
    numbers: &[Option<Number>],
) -> Result<Measure, Error> {
    let unit = Unit::parse(&arguments.text(unit)?.unwrap_or_default());
    let split = arguments.number(split)?;
    let digits = arguments.count("digits")?.map(|digits| u8::try_from(digits.min(6)).unwrap_or(6));
    let scale = Scale::fit(unit, numbers.iter().flatten().copied().chain(split), digits);
    Ok(Measure { name: arguments.text(name)?.unwrap_or_default(), scale, split })
}

fn says(chart: &Quadrant) -> String {
    let mut says = words::quadrant_says(chart.points.len(), &chart.across.name, &chart.up.name);
    if chart.across.split.is_some() && chart.up.split.is_some() {
        for corner in Corner::ALL {
            says.push_str(&format!(" {}.", words::quarter(chart.name(corner), chart.count(corner))));
        }
    }
    says
}

fn data(chart: &Quadrant, label: String, x: &[Option<Number>], y: &[Option<Number>]) -> Grid {
    let (across, up) = (detail(&chart.across.scale.unit, x), detail(&chart.up.scale.unit, y));
    let columns = vec![
        Heading::left(label),
        Heading::right(with_unit(&chart.across.name, &across)),
        Heading::right(with_unit(&chart.up.name, &up)),
        Heading::left(words::QUARTER),
    ];
    let row = |point: &Point| {
        let quarter = chart.corner(point).map_or(words::NOT_AVAILABLE, |corner| chart.name(corner));
        let is_bad = chart.bad.is_some() && chart.corner(point) == chart.bad;
        vec![
            Entry::text(point.label.clone()),
            entry(&across, Some(point.x)),
            entry(&up, Some(point.y)),
            Entry::text(quarter).toned(if is_bad { Tone::Bad } else { Tone::Plain }),
        ]
    };
    Grid { columns, rows: chart.points.iter().take(MOST_LISTED).map(row).collect(), total: None }
}
