//! Whether probabilities come true: for each group of cases the share that did against the probability that was said,
//! as wide as it may be off, beside the diagonal on which they would be the same.

use super::axis::{self, Axis};
use super::{Anchor, Ink, Mark, Scene, Voice, Width};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// Cases of about the same predicted probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// The mean of what was predicted, and the share that came true.
    pub predicted: Number,
    pub observed: Number,
    pub low: Option<Number>,
    pub high: Option<Number>,
    pub cases: Option<Number>,
    /// The number of cases, as written.
    pub n: String,
    pub thin: bool,
}

/// Predicted against observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    pub bins: Vec<Bin>,
    pub scale: Scale,
}

impl Reliability {
    /// Both axes span this: 0 to 1, and what lies outside of it.
    fn span(&self) -> (f64, f64) {
        let all = |bin: &Bin| [Some(bin.predicted), Some(bin.observed), bin.low, bin.high];
        let (low, high) = axis::with_zero(self.bins.iter().flat_map(all).flatten());
        (low, high.max(1.0))
    }

    /// The radius of a bin's dot, whose area is as large as its cases are many.
    fn radius(&self, bin: &Bin) -> f64 {
        let most = self.bins.iter().filter_map(|bin| bin.cases).max().map_or(0.0, Number::to_f64);
        match bin.cases.map(Number::to_f64) {
            Some(cases) if cases > 0.0 => (LARGEST * (cases / most).sqrt()).max(SMALLEST),
            _ => SMALLEST,
        }
    }
}

const LARGEST: f64 = 9.0;
/// Smaller dots would not be seen.
const SMALLEST: f64 = 2.5;
/// More bins than this are not listed beside the drawing.
const MOST_LISTED: usize = 14;

/// Draws the chart.
pub fn draw(chart: &Reliability, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let size = scene.text_size;
    let signs = [(Ink::Interval, words::INTERVAL.to_owned()), (Ink::Reference, words::AS_PREDICTED.to_owned())];
    let top = scene.legend(0.0, &signs) + size + 14.0;
    let (low, high) = chart.span();
    let ticks = axis::labelled_ticks(low, high, &chart.scale);
    let left = scene.widest(ticks.iter().map(|(_, words)| words)) + 10.0;
    let side = if width == Width::Wide { 300.0 } else { scene.width - left - LARGEST };
    let (right, bottom) = (left + side, top + side);
    let (across, up) = (Axis::new((low, high), (left, right)), Axis::new((low, high), (bottom, top)));
    for (tick, words) in ticks {
        let (x, y) = (across.place(tick), up.place(tick));
        let ink = if tick == 0.0 { Ink::Axis } else { Ink::Grid };
        scene.rule((left, y), (right, y), ink);
        scene.rule((x, top), (x, bottom), ink);
        scene.words((left - 7.0, y + 4.0), words.clone(), Anchor::End, Voice::Muted);
        let anchor = if tick == low { Anchor::Start } else { Anchor::Middle };
        scene.words((x, bottom + size + 5.0), words, anchor, Voice::Muted);
    }
    scene.words(
        (0.0, top - 10.0),
        words::unit_beside(words::OBSERVED, &chart.scale.unit_words()),
        Anchor::Start,
        Voice::Plain,
    );
    let name = words::unit_beside(words::PREDICTED, &chart.scale.unit_words());
    scene.words((right, bottom + 2.0 * size + 9.0), name, Anchor::End, Voice::Plain);
    scene.rule((left, bottom), (right, top), Ink::Reference);
    for bin in &chart.bins {
        if let (Some(from), Some(to)) = (bin.low, bin.high) {
            let x = across.at(bin.predicted);
            scene.rule((x, up.at(from)), (x, up.at(to)), Ink::Interval);
            for end in [from, to] {
                scene.rule((x - 3.5, up.at(end)), (x + 3.5, up.at(end)), Ink::Interval);
            }
        }
    }
    let place = |bin: &Bin| (across.at(bin.predicted), up.at(bin.observed));
    for (from, to) in chart.bins.iter().zip(chart.bins.iter().skip(1)) {
        scene.rule(place(from), place(to), Ink::Connector);
    }
    for bin in &chart.bins {
        scene.marks.push(Mark::Dot { at: place(bin), radius: chart.radius(bin), ink: Ink::Actual });
    }
    scene.height = bottom + 2.0 * size + 14.0;
    if !chart.bins.is_empty() && chart.bins.len() <= MOST_LISTED {
        let (left, top) = if width == Width::Wide { (right + 36.0, top) } else { (0.0, scene.height + 8.0) };
        let end = list(&mut scene, chart, left, top);
        scene.height = scene.height.max(end);
    }
    scene
}

/// The numbers beside the drawing, or below it: predicted, observed, the difference, and from how many cases; gives where
/// they end.
fn list(scene: &mut Scene, chart: &Reliability, left: f64, top: f64) -> f64 {
    let line = 20.0;
    let mut y = top + scene.text_size;
    let step = (scene.width - left) / 4.0;
    let difference = words::delta("");
    let headings = [words::PREDICTED, words::OBSERVED, difference.as_str(), "n"];
    for (place, heading) in headings.into_iter().enumerate() {
        scene.words((left + step * (place + 1) as f64, y), heading, Anchor::End, Voice::Muted);
    }
    scene.rule((left, y + 6.0), (scene.width, y + 6.0), Ink::Axis);
    for bin in &chart.bins {
        y += line;
        let thin = if bin.thin { words::THIN_SIGN } else { "" };
        let difference = bin.observed.minus(bin.predicted).map(|number| chart.scale.variance(number));
        let cells = [
            (chart.scale.value(bin.predicted), Voice::Plain),
            (format!("{}{thin}", chart.scale.value(bin.observed)), Voice::Strong),
            (difference.unwrap_or_default(), Voice::Plain),
            (bin.n.clone(), Voice::Muted),
        ];
        for (place, (words, voice)) in cells.into_iter().enumerate() {
            scene.words((left + step * (place + 1) as f64, y + 4.0), words, Anchor::End, voice);
        }
    }
    y + 10.0
}
