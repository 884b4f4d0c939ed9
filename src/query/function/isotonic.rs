//! Isotonic regression: probabilities that never fall while a score rises, and nothing else assumed of them.
//!
//! `isotonic_fit` pools adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002 for calibration): rows of one score
//! become their mean, and neighbours of which the higher score has the lower mean become one block. The fit is a list
//! `[score, value, score, value, ...]`, both rising: the first and the last score of each block with the block's value, once
//! where they are the same. `isotonic` reads it: in line between two scores, and constant beyond the first and the last.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::rows::{Argument, Computation, Rows, doubles};

/// `isotonic_fit(score, label, weight)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IsotonicFit;

impl Computation for IsotonicFit {
    type Answer = Vec<f64>;

    const NAME: &'static str = "isotonic_fit";
    const TAKES: &'static str = "a score, a label of 1 or 0 (or TRUE or FALSE), and a weight";
    const ARGUMENTS: &'static [Argument] =
        &[Argument::of_row("score"), Argument::of_row("label"), Argument::of_row("weight").not_negative()];

    fn compute(self, rows: &Rows, _: &[f64]) -> Option<Vec<f64>> {
        let mut sorted = rows.sorted();
        sorted.retain(|row| row[2] > 0.0);
        let mut blocks: Vec<Block> = Vec::new();
        for alike in sorted.chunk_by(|row, other| row[0] == other[0]) {
            let mut block = Block::of(alike);
            while let Some(before) = blocks.pop_if(|before| before.value() >= block.value()) {
                block = before.and(&block);
            }
            blocks.push(block);
        }
        let fit: Vec<f64> = blocks.iter().flat_map(Block::points).flatten().collect();
        (!fit.is_empty()).then_some(fit)
    }
}

/// Rows from one score to another that have one value.
struct Block {
    first: f64,
    last: f64,
    weight: f64,
    /// Σ weight × label.
    sum: f64,
}

impl Block {
    /// Rows of one score.
    fn of(alike: &[&[f64]]) -> Self {
        Self {
            first: alike[0][0],
            last: alike[0][0],
            weight: alike.iter().map(|row| row[2]).sum(),
            sum: alike.iter().map(|row| row[2] * row[1]).sum(),
        }
    }

    fn and(&self, next: &Self) -> Self {
        Self { first: self.first, last: next.last, weight: self.weight + next.weight, sum: self.sum + next.sum }
    }

    fn value(&self) -> f64 {
        self.sum / self.weight
    }

    fn points(&self) -> impl Iterator<Item = [f64; 2]> {
        let last = (self.first < self.last).then_some([self.last, self.value()]);
        [Some([self.first, self.value()]), last].into_iter().flatten()
    }
}

/// `isotonic(fit, score)`.
pub fn isotonic() -> ScalarUDF {
    let takes = vec![doubles(), DataType::Float64];
    create_udf(
        "isotonic",
        takes,
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(|arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let scores = arrays[1].as_primitive::<Float64Type>();
            let values =
                arrays[0].as_list::<i32>().iter().zip(scores).map(|(fit, score)| read(&fit?, score?).transpose());
            let values = values.map(Option::transpose).collect::<Result<Float64Array>>()?;
            Ok(ColumnarValue::Array(Arc::new(values)))
        }),
    )
}

/// The value of a fit at a score.
fn read(fit: &ArrayRef, score: f64) -> Result<Option<f64>> {
    let numbers = fit.as_primitive::<Float64Type>();
    let (points, rest) = numbers.values().as_chunks::<2>();
    if !rest.is_empty() || numbers.null_count() > 0 || !points.is_sorted_by(|[a, _], [b, _]| a < b) {
        return exec_err!(
            "the function isotonic takes what isotonic_fit gives: pairs of a score and a value, by score"
        );
    }
    Ok(value_at(points, score).filter(|value| value.is_finite()))
}

fn value_at(points: &[[f64; 2]], score: f64) -> Option<f64> {
    if score.is_nan() {
        return None;
    }
    let behind = points.partition_point(|[at, _]| *at <= score);
    let before = behind.checked_sub(1).map(|before| points[before]);
    match (before, points.get(behind).copied()) {
        (Some([from, low]), Some([to, high])) => Some(low + (high - low) * ((score - from) / (to - from))),
        (Some([_, value]), None) | (None, Some([_, value])) => Some(value),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(rows: &[[f64; 3]]) -> Vec<[f64; 2]> {
        let fit = IsotonicFit.compute(&Rows::of(rows), &[]).unwrap();
        fit.as_chunks::<2>().0.to_vec()
    }

    #[test]
    fn neighbours_that_fall_become_one_block() {
        // Means of 0, 1, 0 and 1 at 1 to 4: the 1 at 2 and the 0 at 3 become 1/2.
        let rows = [[1.0, 0.0, 1.0], [2.0, 1.0, 1.0], [3.0, 0.0, 1.0], [4.0, 1.0, 1.0]];
        assert_eq!(points(&rows), [[1.0, 0.0], [2.0, 0.5], [3.0, 0.5], [4.0, 1.0]]);
        // With three times the weight the 0 draws them to 1/4, and a second row at 4 its mean to 1/2.
        let rows = [[1.0, 0.0, 1.0], [2.0, 1.0, 1.0], [3.0, 0.0, 3.0], [4.0, 1.0, 1.0], [4.0, 0.0, 1.0]];
        assert_eq!(points(&rows), [[1.0, 0.0], [2.0, 0.25], [3.0, 0.25], [4.0, 0.5]]);
        // What only falls is one block, and what weighs nothing is not there.
        let rows = [[3.0, 0.0, 1.0], [2.0, 1.0, 1.0], [1.0, 1.0, 1.0], [9.0, 1.0, 0.0]];
        assert_eq!(points(&rows), [[1.0, 2.0 / 3.0], [3.0, 2.0 / 3.0]]);
        assert_eq!(IsotonicFit.compute(&Rows::of(&[[9.0, 1.0, 0.0]]), &[]), None);
    }

    #[test]
    fn values_are_those_of_scikit_learn() {
        // Rows and values as in `tests/statistics/reference.py`.
        let row = |i: u32| {
            let is_won = (i * i * 5 + i) % 17 < 2 + (i * 7) % 30 / 2;
            [f64::from(i * 7 % 30) / 30.0, f64::from(u8::from(is_won)), f64::from(1 + i % 3)]
        };
        let mut rows: Vec<[f64; 3]> = (0..60).map(row).collect();
        let fit = points(&rows);
        for (score, wanted) in [
            (-1.0, 1.0 / 30.0),
            (0.11, 1.0 / 30.0),
            (0.27, 0.5),
            (0.5, 0.583_333_333_333_333_4),
            (0.81, 0.714_285_714_285_714_3),
            (2.0, 1.0),
        ] {
            let found = value_at(&fit, score).unwrap();
            assert!((found - wanted).abs() < 1e-12, "{score}: {found}");
        }
        rows.rotate_left(23);
        assert_eq!(points(&rows), fit);
    }

    #[test]
    fn a_fit_is_read_in_line_between_its_points_and_constant_beyond() {
        let fit = [[1.0, 0.0], [3.0, 0.5], [4.0, 0.5]];
        let found = [-9.0, 1.0, 2.0, 3.0, 3.5, 4.0, f64::INFINITY].map(|score| value_at(&fit, score));
        assert_eq!(found, [0.0, 0.0, 0.25, 0.5, 0.5, 0.5, 0.5].map(Some));
        assert_eq!((value_at(&fit, f64::NAN), value_at(&[], 1.0)), (None, None));
    }
}
