//! Stages as bars from zero, and between two of them the share of the first that reached the second.

use super::axis::{self, Axis};
use super::columns::voice_of;
use super::{Anchor, Ink, Scene, Voice, Width};
use crate::reports::block::{self, Good};
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::words;

/// One stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stage {
    pub label: String,
    pub value: Option<Number>,
    pub previous: Option<Number>,
}

/// A funnel, the first stage first.
#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    pub stages: Vec<Stage>,
    pub has_previous: bool,
    pub previous_label: String,
    pub scale: Scale,
}

impl Funnel {
    /// The share of a stage's cases among those of an earlier one.
    fn share(&self, stage: usize, earlier: usize, value: fn(&Stage) -> Option<Number>) -> Option<Number> {
        let (part, whole) = (value(self.stages.get(stage)?)?, value(self.stages.get(earlier)?)?);
        let is_countable = !part.is_negative() && !whole.is_negative();
        Number::of_float(part.ratio(whole).filter(|_| is_countable)?)
    }

    /// What came to a stage from the one before; the first has none.
    pub fn conversion(&self, stage: usize) -> Option<Number> {
        self.share(stage, stage.checked_sub(1)?, |stage| stage.value)
    }

    /// The same of the time before.
    pub fn conversion_before(&self, stage: usize) -> Option<Number> {
        self.share(stage, stage.checked_sub(1)?, |stage| stage.previous)
    }

    pub fn change(&self, stage: usize) -> Option<Number> {
        self.conversion(stage)?.minus(self.conversion_before(stage)?)
    }

    /// What came to a stage from the first.
    pub fn of_first(&self, stage: usize) -> Option<Number> {
        self.share(stage, 0, |stage| stage.value)
    }

    /// Whether a conversion comes from so few cases that it says little.
    pub fn is_thin(&self, stage: usize) -> bool {
        let before = stage.checked_sub(1).and_then(|before| self.stages[before].value);
        self.conversion(stage).is_some() && before.is_some_and(|cases| cases < Number::whole(words::THIN_BELOW))
    }
}

/// How conversions are written.
pub fn shares() -> Scale {
    Scale::plain(Unit::Share, 1)
}

const THICK: f64 = 18.0;
const BEHIND: f64 = 5.0;

/// Draws the chart.
pub fn draw(chart: &Funnel, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let size = scene.text_size;
    let signs = [(Ink::Actual, words::ACTUAL.to_owned()), (Ink::Previous, words::previous(&chart.previous_label))];
    let top = scene.legend(0.0, if chart.has_previous { &signs } else { &[] });
    let stacked = width == Width::Narrow;
    let widest_label = scene.widest(chart.stages.iter().map(|stage| &stage.label));
    let label_width = if stacked { 0.0 } else { widest_label.min(scene.width * 0.3) };
    let left = if stacked { 0.0 } else { label_width + 10.0 };
    let values = scene.widest(chart.stages.iter().map(|stage| value_words(chart, stage))) + 8.0;
    let numbers = chart.stages.iter().flat_map(|stage| [stage.value, stage.previous]).flatten();
    let (low, high) = axis::with_zero(numbers);
    let axis = Axis::new((low, high), (if low < 0.0 { left + values } else { left }, scene.width - values));
    let zero = axis.place(0.0);
    let behind = if chart.has_previous { BEHIND } else { 0.0 };
    let above = behind + if stacked { size + 6.0 } else { 4.0 };
    let between = size + 14.0;
    let mut y = top;
    for (index, stage) in chart.stages.iter().enumerate() {
        let bar_top = y + above;
        let middle = bar_top + THICK / 2.0 + size * 0.36;
        if stacked {
            let label = scene.fit(&stage.label, scene.width);
            scene.words((0.0, y + size), label, Anchor::Start, Voice::Plain);
        } else {
            let label = scene.fit(&stage.label, label_width);
            scene.words((label_width, middle), label, Anchor::End, Voice::Plain);
        }
        for (number, lift, ink) in [(stage.previous, BEHIND, Ink::Previous), (stage.value, 0.0, Ink::Actual)] {
            if let Some(number) = number {
                let end = axis.at(number);
                scene.rectangle(zero.min(end), bar_top - lift, (end - zero).abs(), THICK, ink);
            }
        }
        scene.rule((zero, bar_top - 2.0), (zero, bar_top + THICK + 2.0), Ink::Axis);
        let ends = [stage.value, stage.previous].into_iter().flatten().map(|end| axis.at(end));
        let (x, anchor) = if stage.value.is_some_and(Number::is_negative) {
            (ends.fold(zero, f64::min) - 6.0, Anchor::End)
        } else {
            (ends.fold(zero, f64::max) + 6.0, Anchor::Start)
        };
        scene.words((x, middle), value_words(chart, stage), anchor, Voice::Strong);
        y = bar_top + THICK;
        if index + 1 < chart.stages.len() {
            conversion(&mut scene, chart, index + 1, (zero + 8.0, y + between / 2.0 + size * 0.36));
            y += between;
        }
    }
    scene.height = y + 4.0;
    scene
}

fn value_words(chart: &Funnel, stage: &Stage) -> String {
    stage.value.map_or_else(|| words::NOT_AVAILABLE.to_owned(), |value| chart.scale.value(value))
}

/// Between two bars: the share that came through, and how that differs from the time before.
fn conversion(scene: &mut Scene, chart: &Funnel, stage: usize, (x, y): (f64, f64)) {
    let scale = shares();
    let share = chart.conversion(stage).map_or_else(|| words::NOT_AVAILABLE.to_owned(), |share| scale.sentence(share));
    let thin = if chart.is_thin(stage) { words::THIN_SIGN } else { "" };
    let share = format!("↓ {share}{thin}");
    let next = x + scene.measure(&share) + 14.0;
    scene.words((x, y), share, Anchor::Start, Voice::Plain);
    if let Some(change) = chart.change(stage) {
        let nothing = scale.is_nothing(change);
        let difference = scale.variance_with_points(change);
        let words = format!("{} {difference} {}", block::glyph(change, nothing), words::delta(&chart.previous_label));
        let words = scene.fit(&words, scene.width - next);
        scene.words((next, y), words, Anchor::Start, voice_of(Good::Up.tone(change, nothing)));
    }
}
