//! `bullet`: actual against plan by category, on ranges that say how good it is.

use minijinja::Error;

use super::columns::difference_entry;
use super::{Drawing, Settings, detail, entry, figure, good, heading, labels, numbers, with_unit};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading};
use crate::reports::calendar::Grain;
use crate::reports::fault::fault;
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::bullet::{self, Bullet, Bullets};
use crate::reports::scene::palette::RANGES;
use crate::reports::words;

/// More rows than this are never drawn.
const MOST: usize = 40;
/// More rows than this do not stand in the table below.
const MOST_LISTED: usize = 500;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let category = arguments.needed_column("category", &table)?;
    let labels = labels(&table, category, Grain::Month, settings);
    let actual = numbers(&table, arguments.needed_column("actual", &table)?);
    let plan = numbers(&table, arguments.needed_column("plan", &table)?);
    let named = arguments.columns("ranges", &table)?.into_iter();
    let (ranges, ends) = outward(named.map(|named| (named.label, numbers(&table, named.column))).collect());
    if ranges.len() > RANGES.len() {
        return Err(fault(format!("`bullet` draws up to {} ranges", RANGES.len())));
    }
    let all: Vec<Option<Number>> = actual.iter().chain(&plan).chain(ends.iter().flatten()).copied().collect();
    let bullets = labels.into_iter().enumerate().map(|(index, label)| Bullet {
        label,
        actual: actual[index],
        plan: plan[index],
        ranges: ends.iter().map(|ends| ends[index]).collect(),
    });
    let mut chart = Bullets {
        bullets: bullets.collect(),
        ranges,
        good: good(arguments)?,
        scale: arguments.scale(all.iter().flatten().copied())?,
        max: arguments.number("max")?,
    };
    let mut notes = Vec::new();
    if chart.bullets.is_empty() {
        notes.push(words::empty());
    } else if actual.iter().chain(&plan).all(Option::is_none) {
        notes.push(words::no_numbers());
    }
    let says = says(&chart);
    let mut data = data(&chart, heading(&table, category), &all);
    if data.rows.len() > MOST_LISTED {
        notes.push(words::remainder_without_total(MOST_LISTED, data.rows.len()));
        data.rows.truncate(MOST_LISTED);
    }
    let limit = arguments.count("limit")?.unwrap_or(MOST).min(MOST);
    if chart.bullets.len() > limit {
        notes.push(words::others(chart.bullets.len() - limit));
        chart.bullets.truncate(limit);
    }
    let drawing = Drawing {
        says,
        wide: bullet::draw(&chart, Width::Wide),
        narrow: bullet::draw(&chart, Width::Narrow),
        notes,
        data,
    };
    figure(arguments, &query, &chart.scale, drawing)
}

/// Ranges by where they end, the nearest to zero first, as the first row that has all of them tells: a map of names does
/// not keep the order in which it was written.
fn outward(mut ranges: Vec<(String, Vec<Option<Number>>)>) -> (Vec<String>, Vec<Vec<Option<Number>>>) {
    let rows = ranges.first().map_or(0, |(_, ends)| ends.len());
    if let Some(row) = (0..rows).find(|row| ranges.iter().all(|(_, ends)| ends[*row].is_some())) {
        ranges.sort_by_key(|(_, ends)| ends[row].map(Number::abs));
    }
    ranges.into_iter().unzip()
}

fn says(chart: &Bullets) -> String {
    let mut says = words::bullets_say(chart.bullets.len());
    let shown = chart.bullets.iter().filter_map(|bullet| Some((bullet, bullet.actual?, bullet.plan?))).take(5);
    for (bullet, actual, plan) in shown {
        let (actual, plan) = (chart.scale.sentence(actual), chart.scale.sentence(plan));
        says.push_str(&format!(" {}", words::bullet_says(&bullet.label, &actual, &plan)));
    }
    says
}

fn data(chart: &Bullets, category: String, all: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    let mut columns = vec![
        Heading::left(category),
        Heading::right(with_unit(words::ACTUAL, &scale)),
        Heading::right(words::PLAN),
        Heading::right(words::delta(words::PLAN_SHORT)),
    ];
    columns.extend(chart.ranges.iter().map(|name| Heading::right(words::range_until(name))));
    let row = |bullet: &Bullet| {
        let mut row = vec![
            Entry::text(bullet.label.clone()),
            entry(&scale, bullet.actual),
            entry(&scale, bullet.plan),
            difference_entry(&scale, chart.difference(bullet), chart.good),
        ];
        row.extend(bullet.ranges.iter().map(|end| entry(&scale, *end)));
        row
    };
    Grid { columns, rows: chart.bullets.iter().map(row).collect(), total: None }
}
