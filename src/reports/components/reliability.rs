//! `reliability`: predicted probabilities against the shares that came true.

use minijinja::Error;

use super::columns::difference_entry;
use super::{Drawing, Settings, detail, entry, figure, numbers, with_unit};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Good, Grid, Heading};
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::reliability::{self, Bin, Reliability};
use crate::reports::words;

/// More groups than this are never drawn.
const MOST: usize = 50;

pub fn build(arguments: &Arguments, _: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let column = |name: &str| Ok::<_, Error>(numbers(&table, arguments.needed_column(name, &table)?));
    let (predicted, observed, n) = (column("predicted")?, column("observed")?, column("n")?);
    let (low, high) = (column("low")?, column("high")?);
    let whole = Scale::plain(Unit::Plain(String::new()), 0);
    let bin = |index: usize| {
        Some(Bin {
            predicted: predicted[index]?,
            observed: observed[index]?,
            low: low[index],
            high: high[index],
            cases: n[index],
            n: n[index].map_or_else(|| words::NOT_AVAILABLE.to_owned(), |n| whole.value(n)),
            thin: n[index].is_some_and(|n| n < Number::whole(words::THIN_BELOW)),
        })
    };
    let mut bins: Vec<Bin> = (0..table.rows.len()).filter_map(bin).collect();
    bins.sort_by_key(|bin| bin.predicted);
    let all: Vec<Option<Number>> = [&predicted, &observed, &low, &high].into_iter().flatten().copied().collect();
    let digits = arguments.count("digits")?.map(|digits| u8::try_from(digits.min(6)).unwrap_or(6));
    let scale = Scale::fit(Unit::Share, all.iter().flatten().copied(), digits);
    let mut chart = Reliability { bins, scale };
    let mut notes = Vec::new();
    if table.rows.is_empty() {
        notes.push(words::empty());
    } else if chart.bins.is_empty() {
        notes.push(words::no_numbers());
    }
    let data = data(&chart, &all);
    let says = says(&chart);
    if chart.bins.len() > MOST {
        notes.push(words::others(chart.bins.len() - MOST));
        chart.bins.truncate(MOST);
    }
    if chart.bins.iter().any(|bin| bin.thin) {
        notes.push(words::thin_note());
    }
    if !chart.bins.is_empty() {
        notes.push(words::SIZE_BY_CASES.to_owned());
    }
    let drawing = Drawing {
        says,
        wide: reliability::draw(&chart, Width::Wide),
        narrow: reliability::draw(&chart, Width::Narrow),
        notes,
        data,
    };
    figure(arguments, &query, &chart.scale, drawing)
}

fn says(chart: &Reliability) -> String {
    let mut says = words::reliability_says(chart.bins.len());
    for bin in chart.bins.iter().take(10) {
        let (predicted, observed) = (chart.scale.sentence(bin.predicted), chart.scale.sentence(bin.observed));
        says.push_str(&format!(" {}", words::bin_says(&predicted, &observed, &bin.n)));
    }
    says
}

fn data(chart: &Reliability, all: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, all);
    let columns = vec![
        Heading::left(with_unit(words::PREDICTED, &scale)),
        Heading::right(with_unit(words::OBSERVED, &scale)),
        Heading::right(words::DIFFERENCE),
        Heading::right(words::LOW),
        Heading::right(words::HIGH),
        Heading::right("n"),
    ];
    let row = |bin: &Bin| {
        vec![
            entry(&scale, Some(bin.predicted)),
            entry(&scale, Some(bin.observed)),
            difference_entry(&scale, bin.observed.minus(bin.predicted), Good::None),
            entry(&scale, bin.low),
            entry(&scale, bin.high),
            Entry::ranked(bin.n.clone(), bin.cases),
        ]
    };
    Grid { columns, rows: chart.bins.iter().map(row).collect(), total: None }
}
