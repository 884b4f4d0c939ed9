//! The mapping functions `number`, `day`, `moment`, `day_of`, `is_true` and `salesforce_id`.
//!
//! Each gets the row's number in its batch as a last argument, which the mapping puts there, and marks the row
//! in a ledger when a text does not fit. So the right row is marked even inside a CASE, where the engine
//! evaluates a branch on some of the rows only.

use std::sync::{Arc, Mutex};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, TimestampMicrosecondType, UInt32Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use jiff::tz::TimeZone;

use super::text;
use crate::query::function::MOMENT;

/// The hidden column that tells a row's number in its batch.
pub const ROW: &str = "__row";

/// What `number` gives: all digits of any money or rate.
pub const NUMBER: DataType = DataType::Decimal128(38, 10);

/// Rows of the batch at hand whose text did not fit, with what was wrong.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<(u32, &'static str)>>>);

impl Ledger {
    fn mark(&self, row: u32, reason: &'static str) {
        if let Ok(mut marks) = self.0.lock() {
            marks.push((row, reason));
        }
    }

    /// What was marked since the last time, by row.
    pub fn take(&self) -> Vec<(u32, &'static str)> {
        let mut marks = self.0.lock().map(|mut marks| std::mem::take(&mut *marks)).unwrap_or_default();
        marks.sort_unstable();
        marks.dedup_by_key(|mark| mark.0);
        marks
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Number,
    Day,
    Moment,
    DayOf,
    IsTrue,
    SalesforceId,
}

const KINDS: [Kind; 6] = [Kind::Number, Kind::Day, Kind::Moment, Kind::DayOf, Kind::IsTrue, Kind::SalesforceId];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Day => "day",
            Self::Moment => "moment",
            Self::DayOf => "day_of",
            Self::IsTrue => "is_true",
            Self::SalesforceId => "salesforce_id",
        }
    }
}

/// Whether a call by this name gets the row's number as a last argument.
pub fn takes_row(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.name() == name)
}

/// The functions for one source; what does not fit is marked in `ledger`.
pub fn all(ledger: &Ledger, zone: &TimeZone) -> Vec<ScalarUDF> {
    let of_kind = |kind| ScalarUDF::from(MappingFunction::new(kind, ledger.clone(), zone.clone()));
    KINDS.into_iter().map(of_kind).collect()
}

#[derive(Debug)]
struct MappingFunction {
    kind: Kind,
    ledger: Ledger,
    zone: TimeZone,
    signature: Signature,
}

impl PartialEq for MappingFunction {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && Arc::ptr_eq(&self.ledger.0, &other.ledger.0)
    }
}

impl Eq for MappingFunction {}

impl std::hash::Hash for MappingFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

impl MappingFunction {
    fn new(kind: Kind, ledger: Ledger, zone: TimeZone) -> Self {
        let row = DataType::UInt32;
        let one = |of: DataType| TypeSignature::Exact(vec![of, row.clone()]);
        let with_form = TypeSignature::Exact(vec![DataType::Utf8, DataType::Utf8, row.clone()]);
        let takes = match kind {
            Kind::Number | Kind::Day | Kind::Moment => vec![one(DataType::Utf8), with_form],
            Kind::DayOf => vec![one(MOMENT)],
            Kind::IsTrue | Kind::SalesforceId => vec![one(DataType::Utf8)],
        };
        // Volatile, so that no call is computed once for many rows, or not at all.
        Self { kind, ledger, zone, signature: Signature::one_of(takes, Volatility::Volatile) }
    }

    /// Converts the texts of a column; a text that is there and does not fit is marked.
    fn convert<T>(
        &self,
        columns: &[ArrayRef],
        reason: &'static str,
        read: impl Fn(&str, Option<&str>) -> Option<T>,
    ) -> Vec<Option<T>> {
        let texts = columns[0].as_string::<i32>();
        let forms = (columns.len() == 3).then(|| columns[1].as_string::<i32>());
        let rows = columns[columns.len() - 1].as_primitive::<UInt32Type>();
        (0..texts.len())
            .map(|at| {
                let text = texts.is_valid(at).then(|| texts.value(at)).filter(|text| !text::trim(text).is_empty())?;
                let form = forms.filter(|forms| forms.is_valid(at)).map(|forms| forms.value(at));
                let value = read(text, form);
                if value.is_none() {
                    self.ledger.mark(rows.value(at), reason);
                }
                value
            })
            .collect()
    }
}

impl ScalarUDFImpl for MappingFunction {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::Number => NUMBER,
            Kind::Day | Kind::DayOf => DataType::Date32,
            Kind::Moment => MOMENT,
            Kind::IsTrue => DataType::Boolean,
            Kind::SalesforceId => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = arguments
            .args
            .iter()
            .map(|argument| argument.to_array(arguments.number_rows))
            .collect::<Result<Vec<_>>>()?;
        let array: ArrayRef = match self.kind {
            Kind::Number => {
                let read =
                    |text: &str, mark: Option<&str>| text::number(text, mark.and_then(|mark| mark.chars().next()));
                let values = self.convert(&columns, NO_NUMBER, read);
                Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 10)?)
            }
            Kind::Day => {
                let read = |text: &str, form: Option<&str>| text::day(text, form).map(crate::day::Day::to_epoch_days);
                Arc::new(Date32Array::from(self.convert(&columns, NO_DAY, read)))
            }
            Kind::Moment => {
                let read = |text: &str, form: Option<&str>| text::moment(text, form, &self.zone);
                Arc::new(TimestampMicrosecondArray::from(self.convert(&columns, NO_MOMENT, read)))
            }
            Kind::DayOf => {
                let moments = columns[0].as_primitive::<TimestampMicrosecondType>();
                let days =
                    moments.iter().map(|moment| text::day_of(moment?, &self.zone).map(crate::day::Day::to_epoch_days));
                Arc::new(days.collect::<Date32Array>())
            }
            Kind::IsTrue => {
                // Absent is false: exports leave the box of a flag empty when it is not ticked.
                let values = self.convert(&columns, NO_BOOLEAN, |text, _| text::boolean(text));
                Arc::new(values.into_iter().map(|value| Some(value.unwrap_or(false))).collect::<BooleanArray>())
            }
            Kind::SalesforceId => {
                let values = self.convert(&columns, NO_SALESFORCE_ID, |text, _| text::salesforce_id(text));
                Arc::new(StringArray::from(values))
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

pub const NO_NUMBER: &str = "is not a number";
pub const NO_DAY: &str = "is not a day";
pub const NO_MOMENT: &str = "is not a moment";
pub const NO_BOOLEAN: &str = "is neither true nor false";
const NO_SALESFORCE_ID: &str = "is no id of Salesforce";
