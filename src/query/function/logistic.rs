//! Logistic regression: `logistic_fit`, and the functions that go from a score to a probability and back.
//!
//! `logistic_fit` maximises the likelihood of a binary (or fractional) label by Newton's method, which for this model is
//! iteratively reweighted least squares, less `ridge` / 2 × the sum of the squared coefficients. The intercept is not
//! shrunk. So `ridge` is 1 / C of scikit-learn, and twice the λ of le Cessie & van Houwelingen 1992.
//!
//! Within the fit each feature is centred and brought to a deviation of 1; this changes no answer, as the penalty is
//! carried along, and keeps days since 1970 beside shares of one from costing digits.

use super::rows::{Argument, Computation, Rows, hash, order};

/// The share at which odds are `exp(x)`.
pub fn logistic(x: f64) -> f64 {
    // Either way the exponential is at most 1.
    if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) }
}

/// The logarithm of the odds of a share; infinite at 0 and 1.
pub fn logit(share: f64) -> f64 {
    share.ln() - (-share).ln_1p()
}

/// `logistic_fit(label, features, weight, ridge)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogisticFit;

impl Computation for LogisticFit {
    type Answer = Vec<f64>;

    const NAME: &'static str = "logistic_fit";
    const TAKES: &'static str = "a label of 1 or 0 (or TRUE or FALSE), a list of features, a weight, and the ridge";
    const ARGUMENTS: &'static [Argument] = &[
        Argument::of_row("label").share(),
        Argument::list("features"),
        Argument::of_row("weight").not_negative(),
        Argument::of_group("ridge").not_negative(),
    ];

    fn compute(self, rows: &Rows, of_group: &[f64]) -> Option<Vec<f64>> {
        fit(&cases(rows), of_group[0])
    }
}

/// Rows with the same features, as one.
struct Case<'r> {
    features: &'r [f64],
    /// Σ weight.
    trials: f64,
    /// Σ weight × label.
    successes: f64,
}

/// The label and the weight stand before the features.
const FEATURES: usize = 2;

/// The cases of rows, in an order that depends on nothing but them.
fn cases(rows: &Rows) -> Vec<Case<'_>> {
    // Of twenty features the first are often flags that most rows share; their hashes differ at once.
    let mut rows: Vec<(u64, &[f64])> =
        rows.iter().filter(|row| row[1] > 0.0).map(|row| (hash(&row[FEATURES..]), row)).collect();
    rows.sort_unstable_by(|(hash, row), (other_hash, other)| {
        let by_features = || order(&row[FEATURES..], &other[FEATURES..]);
        hash.cmp(other_hash).then_with(by_features).then_with(|| order(&row[..FEATURES], &other[..FEATURES]))
    });
    rows.chunk_by(|(hash, row), (other_hash, other)| hash == other_hash && row[FEATURES..] == other[FEATURES..])
        .map(|alike| Case {
            features: &alike[0].1[FEATURES..],
            trials: alike.iter().map(|(_, row)| row[1]).sum(),
            successes: alike.iter().map(|(_, row)| row[1] * row[0]).sum(),
        })
        .collect()
}

/// So many steps are far more than any fit with a maximum needs: from a good start Newton's method doubles the digits.
const MOST_STEPS: usize = 50;
/// A step of less, in deviations of a feature, leaves an error of its square.
const LAST_STEP: f64 = 1e-8;
/// Of a feature that the others make up no more is left than this share of its variance: rounding.
const INDEPENDENT: f64 = 1e-11;

