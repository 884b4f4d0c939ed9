//! Decimal numbers as a person writes them, without a float between.

use std::fmt;

/// A number of so many decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal {
    /// The number times ten to the power of `scale`.
    pub digits: i128,
    pub scale: u8,
}

impl Decimal {
    /// Reads `0.25`, `-3` or `1e-7` as YAML's own readers give numbers; `None` for what is no number, or too long.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        if unsigned.is_empty() || !is_digits(unsigned) || !is_digits(fraction) {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        match u8::try_from(scale) {
            Ok(scale) => Some(Self { digits, scale }.shortened()),
            Err(_) => Some(Self { digits: digits.checked_mul(power(scale.unsigned_abs())?)?, scale: 0 }),
        }
    }

    /// A hundredth of it.
    pub fn percent(self) -> Option<Self> {
        Some(Self { scale: self.scale.checked_add(2)?, ..self }.shortened())
    }

    /// The same number with so many decimals; `None` where it has more, or is too large for 18 digits.
    pub fn with_scale(self, scale: u8) -> Option<Self> {
        let more = scale.checked_sub(self.scale)?;
        let digits = self.digits.checked_mul(power(u32::from(more))?)?;
        (digits.unsigned_abs() < 10_u128.pow(18)).then_some(Self { digits, scale })
    }

    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Without the zeros that end its decimals.
    pub fn shortened(mut self) -> Self {
        while self.scale > 0 && self.digits % 10 == 0 {
            self = Self { digits: self.digits / 10, scale: self.scale - 1 };
        }
        self
    }
}

fn power(of_ten: u32) -> Option<i128> {
    10_i128.checked_pow(of_ten)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>1$}", self.digits.unsigned_abs(), scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let dot = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{dot}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_written() {
        for (text, read) in [
            ("0.3", "0.3"),
            ("0.30", "0.3"),
            ("-12.050", "-12.05"),
            ("1e-7", "0.0000001"),
            ("2.5e3", "2500"),
            ("100000", "100000"),
            ("-0.05", "-0.05"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), read, "{text}");
        }
        for text in ["", ".5", "1.2.3", "ten", "--1", "1e", "NaN", ".inf"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_percentage_is_exact_and_decimals_are_never_cut_off() {
        let share = Decimal::parse("12.5").unwrap().percent().unwrap();
        assert_eq!(share.with_scale(6), Some(Decimal { digits: 125_000, scale: 6 }));
        assert_eq!(Decimal::parse("0.1234567").unwrap().with_scale(6), None);
        assert_eq!(Decimal::parse("1000000000000000").unwrap().with_scale(4), None);
    }
}
