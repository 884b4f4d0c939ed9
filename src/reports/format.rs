//! How numbers are written: takes exact numbers and a unit, gives text with one scale per chart, three to four
//! digits, U+2212 as minus, and a plus sign on variances only.

use super::number::Number;
use super::words;

pub const MINUS: char = '\u{2212}';
/// Keeps a number and its unit on one line.
pub const NO_BREAK: char = '\u{a0}';

/// What a figure is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// An ISO currency code.
    Money(String),
    /// A share of 1, written in per cent; its differences are percentage points.
    Share,
    /// Anything counted, with its word: `days`, `deals`; empty for bare numbers.
    Plain(String),
}

impl Unit {
    /// `%`, a currency's three capital letters, or the word for what is counted.
    pub fn parse(text: &str) -> Self {
        match text {
            words::PERCENT => Unit::Share,
            code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Unit::Money(code.to_owned())
            }
            word => Unit::Plain(word.to_owned()),
        }
    }

    /// What it was read from.
    pub fn word(&self) -> &str {
        match self {
            Unit::Money(code) => code,
            Unit::Share => words::PERCENT,
            Unit::Plain(word) => word,
        }
    }
}

/// One unit, one power of ten and one number of decimals for everything that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    pub unit: Unit,
    /// Numbers are divided by `10^power`.
    power: i8,
    places: u8,
}

impl Scale {
    /// The scale that writes the largest of `numbers` with three to four digits.
    pub fn fit(unit: Unit, numbers: impl IntoIterator<Item = Number>, digits: Option<u8>) -> Self {
        let mut largest = Number::ZERO;
        let mut integral = true;
        for number in numbers {
            largest = largest.max(number.abs());
            integral &= number.exact().2.is_empty();
        }
        let size = largest.to_f64();
        let (power, default) = match unit {
            Unit::Share => (-2, 1),
            _ => {
                let power = match size {
                    size if size < 9_999.5 => 0,
                    size if size < 999_500.0 => 3,
                    size if size < 999_500_000.0 => 6,
                    _ => 9,
                };
                let scaled = size / 10f64.powi(i32::from(power));
                let places = match scaled {
                    _ if power == 0 && integral => 0,
                    scaled if scaled >= 99.95 => 0,
                    scaled if scaled >= 9.995 => 1,
                    _ => 2,
                };
                (power, places)
            }
        };
        Self { unit, power, places: digits.unwrap_or(default) }
    }

    /// A scale that leaves numbers whole: only `places` decimals, thousands grouped.
    pub fn plain(unit: Unit, places: u8) -> Self {
        let power = if unit == Unit::Share { -2 } else { 0 };
        Self { unit, power, places }
    }

    /// The same with one decimal less, for narrow drawings.
    pub fn coarser(&self) -> Self {
        Self { places: self.places.saturating_sub(1), ..self.clone() }
    }

    /// The same with no more decimals than round numbers on an axis need.
    pub fn for_ticks(&self, ticks: &[Number]) -> Self {
        let needed = |number: &Number| {
            let (_, _, fraction) = number.rounded(self.power, 6);
            u8::try_from(fraction.trim_end_matches('0').len()).unwrap_or(6)
        };
        Self { places: ticks.iter().map(needed).max().unwrap_or(0), ..self.clone() }
    }

    pub fn with_places(self, places: u8) -> Self {
        Self { places, ..self }
    }

    /// The bare number: `3.43`, `−0.2`, `1,234`.
    pub fn value(&self, number: Number) -> String {
        written(number.rounded(self.power, self.places), false)
    }

    /// The number as a difference: `+0.13`, `−0.31`, `0.00`.
    pub fn variance(&self, number: Number) -> String {
        written(number.rounded(self.power, self.places), true)
    }

    /// The number as a difference, with the unit that differences have: `+3.3 pp`, `−0.31`.
    pub fn variance_with_points(&self, number: Number) -> String {
        match self.unit {
            Unit::Share => format!("{}{NO_BREAK}{}", self.variance(number), words::POINTS),
            _ => self.variance(number),
        }
    }

    /// Whether a difference shows as zero.
    pub fn is_nothing(&self, number: Number) -> bool {
        let (_, whole, fraction) = number.rounded(self.power, self.places);
        whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0')
    }

    /// The unit beside a number or in a title: `USD m`, `%`, `days`, `k deals`; may be empty.
    pub fn unit_words(&self) -> String {
        let power = self.power_word();
        match &self.unit {
            Unit::Money(code) if power.is_empty() => code.clone(),
            Unit::Money(code) => format!("{code}{NO_BREAK}{power}"),
            Unit::Share => words::PERCENT.to_owned(),
            Unit::Plain(word) => format!("{power} {word}").trim().to_owned(),
        }
    }

