//! Cases by two measures, in four quarters that have names; the bad one, where there is one, has a ground of its own.

use super::axis::{self, Axis};
use super::{Anchor, Ink, Mark, Scene, Voice, Width};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub label: String,
    pub x: Number,
    pub y: Number,
}

/// One of the two measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub name: String,
    pub scale: Scale,
    /// What parts low from high; what is equal to it is high.
    pub split: Option<Number>,
}

/// A quarter of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Corner {
    pub const ALL: [Corner; 4] = [Corner::TopLeft, Corner::TopRight, Corner::BottomLeft, Corner::BottomRight];

    fn of(is_right: bool, is_top: bool) -> Self {
        match (is_right, is_top) {
            (false, true) => Corner::TopLeft,
            (true, true) => Corner::TopRight,
            (false, false) => Corner::BottomLeft,
            (true, false) => Corner::BottomRight,
        }
    }

    fn is_right(self) -> bool {
        matches!(self, Corner::TopRight | Corner::BottomRight)
    }

    fn is_top(self) -> bool {
        matches!(self, Corner::TopLeft | Corner::TopRight)
    }
}

/// The chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Quadrant {
    pub points: Vec<Point>,
    pub across: Measure,
    pub up: Measure,
    /// The quarters' names, in the order of `Corner::ALL`.
    pub names: [String; 4],
    pub bad: Option<Corner>,
}

impl Quadrant {
    /// The quarter of a point; none where nothing parts low from high.
    pub fn corner(&self, point: &Point) -> Option<Corner> {
        Some(Corner::of(point.x >= self.across.split?, point.y >= self.up.split?))
    }

    pub fn name(&self, corner: Corner) -> &str {
        &self.names[corner as usize]
    }

    /// How many cases lie in a quarter.
    pub fn count(&self, corner: Corner) -> usize {
        self.points.iter().filter(|point| self.corner(point) == Some(corner)).count()
    }

    fn is_bad(&self, point: &Point) -> bool {
        self.bad.is_some() && self.corner(point) == self.bad
    }
}

/// What an axis spans: all numbers with some room, and a fifth at least on either side of the split, so that each
/// quarter can be seen. It does not fall below zero where no number does.
fn span(numbers: impl Iterator<Item = Number>, split: Option<Number>) -> (f64, f64) {
    let split = split.map(Number::to_f64);
    let (least, most) = numbers
        .map(Number::to_f64)
        .chain(split)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if least > most {
        return (0.0, 1.0);
    }
    let extent = if most > least { most - least } else { least.abs().max(1.0) };
    let (mut low, mut high) = (least - extent * 0.08, most + extent * 0.08);
    if let Some(split) = split {
        (low, high) = (low.min(split - (high - split) / 4.0), high.max(split + (split - low) / 4.0));
    }
    (if least >= 0.0 { low.max(0.0) } else { low }, high)
}

/// A field that a text takes: left, top, right, bottom.
type Field = (f64, f64, f64, f64);

fn meets(a: Field, b: Field) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

const RADIUS: f64 = 4.5;

struct Layout {
    across: Axis,
    up: Axis,
    plot: Field,
}

/// Draws the chart; gives with it how many points found no room for their names.
pub fn draw(chart: &Quadrant, width: Width) -> (Scene, usize) {
    let mut scene = Scene::new(width);
    let size = scene.text_size;
    let (low, high) = span(chart.points.iter().map(|point| point.y), chart.up.split);
    let y_ticks = axis::labelled_ticks(low, high, &chart.up.scale);
    let left = scene.widest(y_ticks.iter().map(|(_, words)| words)) + 10.0;
    let (top, right) = (2.0 * size + 14.0, scene.width - 2.0);
    let bottom = top + if width == Width::Wide { 310.0 } else { 300.0 };
    // The fields' names have strips of their own, in which no point can lie.
    let strip = size + 12.0;
    let up = Axis::new((low, high), (bottom - strip, top + strip));
    let (low, high) = span(chart.points.iter().map(|point| point.x), chart.across.split);
    let x_ticks = axis::labelled_ticks(low, high, &chart.across.scale);
    let across = Axis::new((low, high), (left, right));
    let layout = Layout { across, up, plot: (left, top, right, bottom) };
    ground(&mut scene, chart, &layout);
    scene.rule((left, top), (left, bottom), Ink::Axis);
    scene.rule((left, bottom), (right, bottom), Ink::Axis);
    for (tick, words) in y_ticks {
        scene.words((left - 7.0, up.place(tick) + 4.0), words, Anchor::End, Voice::Muted);
    }
    for (tick, words) in x_ticks {
        let (x, half) = (across.place(tick), scene.measure(&words) / 2.0);
        scene.words((x.min(scene.width - half), bottom + size + 5.0), words, Anchor::Middle, Voice::Muted);
    }
    let named = |measure: &Measure| words::unit_beside(&measure.name, &measure.scale.unit_words());
    let name = scene.fit(&named(&chart.up), scene.width);
    scene.words((0.0, size), name, Anchor::Start, Voice::Plain);
    let name = scene.fit(&named(&chart.across), scene.width);
    scene.words((right, bottom + 2.0 * size + 10.0), name, Anchor::End, Voice::Plain);
    splits(&mut scene, chart, &layout);
    let mut taken = quarters(&mut scene, chart, &layout);
    for point in &chart.points {
        let ink = if chart.is_bad(point) { Ink::Bad } else { Ink::Actual };
        let at = (across.at(point.x), up.at(point.y));
        scene.marks.push(Mark::Dot { at, radius: RADIUS, ink });
        taken.push((at.0 - RADIUS, at.1 - RADIUS, at.0 + RADIUS, at.1 + RADIUS));
    }
    let nameless = names(&mut scene, chart, &layout, taken);
    scene.height = bottom + 2.0 * size + 15.0;
    (scene, nameless)
}

