//! `bars`: a measure by category, with what it was before, its interval and its number of cases.

use minijinja::Error;

use super::columns::difference_entry;
use super::{
    Drawing, Settings, detail, entry, figure, good, heading, labels, numbers, numbers_of, previous_label, with_unit,
};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading};
use crate::reports::calendar::Grain;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::bars::{self, Bar, Bars};
use crate::reports::words;

/// More bars than this are never drawn.
const MOST: usize = 40;
/// More rows than this do not stand in the table below.
const MOST_LISTED: usize = 500;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let category = arguments.needed_column("category", &table)?;
    let labels = labels(&table, category, Grain::Month, settings);
    let value = numbers(&table, arguments.needed_column("value", &table)?);
    let (has_plan, plan) = numbers_of(arguments, "plan", &table)?;
    let (has_previous, previous) = numbers_of(arguments, "previous", &table)?;
    let (has_low, low) = numbers_of(arguments, "low", &table)?;
    let (has_high, high) = numbers_of(arguments, "high", &table)?;
    let (has_n, n) = numbers_of(arguments, "n", &table)?;
    let reference = match arguments.number("reference")? {
        Some(number) => Some((number, arguments.text("reference_label")?.unwrap_or_default())),
        None => None,
    };
    let all: Vec<Option<Number>> = [&value, &plan, &previous, &low, &high].into_iter().flatten().copied().collect();
    let scale = arguments.scale(all.iter().flatten().copied())?;
    let whole = Scale::plain(Unit::Plain(String::new()), 0);
    let bars = labels.iter().enumerate().map(|(index, label)| Bar {
        label: label.clone(),
        value: value[index],
        previous: previous[index],
        plan: plan[index],
        low: low[index],
        high: high[index],
        n: n[index].map(|n| whole.value(n)),
        thin: n[index].is_some_and(|n| n < Number::whole(words::THIN_BELOW)),
    });
    let mut chart = Bars {
        bars: bars.collect(),
        has_plan,
        has_previous,
        has_interval: has_low && has_high,
        has_n,
        previous_label: previous_label(arguments)?,
        reference,
        good: good(arguments)?,
        scale,
        max: arguments.number("max")?,
    };
    let mut data = data(&chart, heading(&table, category), &all);
    let says = says(&chart);
    let mut notes = Vec::new();
    if chart.bars.is_empty() {
        notes.push(words::empty());
    }
    if data.rows.len() > MOST_LISTED {
        notes.push(words::remainder_without_total(MOST_LISTED, data.rows.len()));
        data.rows.truncate(MOST_LISTED);
    }
    let limit = arguments.count("limit")?.unwrap_or(MOST).min(MOST);
    if chart.bars.len() > limit {
        notes.push(words::others(chart.bars.len() - limit));
        chart.bars.truncate(limit);
    }
    if chart.bars.iter().any(|bar| bar.thin) {
        notes.push(words::thin_note());
    }
    let drawing =
        Drawing { says, wide: bars::draw(&chart, Width::Wide), narrow: bars::draw(&chart, Width::Narrow), notes, data };
    figure(arguments, &query, &chart.scale, drawing)
}

fn says(chart: &Bars) -> String {
    let mut says = words::bars_say(chart.bars.len());
    let shown = chart.bars.iter().filter_map(|bar| Some((bar, bar.value?))).take(5);
    for (bar, value) in shown {
        says.push_str(&format!(" {} {}.", bar.label, chart.scale.sentence(value)));
    }
    says
}

fn data(chart: &Bars, category: String, all: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    let reference = chart.reference_label();
    let mut columns = vec![Heading::left(category), Heading::right(with_unit(words::ACTUAL, &scale))];
    let optional = [
        (chart.has_plan, words::PLAN.to_owned()),
        (chart.has_previous, words::previous(&chart.previous_label)),
        (reference.is_some(), reference.clone().unwrap_or_default()),
        (chart.has_interval, words::LOW.to_owned()),
        (chart.has_interval, words::HIGH.to_owned()),
        (chart.has_n, "n".to_owned()),
    ];
    columns.extend(optional.into_iter().filter(|(has, _)| *has).map(|(_, label)| Heading::right(label)));
    let row = |bar: &Bar| {
        let optional = [
            (chart.has_plan, entry(&scale, bar.plan)),
            (chart.has_previous, entry(&scale, bar.previous)),
            (reference.is_some(), difference_entry(&scale, chart.difference(bar), chart.good)),
            (chart.has_interval, entry(&scale, bar.low)),
            (chart.has_interval, entry(&scale, bar.high)),
            (chart.has_n, Entry::text(bar.n.clone().unwrap_or_else(|| words::NOT_AVAILABLE.to_owned()))),
        ];
        let named = [Entry::text(bar.label.clone()), entry(&scale, bar.value)];
        named.into_iter().chain(optional.into_iter().filter(|(has, _)| *has).map(|(_, entry)| entry)).collect()
    };
    Grid { columns, rows: chart.bars.iter().map(row).collect(), total: None }
}
