//! How a start becomes an end: totals from zero, steps that begin where the one before ended.

use super::axis::{self, Axis};
use super::columns::{ink_of, voice_of};
use super::{Anchor, Ink, Scene, Voice, Width};
use crate::reports::block::Good;
use crate::reports::format::Scale;
use crate::reports::number::{self, Number};

/// One line of a waterfall.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub label: String,
    pub value: Number,
    pub is_total: bool,
}

/// A waterfall.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    pub steps: Vec<Step>,
    pub good: Good,
    pub scale: Scale,
}

impl Waterfall {
    /// Where each step begins and ends; a total begins at zero.
    pub fn spans(&self) -> Vec<(Number, Number)> {
        let mut running = Number::ZERO;
        let mut spans = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let span = if step.is_total {
                (Number::ZERO, step.value)
            } else {
                (running, running.plus(step.value).unwrap_or(running))
            };
            running = span.1;
            spans.push(span);
        }
        spans
    }

    /// The first total that is not what the lines before it add up to: their sum, and the total.
    pub fn gap(&self) -> Option<(Number, Number)> {
        let mut lines: Option<Vec<Number>> = None;
        for step in &self.steps {
            match (&mut lines, step.is_total) {
                (Some(lines), false) => lines.push(step.value),
                (lines, true) => {
                    if let Some(sum) = lines.take().and_then(number::sum)
                        && sum != step.value
                    {
                        return Some((sum, step.value));
                    }
                    *lines = Some(vec![step.value]);
                }
                (lines @ None, false) => *lines = Some(vec![step.value]),
            }
        }
        None
    }
}

const THICK: f64 = 16.0;

/// Draws the chart.
pub fn draw(chart: &Waterfall, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let stacked = width == Width::Narrow;
    let size = scene.text_size;
    let spans = chart.spans();
    let words = |step: &Step| {
        if step.is_total { chart.scale.value(step.value) } else { chart.scale.variance(step.value) }
    };
    let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| scene.measure(&text)).fold(0.0, f64::max);
    let label_width = if stacked {
        0.0
    } else {
        (widest(&mut chart.steps.iter().map(|step| step.label.clone())) * 1.06).min(scene.width * 0.32)
    };
    let value_width = widest(&mut chart.steps.iter().map(words)) * 1.06 + 8.0;
    let left = if stacked { 0.0 } else { label_width + 10.0 };
    let ends = spans.iter().flat_map(|(from, to)| [*from, *to]);
    let place = Axis::new(axis::with_zero(ends), (left, scene.width - value_width));
    let (row, offset) = if stacked { (size + 30.0, size + 6.0) } else { (26.0, 5.0) };
    for (index, step) in chart.steps.iter().enumerate() {
        let top = row * index as f64 + offset;
        let (from, to) = (place.at(spans[index].0), place.at(spans[index].1));
        let tone = chart.good.tone(step.value, step.value.is_zero());
        let ink = if step.is_total { Ink::Actual } else { ink_of(tone, false) };
        scene.rectangle(from.min(to), top, (to - from).abs(), THICK, ink);
        if index + 1 < chart.steps.len() {
            let next = row * (index + 1) as f64 + offset;
            scene.rule((to, top + THICK), (to, next), Ink::Connector);
        }
        let voice = if step.is_total { Voice::Strong } else { Voice::Plain };
        let middle = top + THICK / 2.0 + size * 0.36;
        if stacked {
            let label = scene.fit(&step.label, scene.width);
            scene.words((0.0, top - 5.0), label, Anchor::Start, voice);
        } else {
            let label = scene.fit(&step.label, label_width);
            scene.words((label_width, middle), label, Anchor::End, voice);
        }
        let voice = if step.is_total { Voice::Strong } else { voice_of(tone) };
        scene.words((from.max(to) + 6.0, middle), words(step), Anchor::Start, voice);
    }
    let bottom = row * chart.steps.len() as f64 + 2.0;
    if !stacked {
        let zero = place.place(0.0);
        scene.rule((zero, 0.0), (zero, bottom), Ink::Axis);
    }
    scene.height = bottom + 2.0;
    scene
}
