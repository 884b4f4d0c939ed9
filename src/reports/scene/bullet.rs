//! Actual against plan on a ground of ranges: a bar, a mark where it should reach, and how good that is.

use super::axis::{self, Axis};
use super::columns::voice_of;
use super::{Anchor, Ink, Scene, Voice, Width};
use crate::reports::block::{self, Good};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Bullet {
    pub label: String,
    pub actual: Option<Number>,
    pub plan: Option<Number>,
    /// Where each range ends, in the order of their names.
    pub ranges: Vec<Option<Number>>,
}

/// A chart of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Bullets {
    pub bullets: Vec<Bullet>,
    /// The ranges' names, the nearest to zero first.
    pub ranges: Vec<String>,
    pub good: Good,
    pub scale: Scale,
    pub max: Option<Number>,
}

impl Bullets {
    pub fn difference(&self, bullet: &Bullet) -> Option<Number> {
        bullet.actual?.minus(bullet.plan?)
    }

    /// The ground of a range: the worse, the stronger.
    fn ground(&self, range: usize) -> Ink {
        let from_worst = if self.good == Good::Down { self.ranges.len() - 1 - range } else { range };
        Ink::Range(from_worst as u8)
    }

    fn numbers(&self) -> impl Iterator<Item = Number> {
        let all =
            |bullet: &Bullet| bullet.ranges.iter().copied().chain([bullet.actual, bullet.plan]).collect::<Vec<_>>();
        self.bullets.iter().flat_map(all).flatten().chain(self.max)
    }

    fn value_words(&self, bullet: &Bullet) -> String {
        bullet.actual.map_or_else(|| words::NOT_AVAILABLE.to_owned(), |value| self.scale.value(value))
    }

    fn difference_words(&self, bullet: &Bullet) -> Option<(String, Voice)> {
        let number = self.difference(bullet)?;
        let nothing = self.scale.is_nothing(number);
        let words = format!("{} {}", block::glyph(number, nothing), self.scale.variance_with_points(number));
        Some((words, voice_of(self.good.tone(number, nothing))))
    }
}

/// The ground, the bar on it, and the mark of the plan: thinner than its ground, so that both show.
const GROUND: f64 = 22.0;
const BAR: f64 = 8.0;
const MARK: (f64, f64) = (4.0, 16.0);

struct Layout {
    axis: Axis,
    label_width: f64,
    value_at: f64,
    difference_at: f64,
    row: f64,
    stacked: bool,
}

/// Draws the chart.
pub fn draw(chart: &Bullets, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let size = scene.text_size;
    let mut signs = vec![(Ink::Actual, words::ACTUAL.to_owned()), (Ink::Plan, words::PLAN.to_owned())];
    signs.extend(chart.ranges.iter().enumerate().map(|(range, name)| (chart.ground(range), name.clone())));
    let head = scene.legend(0.0, &signs) + size + 12.0;
    let layout = layout(chart, &scene, width);
    let difference = words::delta(words::PLAN_SHORT);
    scene.words((layout.value_at, head - 6.0), words::ACTUAL_SHORT, Anchor::End, Voice::Muted);
    scene.words((layout.difference_at, head - 6.0), difference, Anchor::End, Voice::Muted);
    for (index, bullet) in chart.bullets.iter().enumerate() {
        row(&mut scene, chart, &layout, bullet, head + layout.row * index as f64);
    }
    let bottom = head + layout.row * chart.bullets.len() as f64;
    if !layout.stacked {
        let zero = layout.axis.place(0.0);
        scene.rule((zero, head), (zero, bottom), Ink::Axis);
    }
    scene.height = bottom + 4.0;
    scene
}

fn layout(chart: &Bullets, scene: &Scene, width: Width) -> Layout {
    let stacked = width == Width::Narrow;
    let label_width = scene.widest(chart.bullets.iter().map(|bullet| &bullet.label)).min(scene.width * 0.3);
    let values = scene.widest(chart.bullets.iter().map(|bullet| chart.value_words(bullet)));
    let value_width = values.max(scene.measure(words::ACTUAL_SHORT));
    let differences = chart.bullets.iter().filter_map(|bullet| chart.difference_words(bullet)).map(|(words, _)| words);
    let difference_width = scene.widest(differences.chain([words::delta(words::PLAN_SHORT)]));
    let difference_at = scene.width;
    let value_at = difference_at - difference_width - 18.0;
    let (left, right) =
        if stacked { (2.0, scene.width - 2.0) } else { (label_width + 10.0, value_at - value_width - 14.0) };
    let axis = Axis::new(axis::with_zero(chart.numbers()), (left, right));
    let row = if stacked { scene.text_size + GROUND + 20.0 } else { GROUND + 10.0 };
    Layout { axis, label_width, value_at, difference_at, row, stacked }
}

fn row(scene: &mut Scene, chart: &Bullets, layout: &Layout, bullet: &Bullet, top: f64) {
    let size = scene.text_size;
    let ground_top = if layout.stacked { top + size + 8.0 } else { top + 5.0 };
    let middle = ground_top + GROUND / 2.0;
    let text_y = if layout.stacked { top + size + 2.0 } else { middle + size * 0.36 };
    let value = chart.value_words(bullet);
    let (label_at, anchor, room) = if layout.stacked {
        (0.0, Anchor::Start, layout.value_at - scene.measure(&value) - 12.0)
    } else {
        (layout.label_width, Anchor::End, layout.label_width)
    };
    let label = scene.fit(&bullet.label, room);
    scene.words((label_at, text_y), label, anchor, Voice::Plain);
    scene.words((layout.value_at, text_y), value, Anchor::End, Voice::Strong);
    if let Some((words, voice)) = chart.difference_words(bullet) {
        scene.words((layout.difference_at, text_y), words, Anchor::End, voice);
    }
    let zero = layout.axis.place(0.0);
    let mut lying = |number: Number, thick: f64, ink: Ink| {
        let end = layout.axis.at(number);
        scene.rectangle(zero.min(end), middle - thick / 2.0, (end - zero).abs(), thick, ink);
    };
    // The widest first: each next one covers what is its own.
    for (range, end) in bullet.ranges.iter().enumerate().rev() {
        if let Some(end) = end {
            lying(*end, GROUND, chart.ground(range));
        }
    }
    if let Some(actual) = bullet.actual {
        lying(actual, BAR, Ink::Actual);
    }
    if let Some(plan) = bullet.plan {
        let (width, height) = MARK;
        scene.rectangle(layout.axis.at(plan) - width / 2.0, middle - height / 2.0, width, height, Ink::Plan);
    }
    if layout.stacked {
        scene.rule((zero, ground_top - 2.0), (zero, ground_top + GROUND + 2.0), Ink::Axis);
    }
}
