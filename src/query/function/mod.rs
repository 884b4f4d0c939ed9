//! The field's functions in SQL, and the clock's replaced by the run's day.
//!
//! All are pure functions of their arguments and of the settings they are made with. A NULL argument gives
//! NULL. [`mod@reference`] describes them for people.

mod accuracy;
pub mod call;
mod isotonic;
mod logistic;
pub mod money;
pub mod quantile;
pub mod reference;
mod rows;
mod safe_divide;
mod sign_test;
mod simulation;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Float64Array, Int32Array, StringArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, TimeUnit};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::logical_expr::{AggregateUDF, ColumnarValue, ScalarUDF, Volatility, create_udf};

use crate::calendar::{Calendar, Grain};
use crate::day::Day;
use crate::holiday::Holidays;
use crate::project::setting::Values;

/// The 97.5 % quantile of the normal distribution: a 95 % interval has two sides.
const Z_95: f64 = 1.959_963_984_540_054;

/// What the functions depend on beside their arguments.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The run's day: what `current_date` gives.
    pub day: Day,
    pub calendar: Calendar,
    pub timezone: jiff::tz::TimeZone,
    /// ISO code of the reporting currency.
    pub currency: String,
    pub holidays: Arc<Holidays>,
    /// What `setting(...)` gives, and the tables of the schema `setting`.
    pub values: Arc<Values>,
}

impl Settings {
    /// The same, with some thresholds in place of what the pipeline says.
    pub fn with(self, said: &Values) -> Self {
        let values = Arc::new(self.values.with(said));
        let holidays = Arc::new(self.holidays.as_ref().clone().in_week(values.working_days()));
        Self { holidays, values, ..self }
    }
}

/// The one function that depends on holidays.
pub const BUSINESS_DAYS: &str = "business_days";

/// Names of functions that give another answer each time; they are taken away.
pub const CHANCE: [&str; 3] = ["random", "rand", "uuid"];

/// Words, and help, for a function that gives another answer each time; `None` for any other.
pub fn left_to_chance(name: &str) -> Option<(String, &'static str)> {
    let is_chance = CHANCE.contains(&name.to_lowercase().as_str());
    let said =
        || (format!("`{name}` gives another answer each time"), "leave it out: the same day gives the same answer");
    is_chance.then(said)
}

/// Every aggregate of the product's own.
pub fn aggregates() -> Vec<AggregateUDF> {
    let mut aggregates = accuracy::all();
    aggregates.extend([
        quantile::quantile(),
        sign_test::sign_test(),
        rows::aggregate(logistic::LogisticFit),
        rows::aggregate(isotonic::IsotonicFit),
        rows::aggregate(simulation::SimulatedQuantile),
    ]);
    aggregates
}

/// Every scalar function of the product's own.
pub fn all(settings: &Settings) -> Vec<ScalarUDF> {
    let calendar = settings.calendar;
    let day = settings.day;
    let mut functions = vec![
        of_day("fiscal_year", DataType::Int32, move |days| {
            Arc::new(days.map(|day| day.map(|day| i32::from(calendar.year(day)))).collect::<Int32Array>())
        }),
        of_day("fiscal_quarter", DataType::Utf8, move |days| labels(days, calendar, Grain::Quarter)),
        of_day("fiscal_month", DataType::Utf8, move |days| labels(days, calendar, Grain::Month)),
        bound("period_start", move |day, grain| calendar.start(day, grain)),
        bound("period_end", move |day, grain| calendar.end(day, grain)),
        period_label(calendar),
        of_two_days("days_between", |from, to| to.to_epoch_days().checked_sub(from.to_epoch_days())),
        business_days(Arc::clone(&settings.holidays)),
        safe_divide::safe_divide(),
        money::to_reporting_currency(&settings.currency),
        of_two_numbers("ratio", |a, b| (b != 0.0).then(|| a / b)),
        of_number("logistic", |x| Some(logistic::logistic(x))),
        of_number("logit", |share| (share > 0.0 && share < 1.0).then(|| logistic::logit(share))),
        isotonic::isotonic(),
        of_two_numbers("wilson_lower", |k, n| wilson(k, n).map(|(lower, _)| lower)),
        of_two_numbers("wilson_upper", |k, n| wilson(k, n).map(|(_, upper)| upper)),
        constant("reporting_currency", ScalarValue::Utf8(Some(settings.currency.clone()))),
    ];
    for name in ["current_date", "today"] {
        functions.push(constant(name, ScalarValue::Date32(Some(day.to_epoch_days()))));
    }
    let midnight = i64::from(day.to_epoch_days()) * 86_400_000_000;
    for name in ["now", "current_timestamp"] {
        functions.push(constant(name, ScalarValue::TimestampMicrosecond(Some(midnight), None)));
    }
    functions.push(constant("current_time", ScalarValue::Time64Microsecond(Some(0))));
    functions
}

/// The 95 % Wilson score interval of `k` successes in `n` trials (Wilson 1927); `None` without trials.
pub fn wilson(k: f64, n: f64) -> Option<(f64, f64)> {
    if n <= 0.0 || k < 0.0 || k > n {
        return None;
    }
    let share = k / n;
    let z2 = Z_95 * Z_95;
    let centre = share + z2 / (2.0 * n);
    let half = Z_95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // Exact at the ends, where the subtraction would leave a rounding residue.
    let lower = if k == 0.0 { 0.0 } else { (centre - half) / scale };
    let upper = if k == n { 1.0 } else { (centre + half) / scale };
    Some((lower, upper))
}