/// The coefficients, the intercept first; `None` where the likelihood has no maximum.
fn fit(cases: &[Case<'_>], ridge: f64) -> Option<Vec<f64>> {
    let trials: f64 = cases.iter().map(|case| case.trials).sum();
    let successes: f64 = cases.iter().map(|case| case.successes).sum();
    if !(successes > 0.0 && successes < trials) {
        return None;
    }
    let features = Feature::all(cases, trials, ridge);
    let mut at = vec![0.0; features.len() + 1];
    at[0] = logit(successes / trials);
    let mut slope = Slope::at(&at, cases, &features);
    // At the start all cases count alike, so that what is not independent here is so by the features alone.
    let mut kept = vec![true; at.len()];
    slope.curvature.clone().factor(&mut kept, INDEPENDENT);
    for _ in 0..MOST_STEPS {
        let mut step = slope.step(&mut kept)?;
        let length = step.iter().fold(0.0, |longest: f64, step| longest.max(step.abs()));
        if length <= LAST_STEP {
            at.iter_mut().zip(step).for_each(|(at, step)| *at += step);
            return Some(unscaled(&at, &features));
        }
        slope = (0..MOST_STEPS).find_map(|_| {
            let next: Vec<f64> = at.iter().zip(&step).map(|(at, step)| at + step).collect();
            let there = Slope::at(&next, cases, &features);
            let is_better = there.loss <= slope.loss * (1.0 + 1e-10);
            step.iter_mut().for_each(|step| *step /= 2.0);
            is_better.then(|| {
                at = next;
                there
            })
        })?;
    }
    None
}

/// How a feature is centred and scaled.
struct Feature {
    mean: f64,
    /// 1 / the deviation; 0 for one that is the same everywhere.
    scale: f64,
    /// The ridge, for the coefficient of the scaled feature.
    penalty: f64,
}

impl Feature {
    fn all(cases: &[Case<'_>], trials: f64, ridge: f64) -> Vec<Self> {
        // Case by case, as their features lie together in memory.
        let means_of = |term: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; cases[0].features.len()];
            for case in cases {
                for (at, (sum, feature)) in sums.iter_mut().zip(case.features).enumerate() {
                    *sum += case.trials * term(at, *feature);
                }
            }
            sums.iter_mut().for_each(|sum| *sum /= trials);
            sums
        };
        let means = means_of(&|_, feature| feature);
        let variances = means_of(&|at, feature| (feature - means[at]).powi(2));
        let of = |(mean, variance): (&f64, f64)| {
            let deviation = variance.sqrt();
            let scale = if deviation > mean.abs() * 1e-10 { 1.0 / deviation } else { 0.0 };
            Self { mean: *mean, scale, penalty: ridge * scale * scale }
        };
        means.iter().zip(variances).map(of).collect()
    }
}

/// Coefficients of the features as they were given.
fn unscaled(at: &[f64], features: &[Feature]) -> Vec<f64> {
    let mut coefficients = at.to_vec();
    for (coefficient, feature) in coefficients[1..].iter_mut().zip(features) {
        *coefficient *= feature.scale;
    }
    let moved: f64 = coefficients[1..].iter().zip(features).map(|(coefficient, of)| coefficient * of.mean).sum();
    coefficients[0] -= moved;
    coefficients
}

/// The penalised log-likelihood around some coefficients, with its sign turned.
struct Slope {
    loss: f64,
    /// Downwards.
    gradient: Vec<f64>,
    curvature: Matrix,
}

/// As many cases are added up at a time: each sum is then read and written once for all of them.
const AT_A_TIME: usize = 4;

impl Slope {
    fn at(at: &[f64], cases: &[Case<'_>], features: &[Feature]) -> Self {
        let size = at.len();
        let mut slope = Self { loss: 0.0, gradient: vec![0.0; size], curvature: Matrix::zero(size) };
        let mut scaled: [Vec<f64>; AT_A_TIME] = std::array::from_fn(|_| vec![1.0; size]);
        for block in cases.chunks(AT_A_TIME) {
            // Of a last block that is not full the rest weighs nothing.
            let mut weights = [0.0; AT_A_TIME];
            let mut residuals = [0.0; AT_A_TIME];
            for (lane, (case, scaled)) in block.iter().zip(&mut scaled).enumerate() {
                for ((scaled, value), feature) in scaled[1..].iter_mut().zip(case.features).zip(features) {
                    *scaled = (value - feature.mean) * feature.scale;
                }
                let score: f64 = at.iter().zip(&*scaled).map(|(at, scaled)| at * scaled).sum();
                let share = logistic(score);
                slope.loss += case.trials * softplus(score) - case.successes * score;
                residuals[lane] = case.successes - case.trials * share;
                weights[lane] = case.trials * share * (1.0 - share);
            }
            add(&mut slope.gradient, &residuals, &scaled);
            for row in 0..size {
                let weighted = std::array::from_fn(|lane| weights[lane] * scaled[lane][row]);
                add(&mut slope.curvature.row_mut(row)[..=row], &weighted, &scaled);
            }
        }
        for (place, feature) in (1..).zip(features) {
            slope.loss += feature.penalty * at[place] * at[place] / 2.0;
            slope.gradient[place] -= feature.penalty * at[place];
            slope.curvature.row_mut(place)[place] += feature.penalty;
        }
        slope
    }

    /// Newton's step; `None` where the likelihood is flat in a direction that is kept.
    fn step(&self, kept: &mut [bool]) -> Option<Vec<f64>> {
        let mut factor = self.curvature.clone();
        let step = factor.factor(kept, 0.0).then(|| factor.solve(&self.gradient, kept))?;
        step.iter().all(|step| step.is_finite()).then_some(step)
    }
}

/// log(1 + exp(x)).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Adds lists, each times a number, to sums.
fn add(sums: &mut [f64], times: &[f64; AT_A_TIME], lists: &[Vec<f64>; AT_A_TIME]) {
    let [first, second, third, fourth] = lists.each_ref().map(|list| &list[..sums.len()]);
    for (at, sum) in sums.iter_mut().enumerate() {
        *sum += (times[0] * first[at] + times[1] * second[at]) + (times[2] * third[at] + times[3] * fourth[at]);
    }
}

/// A symmetric matrix, of which the lower triangle is kept.
#[derive(Clone)]
struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Matrix {
    fn zero(size: usize) -> Self {
        Self { size, values: vec![0.0; size * size] }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..][..self.size]
    }

    fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.size..][..self.size]
    }

    /// Becomes its Cholesky factor over the rows that are kept. A row of which no more is left, beside the rows before it,
    /// than the share `least` is not kept either; gives whether there was none.
    fn factor(&mut self, kept: &mut [bool], least: f64) -> bool {
        let mut is_whole = true;
        for row in 0..self.size {
            if !kept[row] {
                continue;
            }
            for column in (0..=row).filter(|column| kept[*column]).collect::<Vec<_>>() {
                let before = (0..column).filter(|before| kept[*before]);
                let told: f64 = before.map(|before| self.row(row)[before] * self.row(column)[before]).sum();
                let whole = self.row(row)[column];
                let left = whole - told;
                if column < row {
                    self.row_mut(row)[column] = left / self.row(column)[column];
                } else if left > whole * least {
                    self.row_mut(row)[row] = left.sqrt();
                } else {
                    (kept[row], is_whole) = (false, false);
                }
            }
        }
        is_whole
    }

    /// Solves for a right-hand side, this being a factor; what is not kept is 0.
    fn solve(&self, right: &[f64], kept: &[bool]) -> Vec<f64> {
        let mut solution = vec![0.0; self.size];
        let rows: Vec<usize> = (0..self.size).filter(|row| kept[*row]).collect();
        for (at, row) in rows.iter().enumerate() {
            let told: f64 = rows[..at].iter().map(|before| self.row(*row)[*before] * solution[*before]).sum();
            solution[*row] = (right[*row] - told) / self.row(*row)[*row];
        }
        for (at, row) in rows.iter().enumerate().rev() {
            let told: f64 = rows[at + 1..].iter().map(|behind| self.row(*behind)[*row] * solution[*behind]).sum();
            solution[*row] = (solution[*row] - told) / self.row(*row)[*row];
        }
        solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a label, a weight and three features, made as in `tests/statistics/reference.py`.
    fn made() -> Vec<[f64; 5]> {
        let of = |number: u32| f64::from(number);
        let row = |i: u32| {
            let is_won = (i * i * 5 + i) % 17 < 3 + i % 7;
            [f64::from(u8::from(is_won)), of(1 + i % 3), of(i % 7), of(i * i % 11) / 10.0, of(i % 2)]
        };
        (0..60).map(row).collect()
    }

    fn fit_of<const WIDTH: usize>(rows: &[[f64; WIDTH]], ridge: f64) -> Option<Vec<f64>> {
        LogisticFit.compute(&Rows::of(rows), &[ridge])
    }

    fn assert_near(found: &[f64], wanted: &[f64], within: f64) {
        let is_near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= within);
        assert!(found.len() == wanted.len() && is_near, "{found:?} is not {wanted:?}");
    }

    #[test]
    fn of_two_groups_the_fit_has_their_log_odds() {
        // Without the feature 1 of 4, with it 3 of 4: log-odds of −ln 3 and ln 3.
        let rows = [[1.0, 1.0, 0.0], [0.0, 3.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 1.0]];
        assert_near(&fit_of(&rows, 0.0).unwrap(), &[-3_f64.ln(), 2.0 * 3_f64.ln()], 1e-14);
        // A share of won trials is as good as the trials.
        let rows = [[0.25, 4.0, 0.0], [0.75, 4.0, 1.0]];
        assert_near(&fit_of(&rows, 0.0).unwrap(), &[-3_f64.ln(), 2.0 * 3_f64.ln()], 1e-14);
    }

    #[test]
    fn coefficients_are_those_of_scikit_learn() {
        for (ridge, wanted) in [
            (
                0.0,
                [-0.778_379_001_687_976_5, 0.296_448_182_845_114_1, -1.938_393_837_522_867_3, 0.538_762_149_177_949_1],
            ),
            (
                2.0,
                [-0.981_211_915_171_576_1, 0.266_808_613_349_313_3, -0.926_921_401_055_243_7, 0.360_639_131_950_613_6],
            ),
            (
                50.0,
                [
                    -0.894_608_298_702_114_2,
                    0.178_222_663_655_414_42,
                    -0.071_297_684_613_437_68,
                    0.054_845_229_893_993_395,
                ],
            ),
        ] {
            assert_near(&fit_of(&made(), ridge).unwrap(), &wanted, 1e-9);
        }
    }

    #[test]
    fn units_of_a_feature_and_a_far_away_zero_cost_no_digits() {
        let moved: Vec<[f64; 5]> = made().into_iter().map(|[l, w, a, b, c]| [l, w, 20_000.0 + a, b * 1e6, c]).collect();
        let (plain, moved) = (fit_of(&made(), 0.0).unwrap(), fit_of(&moved, 0.0).unwrap());
        let back = [moved[0] + moved[1] * 20_000.0, moved[1], moved[2] * 1e6, moved[3]];
        assert_near(&back, &plain, 1e-8);
    }

    #[test]
    fn neither_order_nor_repetition_of_rows_changes_a_digit() {
        let whole = fit_of(&made(), 1.0);
        let mut rows = made();
        rows.reverse();
        rows.rotate_left(17);
        assert_eq!(fit_of(&rows, 1.0), whole);
        let once: Vec<[f64; 5]> =
            made().iter().flat_map(|row| vec![[row[0], 1.0, row[2], row[3], row[4]]; row[1] as usize]).collect();
        assert_eq!(fit_of(&once, 1.0), whole);
    }

    #[test]
    fn a_feature_that_others_make_up_has_no_part() {
        let fit = fit_of(&made(), 0.0).unwrap();
        let beside: Vec<[f64; 7]> = made().into_iter().map(|[l, w, a, b, c]| [l, w, a, b, c, 0.1, 1.0 - c]).collect();
        let found = fit_of(&beside, 0.0).unwrap();
        assert_near(&found, &[fit[0], fit[1], fit[2], fit[3], 0.0, 0.0], 1e-12);
        // A ridge shares out between twins what one of them would have.
        let twins: Vec<[f64; 4]> = made().into_iter().map(|[l, w, a, _, _]| [l, w, a, a]).collect();
        let single: Vec<[f64; 3]> = made().into_iter().map(|[l, w, a, _, _]| [l, w, a]).collect();
        let (twins, single) = (fit_of(&twins, 1.0).unwrap(), fit_of(&single, 0.5).unwrap());
        assert_near(&twins, &[single[0], single[1] / 2.0, single[1] / 2.0], 1e-10);
    }

    #[test]
    fn without_a_maximum_there_is_no_fit_and_a_ridge_makes_one() {
        let parted = [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 2.0], [1.0, 1.0, 3.0]];
        assert_eq!(fit_of(&parted, 0.0), None);
        let touching = [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 2.0]];
        assert_eq!(fit_of(&touching, 0.0), None);
        let fit = fit_of(&parted, 0.1).unwrap();
        // The slope from the condition of a minimum, Σ feature × (label − share) = ridge × slope.
        let held: f64 = parted.iter().map(|[label, _, x]| x * (label - logistic(fit[0] + fit[1] * x))).sum();
        assert!((held - 0.1 * fit[1]).abs() < 1e-12 && fit[1] > 0.0, "{fit:?}");
        for alike in
            [[[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]], [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0]], [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]]
        {
            assert_eq!(fit_of(&alike, 1.0), None);
        }
    }

    #[test]
    fn shares_and_log_odds_turn_back_into_each_other() {
        assert_eq!((logistic(0.0), logit(0.5)), (0.5, 0.0));
        assert!((logistic(3_f64.ln()) - 0.75).abs() < 1e-15 && (logit(0.75) - 3_f64.ln()).abs() < 1e-15);
        assert_eq!((logistic(-1e9), logistic(1e9)), (0.0, 1.0));
        for x in [-700.0, -30.0, -1e-9, 0.3, 12.0, 30.0] {
            assert!((logit(logistic(x)) - x).abs() < 1e-2 * (x / 30.0).max(1e-10), "{x}");
        }
    }
}
