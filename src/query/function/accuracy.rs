//! How good forecasts were: aggregates over pairs of what was said and what came.
//!
//! A pair with a NULL is left out; where nothing is left, or there is nothing to divide by, the answer is NULL. `wape` and
//! `bias` add up DECIMALs exactly, so that no order of rows changes a digit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

pub const PINBALL: &str = "pinball";

/// A measure of forecasts: a sum over pairs, divided by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Measure {
    /// Σ|F − A| / ΣA.
    Wape,
    /// Σ(F − A) / ΣA.
    Bias,
    /// The mean of |F − A| / |A|.
    Mape,
    /// The mean of |F − A| / scale.
    Mase,
    /// The mean of (p − o)².
    Brier,
    /// The mean of share × (A − F) where more came than was said, of (1 − share) × (F − A) where less did.
    Pinball,
}

impl Measure {
    const ALL: [Self; 6] = [Self::Wape, Self::Bias, Self::Mape, Self::Mase, Self::Brier, Self::Pinball];

    fn name(self) -> &'static str {
        match self {
            Self::Wape => "wape",
            Self::Bias => "bias",
            Self::Mape => "mape",
            Self::Mase => "mase",
            Self::Brier => "brier",
            Self::Pinball => PINBALL,
        }
    }

    fn arguments(self) -> usize {
        if matches!(self, Self::Mase | Self::Pinball) { 3 } else { 2 }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Wape | Self::Bias | Self::Mape => "two numbers: the forecast, and what came",
            Self::Mase => "three numbers: the forecast, what came, and the naive method's mean error",
            Self::Brier => "a probability, and the outcome as 1 or 0, or TRUE or FALSE",
            Self::Pinball => "three numbers: the forecast quantile, what came, and the quantile's share from 0 to 1",
        }
    }

    /// Whether both sums are sums of what comes in.
    fn is_additive(self) -> bool {
        matches!(self, Self::Wape | Self::Bias)
    }

    /// What one pair adds above and below the line; `third` is the scale or the share.
    fn terms(self, said: f64, came: f64, third: f64) -> Result<Option<(f64, f64)>> {
        let error = said - came;
        if self == Self::Pinball && !(0.0..=1.0).contains(&third) {
            return exec_err!("the function pinball takes no share outside of zero to one");
        }
        Ok(match self {
            Self::Wape => Some((error.abs(), came)),
            Self::Bias => Some((error, came)),
            Self::Mape => (came != 0.0).then(|| ((error / came).abs(), 1.0)),
            Self::Mase => (third > 0.0).then(|| (error.abs() / third, 1.0)),
            Self::Brier => Some((error * error, 1.0)),
            Self::Pinball => Some(((-third * error).max((1.0 - third) * error), 1.0)),
        })
    }
}

/// The aggregates of this file.
pub fn all() -> Vec<AggregateUDF> {
    let function =
        |measure| AggregateUDF::from(Function { measure, signature: Signature::user_defined(Volatility::Immutable) });
    Measure::ALL.into_iter().map(function).collect()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    measure: Measure,
    signature: Signature,
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.measure.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let fits = |of: &DataType| {
            of.is_numeric() || of.is_null() || (self.measure == Measure::Brier && *of == DataType::Boolean)
        };
        if given.len() != self.measure.arguments() || !given.iter().all(fits) {
            return plan_err!("it takes {}", self.measure.takes());
        }
        let exact = self.measure.is_additive().then(|| common_scale(given)).flatten();
        let taken = exact.map_or(DataType::Float64, |scale| DataType::Decimal128(38, scale));
        Ok(vec![taken; given.len()])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let of = args.input_fields[0].data_type();
        let field = |part: &str| Arc::new(Field::new(format_state_name(args.name, part), of.clone(), true));
        Ok(vec![field("above"), field("below")])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match args.expr_fields[0].data_type() {
            DataType::Decimal128(_, scale) => {
                Box::new(Exact { measure: self.measure, scale: *scale, above: 0, below: 0 })
            }
            _ => Box::new(Floating { measure: self.measure, above: 0.0, below: 0.0 }),
        })
    }
}

/// The scale that holds the digits of all types, if all are exact.
fn common_scale(types: &[DataType]) -> Option<i8> {
    let scale = |of: &DataType| match of {
        DataType::Decimal128(_, scale) => Some(*scale),
        of if of.is_integer() => Some(0),
        _ => None,
    };
    types.iter().map(scale).collect::<Option<Vec<i8>>>()?.into_iter().max()
}

/// Sums of DECIMALs of one scale, as they are stored.
#[derive(Debug)]
struct Exact {
    measure: Measure,
    scale: i8,
    above: i128,
    below: i128,
}

impl Exact {
    fn add(&mut self, values: &[ArrayRef], sign: i128) -> Result<()> {
        let (said, came) = (values[0].as_primitive::<Decimal128Type>(), values[1].as_primitive::<Decimal128Type>());
        for pair in said.iter().zip(came.iter()) {
            let (Some(said), Some(came)) = pair else { continue };
            let added = said.checked_sub(came).and_then(|error| {
                let error = if self.measure == Measure::Wape { error.checked_abs()? } else { error };
                Some((self.above.checked_add(sign * error)?, self.below.checked_add(sign * came)?))
            });
            let Some((above, below)) = added else {
                return exec_err!(
                    "the function {} adds up more than fits into DECIMAL(38, {})",
                    self.measure.name(),
                    self.scale
                );
            };
            (self.above, self.below) = (above, below);
        }
        Ok(())
    }
}

impl Accumulator for Exact {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values, 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values, -1)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sum = |at: usize| states[at].as_primitive::<Decimal128Type>().iter().flatten().sum::<i128>();
        (self.above, self.below) = (self.above + sum(0), self.below + sum(1));
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok([self.above, self.below].map(|sum| ScalarValue::Decimal128(Some(sum), 38, self.scale)).to_vec())
    }

    #[expect(clippy::cast_precision_loss, reason = "the answer is a DOUBLE")]
    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.below > 0).then(|| self.above as f64 / self.below as f64)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Sums of floating numbers.
#[derive(Debug)]
struct Floating {
    measure: Measure,
    above: f64,
    below: f64,
}

impl Floating {
    fn add(&mut self, values: &[ArrayRef], sign: f64) -> Result<()> {
        let column = |at: usize| values.get(at).map(|values| values.as_primitive::<Float64Type>());
        let (Some(said), Some(came), third) = (column(0), column(1), column(2)) else { return Ok(()) };
        for row in (0..said.len()).filter(|row| values.iter().all(|column| column.is_valid(*row))) {
            let third = third.map_or(1.0, |third| third.value(row));
            if let Some((above, below)) = self.measure.terms(said.value(row), came.value(row), third)? {
                self.above += sign * above;
                self.below += sign * below;
            }
        }
        Ok(())
    }
}

impl Accumulator for Floating {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values, 1.0)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values, -1.0)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sum = |at: usize| states[at].as_primitive::<Float64Type>().iter().flatten().sum::<f64>();
        (self.above, self.below) = (self.above + sum(0), self.below + sum(1));
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok([self.above, self.below].map(|sum| ScalarValue::Float64(Some(sum))).to_vec())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mean = (self.below > 0.0).then(|| self.above / self.below);
        Ok(ScalarValue::Float64(mean.filter(|mean| mean.is_finite())))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
