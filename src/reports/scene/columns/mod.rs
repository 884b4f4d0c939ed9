//! Columns over time: what happened against plan and the period before, the differences above on the same scale.

mod layout;

use super::period::labels_below;
use super::{Anchor, Ink, Mark, Scene, Voice, Width, axis};
use crate::reports::block::{Good, Tone};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;
use layout::{Layout, difference_label, is_lifted, outstanding};

/// One column and what it is compared to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Period {
    pub label: String,
    pub actual: Option<Number>,
    pub plan: Option<Number>,
    pub previous: Option<Number>,
    pub forecast: Option<Number>,
}

impl Period {
    /// The column's height: the forecast where there is one, else what happened.
    pub fn outcome(&self) -> Option<Number> {
        self.forecast.or(self.actual)
    }
}

/// A chart of columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    pub periods: Vec<Period>,
    pub has_plan: bool,
    pub has_previous: bool,
    pub has_forecast: bool,
    pub previous_label: String,
    pub good: Good,
    pub scale: Scale,
    /// The greatest number of the scale, where several charts share one.
    pub max: Option<Number>,
}

impl Columns {
    /// What differences are taken to: the plan, else the period before.
    pub fn reference(&self, period: &Period) -> Option<Number> {
        if self.has_plan { period.plan } else { period.previous }
    }

    pub fn reference_label(&self) -> Option<String> {
        match (self.has_plan, self.has_previous) {
            (true, _) => Some(words::delta(words::PLAN_SHORT)),
            (false, true) => Some(words::delta(&self.previous_label)),
            (false, false) => None,
        }
    }

    pub fn difference(&self, period: &Period) -> Option<Number> {
        period.outcome()?.minus(self.reference(period)?)
    }

    fn numbers(&self) -> impl Iterator<Item = Number> {
        let all = |period: &Period| [period.actual, period.plan, period.previous, period.forecast];
        self.periods.iter().flat_map(all).flatten().chain(self.max)
    }
}

/// Draws the chart.
pub fn draw(chart: &Columns, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let legend = scene.legend(0.0, &legend(chart));
    let layout = Layout::new(chart, &scene, legend, width);
    if chart.reference_label().is_some() {
        differences(&mut scene, chart, &layout);
    }
    if layout.sparse {
        grid(&mut scene, chart, &layout);
    }
    for (index, period) in chart.periods.iter().enumerate() {
        column(&mut scene, chart, &layout, index, period);
    }
    let zero = layout.main.place(0.0);
    scene.rule((layout.left, zero), (layout.right(), zero), Ink::Axis);
    for index in 0..chart.periods.len() {
        value(&mut scene, chart, &layout, index);
    }
    let bottom = period_labels(&mut scene, chart, &layout);
    scene.height = bottom;
    scene
}

fn legend(chart: &Columns) -> Vec<(Ink, String)> {
    let mut signs = vec![(Ink::Actual, words::ACTUAL.to_owned())];
    if chart.has_plan {
        signs.push((Ink::Plan, words::PLAN.to_owned()));
    }
    if chart.has_previous {
        signs.push((Ink::Previous, words::previous(&chart.previous_label)));
    }
    if chart.has_forecast {
        signs.push((Ink::Forecast, words::FORECAST.to_owned()));
    }
    if signs.len() == 1 { Vec::new() } else { signs }
}

fn upright(scene: &mut Scene, x: f64, width: f64, zero: f64, end: f64, ink: Ink) {
    scene.rectangle(x, zero.min(end), width, (zero - end).abs(), ink);
}

fn column(scene: &mut Scene, chart: &Columns, layout: &Layout, index: usize, period: &Period) {
    let (zero, x) = (layout.main.place(0.0), layout.middle(index) - layout.bar / 2.0);
    let toward = if chart.has_plan && chart.has_previous { -layout.shift } else { layout.shift };
    if let Some(previous) = period.previous {
        upright(scene, x + toward, layout.bar, zero, layout.main.at(previous), Ink::Previous);
    }
    if let Some(plan) = period.plan {
        upright(scene, x + layout.shift, layout.bar, zero, layout.main.at(plan), Ink::Plan);
    }
    if let Some(forecast) = period.forecast {
        upright(scene, x, layout.bar, zero, layout.main.at(forecast), Ink::Forecast);
    }
    if let Some(actual) = period.actual {
        upright(scene, x, layout.bar, zero, layout.main.at(actual), Ink::Actual);
    }
}

