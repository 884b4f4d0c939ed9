//! `fan`: what happened, what is forecast with its intervals, and the plan that both are held against.

use minijinja::Error;

use super::line::{data, join_forecast, remarks};
use super::{Drawing, Periods, Settings, ends, figure, numbers, numbers_of, periods, series_says};
use crate::reports::arguments::Arguments;
use crate::reports::block::Block;
use crate::reports::number::Number;
use crate::reports::scene::line::{self, Band, Lines, Series};
use crate::reports::scene::{Ink, Width};
use crate::reports::words;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let Periods { query, table, heading, labels, mut notes } = periods(arguments, settings)?;
    let column = |name: &str| Ok::<_, Error>(numbers(&table, arguments.needed_column(name, &table)?));
    let mut series = vec![
        Series { name: words::ACTUAL_SHORT.to_owned(), values: column("actual")?, ink: Ink::Actual },
        Series { name: words::FORECAST_SHORT.to_owned(), values: column("forecast")?, ink: Ink::Forecast },
    ];
    let (has_plan, plan) = numbers_of(arguments, "plan", &table)?;
    if has_plan {
        series.push(Series { name: words::PLAN_SHORT.to_owned(), values: plan, ink: Ink::Plan });
    }
    let mut bands = vec![Band {
        name: arguments.text("interval")?,
        low: column("low")?,
        high: column("high")?,
        ink: Ink::IntervalBand,
    }];
    if arguments.column("inner_low", &table)?.is_some() {
        bands.push(Band {
            name: arguments.text("inner_interval")?,
            low: column("inner_low")?,
            high: column("inner_high")?,
            ink: Ink::InnerBand,
        });
    }
    let edges = bands.iter().flat_map(|band| band.low.iter().chain(&band.high));
    let all: Vec<Option<Number>> = series.iter().flat_map(|series| &series.values).chain(edges).copied().collect();
    let mut chart = Lines {
        labels,
        scale: arguments.scale(all.iter().flatten().copied())?,
        series,
        bands,
        from_zero: arguments.flag("zero")?.unwrap_or(true),
        max: arguments.number("max")?,
    };
    let data = data(&chart, heading, &all);
    let says = says(&chart);
    // The table holds what the query gave; only the drawing closes the gap between the last actual and the first forecast.
    join_bands(&mut chart);
    join_forecast(&mut chart.series);
    notes.extend(remarks(&chart));
    let drawing =
        Drawing { says, wide: line::draw(&chart, Width::Wide), narrow: line::draw(&chart, Width::Narrow), notes, data };
    figure(arguments, &query, &chart.scale, drawing)
}

/// Intervals open where what happened ends: of that nothing is unsure.
fn join_bands(chart: &mut Lines) {
    let actual = &chart.series[0].values;
    let Some(end) = actual.iter().rposition(Option::is_some) else { return };
    for band in &mut chart.bands {
        let is_open = |edge: &[Option<Number>]| edge[end].is_none() && edge.get(end + 1).is_some_and(Option::is_some);
        if is_open(&band.low) && is_open(&band.high) {
            (band.low[end], band.high[end]) = (actual[end], actual[end]);
        }
    }
}

fn says(chart: &Lines) -> String {
    let (first, last) = ends(&chart.labels);
    let mut says = vec![words::fan_says(first, last)];
    says.extend(chart.series.iter().map(|one| series_says(&one.name, &chart.labels, &one.values, &chart.scale)));
    says.extend(chart.bands.iter().filter_map(|band| {
        let at = (0..chart.labels.len()).rev().find(|at| band.low[*at].is_some() && band.high[*at].is_some())?;
        let (low, high) = (chart.scale.sentence(band.low[at]?), chart.scale.sentence(band.high[at]?));
        Some(words::interval_says(band.name.as_deref().unwrap_or_default(), &chart.labels[at], &low, &high))
    }));
    says.retain(|sentence| !sentence.is_empty());
    says.join(" ")
}