    /// A number that stands alone in a sentence: `USD 3.43m`, `27.4 %`, `71 days`.
    pub fn sentence(&self, number: Number) -> String {
        let value = self.value(number);
        let power = self.power_word();
        match &self.unit {
            Unit::Money(code) => format!("{code}{NO_BREAK}{value}{power}"),
            Unit::Share => format!("{value}{NO_BREAK}{}", words::PERCENT),
            Unit::Plain(word) if word.is_empty() => format!("{value}{power}"),
            Unit::Plain(word) => format!("{value}{power}{NO_BREAK}{word}"),
        }
    }

    /// A difference that stands alone in a sentence: `+USD 0.31m` is written `USD +0.31m`.
    pub fn sentence_variance(&self, number: Number) -> String {
        let value = self.variance(number);
        let power = self.power_word();
        match &self.unit {
            Unit::Money(code) => format!("{code}{NO_BREAK}{value}{power}"),
            Unit::Share => self.variance_with_points(number),
            Unit::Plain(word) if word.is_empty() => format!("{value}{power}"),
            Unit::Plain(word) => format!("{value}{power}{NO_BREAK}{word}"),
        }
    }

    fn power_word(&self) -> &'static str {
        match self.power {
            3 => words::KILO,
            6 => words::MEGA,
            9 => words::GIGA,
            _ => "",
        }
    }
}

/// A ratio's change in per cent of the base: `+9.7 %`; `None` when the base is zero or negative.
pub fn relative(difference: Number, base: Number) -> Option<String> {
    if base.is_negative() {
        return None;
    }
    let share = Number::of_float(difference.ratio(base)?)?;
    let places = if share.abs() >= Number::whole(1) { 0 } else { 1 };
    let scale = Scale::plain(Unit::Share, places);
    Some(format!("{}{NO_BREAK}{}", scale.variance(share), words::PERCENT))
}

/// All digits of a number, thousands not grouped: `1234.5`, `−3`.
pub fn exact(number: Number) -> String {
    let (negative, whole, fraction) = number.exact();
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if negative { String::from(MINUS) } else { String::new() })
}

fn written((negative, whole, fraction): (bool, String, String), signed: bool) -> String {
    let zero = whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
    let mut text = String::with_capacity(whole.len() + fraction.len() + 6);
    match (zero, negative) {
        (false, true) => text.push(MINUS),
        (false, false) if signed => text.push('+'),
        _ => {}
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Number {
        Number::of_float(value).unwrap()
    }

    fn fit(unit: &str, values: &[f64]) -> Scale {
        Scale::fit(Unit::parse(unit), values.iter().map(|value| number(*value)), None)
    }

    #[test]
    fn one_scale_serves_a_chart_with_three_to_four_digits() {
        let millions = fit("USD", &[43_000_000.0, 1_250_000.0]);
        assert_eq!(millions.value(number(43_000_000.0)), "43.0");
        assert_eq!(millions.value(number(1_250_000.0)), "1.3");
        assert_eq!(millions.unit_words(), "USD\u{a0}m");
        assert_eq!(fit("deals", &[1200.0]).value(number(1200.0)), "1,200");
        assert_eq!(fit("USD", &[640_000.0]).value(number(640_000.0)), "640");
        assert_eq!(fit("USD", &[3_430_000.0]).value(number(3_430_000.0)), "3.43");
        assert_eq!(fit("days", &[71.25]).value(number(71.25)), "71.3");
    }

    #[test]
    fn the_minus_is_typographic_and_plus_stands_on_variances_only() {
        let scale = fit("USD", &[3_000_000.0]);
        assert_eq!(scale.value(number(-310_000.0)), "−0.31");
        assert_eq!(scale.variance(number(310_000.0)), "+0.31");
        assert_eq!(scale.variance(number(-400.0)), "0.00");
        assert!(scale.is_nothing(number(-400.0)));
    }

    #[test]
    fn shares_are_written_in_per_cent_and_differ_in_points() {
        let scale = fit("%", &[0.274]);
        assert_eq!(scale.value(number(0.274)), "27.4");
        assert_eq!(scale.variance_with_points(number(-0.004)), "−0.4\u{a0}pp");
        assert_eq!(scale.sentence(number(0.274)), "27.4\u{a0}%");
    }

    #[test]
    fn a_sentence_names_the_currency() {
        assert_eq!(fit("EUR", &[-1_250_000.0]).sentence(number(-1_250_000.0)), "EUR\u{a0}−1.25m");
        assert_eq!(fit("days", &[71.0]).sentence(number(71.0)), "71\u{a0}days");
    }

    #[test]
    fn a_relative_change_needs_a_positive_base() {
        assert_eq!(relative(number(-0.4), number(3.8)).unwrap(), "−10.5\u{a0}%");
        assert_eq!(relative(number(3.0), number(1.0)).unwrap(), "+300\u{a0}%");
        assert_eq!(relative(number(1.0), Number::ZERO), None);
        assert_eq!(relative(number(1.0), number(-2.0)), None);
    }

    #[test]
    fn exact_text_has_every_digit() {
        assert_eq!(exact(Number::new(-12_345_000, 4).unwrap()), "−1234.5");
    }
}
