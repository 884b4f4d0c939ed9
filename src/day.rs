//! The business date that a run is for.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar day, written `2026-11-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(extend("format" = "date", "pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
pub struct Day(#[schemars(with = "String")] Date);

/// From the first of March of the year 0 to 1970-01-01.
const MARCH_OF_YEAR_0: i32 = 719_468;

impl Day {
    /// The earliest and the latest day that there are.
    pub const FIRST: Self = Self(Date::MIN);
    pub const LAST: Self = Self(Date::MAX);

    /// The day of a calendar date.
    pub const fn of(date: Date) -> Self {
        Self(date)
    }

    pub fn date(self) -> Date {
        self.0
    }

    /// Days since 1970-01-01, as Arrow's `Date32` counts them.
    ///
    /// A year is counted from March, so that a leap day is its last: the way of
    /// <https://howardhinnant.github.io/date_algorithms.html>, as every row of an export asks for several.
    pub fn to_epoch_days(self) -> i32 {
        let (month, day) = (i32::from(self.0.month()), i32::from(self.0.day()));
        let year = i32::from(self.0.year()) - i32::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - MARCH_OF_YEAR_0
    }

    /// The day that lies `days` after 1970-01-01; `None` outside the years -9999 to 9999.
    pub fn from_epoch_days(days: i32) -> Option<Self> {
        let days = days.checked_add(MARCH_OF_YEAR_0)?;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + i32::from(month <= 2);
        Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok().map(Self)
    }

    /// The day `days` later (earlier when negative).
    pub fn plus(self, days: i32) -> Option<Self> {
        self.0.checked_add(jiff::Span::new().try_days(days).ok()?).ok().map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shaped = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        if !shaped {
            return Err(format!("`{text}` is not a day: write it as YYYY-MM-DD"));
        }
        text.parse::<Date>().map(Self).map_err(|_| format!("`{text}` is not a day of the calendar"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_survive_the_way_through_arrows_numbers() {
        for text in ["1970-01-01", "1969-12-31", "2024-02-29", "2026-11-21"] {
            let day: Day = text.parse().unwrap();
            assert_eq!(Day::from_epoch_days(day.to_epoch_days()), Some(day));
        }
        assert_eq!("2026-11-21".parse::<Day>().unwrap().to_epoch_days(), 20_778);
    }

    #[test]
    fn every_day_there_is_lies_one_after_the_day_before() {
        let (first, last) = (Day::FIRST.to_epoch_days(), Day::LAST.to_epoch_days());
        let days = Day::FIRST.date().series(jiff::Span::new().days(1)).zip(first..);
        let mut count = 0;
        for (date, days) in days {
            assert_eq!((Day(date).to_epoch_days(), Day::from_epoch_days(days)), (days, Some(Day(date))));
            count += 1;
        }
        assert_eq!(count, last - first + 1);
        for outside in [first - 1, last + 1, i32::MIN, i32::MAX] {
            assert_eq!(Day::from_epoch_days(outside), None);
        }
    }

    #[test]
    fn only_the_iso_form_is_a_day() {
        for text in ["2026-2-1", "21.11.2026", "2026-02-30", "", "2026-11-21T00:00"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