/// The bad quarter's ground.
fn ground(scene: &mut Scene, chart: &Quadrant, layout: &Layout) {
    let (Some(bad), Some(x), Some(y)) = (chart.bad, chart.across.split, chart.up.split) else { return };
    let (left, top, right, bottom) = layout.plot;
    let (x, y) = (layout.across.at(x), layout.up.at(y));
    let (from, to) = if bad.is_right() { (x, right) } else { (left, x) };
    let (upper, lower) = if bad.is_top() { (top, y) } else { (y, bottom) };
    scene.rectangle(from, upper, to - from, lower - upper, Ink::BadGround);
}

/// The lines that part low from high, with their numbers at their ends.
fn splits(scene: &mut Scene, chart: &Quadrant, layout: &Layout) {
    let (left, top, right, bottom) = layout.plot;
    if let Some(split) = chart.across.split {
        let x = layout.across.at(split);
        scene.rule((x, top), (x, bottom), Ink::Reference);
        scene.words((x, top - 5.0), chart.across.scale.value(split), Anchor::Middle, Voice::Muted);
    }
    if let Some(split) = chart.up.split {
        let y = layout.up.at(split);
        scene.rule((left, y), (right, y), Ink::Reference);
        scene.words((right - 4.0, y - 5.0), chart.up.scale.value(split), Anchor::End, Voice::Muted);
    }
}

/// The quarters' names in their corners; gives the fields that are taken by them and by the number on the line.
fn quarters(scene: &mut Scene, chart: &Quadrant, layout: &Layout) -> Vec<Field> {
    let size = scene.text_size;
    let (left, top, right, bottom) = layout.plot;
    let (Some(_), Some(y)) = (chart.across.split, chart.up.split) else { return Vec::new() };
    let split_words = scene.measure(&chart.up.scale.value(y));
    let y = layout.up.at(y);
    let mut taken = vec![(right - 4.0 - split_words, y - 5.0 - size, right, y)];
    for corner in Corner::ALL {
        // Two names share a strip; a name is cut before its number is.
        let number = words::quarter("", chart.count(corner));
        let room = (right - left) / 2.0 - 14.0 - scene.measure(&number);
        let words = words::quarter(&scene.fit(chart.name(corner), room), chart.count(corner));
        let width = scene.measure(&words);
        let baseline = if corner.is_top() { top + size + 5.0 } else { bottom - 8.0 };
        let (at, anchor, from) = if corner.is_right() {
            (right - 7.0, Anchor::End, right - 7.0 - width)
        } else {
            (left + 7.0, Anchor::Start, left + 7.0)
        };
        let voice = if chart.bad == Some(corner) { Voice::Bad } else { Voice::Muted };
        scene.words((at, baseline), words, anchor, voice);
        taken.push((from, baseline - size, from + width, baseline + 4.0));
    }
    taken
}

/// The points' names where there is room, those of the bad quarter first; gives how many have none.
fn names(scene: &mut Scene, chart: &Quadrant, layout: &Layout, mut taken: Vec<Field>) -> usize {
    let size = scene.text_size;
    let (left, top, right, bottom) = layout.plot;
    let (bad, others): (Vec<&Point>, Vec<&Point>) = chart.points.iter().partition(|point| chart.is_bad(point));
    let mut nameless = 0;
    for point in bad.into_iter().chain(others) {
        let words = scene.fit(&point.label, scene.width * 0.3);
        let width = scene.measure(&words);
        let (x, y) = (layout.across.at(point.x), layout.up.at(point.y));
        let beside = RADIUS + 4.0;
        let places = [
            (x + beside, y + 4.0, Anchor::Start, x + beside),
            (x - beside, y + 4.0, Anchor::End, x - beside - width),
            (x, y - beside, Anchor::Middle, x - width / 2.0),
            (x, y + beside + size - 3.0, Anchor::Middle, x - width / 2.0),
            (x + RADIUS, y - beside, Anchor::Start, x + RADIUS),
            (x - RADIUS, y - beside, Anchor::End, x - RADIUS - width),
        ];
        let free = places.into_iter().find_map(|(at, baseline, anchor, from)| {
            let field = (from, baseline - size, from + width, baseline + 3.0);
            let is_inside = field.0 >= left + 2.0 && field.1 >= top && field.2 <= right && field.3 <= bottom;
            let is_free = is_inside && !taken.iter().any(|other| meets(field, *other));
            is_free.then_some((at, baseline, anchor, field))
        });
        match free {
            Some((at, baseline, anchor, field)) => {
                let voice = if chart.is_bad(point) { Voice::Strong } else { Voice::Muted };
                scene.words((at, baseline), words, anchor, voice);
                taken.push(field);
            }
            None => nameless += 1,
        }
    }
    nameless
}