fn constant(name: &str, value: ScalarValue) -> ScalarUDF {
    let data_type = value.data_type();
    create_udf(name, vec![], data_type, Volatility::Stable, Arc::new(move |_| Ok(ColumnarValue::Scalar(value.clone()))))
}

fn days_of(array: &ArrayRef) -> impl Iterator<Item = Option<Day>> {
    array.as_primitive::<Date32Type>().iter().map(|days| days.and_then(Day::from_epoch_days))
}

fn labels(days: &mut dyn Iterator<Item = Option<Day>>, calendar: Calendar, grain: Grain) -> ArrayRef {
    Arc::new(days.map(|day| day.map(|day| calendar.label(day, grain))).collect::<StringArray>())
}

/// A function of one date.
fn of_day(
    name: &str,
    gives: DataType,
    function: impl Fn(&mut dyn Iterator<Item = Option<Day>>) -> ArrayRef + Send + Sync + 'static,
) -> ScalarUDF {
    create_udf(
        name,
        vec![DataType::Date32],
        gives,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            Ok(ColumnarValue::Array(function(&mut days_of(&arrays[0]))))
        }),
    )
}

/// `period_start` and `period_end`: a date and the name of a grain.
fn bound(name: &'static str, function: impl Fn(Day, Grain) -> Option<Day> + Send + Sync + 'static) -> ScalarUDF {
    let takes = vec![DataType::Date32, DataType::Utf8];
    create_udf(
        name,
        takes,
        DataType::Date32,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let mut bounds = Vec::with_capacity(arrays[0].len());
            for (day, grain) in days_of(&arrays[0]).zip(arrays[1].as_string::<i32>().iter()) {
                bounds.push(match (day, grain) {
                    (Some(day), Some(grain)) => {
                        let Ok(grain) = grain.parse::<Grain>() else {
                            return exec_err!("{name} knows the grains {}", Grain::NAMES.join(", "));
                        };
                        function(day, grain).map(Day::to_epoch_days)
                    }
                    _ => None,
                });
            }
            Ok(ColumnarValue::Array(Arc::new(Date32Array::from(bounds))))
        }),
    )
}

/// The name of the period that holds a date: `2026-Q4`, a day's own for the grain `day`.
fn period_label(calendar: Calendar) -> ScalarUDF {
    create_udf(
        "period_label",
        vec![DataType::Date32, DataType::Utf8],
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let mut labels = Vec::with_capacity(arrays[0].len());
            for (day, grain) in days_of(&arrays[0]).zip(arrays[1].as_string::<i32>().iter()) {
                labels.push(match (day, grain) {
                    (Some(day), Some("day")) => Some(day.to_string()),
                    (Some(day), Some(grain)) => match grain.parse::<Grain>() {
                        Ok(grain) => Some(calendar.label(day, grain)),
                        Err(_) => return exec_err!("period_label knows the grains day, {}", Grain::NAMES.join(", ")),
                    },
                    _ => None,
                });
            }
            Ok(ColumnarValue::Array(Arc::new(StringArray::from(labels))))
        }),
    )
}

fn business_days(holidays: Arc<Holidays>) -> ScalarUDF {
    of_two_days(BUSINESS_DAYS, move |from, to| Some(holidays.business_days(from, to)))
}

/// A number of days from one date to another.
fn of_two_days(name: &str, function: impl Fn(Day, Day) -> Option<i32> + Send + Sync + 'static) -> ScalarUDF {
    let takes = vec![DataType::Date32, DataType::Date32];
    create_udf(
        name,
        takes,
        DataType::Int32,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let days = days_of(&arrays[0]).zip(days_of(&arrays[1])).map(|(from, to)| function(from?, to?));
            Ok(ColumnarValue::Array(Arc::new(days.collect::<Int32Array>())))
        }),
    )
}

/// A function of a number; what it gives that is no finite number becomes NULL.
fn of_number(name: &str, function: impl Fn(f64) -> Option<f64> + Send + Sync + 'static) -> ScalarUDF {
    create_udf(
        name,
        vec![DataType::Float64],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let numbers = arrays[0].as_primitive::<Float64Type>().iter();
            let values = numbers.map(|number| function(number?).filter(|value| value.is_finite()));
            Ok(ColumnarValue::Array(Arc::new(values.collect::<Float64Array>())))
        }),
    )
}

fn of_two_numbers(name: &str, function: impl Fn(f64, f64) -> Option<f64> + Send + Sync + 'static) -> ScalarUDF {
    let takes = vec![DataType::Float64, DataType::Float64];
    create_udf(
        name,
        takes,
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let (a, b) = (arrays[0].as_primitive::<Float64Type>(), arrays[1].as_primitive::<Float64Type>());
            let values = a.iter().zip(b.iter()).map(|(a, b)| function(a?, b?));
            Ok(ColumnarValue::Array(Arc::new(values.collect::<Float64Array>())))
        }),
    )
}

/// The type of a moment: microseconds of UTC without a zone in the type.
pub const MOMENT: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_figures_worked_by_hand() {
        // 8 of 10: centre 0.8 + 3.841459/20, half-width 1.959964 * sqrt(0.016 + 3.841459/400), scale 1.3841459.
        let (lower, upper) = wilson(8.0, 10.0).unwrap();
        assert!((lower - 0.490_162_5).abs() < 1e-6, "{lower}");
        assert!((upper - 0.943_317_8).abs() < 1e-6, "{upper}");
        assert_eq!(wilson(0.0, 0.0), None);
        for n in 1..1000 {
            let n = f64::from(n);
            assert_eq!((wilson(0.0, n).unwrap().0, wilson(n, n).unwrap().1), (0.0, 1.0), "{n}");
        }
    }
}
