//! Exact numbers: takes a table's numeric cells, gives sums, differences and rounded digits without
//! passing through floating point; only pixels are `f64`.

use std::cmp::Ordering;

use super::table::Cell;

/// The most decimal places that a number keeps.
const MOST_PLACES: u8 = 18;

/// `unscaled / 10^scale`.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    unscaled: i128,
    scale: u8,
}

impl Number {
    pub const ZERO: Number = Number { unscaled: 0, scale: 0 };

    /// A number of `scale` decimal places; `None` past what 128 bits hold.
    pub fn new(unscaled: i128, scale: i8) -> Option<Self> {
        match u8::try_from(scale) {
            Ok(scale) if scale <= MOST_PLACES => Some(Self { unscaled, scale }),
            Ok(scale) => {
                let unscaled = divide_rounding(unscaled, power_of_ten(scale - MOST_PLACES)?);
                Some(Self { unscaled, scale: MOST_PLACES })
            }
            Err(_) => Some(Self { unscaled: unscaled.checked_mul(power_of_ten(scale.unsigned_abs())?)?, scale: 0 }),
        }
    }

    pub fn whole(value: i64) -> Self {
        Self { unscaled: i128::from(value), scale: 0 }
    }

    /// The shortest decimal that reads back as `value`; `None` for what is no finite number or too large.
    pub fn of_float(value: f64) -> Option<Self> {
        if !value.is_finite() || value.abs() >= 1e30 {
            return None;
        }
        let written = format!("{value:e}");
        let (mantissa, exponent) = written.split_once('e')?;
        let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let unscaled: i128 = mantissa.replace('.', "").parse().ok()?;
        let scale = i32::try_from(places).ok()? - exponent.parse::<i32>().ok()?;
        match i8::try_from(scale) {
            Ok(scale) => Self::new(unscaled, scale),
            Err(_) => Some(Self::ZERO),
        }
    }

