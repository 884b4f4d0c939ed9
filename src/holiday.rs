//! Business days: those of the working week, less the holidays of a pipeline.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::day::Day;
use crate::problem;

/// Days of the working week on which nobody works: single ones, written `2026-11-26`, and those of every year, written
/// `12-25`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[schemars(with = "Vec<String>")]
pub struct Holidays {
    week: Week,
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

    /// The same holidays in a week of other working days.
    pub fn in_week(self, week: Week) -> Self {
        Self { week, ..self }
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
        self.week.days_up_to(to) - self.week.days_up_to(from) - self.on_working_days(from, to)
    }

    /// How many holidays lie after `from`, up to `to`, on days of the working week.
    fn on_working_days(&self, from: Day, to: Day) -> i32 {
        let Some(first) = from.plus(1).filter(|first| *first <= to) else { return 0 };
        let single = self.single.range(first..=to).copied();
        let years = first.date().year()..=to.date().year();
        let yearly = years
            .flat_map(|year| self.yearly.iter().filter_map(move |(month, day)| Date::new(year, *month, *day).ok()));
        let yearly = yearly.map(Day::of).filter(|day| first <= *day && *day <= to && !self.single.contains(day));
        let found = single.chain(yearly).filter(|day| self.week.contains(*day)).count();
        i32::try_from(found).unwrap_or(i32::MAX)
    }

    pub fn is_business_day(&self, day: Day) -> bool {
        self.week.contains(day) && !self.contain(day)
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

/// The days of a week on which people work; Monday to Friday, where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    /// From Monday on.
    works: [bool; 7],
}

impl Default for Week {
    fn default() -> Self {
        Self { works: [true, true, true, true, true, false, false] }
    }
}

impl Week {
    /// How it may be written.
    pub const ALLOWED: &str = "a list of days like `[monday..friday]` or `[monday, tuesday, saturday]`";

    fn contains(self, day: Day) -> bool {
        self.works[usize::from(day.date().weekday().to_monday_zero_offset().unsigned_abs())]
    }

    /// Its days from a Monday in the past, on and on, up to a day.
    fn days_up_to(self, day: Day) -> i32 {
        // 1970-01-05 was a Monday.
        let days = day.to_epoch_days() - 4;
        let counted = |of: &[bool]| of.iter().map(|works| i32::from(*works)).sum::<i32>();
        let begun = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
        days.div_euclid(7) * counted(&self.works) + counted(&self.works[..=begun])
    }

    /// The names of its days, in their order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Weekdays::NAMES.into_iter().zip(self.works).filter(|(_, works)| *works).map(|(name, _)| name)
    }
}

/// A day of a week, or several: `monday`, `sunday..thursday`.
pub struct Weekdays {
    first: usize,
    last: usize,
}

impl Weekdays {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    /// A regular expression of what can be read.
    pub fn pattern() -> String {
        let day = Self::NAMES.join("|");
        format!(r"^({day})(\.\.({day}))?$")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let place = |name: &str| {
            Self::NAMES.iter().position(|known| *known == name).ok_or_else(|| {
                let help = match problem::nearest(name, Self::NAMES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write days like `monday`, or several like `sunday..thursday`".to_owned(),
                };
                format!("`{name}` is no day of a week; {help}")
            })
        };
        Ok(Self { first: place(first)?, last: place(last)? })
    }

    /// Its days, from 0 for Monday. They may go past a Sunday.
    fn days(&self) -> impl Iterator<Item = usize> {
        let count = (self.last + 7 - self.first) % 7;
        let first = self.first;
        (0..=count).map(move |ahead| (first + ahead) % 7)
    }
}

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Listed;

        impl<'de> Visitor<'de> for Listed {
            type Value = Week;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(Week::ALLOWED)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Week, A::Error> {
                let mut works = [false; 7];
                while let Some(days) = list.next_element::<Weekdays>()? {
                    days.days().for_each(|day| works[day] = true);
                }
                if works == [false; 7] {
                    return Err(A::Error::custom("nobody works on any day; write a list like `[monday..friday]`"));
                }
                Ok(Week { works })
            }
        }

        deserializer.deserialize_seq(Listed)
    }
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
    fn a_week_may_have_other_working_days() {
        let week: Week = serde_yaml::from_str("[sunday..thursday]").unwrap();
        assert_eq!(week.names().collect::<Vec<_>>(), ["monday", "tuesday", "wednesday", "thursday", "sunday"]);
        let holidays = Holidays::parse(["2026-11-15", "2026-11-20"]).unwrap().in_week(week);
        let first = day("2026-11-01");
        let mut counted = 0;
        for ahead in 1..60 {
            let to = first.plus(ahead).unwrap();
            counted += i32::from(holidays.is_business_day(to));
            assert_eq!(holidays.business_days(first, to), counted, "{to}");
        }
        // Of the week from Monday the 9th to Sunday the 15th, a holiday, four are left; the holiday on a Friday takes none.
        assert_eq!(holidays.business_days(day("2026-11-08"), day("2026-11-15")), 4);
        assert_eq!(holidays.business_days(day("2026-11-15"), day("2026-11-22")), 5);
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
