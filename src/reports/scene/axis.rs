//! Numbers to pixels: straight scales, round ticks, and labels that keep clear of each other.

use crate::reports::format::Scale;
use crate::reports::number::Number;

/// A straight scale from numbers to pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// `low` lies at pixel `from`, `high` at pixel `to`; a range without extent lies at `from`.
    pub fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { low, high, from, to }
    }

    pub fn at(&self, number: Number) -> f64 {
        self.place(number.to_f64())
    }

    pub fn place(&self, value: f64) -> f64 {
        let extent = self.high - self.low;
        if extent <= 0.0 { self.from } else { self.from + (value - self.low) / extent * (self.to - self.from) }
    }
}

/// The least and the greatest of the numbers, with zero among them.
pub fn with_zero(numbers: impl IntoIterator<Item = Number>) -> (f64, f64) {
    numbers
        .into_iter()
        .map(Number::to_f64)
        .fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)))
}

/// About `count` round numbers from `low` to `high`.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let extent = high - low;
    if extent.is_nan() || extent <= 0.0 || !extent.is_finite() {
        return Vec::new();
    }
    let rough = extent / count.max(1) as f64;
    let magnitude = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|nice| nice * magnitude).into_iter().find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(magnitude * 10.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|at| at as f64 * step).collect()
}

/// Round numbers from `low` to `high` with their labels.
pub fn labelled_ticks(low: f64, high: f64, scale: &Scale) -> Vec<(f64, String)> {
    let found: Vec<(f64, Number)> =
        ticks(low, high, 4).into_iter().filter_map(|tick| Some((tick, Number::of_float(tick)?))).collect();
    let numbers: Vec<Number> = found.iter().map(|(_, number)| *number).collect();
    let scale = scale.for_ticks(&numbers);
    found.into_iter().map(|(tick, number)| (tick, scale.value(number))).collect()
}

/// Which of evenly spaced labels to show so that none meets the next: every k-th, counted back from the last.
pub fn every(count: usize, widest: f64, spacing: f64) -> impl Fn(usize) -> bool {
    let step = if spacing <= 0.0 { count.max(1) } else { (widest / spacing).ceil().max(1.0) as usize };
    move |index| (count - 1 - index).is_multiple_of(step)
}

/// Moves label positions apart to `gap`, in their order, within `low..high`.
pub fn spread(positions: &mut [f64], gap: f64, low: f64, high: f64) {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|a, b| positions[*a].total_cmp(&positions[*b]).then(a.cmp(b)));
    let mut floor = low;
    for index in &order {
        positions[*index] = positions[*index].max(floor);
        floor = positions[*index] + gap;
    }
    let mut ceiling = high;
    for index in order.iter().rev() {
        positions[*index] = positions[*index].min(ceiling);
        ceiling = positions[*index] - gap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_proportional_to_numbers() {
        let axis = Axis::new((0.0, 200.0), (300.0, 100.0));
        assert_eq!(axis.place(0.0), 300.0);
        assert_eq!(axis.place(50.0), 250.0);
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 48.0, 4), [0.0, 20.0, 40.0]);
        assert_eq!(ticks(0.0, 1.0, 4), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!(ticks(0.0, 0.0, 4).is_empty());
    }

    #[test]
    fn the_last_label_always_shows() {
        let shows = every(12, 60.0, 25.0);
        let shown: Vec<usize> = (0..12).filter(|index| shows(*index)).collect();
        assert_eq!(shown, [2, 5, 8, 11]);
    }

    #[test]
    fn labels_are_moved_apart() {
        let mut positions = [50.0, 52.0, 10.0];
        spread(&mut positions, 14.0, 0.0, 60.0);
        assert_eq!(positions, [46.0, 60.0, 10.0]);
    }
}
