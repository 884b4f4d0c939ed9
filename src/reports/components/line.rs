//! `line`: measures over time, with plan, period before, forecast and interval.

use minijinja::Error;

use super::{
    Drawing, Periods, Settings, detail, ends, entry, figure, numbers, numbers_of, periods, previous_label, series_says,
    with_unit,
};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading};
use crate::reports::fault::fault;
use crate::reports::number::Number;
use crate::reports::scene::line::{self, Band, Lines, Series};
use crate::reports::scene::{Ink, Width};
use crate::reports::words;

/// What tells several measures apart, with their names at their ends.
const INKS: [Ink; 3] = [Ink::Actual, Ink::Second, Ink::Previous];

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let Periods { query, table, heading, labels, mut notes } = periods(arguments, settings)?;
    let measures = arguments.columns("y", &table)?;
    if measures.len() > INKS.len() {
        return Err(fault(format!("`line` draws up to {} measures: make two charts", INKS.len())));
    }
    let mut series: Vec<Series> = measures
        .into_iter()
        .zip(INKS)
        .map(|(named, ink)| Series { name: named.label, values: numbers(&table, named.column), ink })
        .collect();
    let previous_label = previous_label(arguments)?;
    let others = [
        ("forecast", words::FORECAST_SHORT.to_owned(), Ink::Forecast),
        ("plan", words::PLAN_SHORT.to_owned(), Ink::Plan),
        ("previous", previous_label, Ink::Previous),
    ];
    for (argument, name, ink) in others {
        let (has, values) = numbers_of(arguments, argument, &table)?;
        if has {
            series.push(Series { name, values, ink });
        }
    }
    let (has_low, low) = numbers_of(arguments, "low", &table)?;
    let (has_high, high) = numbers_of(arguments, "high", &table)?;
    let all: Vec<Option<Number>> =
        series.iter().flat_map(|series| &series.values).chain(&low).chain(&high).copied().collect();
    let band = (has_low && has_high).then_some(Band { name: None, low, high, ink: Ink::IntervalBand });
    let scale = arguments.scale(all.iter().flatten().copied())?;
    let mut chart = Lines {
        labels,
        series,
        bands: band.into_iter().collect(),
        scale,
        from_zero: arguments.flag("zero")?.unwrap_or(true),
        max: arguments.number("max")?,
    };
    let data = data(&chart, heading, &all);
    let (first, last) = ends(&chart.labels);
    let mut says = vec![words::lines_say(first, last)];
    says.extend(chart.series.iter().map(|one| series_says(&one.name, &chart.labels, &one.values, &chart.scale)));
    join_forecast(&mut chart.series);
    notes.extend(remarks(&chart));
    let drawing = Drawing {
        says: says.join(" "),
        wide: line::draw(&chart, Width::Wide),
        narrow: line::draw(&chart, Width::Narrow),
        notes,
        data,
    };
    figure(arguments, &query, &chart.scale, drawing)
}

/// What must be said below the lines: that there are none, or that their axis does not begin at zero.
pub fn remarks(chart: &Lines) -> Vec<String> {
    let mut remarks = Vec::new();
    if chart.labels.is_empty() {
        remarks.push(words::empty());
    } else if chart.series.iter().flat_map(|series| &series.values).all(Option::is_none) {
        remarks.push(words::no_numbers());
    } else if !chart.from_zero
        && let Some(begin) = Number::of_float(chart.span().0)
    {
        remarks.push(words::axis_begins(&chart.scale.sentence(begin)));
    }
    remarks
}

/// A forecast begins where what happened ends, so that the line has no gap.
pub fn join_forecast(series: &mut [Series]) {
    let actual = series.iter().find(|series| series.ink == Ink::Actual).map(|series| series.values.clone());
    let forecast = series.iter_mut().find(|series| series.ink == Ink::Forecast);
    if let (Some(actual), Some(forecast)) = (actual, forecast)
        && let Some(end) = actual.iter().rposition(Option::is_some)
        && forecast.values.get(end).is_some_and(Option::is_none)
        && forecast.values.get(end + 1).is_some_and(Option::is_some)
    {
        forecast.values[end] = actual[end];
    }
}

/// The lines' numbers, and the edges of their bands.
pub fn data(chart: &Lines, x: String, all: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    let mut columns = vec![Heading::left(x)];
    columns.extend(chart.series.iter().map(|series| Heading::right(with_unit(&series.name, &scale))));
    for band in &chart.bands {
        let edge = |edge: &str| match &band.name {
            Some(name) => Heading::right(words::edge_of(name, edge)),
            None => Heading::right(edge),
        };
        columns.extend([edge(words::LOW), edge(words::HIGH)]);
    }
    let row = |(index, label): (usize, &String)| {
        let mut row = vec![Entry::text(label.clone())];
        row.extend(chart.series.iter().map(|series| entry(&scale, series.values[index])));
        for band in &chart.bands {
            row.extend([entry(&scale, band.low[index]), entry(&scale, band.high[index])]);
        }
        row
    };
    Grid { columns, rows: chart.labels.iter().enumerate().map(row).collect(), total: None }
}
