//! `simulated_quantile`: how much a set of deals brings at least, with a given chance.
//!
//! Each of a thousand draws moves the log-odds of all deals by one common shock, as a good or a bad quarter does, and then
//! wins or loses each deal by itself; the answer is a quantile of the sums won. Deals that were won independently of each
//! other would give intervals that are too narrow.
//!
//! - The shocks are normal with mean 0 and stratified: the draws take the middles of a thousand equally likely parts of the
//!   distribution, so that they are not left to chance.
//! - A shock that is 0 in the middle still moves a small probability more upwards than downwards. So each deal's log-odds
//!   start where it keeps its own probability on average over the draws, and the mean of the sums is Σ amount × probability.
//! - Nothing is random: whether a deal is won in a draw depends on its amount, on how many deals of that amount are less
//!   probable, and on the number of the draw. So the same deals give the same answer in any order, and one that stays as it
//!   is has the same luck on the next day: a figure moves because deals do.

use super::logistic::logit;
use super::quantile;
use super::rows::{Argument, Computation, Rows, hash};

/// `simulated_quantile(amount, probability, shock, share)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SimulatedQuantile;

impl Computation for SimulatedQuantile {
    type Answer = f64;

    const NAME: &'static str = "simulated_quantile";
    const TAKES: &'static str =
        "an amount, its probability, the standard deviation of the common shock, and a share from 0 to 1";
    const ARGUMENTS: &'static [Argument] = &[
        Argument::of_row("amount"),
        Argument::of_row("probability").share(),
        Argument::of_group("shock").not_negative(),
        Argument::of_group("share").share(),
    ];

    fn compute(self, rows: &Rows, of_group: &[f64]) -> Option<f64> {
        let [shock, share] = of_group else { return None };
        let mut sums = simulate(&rows.sorted(), *shock);
        sums.sort_unstable_by(f64::total_cmp);
        quantile::between(&sums, *share, |low, high, part| low + (high - low) * part)
    }
}

const DRAWS: usize = 1000;

/// The sum won in each draw; a deal is an amount and a probability.
fn simulate(deals: &[&[f64]], shock: f64) -> [f64; DRAWS] {
    let draws = Draws::of(shock);
    let mut sums = [0.0; DRAWS];
    for of_amount in deals.chunk_by(|deal, other| deal[0] == other[0]) {
        let amount = of_amount[0][0];
        for (place, deal) in (0_u32..).zip(of_amount) {
            let odds = draws.centre_of(deal[1]).exp();
            let seed = seed(&[amount, f64::from(place)]);
            for ((sum, times), number) in sums.iter_mut().zip(&draws.times).zip(&draws.numbers) {
                let chance = uniform(seed ^ number);
                // As chance < logistic(log-odds + shock), without a division or an exponential.
                *sum += if chance < odds * times * (1.0 - chance) { amount } else { 0.0 };
            }
        }
    }
    sums
}

/// What all deals share.
struct Draws {
    /// What a draw's shock multiplies odds by.
    times: [f64; DRAWS],
    numbers: [u32; DRAWS],
    /// Where log-odds are to start, by what comes of them on average.
    centres: Vec<Centre>,
}

/// Log-odds, and those of the mean probability over the draws.
struct Centre {
    start: f64,
    mean: f64,
}

impl Draws {
    #[expect(clippy::cast_precision_loss, reason = "a number of a draw")]
    fn of(shock: f64) -> Self {
        let part = |draw: usize| (draw as f64 + 0.5) / DRAWS as f64;
        // A shock beyond all measure still leaves what is certain certain.
        let bounded = |times: f64| times.clamp(1e-300, 1e300);
        let times: [f64; DRAWS] = std::array::from_fn(|draw| bounded((shock * normal_quantile(part(draw))).exp()));
        let numbers = std::array::from_fn(|draw| seed(&[draw as f64]));
        // Between these points the two are in line but for a thousandth of the log-odds.
        let starts = (-32..=32_i8).map(|step| f64::from(step) / 2.0);
        let mean = |start: f64| {
            let odds = start.exp();
            logit(times.iter().map(|times| odds * times / (1.0 + odds * times)).sum::<f64>() / DRAWS as f64)
        };
        Self { times, numbers, centres: starts.map(|start| Centre { start, mean: mean(start) }).collect() }
    }

    /// The log-odds at which a deal is won with its probability on average over the draws.
    fn centre_of(&self, probability: f64) -> f64 {
        let wanted = logit(probability);
        let behind = self.centres.partition_point(|centre| centre.mean <= wanted);
        match (behind.checked_sub(1).map(|before| &self.centres[before]), self.centres.get(behind)) {
            (Some(low), Some(high)) => {
                low.start + (high.start - low.start) * ((wanted - low.mean) / (high.mean - low.mean))
            }
            // So far out the two run side by side; a probability of 0 or 1 stays one.
            (Some(end), None) | (None, Some(end)) => end.start + (wanted - end.mean),
            (None, None) => wanted,
        }
    }
}

/// The start of the numbers that belong to something.
fn seed(of: &[f64]) -> u32 {
    (hash(of) >> 32) as u32
}

/// A number between 0 and 1 that looks like chance (the integer hash lowbias32 of Wellons 2018).
fn uniform(bits: u32) -> f64 {
    let bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d);
    let bits = (bits ^ (bits >> 15)).wrapping_mul(0x846c_a68b);
    let bits = bits ^ (bits >> 16);
    // Signed, as processors turn signed integers into DOUBLEs at once.
    (f64::from((bits >> 1).cast_signed()) + 0.5) / 2_147_483_648.0
}

