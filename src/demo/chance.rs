//! Chance that is the same on every machine: a seeded generator (xoshiro256++, seeded through SplitMix64; Blackman and
//! Vigna 2018) and the distributions the simulator draws from. `ln` and `exp` are written out of additions and
//! multiplications, because those of the platforms differ in the last digit.

use std::f64::consts::{LN_2, SQRT_2};

/// A stream of random numbers; equal keys give equal streams.
#[derive(Debug, Clone)]
pub struct Chance {
    state: [u64; 4],
}

impl Chance {
    /// The stream of a key, for instance seed, kind of thing, number of the thing.
    pub fn new(key: [u64; 3]) -> Self {
        let mut seed = 0x005E_EDF0_CA57_u64;
        for part in key {
            seed = split_mix(seed ^ part.wrapping_mul(0xD134_2543_DE82_EF95));
        }
        let mut state = [0; 4];
        for word in &mut state {
            seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            *word = split_mix(seed);
        }
        Self { state }
    }

    fn next(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number, both ends included.
    pub fn whole(&mut self, low: i32, high: i32) -> i32 {
        let width = f64::from(high - low + 1);
        low + (self.unit() * width) as i32
    }

    /// Standard normal (polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let x = self.between(-1.0, 1.0);
            let y = self.between(-1.0, 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * ln(square) / square).sqrt();
            }
        }
    }

    /// Lognormal with this median; `sigma` is the standard deviation of the logarithm.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * ln(1.0 - self.unit())
    }

    /// One of `items`, each equally likely; `items` is not empty.
    pub fn choice<T: Copy>(&mut self, items: &[T]) -> T {
        items[(self.unit() * items.len() as f64) as usize]
    }

    /// The position of one of `weights`, likely in proportion; the last position when all are 0.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.unit() * total;
        for (position, weight) in weights.iter().enumerate() {
            if left < *weight {
                return position;
            }
            left -= weight;
        }
        weights.len() - 1
    }
}

fn split_mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// The natural logarithm of a positive normal number.
pub fn ln(value: f64) -> f64 {
    let bits = value.to_bits();
    let mut exponent = ((bits >> 52) & 0x7FF) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let series = (0..=10).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) * LN_2 + 2.0 * t * series
}

/// e to the power of a number between -700 and 700.
pub fn exp(value: f64) -> f64 {
    let power = (value / LN_2).round();
    let rest = value - power * LN_2;
    let series = (1..=14).rev().fold(1.0, |sum, k| 1.0 + sum * rest / f64::from(k));
    series * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

/// The probability whose odds are e to the power of `value`.
pub fn logistic(value: f64) -> f64 {
    1.0 / (1.0 + exp(-value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_out_logarithm_and_power_agree_with_the_platforms() {
        for value in [1e-9, 0.013, 0.5, 0.999, 1.0, 1.7, 42.0, 9.9e12] {
            assert!((ln(value) - f64::ln(value)).abs() <= 1e-14 * (1.0 + f64::ln(value).abs()), "ln {value}");
        }
        for value in [-30.0, -1.5, -1e-6, 0.0, 0.3, 1.0, 17.25] {
            assert!((exp(value) / f64::exp(value) - 1.0).abs() < 1e-14, "exp {value}");
        }
    }

    #[test]
    fn distributions_have_their_means() {
        let mut chance = Chance::new([1, 2, 3]);
        let n = 40_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
        assert!((mean(&mut || chance.unit()) - 0.5).abs() < 0.01);
        assert!(mean(&mut || chance.normal()).abs() < 0.02);
        assert!((mean(&mut || chance.exponential(3.0)) - 3.0).abs() < 0.06);
        assert!((mean(&mut || f64::from(chance.whole(1, 6))) - 3.5).abs() < 0.04);
        assert!((mean(&mut || chance.weighted(&[1.0, 0.0, 3.0]) as f64) - 1.5).abs() < 0.02);
    }

    #[test]
    fn equal_keys_give_equal_streams_and_other_keys_others() {
        let draw = |key| Chance::new(key).unit();
        assert_eq!(draw([7, 1, 9]), draw([7, 1, 9]));
        assert_ne!(draw([7, 1, 9]), draw([7, 1, 10]));
        assert_ne!(draw([7, 1, 9]), draw([7, 2, 9]));
    }
}