    /// The number in a cell; `None` where it holds none.
    pub fn of_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Int(value) => Some(Self::whole(*value)),
            Cell::Decimal { unscaled, scale } => Self::new(*unscaled, *scale),
            Cell::Float(value) => Self::of_float(*value),
            _ => None,
        }
    }

    /// The exact number as a cell.
    pub fn to_cell(self) -> Cell {
        Cell::Decimal { unscaled: self.unscaled, scale: self.scale as i8 }
    }

    /// For pixels and ratios only.
    pub fn to_f64(self) -> f64 {
        self.unscaled as f64 / 10f64.powi(i32::from(self.scale))
    }

    pub fn is_zero(self) -> bool {
        self.unscaled == 0
    }

    pub fn is_negative(self) -> bool {
        self.unscaled < 0
    }

    pub fn abs(self) -> Self {
        Self { unscaled: self.unscaled.saturating_abs(), scale: self.scale }
    }

    pub fn negated(self) -> Self {
        Self { unscaled: self.unscaled.saturating_neg(), scale: self.scale }
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { unscaled: left.checked_add(right)?, scale })
    }

    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    pub fn times(self, other: Self) -> Option<Self> {
        let unscaled = self.unscaled.checked_mul(other.unscaled)?;
        Self::new(unscaled, i8::try_from(self.scale + other.scale).ok()?)
    }

    /// `self / other`; `None` when `other` is zero.
    pub fn ratio(self, other: Self) -> Option<f64> {
        (!other.is_zero()).then(|| self.to_f64() / other.to_f64()).filter(|ratio| ratio.is_finite())
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u8)> {
        let scale = self.scale.max(other.scale);
        let left = self.unscaled.checked_mul(power_of_ten(scale - self.scale)?)?;
        let right = other.unscaled.checked_mul(power_of_ten(scale - other.scale)?)?;
        Some((left, right, scale))
    }

    /// The number divided by `10^power` with `places` decimals, halves rounded away from zero: whether it is
    /// below zero after rounding, the digits before and those after the point.
    pub fn rounded(self, power: i8, places: u8) -> (bool, String, String) {
        let drop = i32::from(self.scale) + i32::from(power) - i32::from(places);
        let digits = if drop > 0 {
            match u8::try_from(drop).ok().and_then(power_of_ten) {
                Some(divisor) => divide_rounding(self.unscaled, divisor),
                None => 0,
            }
        } else {
            let factor = u8::try_from(-drop).ok().and_then(power_of_ten).unwrap_or(i128::MAX);
            self.unscaled.saturating_mul(factor)
        };
        let mut text = digits.unsigned_abs().to_string();
        let places = usize::from(places);
        if text.len() <= places {
            text.insert_str(0, &"0".repeat(places + 1 - text.len()));
        }
        let fraction = text.split_off(text.len() - places);
        (digits < 0, text, fraction)
    }

    /// All digits, without zeros at the end.
    pub fn exact(self) -> (bool, String, String) {
        let (negative, whole, fraction) = self.rounded(0, self.scale);
        (negative, whole, fraction.trim_end_matches('0').to_owned())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((left, right, _)) => left.cmp(&right),
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

/// The sum of the numbers that are there; `None` past what 128 bits hold.
pub fn sum(numbers: impl IntoIterator<Item = Number>) -> Option<Number> {
    numbers.into_iter().try_fold(Number::ZERO, Number::plus)
}

fn power_of_ten(power: u8) -> Option<i128> {
    10i128.checked_pow(u32::from(power))
}

fn divide_rounding(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2) { quotient + value.signum() } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: Number, power: i8, places: u8) -> String {
        let (negative, whole, fraction) = number.rounded(power, places);
        format!("{}{whole}.{fraction}", if negative { "-" } else { "" })
    }

    #[test]
    fn money_is_added_without_losing_a_cent() {
        let cent = Number::new(1, 2).unwrap();
        let trillion = Number::new(999_999_999_999_999_999, 2).unwrap();
        assert_eq!(trillion.plus(cent).unwrap().exact(), (false, "10000000000000000".into(), String::new()));
        let tenths: Vec<Number> = (0..10).map(|_| Number::of_float(0.1).unwrap()).collect();
        assert_eq!(sum(tenths).unwrap(), Number::whole(1));
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(text(Number::new(125, 2).unwrap(), 0, 1), "1.3");
        assert_eq!(text(Number::new(-125, 2).unwrap(), 0, 1), "-1.3");
        assert_eq!(text(Number::new(1249, 3).unwrap(), 0, 1), "1.2");
        assert_eq!(text(Number::new(5, 1).unwrap(), 0, 0), "1.");
        assert_eq!(text(Number::new(4, 1).unwrap(), 0, 0), "0.");
    }

    #[test]
    fn a_power_moves_the_point_either_way() {
        assert_eq!(text(Number::whole(3_427_000), 6, 2), "3.43");
        assert_eq!(text(Number::of_float(0.285).unwrap(), -2, 1), "28.5");
        assert_eq!(text(Number::whole(-40), 6, 1), "0.0");
    }

    #[test]
    fn floats_keep_the_digits_they_were_written_with() {
        assert_eq!(Number::of_float(0.1).unwrap(), Number::new(1, 1).unwrap());
        assert_eq!(Number::of_float(-2500.25).unwrap(), Number::new(-250_025, 2).unwrap());
        assert_eq!(Number::of_float(1e-300), Some(Number::ZERO));
        assert!(Number::of_float(f64::NAN).is_none());
        assert!(Number::of_float(1e300).is_none());
    }

    #[test]
    fn numbers_compare_by_value_not_by_scale() {
        assert_eq!(Number::new(100, 2).unwrap(), Number::whole(1));
        assert!(Number::new(101, 2).unwrap() > Number::whole(1));
        assert!(Number::whole(-3) < Number::ZERO);
    }

    #[test]
    fn an_empty_denominator_gives_no_ratio() {
        assert_eq!(Number::whole(5).ratio(Number::ZERO), None);
        assert_eq!(Number::whole(1).ratio(Number::whole(4)), Some(0.25));
    }
}
