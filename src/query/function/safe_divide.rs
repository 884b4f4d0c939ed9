//! `safe_divide`: a quotient that is NULL where there is nothing to divide by.

use arrow::compute::kernels::cmp::eq;
use arrow::compute::kernels::numeric::div;
use arrow::compute::nullif;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{
    ColumnarValue, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

pub fn safe_divide() -> ScalarUDF {
    ScalarUDF::from(SafeDivide { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SafeDivide {
    signature: Signature,
}

impl ScalarUDFImpl for SafeDivide {
    fn name(&self) -> &str {
        "safe_divide"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// As `/` does, save that whole numbers are not cut off.
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let fits = |of: &DataType| of.is_numeric() || of.is_null();
        match given {
            [a, b] if fits(a) && fits(b) => {
                let is_whole = |of: &DataType| of.is_integer() || of.is_null();
                if is_whole(a) && is_whole(b) {
                    return Ok(vec![DataType::Float64; 2]);
                }
                let (a, b) = BinaryTypeCoercer::new(a, &Operator::Divide, b).get_input_types()?;
                Ok(vec![a, b])
            }
            _ => plan_err!("it takes two numbers"),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        BinaryTypeCoercer::new(&given[0], &Operator::Divide, &given[1]).get_result_type()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let zero = ScalarValue::new_zero(arrays[1].data_type())?.to_scalar()?;
        let divisor = nullif(&arrays[1], &eq(&arrays[1], &zero)?)?;
        Ok(ColumnarValue::Array(div(&arrays[0], &divisor)?))
    }
}
