//! Bars for structure, top to bottom, from zero: the value, what it was before, how sure it is, how many cases.

use super::axis::{self, Axis};
use super::columns::voice_of;
use super::{Anchor, Ink, Scene, Voice, Width};
use crate::reports::block::{self, Good};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// One bar.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    pub label: String,
    pub value: Option<Number>,
    pub previous: Option<Number>,
    pub plan: Option<Number>,
    pub low: Option<Number>,
    pub high: Option<Number>,
    /// The number of cases, as written.
    pub n: Option<String>,
    pub thin: bool,
}

/// A chart of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub bars: Vec<Bar>,
    pub has_plan: bool,
    pub has_previous: bool,
    pub has_interval: bool,
    pub has_n: bool,
    pub previous_label: String,
    /// A value to hold all bars against, with its name.
    pub reference: Option<(Number, String)>,
    pub good: Good,
    pub scale: Scale,
    pub max: Option<Number>,
}

impl Bars {
    /// The difference of a bar to its plan, else to the period before.
    pub fn difference(&self, bar: &Bar) -> Option<Number> {
        bar.value?.minus(if self.has_plan { bar.plan? } else { bar.previous? })
    }

    pub fn reference_label(&self) -> Option<String> {
        match (self.has_plan, self.has_previous) {
            (true, _) => Some(words::delta(words::PLAN_SHORT)),
            (false, true) => Some(words::delta(&self.previous_label)),
            (false, false) => None,
        }
    }

    fn numbers(&self) -> impl Iterator<Item = Number> {
        let all = |bar: &Bar| [bar.value, bar.previous, bar.plan, bar.low, bar.high];
        let reference = self.reference.iter().map(|(number, _)| *number);
        self.bars.iter().flat_map(all).flatten().chain(reference).chain(self.max)
    }
}

const THICK: f64 = 14.0;
const BEHIND: f64 = 5.0;

struct Layout {
    axis: Axis,
    label_width: f64,
    /// The right edges of the columns of differences and of cases.
    difference_at: f64,
    n_at: f64,
    head: f64,
    row: f64,
    stacked: bool,
}

/// Draws the chart.
pub fn draw(chart: &Bars, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let legend = scene.legend(0.0, &legend(chart));
    let layout = layout(chart, &scene, width, legend);
    headings(&mut scene, chart, &layout);
    let bottom = layout.head + layout.row * chart.bars.len() as f64;
    if let Some((number, label)) = &chart.reference {
        let x = layout.axis.at(*number);
        scene.rule((x, layout.head - 4.0), (x, bottom), Ink::Reference);
        let label = scene.fit(label, scene.width * 0.4);
        let half = scene.measure(&label) / 2.0;
        let at = x.max(half).min(scene.width - half);
        scene.words((at, layout.head - 8.0), label, Anchor::Middle, Voice::Muted);
    }
    for (index, bar) in chart.bars.iter().enumerate() {
        row(&mut scene, chart, &layout, layout.head + layout.row * index as f64, bar);
    }
    if !layout.stacked {
        let zero = layout.axis.place(0.0);
        scene.rule((zero, layout.head), (zero, bottom), Ink::Axis);
    }
    scene.height = bottom + 4.0;
    scene
}

fn legend(chart: &Bars) -> Vec<(Ink, String)> {
    let mut signs = Vec::new();
    if chart.has_plan {
        signs.push((Ink::Plan, words::PLAN.to_owned()));
    }
    if chart.has_previous {
        signs.push((Ink::Previous, words::previous(&chart.previous_label)));
    }
    if chart.has_interval {
        signs.push((Ink::Interval, words::INTERVAL.to_owned()));
    }
    if !signs.is_empty() {
        signs.insert(0, (Ink::Actual, words::ACTUAL.to_owned()));
    }
    signs
}

fn layout(chart: &Bars, scene: &Scene, width: Width, top: f64) -> Layout {
    let stacked = width == Width::Narrow;
    let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| scene.measure(&text)).fold(0.0, f64::max);
    let label_width =
        if stacked { 0.0 } else { widest(&mut chart.bars.iter().map(|bar| bar.label.clone())).min(scene.width * 0.3) };
    let value_width = widest(&mut chart.bars.iter().map(|bar| value_words(chart, bar))) + 8.0;
    let n_width = if chart.has_n {
        widest(&mut chart.bars.iter().filter_map(|bar| bar.n.clone())).max(scene.measure("n")) + 18.0
    } else {
        0.0
    };
    let difference_width = match difference_label(chart, scene) {
        Some(label) => {
            let texts = &mut chart.bars.iter().filter_map(|bar| difference_words(chart, bar)).map(|(words, _)| words);
            widest(texts).max(scene.measure(&label)) + 18.0
        }
        None => 0.0,
    };
    let n_at = scene.width;
    let difference_at = scene.width - n_width;
    let (low, high) = axis::with_zero(chart.numbers());
    let left = if stacked { 0.0 } else { label_width + 10.0 };
    let right = scene.width - if stacked { 0.0 } else { n_width + difference_width } - value_width;
    let left = if low < 0.0 { left + value_width } else { left };
    let has_head = chart.has_n || chart.reference_label().is_some() || chart.reference.is_some();
    let head = top + if has_head { scene.text_size + 12.0 } else { 2.0 };
    let behind = chart.has_plan || chart.has_previous;
    let row = match (stacked, behind) {
        (true, true) => 48.0,
        (true, false) => 42.0,
        (false, true) => 31.0,
        (false, false) => 26.0,
    };
    Layout { axis: Axis::new((low, high), (left, right)), label_width, difference_at, n_at, head, row, stacked }
}

