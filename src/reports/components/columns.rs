//! `columns`: a measure over time against plan or the period before.

use minijinja::Error;

use super::{
    Drawing, Periods, Settings, detail, ends, entry, figure, good, numbers, numbers_of, periods, previous_label,
    series_says, with_unit,
};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Good, Grid, Heading};
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::columns::{self, Columns, Period};
use crate::reports::words;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let Periods { query, table, heading, labels, mut notes } = periods(arguments, settings)?;
    let actual = numbers(&table, arguments.needed_column("actual", &table)?);
    let (has_plan, plan) = numbers_of(arguments, "plan", &table)?;
    let (has_previous, previous) = numbers_of(arguments, "previous", &table)?;
    let (has_forecast, forecast) = numbers_of(arguments, "forecast", &table)?;
    let max = arguments.number("max")?;
    let all: Vec<Option<Number>> = [&actual, &plan, &previous, &forecast].into_iter().flatten().copied().collect();
    let scale = arguments.scale(all.iter().flatten().copied())?;
    let periods = labels.iter().enumerate().map(|(index, label)| Period {
        label: label.clone(),
        actual: actual[index],
        plan: plan[index],
        previous: previous[index],
        forecast: forecast[index],
    });
    let chart = Columns {
        periods: periods.collect(),
        has_plan,
        has_previous,
        has_forecast,
        previous_label: previous_label(arguments)?,
        good: good(arguments)?,
        scale,
        max,
    };
    let (first, last) = ends(&labels);
    let outcomes: Vec<Option<Number>> = chart.periods.iter().map(Period::outcome).collect();
    let says = [words::columns_say(first, last), series_says(words::ACTUAL, &labels, &outcomes, &chart.scale)];
    if chart.periods.is_empty() {
        notes.push(words::empty());
    }
    let drawing = Drawing {
        says: says.join(" "),
        wide: columns::draw(&chart, Width::Wide),
        narrow: columns::draw(&chart, Width::Narrow),
        notes,
        data: data(&chart, heading, &all),
    };
    figure(arguments, &query, &chart.scale, drawing)
}

fn data(chart: &Columns, x: String, all: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    let mut columns = vec![Heading::left(x), Heading::right(with_unit(words::ACTUAL, &scale))];
    let optional = [
        (chart.has_forecast, words::FORECAST.to_owned()),
        (chart.has_plan, words::PLAN.to_owned()),
        (chart.has_previous, words::previous(&chart.previous_label)),
    ];
    columns.extend(optional.iter().filter(|(has, _)| *has).map(|(_, label)| Heading::right(label.clone())));
    let reference = chart.reference_label();
    columns.extend(reference.iter().map(|label| Heading::right(label.clone())));
    let row = |period: &Period| {
        let mut row = vec![Entry::text(period.label.clone()), entry(&scale, period.actual)];
        let optional = [
            (chart.has_forecast, period.forecast),
            (chart.has_plan, period.plan),
            (chart.has_previous, period.previous),
        ];
        row.extend(optional.into_iter().filter(|(has, _)| *has).map(|(_, number)| entry(&scale, number)));
        if reference.is_some() {
            row.push(difference_entry(&scale, chart.difference(period), chart.good));
        }
        row
    };
    Grid { columns, rows: chart.periods.iter().map(row).collect(), total: None }
}

/// A difference in a data table.
pub fn difference_entry(scale: &crate::reports::format::Scale, number: Option<Number>, good: Good) -> Entry {
    match number {
        Some(number) => {
            let nothing = scale.is_nothing(number);
            Entry::ranked(scale.variance_with_points(number), Some(number)).toned(good.tone(number, nothing))
        }
        None => entry(scale, None),
    }
}
