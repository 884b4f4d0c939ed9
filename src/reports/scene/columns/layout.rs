//! Where the parts of a chart of columns lie, and which of its numbers have room for a label.

use super::{Columns, Period};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::scene::axis::{self, Axis};
use crate::reports::scene::{Scene, Width};

/// Where things lie.
pub struct Layout {
    pub left: f64,
    pub slot: f64,
    pub count: usize,
    pub bar: f64,
    /// How far what lies behind sticks out.
    pub shift: f64,
    pub per_unit: f64,
    pub main: Axis,
    /// Where all columns and their labels end.
    pub main_bottom: f64,
    pub strip: Axis,
    pub strip_zero: f64,
    pub labels: Scale,
    /// Whether values stand in their columns.
    pub inside: bool,
    pub sparse: bool,
    /// The columns that are labelled, where not all are.
    pub labelled: Option<Vec<usize>>,
}

impl Layout {
    pub fn new(chart: &Columns, scene: &Scene, top: f64, width: Width) -> Self {
        let count = chart.periods.len().max(1);
        let text = scene.text_size;
        let widest = |scale: &Scale| {
            let texts = chart.periods.iter().filter_map(Period::outcome).map(|number| scale.value(number));
            texts.map(|text| scene.measure(&text)).fold(0.0, f64::max)
        };
        let gutter = difference_label(chart, scene).map_or(0.0, |label| scene.measure(&label) + 8.0);
        let slot_with = |left: f64| ((scene.width - left) / count as f64).min(120.0);
        let share = match (chart.has_plan && chart.has_previous, width) {
            (true, _) => 0.5,
            (false, Width::Wide) => 0.56,
            (false, Width::Narrow) => 0.66,
        };
        let in_column = |scale: &Scale| widest(scale) + 3.0 <= slot_with(gutter) * share;
        let scales = [chart.scale.clone(), chart.scale.coarser()];
        let fitting = scales.iter().find(|scale| in_column(scale));
        let above = || scales.iter().find(|scale| widest(scale) + 4.0 <= slot_with(gutter));
        let labels = fitting.or_else(above).unwrap_or(&scales[1]).clone();
        let sparse = count > 13 || widest(&labels) + 2.0 > slot_with(gutter);
        let left = if sparse { gutter.max(widest(&chart.scale) + 8.0) } else { gutter };
        let slot = slot_with(left);
        let behind = if chart.has_plan || chart.has_previous { 0.24 } else { 0.0 };
        let bar = (slot * share).min(48.0);
        let height = if width == Width::Wide { 176.0 } else { 156.0 };
        let (low, high) = axis::with_zero(chart.numbers());
        let per_unit = if high > low { height / (high - low) } else { 0.0 };

        let differences = chart.periods.iter().filter_map(|period| chart.difference(period));
        let (down, up) = axis::with_zero(differences);
        let has_strip = chart.reference_label().is_some();
        let strip_zero = top + up * per_unit + text + 6.0;
        let strip_end = if has_strip { strip_zero - down * per_unit + text + 8.0 } else { top };
        let inside_fits = |period: &Period| match period.outcome() {
            Some(number) => {
                scene.measure(&labels.value(number)) + 3.0 <= bar && number.to_f64().abs() * per_unit >= text + 8.0
            }
            None => true,
        };
        let inside = !sparse && chart.periods.iter().all(inside_fits);
        let lifted = chart.periods.iter().any(|period| is_lifted(period, per_unit, text));
        let main_top = strip_end + if inside && !lifted { 8.0 } else { text + 10.0 };
        let main_bottom = main_top + height;
        let labels_below = !inside && low < 0.0;
        let outcomes = chart.periods.iter().enumerate();
        let outcomes: Vec<_> = outcomes.filter_map(|(index, period)| Some((index, period.outcome()?))).collect();
        let labelled = sparse.then(|| outstanding(&outcomes, (widest(&labels) / slot) as usize));
        Self {
            left,
            slot,
            count,
            bar,
            shift: bar * behind,
            per_unit,
            main: Axis::new((low, high), (main_bottom, main_top)),
            main_bottom: main_bottom + if labels_below { text + 6.0 } else { 0.0 },
            strip: Axis::new((0.0, 1.0), (strip_zero, strip_zero - per_unit)),
            strip_zero,
            labels,
            inside,
            sparse,
            labelled,
        }
    }

    pub fn middle(&self, index: usize) -> f64 {
        self.left + self.slot * (index as f64 + 0.5)
    }

    pub fn right(&self) -> f64 {
        self.left + self.slot * self.count as f64
    }

    /// The columns that a label of a width over a column lies over.
    pub fn under(&self, index: usize, width: f64) -> std::ops::Range<usize> {
        let beyond = ((width / 2.0 - self.slot * 0.5) / self.slot).ceil().max(0.0) as usize;
        index.saturating_sub(beyond)..(index + beyond + 1).min(self.count)
    }
}

/// What the differences are to, as long as there is room for.
pub fn difference_label(chart: &Columns, scene: &Scene) -> Option<String> {
    chart.reference_label().map(|label| scene.fit(&label, scene.width * 0.18))
}

/// Whether a forecast shows too little above what has happened already to hold its label.
pub fn is_lifted(period: &Period, per_unit: f64, text: f64) -> bool {
    match (period.actual, period.forecast) {
        (Some(actual), Some(forecast)) => (forecast.to_f64() - actual.to_f64()) * per_unit < text + 8.0,
        _ => false,
    }
}

/// What is labelled when there is no room for all: the last, the highest and the lowest, further than `apart` from
/// each other.
pub fn outstanding(numbers: &[(usize, Number)], apart: usize) -> Vec<usize> {
    let last = numbers.last();
    let high = numbers.iter().max_by_key(|(_, number)| *number);
    let low = numbers.iter().min_by_key(|(_, number)| *number);
    let mut kept: Vec<usize> = Vec::new();
    for (index, _) in [last, high, low].into_iter().flatten() {
        if kept.iter().all(|other| other.abs_diff(*index) > apart) {
            kept.push(*index);
        }
    }
    kept
}
