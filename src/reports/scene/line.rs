//! Lines over time, each named where it ends; an interval as a band with edges, a forecast dashed.

use super::axis::{self, Axis};
use super::period::labels_below;
use super::{Anchor, Ink, Mark, Scene, Voice, Width};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<Number>>,
    pub ink: Ink,
}

/// How far a line may be off, or where its future may lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// What the legend calls it; a band without a name is not in the legend.
    pub name: Option<String>,
    pub low: Vec<Option<Number>>,
    pub high: Vec<Option<Number>>,
    pub ink: Ink,
}

/// A chart of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub labels: Vec<String>,
    pub series: Vec<Series>,
    /// The widest first.
    pub bands: Vec<Band>,
    pub scale: Scale,
    /// Whether the axis begins at zero.
    pub from_zero: bool,
    pub max: Option<Number>,
}

impl Lines {
    /// The numbers that the vertical axis spans.
    pub fn span(&self) -> (f64, f64) {
        let bands = self.bands.iter().flat_map(|band| band.low.iter().chain(&band.high));
        let all = self.series.iter().flat_map(|series| &series.values).chain(bands);
        let numbers = || all.clone().flatten().copied().chain(self.max);
        if self.from_zero {
            return axis::with_zero(numbers());
        }
        let (low, high) = numbers()
            .map(Number::to_f64)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return (0.0, 0.0);
        }
        let room = (high - low) * 0.08;
        (low - room, high + room)
    }
}

struct Layout {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    vertical: Axis,
    count: usize,
}

impl Layout {
    fn x(&self, index: usize) -> f64 {
        match self.count {
            0 | 1 => (self.left + self.right) / 2.0,
            count => self.left + (self.right - self.left) * index as f64 / (count - 1) as f64,
        }
    }
}

/// Draws the chart.
pub fn draw(chart: &Lines, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let top = scene.legend(0.0, &legend(chart)) + 22.0;
    let bottom = top + if width == Width::Wide { 200.0 } else { 176.0 };
    let (low, high) = chart.span();
    let ticks = axis::labelled_ticks(low, high, &chart.scale);
    let widest = ticks.iter().map(|(_, words)| scene.measure(words)).fold(0.0, f64::max);
    let names: f64 = ends(chart).iter().map(|end| scene.measure(&end.words)).fold(0.0, f64::max);
    let room = (names + 12.0).min(scene.width * 0.36);
    let layout = Layout {
        left: widest + 10.0,
        right: scene.width - room,
        top,
        bottom,
        vertical: Axis::new((low, high), (bottom, top)),
        count: chart.labels.len(),
    };
    for (tick, words) in ticks {
        let y = layout.vertical.place(tick);
        let ink = if tick == 0.0 { Ink::Axis } else { Ink::Grid };
        scene.rule((layout.left, y), (layout.right, y), ink);
        scene.words((layout.left - 7.0, y + 4.0), words, Anchor::End, Voice::Muted);
    }
    chart.bands.iter().for_each(|one| band(&mut scene, one, &layout));
    forecast_begins(&mut scene, chart, &layout);
    for series in chart.series.iter().rev() {
        path(&mut scene, series, &layout);
    }
    if chart.series.len() == 1 && chart.bands.is_empty() {
        point_labels(&mut scene, chart, &layout);
    }
    name_ends(&mut scene, chart, &layout, room);
    let labels: Vec<&str> = chart.labels.iter().map(String::as_str).collect();
    let spacing = (layout.right - layout.left) / (layout.count.max(2) - 1) as f64;
    let y = bottom + scene.text_size + 7.0;
    scene.height = labels_below(&mut scene, &labels, y, spacing, |index| layout.x(index));
    scene
}

fn legend(chart: &Lines) -> Vec<(Ink, String)> {
    chart.bands.iter().filter_map(|band| Some((band.ink, band.name.clone()?))).collect()
}

/// A band over each run of points that have both edges; a point by itself has a bar instead.
fn band(scene: &mut Scene, band: &Band, layout: &Layout) {
    let mut run = Vec::new();
    for (index, (low, high)) in band.low.iter().zip(&band.high).enumerate() {
        match (low, high) {
            (Some(low), Some(high)) => {
                run.push((layout.x(index), layout.vertical.at(*low), layout.vertical.at(*high)));
            }
            _ => stretch(scene, &std::mem::take(&mut run), band.ink),
        }
    }
    stretch(scene, &run, band.ink);
}

/// Points of a band that follow each other: across, the low edge and the high one.
fn stretch(scene: &mut Scene, run: &[(f64, f64, f64)], ink: Ink) {
    let low: Vec<(f64, f64)> = run.iter().map(|(x, low, _)| (*x, *low)).collect();
    let high: Vec<(f64, f64)> = run.iter().map(|(x, _, high)| (*x, *high)).collect();
    match (low.as_slice(), high.as_slice()) {
        ([low], [high]) => {
            scene.rule(*low, *high, Ink::Interval);
            for (x, y) in [*low, *high] {
                scene.rule((x - 3.5, y), (x + 3.5, y), Ink::Interval);
            }
        }
        ([], _) => {}
        _ => {
            let outline = high.iter().copied().chain(low.iter().rev().copied()).collect();
            scene.marks.push(Mark::Area { points: outline, ink });
            scene.path(high, ink);
            scene.path(low, ink);
        }
    }
}

