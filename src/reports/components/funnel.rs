//! `funnel`: how many cases reach each stage, and which share of them the next.

use minijinja::Error;

use super::columns::difference_entry;
use super::{
    Drawing, Settings, detail, entry, figure, heading, labels, numbers, numbers_of, previous_label, with_unit,
};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Good, Grid, Heading};
use crate::reports::calendar::Grain;
use crate::reports::number::Number;
use crate::reports::scene::Width;
use crate::reports::scene::funnel::{self, Funnel, Stage};
use crate::reports::words;

/// More stages than this are never drawn.
const MOST: usize = 30;

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let stage = arguments.needed_column("stage", &table)?;
    let labels = labels(&table, stage, Grain::Month, settings);
    let value = numbers(&table, arguments.needed_column("value", &table)?);
    let (has_previous, previous) = numbers_of(arguments, "previous", &table)?;
    let all: Vec<Option<Number>> = value.iter().chain(&previous).copied().collect();
    let stages = labels.into_iter().enumerate();
    let stages = stages.map(|(index, label)| Stage { label, value: value[index], previous: previous[index] });
    let mut chart = Funnel {
        stages: stages.collect(),
        has_previous,
        previous_label: previous_label(arguments)?,
        scale: arguments.scale(all.iter().flatten().copied())?,
    };
    let mut notes = Vec::new();
    if chart.stages.is_empty() {
        notes.push(words::empty());
    } else if all.iter().all(Option::is_none) {
        notes.push(words::no_numbers());
    }
    if chart.stages.len() > MOST {
        notes.push(words::listed_of(MOST, chart.stages.len(), words::STAGES_COUNTED));
        chart.stages.truncate(MOST);
    }
    if (0..chart.stages.len()).any(|stage| chart.is_thin(stage)) {
        notes.push(words::thin_note());
    }
    let drawing = Drawing {
        says: says(&chart),
        wide: funnel::draw(&chart, Width::Wide),
        narrow: funnel::draw(&chart, Width::Narrow),
        notes,
        data: data(&chart, heading(&table, stage), &all),
    };
    figure(arguments, &query, &chart.scale, drawing)
}

fn says(chart: &Funnel) -> String {
    let mut says = words::funnel_says(chart.stages.len());
    for (index, stage) in chart.stages.iter().enumerate() {
        let Some(value) = stage.value else { continue };
        let share = chart.conversion(index).map(|share| funnel::shares().sentence(share));
        says.push(' ');
        says.push_str(&words::stage_says(&stage.label, &chart.scale.sentence(value), share.as_deref()));
    }
    says
}

fn data(chart: &Funnel, stage: String, all: &[Option<Number>]) -> Grid {
    let (scale, shares) = (detail(&chart.scale.unit, all), funnel::shares());
    let share = |label: &str| Heading::right(with_unit(label, &shares));
    let mut columns = vec![
        Heading::left(stage),
        Heading::right(with_unit(words::ACTUAL, &scale)),
        share(words::FROM_STAGE_BEFORE),
        share(words::OF_FIRST_STAGE),
    ];
    if chart.has_previous {
        columns.push(Heading::right(words::previous(&chart.previous_label)));
        columns.push(share(&words::before_in(words::FROM_STAGE_BEFORE, &chart.previous_label)));
        columns.push(Heading::right(words::delta(&chart.previous_label)));
    }
    let row = |(index, stage): (usize, &Stage)| {
        let mut row = vec![
            Entry::text(stage.label.clone()),
            entry(&scale, stage.value),
            entry(&shares, chart.conversion(index)),
            entry(&shares, chart.of_first(index)),
        ];
        if chart.has_previous {
            row.push(entry(&scale, stage.previous));
            row.push(entry(&shares, chart.conversion_before(index)));
            row.push(difference_entry(&shares, chart.change(index), Good::Up));
        }
        row
    };
    Grid { columns, rows: chart.stages.iter().enumerate().map(row).collect(), total: None }
}
