//! `to_reporting_currency`: an amount at the rates of `crm.fx_rate`.
//!
//! A function reads no tables, so the call is completed in the parsed statement by the day that counts and by a subquery
//! that gathers the rates once for the whole statement. What reads the rates is so seen by whoever asks what a statement
//! reads.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, Decimal128Builder};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart, TableFactor, VisitMut,
    VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::query::from;

pub const NAME: &str = "to_reporting_currency";
/// What the function takes, for those who write it otherwise.
pub const TAKES: &str =
    "an amount and its currency, and for dated rates a day: to_reporting_currency(amount, currency, closed_on)";

/// The money of the product.
const MONEY: DataType = DataType::Decimal128(18, 4);
const RATE_SCALE: i8 = 10;

/// Completes a call; `None` where it has another number of arguments than the function takes.
pub fn complete(call: &mut Function) -> Option<()> {
    let span = from::span_of(&call.name);
    let FunctionArguments::List(list) = &mut call.args else { return None };
    if let [_, _, _, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Subquery(_)))] = list.args.as_slice() {
        // Of a metric, which was made ready before it was put here.
        return Some(());
    }
    let (day, condition) = match list.args.len() {
        2 => (Some("current_date"), "rate_type = 'plan' AND valid_from <= current_date"),
        3 => (None, "rate_type = 'spot'"),
        _ => return None,
    };
    let rates = format!(
        "(SELECT array_agg(named_struct('currency', from_currency, 'valid_from', CAST(valid_from AS DATE), \
         'rate', CAST(rate AS DECIMAL(18,10)))) \
         FROM crm.fx_rate WHERE to_currency = reporting_currency() AND {condition})"
    );
    for text in day.into_iter().chain([rates.as_str()]) {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(expression(text, span))));
    }
    Some(())
}

/// An expression of the product's own; what it names stands where the call does.
fn expression(text: &str, span: Span) -> Expr {
    struct At(Span);

    impl VisitorMut for At {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> std::ops::ControlFlow<()> {
            if let TableFactor::Table { name, .. } = factor {
                for part in &mut name.0 {
                    if let ObjectNamePart::Identifier(Ident { span, .. }) = part {
                        *span = self.0;
                    }
                }
            }
            std::ops::ControlFlow::Continue(())
        }
    }

    let parsed = Parser::new(&GenericDialect {}).try_with_sql(text).and_then(|mut parser| parser.parse_expr());
    let mut expression = parsed.expect("the product's own SQL is SQL");
    let _ = VisitMut::visit(&mut expression, &mut At(span));
    expression
}

pub fn to_reporting_currency(currency: &str) -> ScalarUDF {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(Convert { signature, currency: currency.to_owned() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Convert {
    signature: Signature,
    /// The reporting currency, which counts 1.
    currency: String,
}

impl ScalarUDFImpl for Convert {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [
                amount,
                DataType::Utf8 | DataType::Null,
                DataType::Date32 | DataType::Timestamp(..) | DataType::Null,
                rates @ DataType::List(_),
            ] if amount.is_numeric() || amount.is_null() => {
                Ok(vec![MONEY, DataType::Utf8, DataType::Date32, rates.clone()])
            }
            _ => plan_err!("it takes {TAKES}"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(MONEY)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // The rates are the same for all rows.
        let rates = match &args.args[3] {
            ColumnarValue::Scalar(rates) => rates.to_array()?,
            ColumnarValue::Array(rates) => rates.slice(0, rates.len().min(1)),
        };
        let rates = read(&rates);
        let arrays = ColumnarValue::values_to_arrays(&args.args[..3])?;
        let rows = args.number_rows.min(arrays[0].len());
        let amounts = arrays[0].as_primitive::<Decimal128Type>();
        let (currencies, days) = (arrays[1].as_string::<i32>(), arrays[2].as_primitive::<Date32Type>());
        let mut converted = Decimal128Builder::with_capacity(rows).with_data_type(MONEY);
        for row in 0..rows {
            if amounts.is_null(row) || currencies.is_null(row) {
                converted.append_null();
                continue;
            }
            let (amount, currency) = (amounts.value(row), currencies.value(row));
            if currency == self.currency {
                converted.append_value(amount);
                continue;
            }
            let known = rates.get(currency).filter(|_| days.is_valid(row));
            let rate = known.and_then(|known| {
                let later = known.partition_point(|(from, _)| *from <= days.value(row));
                later.checked_sub(1).map(|last| known[last].1)
            });
            match rate.map(|rate| times(amount, rate)) {
                None => converted.append_null(),
                Some(Some(money)) => converted.append_value(money),
                Some(None) => {
                    return exec_err!("the function {NAME} gives an amount that is too large for DECIMAL(18, 4)");
                }
            }
        }
        Ok(ColumnarValue::Array(std::sync::Arc::new(converted.finish())))
    }
}

/// An amount times a rate, rounded half away from zero to the amount's four digits; `None` where it is too large.
fn times(amount: i128, rate: i128) -> Option<i128> {
    let unit = 10_i128.pow(RATE_SCALE.unsigned_abs().into());
    let product = amount.checked_mul(rate)?;
    let money = (product + product.signum() * unit / 2) / unit;
    (money.abs() < 10_i128.pow(18)).then_some(money)
}

/// Rates by currency, each with its first day, in the order of days.
fn read(rates: &arrow::array::ArrayRef) -> HashMap<String, Vec<(i32, i128)>> {
    let mut found: HashMap<String, Vec<(i32, i128)>> = HashMap::new();
    for list in rates.as_list::<i32>().iter().flatten() {
        let rows = list.as_struct();
        let (currencies, days) = (rows.column(0).as_string::<i32>(), rows.column(1).as_primitive::<Date32Type>());
        let amounts = rows.column(2).as_primitive::<Decimal128Type>();
        for row in (0..rows.len()).filter(|row| rows.columns().iter().all(|column| column.is_valid(*row))) {
            found.entry(currencies.value(row).to_owned()).or_default().push((days.value(row), amounts.value(row)));
        }
    }
    found.values_mut().for_each(|known| known.sort_unstable());
    found
}