fn path(scene: &mut Scene, series: &Series, layout: &Layout) {
    let mut run = Vec::new();
    for (index, number) in series.values.iter().enumerate() {
        match number {
            Some(number) => run.push((layout.x(index), layout.vertical.at(*number))),
            None => scene.path(std::mem::take(&mut run), series.ink),
        }
    }
    scene.path(run, series.ink);
    if let Some((index, number)) = last(series) {
        let at = (layout.x(index), layout.vertical.at(number));
        if series.ink != Ink::Plan {
            let ink = if series.ink == Ink::Forecast { Ink::Actual } else { series.ink };
            scene.marks.push(Mark::Dot { at, radius: 3.0, ink });
        }
    }
}

fn last(series: &Series) -> Option<(usize, Number)> {
    series.values.iter().enumerate().rev().find_map(|(index, number)| Some((index, (*number)?)))
}

fn forecast_begins(scene: &mut Scene, chart: &Lines, layout: &Layout) {
    let Some(forecast) = chart.series.iter().find(|series| series.ink == Ink::Forecast) else { return };
    if let Some(index) = forecast.values.iter().position(Option::is_some).filter(|index| *index > 0) {
        let x = layout.x(index);
        scene.rule((x, layout.top), (x, layout.bottom), Ink::ForecastBegins);
        scene.words((x + 5.0, layout.top - 8.0), words::FORECAST, Anchor::Start, Voice::Muted);
    }
}

/// A label where a line ends.
struct End {
    words: String,
    number: Number,
    voice: Voice,
}

fn ends(chart: &Lines) -> Vec<End> {
    let alone = chart.series.len() == 1;
    let forecast = chart.series.iter().find(|series| series.ink == Ink::Forecast).and_then(last);
    // What happened is named where the forecast that goes on from it ends; beside a forecast, by itself.
    let goes_on = |series: &Series| match (series.ink, last(series), forecast) {
        (Ink::Actual, Some((end, _)), Some((beyond, _))) => end < beyond,
        _ => false,
    };
    let mut ends: Vec<End> = chart
        .series
        .iter()
        .filter(|series| !goes_on(series))
        .filter_map(|series| {
            let (_, number) = last(series)?;
            let value = chart.scale.value(number);
            let words = if alone { value } else { format!("{} {value}", series.name) };
            let voice = if matches!(series.ink, Ink::Actual | Ink::Forecast) { Voice::Strong } else { Voice::Muted };
            Some(End { words, number, voice })
        })
        .collect();
    let edges = chart.bands.first().into_iter().flat_map(|band| [(words::HIGH, &band.high), (words::LOW, &band.low)]);
    for (name, numbers) in edges {
        if let Some(number) = numbers.iter().rev().find_map(|number| *number) {
            let words = format!("{name} {}", chart.scale.value(number));
            ends.push(End { words, number, voice: Voice::Muted });
        }
    }
    ends
}

fn name_ends(scene: &mut Scene, chart: &Lines, layout: &Layout, room: f64) {
    let ends = ends(chart);
    let mut places: Vec<f64> = ends.iter().map(|end| layout.vertical.at(end.number)).collect();
    axis::spread(&mut places, scene.text_size + 3.0, layout.top - 4.0, layout.bottom);
    for (end, y) in ends.into_iter().zip(places) {
        let words = scene.fit(&end.words, room - 8.0);
        scene.words((layout.right + 8.0, y + 4.0), words, Anchor::Start, end.voice);
    }
}

/// Values over the points of a single line: all when there is room, else the highest and the lowest.
fn point_labels(scene: &mut Scene, chart: &Lines, layout: &Layout) {
    let values = &chart.series[0].values;
    let found: Vec<(usize, Number)> =
        values.iter().enumerate().filter_map(|(index, number)| Some((index, (*number)?))).collect();
    let widest = found.iter().map(|(_, number)| scene.measure(&chart.scale.value(*number))).fold(0.0, f64::max);
    let spacing = (layout.right - layout.left) / (layout.count.max(2) - 1) as f64;
    let all = found.len() <= 13 && widest + 6.0 <= spacing;
    let high = found.iter().max_by_key(|(_, number)| *number).map(|(index, _)| *index);
    let low = found.iter().min_by_key(|(_, number)| *number).map(|(index, _)| *index);
    let end = found.last().map(|(index, _)| *index);
    for (index, number) in found.into_iter().filter(|(index, _)| Some(*index) != end) {
        if all || Some(index) == high || Some(index) == low {
            // In a valley the lines rise on both sides: there is room below.
            let rises =
                |other: Option<&Option<Number>>| other.is_none_or(|other| other.is_none_or(|other| other > number));
            let before = index.checked_sub(1).and_then(|before| values.get(before));
            let below = index > 0 && rises(before) && rises(values.get(index + 1));
            let y = layout.vertical.at(number) + if below { scene.text_size + 6.0 } else { -9.0 };
            let anchor = if index == 0 { Anchor::Start } else { Anchor::Middle };
            scene.words((layout.x(index), y), chart.scale.value(number), anchor, Voice::Plain);
        }
    }
}