/// The heading of the differences, as long as there is room for.
fn difference_label(chart: &Bars, scene: &Scene) -> Option<String> {
    chart.reference_label().map(|label| scene.fit(&label, scene.width * 0.18))
}

fn headings(scene: &mut Scene, chart: &Bars, layout: &Layout) {
    let y = layout.head - 8.0;
    if let Some(label) = difference_label(chart, scene) {
        scene.words((layout.difference_at, y), label, Anchor::End, Voice::Muted);
    }
    if chart.has_n {
        scene.words((layout.n_at, y), "n", Anchor::End, Voice::Muted);
    }
}

fn value_words(chart: &Bars, bar: &Bar) -> String {
    let thin = if bar.thin { words::THIN_SIGN } else { "" };
    match bar.value {
        Some(value) => format!("{}{thin}", chart.scale.value(value)),
        None => words::NOT_AVAILABLE.to_owned(),
    }
}

fn difference_words(chart: &Bars, bar: &Bar) -> Option<(String, Voice)> {
    let number = chart.difference(bar)?;
    let nothing = chart.scale.is_nothing(number);
    let glyph = block::glyph(number, nothing);
    let words = format!("{glyph} {}", chart.scale.variance_with_points(number));
    Some((words, voice_of(chart.good.tone(number, nothing))))
}

fn row(scene: &mut Scene, chart: &Bars, layout: &Layout, top: f64, bar: &Bar) {
    let size = scene.text_size;
    let behind = chart.has_plan || chart.has_previous;
    let bar_top = match (layout.stacked, behind) {
        (true, _) => top + size + 8.0 + if behind { BEHIND } else { 0.0 },
        (false, true) => top + 4.0 + BEHIND,
        (false, false) => top + 6.0,
    };
    let text_y = if layout.stacked { top + size } else { bar_top + THICK / 2.0 + size * 0.36 };
    let difference = difference_words(chart, bar);
    let (label_at, anchor, room) = if layout.stacked {
        let taken = difference.as_ref().map_or(0.0, |(words, _)| scene.measure(words));
        (0.0, Anchor::Start, layout.difference_at - taken - 12.0)
    } else {
        (layout.label_width, Anchor::End, layout.label_width)
    };
    let label = scene.fit(&bar.label, room);
    scene.words((label_at, text_y), label, anchor, Voice::Plain);
    if let Some((words, voice)) = difference {
        scene.words((layout.difference_at, text_y), words, Anchor::End, voice);
    }
    if let Some(n) = &bar.n {
        scene.words((layout.n_at, text_y), n.clone(), Anchor::End, Voice::Muted);
    }
    shapes(scene, layout, bar_top, bar);
    if layout.stacked {
        let (zero, from) = (layout.axis.place(0.0), bar_top - if behind { BEHIND } else { 0.0 } - 2.0);
        scene.rule((zero, from), (zero, bar_top + THICK + 2.0), Ink::Axis);
    }
    let ends = [bar.value, bar.high, bar.plan, bar.previous].into_iter().flatten();
    let negative = bar.value.is_some_and(Number::is_negative);
    let (x, anchor) = if negative {
        let ends = [bar.value, bar.low].into_iter().flatten();
        (ends.map(|end| layout.axis.at(end)).fold(f64::INFINITY, f64::min) - 6.0, Anchor::End)
    } else {
        (ends.map(|end| layout.axis.at(end)).fold(layout.axis.place(0.0), f64::max) + 6.0, Anchor::Start)
    };
    let words = value_words(chart, bar);
    let x = match &chart.reference {
        // Clear of the line that all bars are held against.
        Some((reference, _)) if anchor == Anchor::Start => {
            let line = layout.axis.at(*reference);
            let meets = x - 3.0 < line && line < x + scene.measure(&words) + 3.0;
            if meets { line + 6.0 } else { x }
        }
        _ => x,
    };
    let voice = if bar.thin { Voice::Muted } else { Voice::Strong };
    scene.words((x, bar_top + THICK / 2.0 + size * 0.36), words, anchor, voice);
}

fn shapes(scene: &mut Scene, layout: &Layout, top: f64, bar: &Bar) {
    let zero = layout.axis.place(0.0);
    let mut lying = |top: f64, number: Number, ink: Ink| {
        let end = layout.axis.at(number);
        scene.rectangle(zero.min(end), top, (end - zero).abs(), THICK, ink);
    };
    if let Some(previous) = bar.previous {
        lying(top - BEHIND, previous, Ink::Previous);
    }
    if let Some(plan) = bar.plan {
        lying(top - BEHIND, plan, Ink::Plan);
    }
    if let Some(value) = bar.value {
        lying(top, value, Ink::Actual);
    }
    if let (Some(low), Some(high)) = (bar.low, bar.high) {
        let (from, to, y) = (layout.axis.at(low), layout.axis.at(high), top + THICK / 2.0);
        let end = bar.value.map_or(zero, |value| layout.axis.at(value)).clamp(from.min(to), to.max(from));
        // Paper on the bar, dark beyond it.
        for (edge, ink) in [(from, Ink::OnActual), (to, Ink::Interval)] {
            scene.rule((edge, y), (end, y), ink);
            scene.rule((edge, y - 3.5), (edge, y + 3.5), ink);
        }
    }
}