/// The quantile of the standard normal distribution, to seven digits, from 1e-11 up to as much less than 1 (Wichura 1988,
/// algorithm AS 241, PPND7).
fn normal_quantile(share: f64) -> f64 {
    let ratio = |above: [f64; 4], below: [f64; 4], x: f64| {
        let polynomial = |of: [f64; 4]| of.into_iter().rfold(0.0, |sum, term| sum * x + term);
        polynomial(above) / polynomial(below)
    };
    let middle = share - 0.5;
    if middle.abs() <= 0.425 {
        let above = [3.387_132_717_9, 50.434_271_938, 159.291_132_02, 59.109_374_720];
        let below = [1.0, 17.895_169_469, 78.757_757_664, 67.187_563_600];
        return middle * ratio(above, below, 0.180_625 - middle * middle);
    }
    let above = [1.423_437_277_7, 2.756_815_390_0, 1.306_728_481_6, 0.170_238_211_03];
    let below = [1.0, 0.737_001_642_50, 0.120_211_329_75, 0.0];
    middle.signum() * ratio(above, below, (-share.min(1.0 - share).ln()).sqrt() - 1.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles<const COUNT: usize>(deals: &[[f64; 2]], shock: f64, shares: [f64; COUNT]) -> [f64; COUNT] {
        shares.map(|share| SimulatedQuantile.compute(&Rows::of(deals), &[shock, share]).unwrap())
    }

    /// Deals of many amounts and probabilities.
    fn made(count: u32) -> Vec<[f64; 2]> {
        let deal = |i: u32| [f64::from(1000 + i * i % 977), f64::from(1 + i * 37 % 97) / 100.0];
        (0..count).map(deal).collect()
    }

    #[test]
    fn the_number_of_wins_is_distributed_as_it_is_exactly() {
        // Of 200 deals of 1 with 0.2 each; the quantiles by `tests/statistics/reference.py`.
        let deals = [[1.0, 0.2]; 200];
        let shares = [0.05, 0.1, 0.5, 0.9, 0.95];
        for (shock, wanted) in [
            (0.0, [31.0, 33.0, 40.0, 47.0, 49.0]),
            (0.6, [14.0, 18.0, 37.0, 67.0, 77.0]),
            (1.5, [2.0, 4.0, 26.0, 101.0, 127.0]),
        ] {
            let found = quantiles(&deals, shock, shares);
            // Two standard errors of a thousand draws, and the step of a whole deal.
            let is_near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= 1.0 + 0.05 * wanted);
            assert!(is_near, "shock {shock}: {found:?}");
        }
    }

    #[test]
    fn the_mean_is_the_weighted_pipeline_whatever_the_shock() {
        let deals = made(3000);
        let weighted: f64 = deals.iter().map(|[amount, probability]| amount * probability).sum();
        let rows: Vec<&[f64]> = deals.iter().map(<[f64; 2]>::as_slice).collect();
        for shock in [0.0, 0.3, 1.0, 3.0] {
            let mean = simulate(&rows, shock).iter().sum::<f64>() / 1000.0;
            assert!((mean / weighted - 1.0).abs() < 0.003, "shock {shock}: {mean} for {weighted}");
        }
    }

    #[test]
    fn the_order_of_deals_does_not_matter() {
        let mut deals = made(400);
        let found = quantiles(&deals, 0.5, [0.1, 0.9]);
        deals.reverse();
        deals.rotate_left(123);
        assert_eq!(quantiles(&deals, 0.5, [0.1, 0.9]), found);
    }

    #[test]
    fn a_deal_beside_others_changes_nothing_of_their_luck() {
        let mut deals = made(400);
        let found = quantiles(&deals, 0.5, [0.0, 0.1, 0.5, 1.0]);
        deals.push([1_000_000.0, 1.0]);
        deals.push([2_000_000.0, 0.0]);
        assert_eq!(quantiles(&deals, 0.5, [0.0, 0.1, 0.5, 1.0]), found.map(|sum| sum + 1_000_000.0));
    }

    #[test]
    fn what_is_certain_stays_certain_under_any_shock() {
        for shock in [0.0, 2.0, 1e3, 1e300] {
            assert_eq!(quantiles(&[[10.0, 1.0], [5.0, 0.0]], shock, [0.0, 0.5, 1.0]), [10.0; 3], "{shock}");
            let [median] = quantiles(&[[10.0, 1e-300], [5.0, 1.0 - 1e-16], [7.0, 0.5]], shock, [0.5]);
            assert!(median.is_finite(), "{shock}");
        }
    }

    #[test]
    fn a_larger_shock_makes_a_wider_interval() {
        let deals = made(400);
        let width = |shock: f64| {
            let [low, high] = quantiles(&deals, shock, [0.1, 0.9]);
            high - low
        };
        assert!(width(0.0) * 1.5 < width(0.3) && width(0.3) * 1.5 < width(1.0));
    }

    #[test]
    fn the_normal_quantile_has_seven_digits() {
        for (share, wanted) in [
            (0.0005, -3.290_526_731_491_894_5),
            (0.0745, -1.443_072_674_370_901_3),
            (0.0755, -1.436_008_227_944_182),
            (0.3, -0.524_400_512_708_040_9),
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.9995, 3.290_526_731_491_925_5),
        ] {
            assert!((normal_quantile(share) - wanted).abs() < 1e-6, "{share}: {}", normal_quantile(share));
        }
    }
}
