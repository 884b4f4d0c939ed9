//! `waterfall`: how a start becomes an end, line by line; lines that do not add up are said, never plugged.

use minijinja::Error;

use super::{Drawing, Settings, detail, ends, figure, good, heading, labels, numbers, with_unit};
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Entry, Grid, Heading};
use crate::reports::calendar::Grain;
use crate::reports::fault::fault;
use crate::reports::number::Number;
use crate::reports::print;
use crate::reports::scene::Width;
use crate::reports::scene::waterfall::{self, Step, Waterfall};
use crate::reports::table::Cell;
use crate::reports::words;

/// What the column of kinds may say.
const TOTALS: [&str; 4] = ["start", "total", "subtotal", "end"];
const DELTA: &str = "delta";

pub fn build(arguments: &Arguments, settings: &Settings) -> Result<Block, Error> {
    let (query, table) = arguments.table()?;
    let label = arguments.needed_column("label", &table)?;
    let labels = labels(&table, label, Grain::Month, settings);
    let values = numbers(&table, arguments.needed_column("value", &table)?);
    let kind = arguments.column("kind", &table)?;
    let last = table.rows.len().saturating_sub(1);
    let mut steps = Vec::with_capacity(labels.len());
    for (index, (label, value)) in labels.iter().zip(&values).enumerate() {
        let is_total = match kind {
            Some(kind) => is_total(&table.rows[index][kind])?,
            None => index == 0 || index == last,
        };
        let Some(value) = value else {
            return Err(fault(format!("line {} of the waterfall has no value", index + 1)));
        };
        steps.push(Step { label: label.clone(), value: *value, is_total });
    }
    let spans = Waterfall { steps, good: good(arguments)?, scale: arguments.scale([])? };
    let reached: Vec<Number> = spans.spans().into_iter().flat_map(|(from, to)| [from, to]).collect();
    let chart = Waterfall { scale: arguments.scale(reached)?, ..spans };
    let mut notes = Vec::new();
    if chart.steps.is_empty() {
        notes.push(words::empty());
    }
    if let Some((sum, total)) = chart.gap() {
        let difference = total.minus(sum).unwrap_or(Number::ZERO);
        let scale = detail(&chart.scale.unit, &[Some(difference)]);
        notes.push(words::not_summing(
            &scale.sentence(sum),
            &scale.sentence(total),
            &scale.sentence_variance(difference),
        ));
    }
    let (first, last) = ends(&labels);
    let mut says = words::waterfall_say(first, last);
    for step in &chart.steps {
        let value =
            if step.is_total { chart.scale.sentence(step.value) } else { chart.scale.sentence_variance(step.value) };
        says.push_str(&format!(" {} {value}.", step.label));
    }
    let drawing = Drawing {
        says,
        wide: waterfall::draw(&chart, Width::Wide),
        narrow: waterfall::draw(&chart, Width::Narrow),
        notes,
        data: data(&chart, heading(&table, label), &values),
    };
    figure(arguments, &query, &chart.scale, drawing)
}

fn is_total(cell: &Cell) -> Result<bool, Error> {
    let kind = print::cell_words(cell);
    if TOTALS.contains(&kind.as_str()) {
        Ok(true)
    } else if kind == DELTA {
        Ok(false)
    } else {
        Err(fault(format!("`kind` of `waterfall` holds something else than {} or {DELTA}", TOTALS.join(", "))))
    }
}

fn data(chart: &Waterfall, label: String, values: &[Option<Number>]) -> Grid {
    let scale = detail(&chart.scale.unit, values);
    let row = |step: &Step| {
        let text = if step.is_total { scale.value(step.value) } else { scale.variance(step.value) };
        vec![Entry::text(step.label.clone()), Entry::ranked(text, Some(step.value))]
    };
    Grid {
        columns: vec![Heading::left(label), Heading::right(with_unit(words::VALUE, &scale))],
        rows: chart.steps.iter().map(row).collect(),
        total: None,
    }
}