fn value(scene: &mut Scene, chart: &Columns, layout: &Layout, index: usize) {
    let period = &chart.periods[index];
    let Some(number) = period.outcome() else { return };
    if layout.labelled.as_ref().is_some_and(|labelled| !labelled.contains(&index)) {
        return;
    }
    let size = scene.text_size;
    let words = layout.labels.value(number);
    // Outside, the label stands clear of all that is drawn where it stands.
    let ends = layout
        .under(index, scene.measure(&words))
        .flat_map(|near| {
            let near = &chart.periods[near];
            [near.outcome(), near.plan, near.previous]
        })
        .flatten()
        .map(|end| layout.main.at(end));
    let inside = layout.inside && !is_lifted(period, layout.per_unit, size);
    let end = match (inside, number.is_negative()) {
        (true, _) => layout.main.at(number),
        (false, false) => ends.fold(f64::INFINITY, f64::min),
        (false, true) => ends.fold(f64::NEG_INFINITY, f64::max),
    };
    let (y, voice) = match (inside, number.is_negative()) {
        (true, false) => (end + size + 4.0, if period.forecast.is_some() { Voice::Plain } else { Voice::OnActual }),
        (true, true) => (end - 6.0, if period.forecast.is_some() { Voice::Plain } else { Voice::OnActual }),
        (false, false) => (end - 5.0, Voice::Plain),
        (false, true) => (end + size + 3.0, Voice::Plain),
    };
    let x = layout.middle(index);
    if inside && period.forecast.is_some() {
        let width = scene.measure(&words) + 3.0;
        scene.rectangle(x - width / 2.0, y - size, width, size + 3.0, Ink::Paper);
    }
    scene.words((x, y), words, Anchor::Middle, voice);
}

fn differences(scene: &mut Scene, chart: &Columns, layout: &Layout) {
    let size = scene.text_size;
    if let Some(label) = difference_label(chart, scene) {
        scene.words((0.0, layout.strip_zero + 4.0), label, Anchor::Start, Voice::Muted);
    }
    let found: Vec<(usize, Number)> = chart
        .periods
        .iter()
        .enumerate()
        .filter_map(|(index, period)| Some((index, chart.difference(period)?)))
        .collect();
    let widest = found.iter().map(|(_, number)| scene.measure(&layout.labels.variance(*number))).fold(0.0, f64::max);
    let labelled =
        if widest <= layout.slot + 2.0 { None } else { Some(outstanding(&found, (widest / layout.slot) as usize)) };
    for (index, number) in &found {
        let nothing = chart.scale.is_nothing(*number);
        let tone = chart.good.tone(*number, nothing);
        let forecast = chart.periods[*index].forecast.is_some();
        let x = layout.middle(*index);
        if !nothing {
            let end = layout.strip.at(*number);
            upright(scene, x - layout.bar / 2.0, layout.bar, layout.strip_zero, end, ink_of(tone, forecast));
        }
        if labelled.as_ref().is_none_or(|labelled| labelled.contains(index)) {
            let words = layout.labels.variance(*number);
            let under = layout.under(*index, scene.measure(&words));
            let near = found.iter().filter(|(other, _)| under.contains(other)).map(|(_, near)| layout.strip.at(*near));
            let below = number.is_negative() && !nothing;
            let y = if below {
                near.fold(layout.strip_zero, f64::max) + size + 2.0
            } else {
                near.fold(layout.strip_zero, f64::min) - 5.0
            };
            scene.words((x, y), words, Anchor::Middle, voice_of(tone));
        }
    }
    scene.rule((layout.left, layout.strip_zero), (layout.right(), layout.strip_zero), Ink::Axis);
}

/// A difference's shape.
pub fn ink_of(tone: Tone, forecast: bool) -> Ink {
    match (tone, forecast) {
        (Tone::Good, false) => Ink::Good,
        (Tone::Good, true) => Ink::GoodForecast,
        (Tone::Bad, false) => Ink::Bad,
        (Tone::Bad, true) => Ink::BadForecast,
        (_, false) => Ink::Neutral,
        (_, true) => Ink::NeutralForecast,
    }
}

/// A difference's text.
pub fn voice_of(tone: Tone) -> Voice {
    match tone {
        Tone::Good => Voice::Good,
        Tone::Bad => Voice::Bad,
        Tone::Muted => Voice::Muted,
        Tone::Plain => Voice::Plain,
    }
}

fn grid(scene: &mut Scene, chart: &Columns, layout: &Layout) {
    let (low, high) = axis::with_zero(chart.numbers());
    let mut lines = Vec::new();
    for (tick, words) in axis::labelled_ticks(low, high, &chart.scale).into_iter().filter(|(tick, _)| *tick != 0.0) {
        let y = layout.main.place(tick);
        lines.push(Mark::Rule { from: (layout.left, y), to: (layout.right(), y), ink: Ink::Grid });
        scene.words((layout.left - 6.0, y + 4.0), words, Anchor::End, Voice::Muted);
    }
    scene.marks.extend(lines);
}

/// Periods under the columns: `2026-Q3` on two lines, the year only where it changes. Gives where they end.
fn period_labels(scene: &mut Scene, chart: &Columns, layout: &Layout) -> f64 {
    let size = scene.text_size;
    let y = layout.main_bottom + size + 6.0;
    let labels: Vec<&str> = chart.periods.iter().map(|period| period.label.as_str()).collect();
    labels_below(scene, &labels, y, layout.slot, |index| layout.middle(index))
}
