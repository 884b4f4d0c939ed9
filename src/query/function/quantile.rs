//! `quantile`: the exact quantile of a column, whatever the order of its rows.
//!
//! The definition is type 7 of Hyndman & Fan 1996, which is `percentile_cont` of Postgres and the default of Excel and
//! NumPy: with n values the one at place (n − 1) × share, counted from 0, in line between its neighbours.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

pub const NAME: &str = "quantile";

pub fn quantile() -> AggregateUDF {
    AggregateUDF::from(Quantile { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Quantile {
    signature: Signature,
}

impl AggregateUDFImpl for Quantile {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// DECIMAL stays what it is; other numbers become DOUBLE.
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [of @ DataType::Decimal128(..), share] if share.is_numeric() => Ok(vec![of.clone(), DataType::Float64]),
            [of, share] if (of.is_numeric() || of.is_null()) && share.is_numeric() => Ok(vec![DataType::Float64; 2]),
            _ => plan_err!("it takes a column of numbers and a share from 0 to 1"),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        Ok(given[0].clone())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let values = Field::new_list_field(args.input_fields[0].data_type().clone(), true);
        Ok(vec![
            Arc::new(Field::new_list(format_state_name(args.name, "values"), values, true)),
            Arc::new(Field::new(format_state_name(args.name, "share"), DataType::Float64, true)),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let values = match args.expr_fields[0].data_type() {
            DataType::Decimal128(precision, scale) => Values::Decimal(Vec::new(), *precision, *scale),
            _ => Values::Double(Vec::new()),
        };
        Ok(Box::new(Gathered { values, share: None }))
    }
}

#[derive(Debug)]
enum Values {
    Decimal(Vec<i128>, u8, i8),
    Double(Vec<f64>),
}

#[derive(Debug)]
struct Gathered {
    values: Values,
    share: Option<f64>,
}

impl Gathered {
    fn gather(&mut self, column: &ArrayRef) {
        match &mut self.values {
            Values::Decimal(values, ..) => values.extend(column.as_primitive::<Decimal128Type>().iter().flatten()),
            Values::Double(values) => values.extend(column.as_primitive::<Float64Type>().iter().flatten()),
        }
    }

    fn ask_for(&mut self, shares: &ArrayRef) -> Result<()> {
        for share in shares.as_primitive::<Float64Type>().iter().flatten() {
            if !(0.0..=1.0).contains(&share) {
                return exec_err!("the function quantile takes a share from 0 to 1");
            }
            if self.share.replace(share).is_some_and(|other| other.total_cmp(&share).is_ne()) {
                return exec_err!("the function quantile takes one share for all rows of a group");
            }
        }
        Ok(())
    }
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.gather(&columns[0]);
        self.ask_for(&columns[1])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().for_each(|values| self.gather(&values));
        self.ask_for(&states[1])
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: ArrayRef = match &self.values {
            Values::Decimal(values, precision, scale) => Arc::new(
                Decimal128Array::from_iter_values(values.iter().copied())
                    .with_precision_and_scale(*precision, *scale)?,
            ),
            Values::Double(values) => Arc::new(Float64Array::from_iter_values(values.iter().copied())),
        };
        Ok(vec![SingleRowListArrayBuilder::new(values).build_list_scalar(), ScalarValue::Float64(self.share)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let share = self.share;
        Ok(match &mut self.values {
            Values::Decimal(values, precision, scale) => {
                values.sort_unstable();
                let found =
                    share.and_then(|share| between(values, share, |low, high, part| low + part_of(high - low, part)));
                ScalarValue::Decimal128(found, *precision, *scale)
            }
            Values::Double(values) => {
                values.sort_unstable_by(f64::total_cmp);
                let found = share.and_then(|share| between(values, share, |low, high, part| low + (high - low) * part));
                ScalarValue::Float64(found)
            }
        })
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + match &self.values {
                Values::Decimal(values, ..) => values.capacity() * size_of::<i128>(),
                Values::Double(values) => values.capacity() * size_of::<f64>(),
            }
    }
}

/// The value at a share of sorted values, made of its two neighbours and the part of the way between them.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among rows"
)]
pub fn between<T: Copy>(sorted: &[T], share: f64, mix: impl Fn(T, T, f64) -> T) -> Option<T> {
    let place = (sorted.len().checked_sub(1)?) as f64 * share;
    let low = (place.floor() as usize).min(sorted.len() - 1);
    let high = (low + 1).min(sorted.len() - 1);
    Some(mix(sorted[low], sorted[high], place - place.floor()))
}

/// A part of a distance between DECIMALs, rounded half away from zero.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the result is at most the distance")]
fn part_of(distance: i128, part: f64) -> i128 {
    (distance as f64 * part).round() as i128
}
