//! `kpi`: a key figure with its differences, trend and certainty.

use minijinja::Error;

use super::Settings;
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Delta, Good, Kpi, Tone, Trend, glyph};
use crate::reports::format::{self, Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::sparkline;
use crate::reports::standing::MainFigure;
use crate::reports::words;

pub fn build(arguments: &Arguments, _: &Settings) -> Result<Block, Error> {
    let value = arguments.number("value")?;
    let target = arguments.number("target")?;
    let previous = arguments.number("previous")?;
    let scale = arguments.scale([value, target, previous].into_iter().flatten())?;
    let good = super::good(arguments)?;
    let mut deltas = Vec::new();
    for (name, base, default) in [("target", target, words::PLAN_SHORT), ("previous", previous, words::PREVIOUS_SHORT)]
    {
        let label = arguments.text(&format!("{name}_label"))?;
        if let (Some(value), Some(base)) = (value, base) {
            deltas.extend(delta(label.as_deref().unwrap_or(default), value, base, &scale, good));
        }
    }
    let n = arguments.number("n")?;
    let thin = arguments.flag("thin")?.unwrap_or(n.is_some_and(|n| n < Number::whole(words::THIN_BELOW)));
    let mut notes = Vec::new();
    if let Some(n) = n {
        notes.push(words::cases(&Scale::plain(Unit::Plain(String::new()), 0).value(n)));
    }
    if let (Some(low), Some(high)) = (arguments.number("low")?, arguments.number("high")?) {
        notes.push(words::interval(&scale.value(low), &scale.value(high)));
    }
    let label = arguments.text("label")?.unwrap_or_default();
    Ok(Block::Kpi(Kpi {
        figure: value.map(|value| MainFigure::of(&label, value, &scale)),
        label,
        definition: arguments.text("definition")?,
        value: value.map_or_else(|| words::NOT_AVAILABLE.to_owned(), |value| scale.value(value)),
        unit: scale.unit_words(),
        exact: value,
        counted_in: scale.unit.clone(),
        deltas,
        trend: arguments.trend("trend")?.and_then(|series| trend(&series, &scale.unit)),
        notes,
        thin,
    }))
}

fn delta(reference: &str, value: Number, base: Number, scale: &Scale, good: Good) -> Option<Delta> {
    let difference = value.minus(base)?;
    let nothing = scale.is_nothing(difference);
    let relative = if scale.unit == Unit::Share { None } else { format::relative(difference, base) };
    Some(Delta {
        reference: words::delta(reference),
        difference: scale.variance_with_points(difference),
        relative: relative.filter(|_| !nothing),
        glyph: glyph(difference, nothing),
        tone: match good.tone(difference, nothing) {
            Tone::Plain => Tone::Muted,
            tone => tone,
        },
    })
}

fn trend(series: &[Option<Number>], unit: &Unit) -> Option<Trend> {
    let found: Vec<Number> = series.iter().flatten().copied().collect();
    let (first, last) = (found.first()?, found.last()?);
    let (low, high) = (found.iter().min()?, found.iter().max()?);
    if found.len() < 2 {
        return None;
    }
    let scale = Scale::fit(unit.clone(), found.iter().copied(), None);
    let says =
        words::trend(&scale.sentence(*first), &scale.sentence(*last), &scale.sentence(*low), &scale.sentence(*high));
    Some(Trend { scene: sparkline::draw(series), says, characters: sparkline::characters(series) })
}
