//! `sign_test`: whether of two methods one is better more often than chance would have it.
//!
//! Under the hypothesis that neither is, each difference is above or below zero like a coin. Of n differences that are
//! not zero, with k on the rarer side, the two-sided p-value is twice the chance of k or fewer, and at most 1 (Conover 1999).

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

pub fn sign_test() -> AggregateUDF {
    AggregateUDF::from(SignTest { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SignTest {
    signature: Signature,
}

impl AggregateUDFImpl for SignTest {
    fn name(&self) -> &str {
        "sign_test"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [of] if of.is_numeric() || of.is_null() => Ok(vec![DataType::Float64]),
            _ => plan_err!("it takes a number: the difference between two methods' errors"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |part: &str| Field::new(format_state_name(args.name, part), DataType::Int64, true).into();
        Ok(vec![field("above"), field("below")])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Signs { above: 0, below: 0 }))
    }
}

/// Differences above and below zero.
#[derive(Debug)]
struct Signs {
    above: i64,
    below: i64,
}

impl Signs {
    fn add(&mut self, differences: &ArrayRef, times: i64) {
        for difference in differences.as_primitive::<Float64Type>().iter().flatten() {
            self.above += times * i64::from(difference > 0.0);
            self.below += times * i64::from(difference < 0.0);
        }
    }
}

impl Accumulator for Signs {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], 1);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], -1);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sum = |at: usize| states[at].as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        (self.above, self.below) = (self.above + sum(0), self.below + sum(1));
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok([self.above, self.below].map(|count| ScalarValue::Int64(Some(count))).to_vec())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(two_sided(self.above, self.below)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The chance that coins fall at least as unevenly; `None` without a coin.
#[expect(clippy::cast_precision_loss, reason = "no table has so many rows that a DOUBLE could not count them")]
fn two_sided(above: i64, below: i64) -> Option<f64> {
    let (rarer, coins) = (above.min(below), above + below);
    if coins == 0 {
        return None;
    }
    // The chance of exactly `rarer`, as a logarithm, as that of one thousand coins falling alike is no number.
    let ways: f64 = (0..rarer).map(|j| ((coins - j) as f64 / (j + 1) as f64).ln()).sum();
    let mut chance = (ways - coins as f64 * std::f64::consts::LN_2).exp();
    let mut tail = chance;
    for k in (1..=rarer).rev() {
        chance *= k as f64 / (coins - k + 1) as f64;
        tail += chance;
    }
    Some((2.0 * tail).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By SciPy; see `tests/statistics/reference.py`.
    const BINOMTEST: [(i64, i64, f64); 6] = [
        (1, 0, 1.0),
        (13, 7, 0.263_175_964_355_468_75),
        (60, 40, 0.056_887_933_640_980_89),
        (520, 480, 0.217_448_293_204_141_5),
        (3000, 3200, 0.011_488_253_770_871_584),
        (5000, 4000, 5.581_401_567_014_391e-26),
    ];

    #[test]
    fn chances_are_those_of_the_binomial_test() {
        for (above, below, chance) in BINOMTEST {
            let found = two_sided(above, below).unwrap();
            assert!((found / chance - 1.0).abs() < 1e-10, "{above} and {below}: {found}");
        }
        // 8 and 2: 2 × (1 + 10 + 45) / 1024.
        assert_eq!(two_sided(8, 2).map(|found| (found * 1e12).round()), Some(0.109_375e12));
        assert_eq!(two_sided(0, 0), None);
        assert_eq!(two_sided(5, 5), Some(1.0));
    }
}
