//! Business days: Monday to Friday, less the holidays of a pipeline.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::day::Day;

/// Days of the working week on which nobody works: single ones, written `2026-11-26`, and those of every year, written
/// `12-25`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[schemars(with = "Vec<String>")]
pub struct Holidays {
    single: BTreeSet<Day>,
    /// Month and day.
    yearly: BTreeSet<(i8, i8)>,
}

impl Holidays {
    /// Reads what is written; fails with words for the first that is no holiday.
    pub fn parse<'t>(written: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let mut holidays = Self::default();
        for text in written {
            match text.parse::<Day>() {
                Ok(day) => drop(holidays.single.insert(day)),
                Err(_) => drop(holidays.yearly.insert(yearly(text)?)),
            }
        }
        Ok(holidays)
    }

    fn contain(&self, day: Day) -> bool {
        let date = day.date();
        self.single.contains(&day) || self.yearly.contains(&(date.month(), date.day()))
    }

    /// The business days after `from`, up to `to`, which counts; negative where `to` is the earlier one. So a day and itself
    /// are 0 apart, a Friday and the Monday after it 1, and the counts of two stretches that meet add up.
    pub fn business_days(&self, from: Day, to: Day) -> i32 {
        if to < from {
            return -self.business_days(to, from);
        }
        weekdays_up_to(to) - weekdays_up_to(from) - self.on_weekdays(from, to)
    }

    /// How many holidays lie after `from`, up to `to`, from Monday to Friday.
    fn on_weekdays(&self, from: Day, to: Day) -> i32 {
        let Some(first) = from.plus(1).filter(|first| *first <= to) else { return 0 };
        let single = self.single.range(first..=to).copied();
        let years = first.date().year()..=to.date().year();
        let yearly = years
            .flat_map(|year| self.yearly.iter().filter_map(move |(month, day)| Date::new(year, *month, *day).ok()));
        let yearly = yearly.map(Day::of).filter(|day| first <= *day && *day <= to && !self.single.contains(day));
        let found = single.chain(yearly).filter(|day| is_weekday(*day)).count();
        i32::try_from(found).unwrap_or(i32::MAX)
    }

    pub fn is_business_day(&self, day: Day) -> bool {
        is_weekday(day) && !self.contain(day)
    }
}

/// A day of every year: `12-25`.
fn yearly(text: &str) -> Result<(i8, i8), String> {
    // In a leap year every day of a calendar is one.
    let in_leap_year = format!("2024-{text}").parse::<Day>();
    let day = in_leap_year
        .map_err(|_| format!("`{text}` is no holiday; write a day like `2026-11-26`, or `12-25` for every year"))?;
    Ok((day.date().month(), day.date().day()))
}

fn is_weekday(day: Day) -> bool {
    !matches!(day.date().weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The weekdays from a Monday in the past, on and on, up to a day.
fn weekdays_up_to(day: Day) -> i32 {
    // 1970-01-05 was a Monday.
    let days = day.to_epoch_days() - 4;
    days.div_euclid(7) * 5 + (days.rem_euclid(7) + 1).min(5)
}

impl<'de> Deserialize<'de> for Holidays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Vec::<String>::deserialize(deserializer)?;
        Self::parse(written.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn counting_one_by_one_gives_the_same() {
        let holidays = Holidays::parse(["12-25", "01-01", "02-29", "2026-11-26", "2026-12-25", "2027-07-04"]).unwrap();
        let first = day("2026-10-01");
        let mut counted = 0;
        for ahead in 1..1_200 {
            let to = first.plus(ahead).unwrap();
            counted += i32::from(holidays.is_business_day(to));
            assert_eq!(holidays.business_days(first, to), counted, "{to}");
            assert_eq!(holidays.business_days(to, first), -counted, "{to}");
        }
    }

    #[test]
    fn the_first_day_does_not_count_and_the_last_does() {
        let holidays = Holidays::parse(["2026-11-26"]).unwrap();
        // Friday to Friday is a week; to Sunday no further; over Thanksgiving one less.
        for (from, to, days) in [
            ("2026-11-13", "2026-11-13", 0),
            ("2026-11-13", "2026-11-15", 0),
            ("2026-11-13", "2026-11-16", 1),
            ("2026-11-13", "2026-11-20", 5),
            ("2026-11-20", "2026-11-27", 4),
            ("1969-12-31", "1970-01-02", 2),
        ] {
            assert_eq!(holidays.business_days(day(from), day(to)), days, "{from} to {to}");
        }
    }

    #[test]
    fn what_is_no_day_is_told() {
        assert_eq!(
            Holidays::parse(["12-32"]).unwrap_err(),
            "`12-32` is no holiday; write a day like `2026-11-26`, or `12-25` for every year"
        );
    }
}
