//! The fiscal calendar: which week, month, quarter and year a day belongs to.
//!
//! A fiscal year is named by the calendar year in which it ends, so a year that starts in January has its
//! own name and one that starts in February 2026 is 2027. Weeks begin on Monday and belong to no year.

use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::day::Day;

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub const NAMES: [&'static str; 4] = ["week", "month", "quarter", "year"];
}

impl FromStr for Grain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            _ => Err(format!("`{text}` is no grain: there are {}", Self::NAMES.join(", "))),
        }
    }
}

/// A month by its English name, as `fiscal_year_starts` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", expecting = "the name of a month, like `february`")]
pub enum Month {
    January = 1,
    February,
    March,
    April,
    May,
    June,
    July,
    August,
    September,
    October,
    November,
    December,
}

/// A fiscal calendar, given by the first month of its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Calendar {
    pub year_starts: Month,
}

impl Calendar {
    /// Months since the fiscal year's first month, 0 to 11.
    fn month_of_year(self, day: Day) -> i8 {
        (day.date().month() - self.year_starts as i8).rem_euclid(12)
    }

    /// The fiscal year's name.
    pub fn year(self, day: Day) -> i16 {
        let date = day.date();
        let starts = self.year_starts as i8;
        date.year() + i16::from(starts > 1 && date.month() >= starts)
    }

    /// The fiscal quarter, 1 to 4.
    pub fn quarter(self, day: Day) -> i8 {
        self.month_of_year(day) / 3 + 1
    }

    /// The first day of the period that holds `day`; `None` before the calendar's first year.
    pub fn start(self, day: Day, grain: Grain) -> Option<Day> {
        let date = day.date();
        let months_back = match grain {
            Grain::Week => {
                let back = date.weekday().since(Weekday::Monday);
                return day.plus(-i32::from(back));
            }
            Grain::Month => 0,
            Grain::Quarter => self.month_of_year(day) % 3,
            Grain::Year => self.month_of_year(day),
        };
        add_months(date.first_of_month(), -i32::from(months_back)).map(Day::of)
    }

    /// The last day of the period that holds `day`, inclusive; `None` after the calendar's last year.
    pub fn end(self, day: Day, grain: Grain) -> Option<Day> {
        let start = self.start(day, grain)?;
        let months = match grain {
            Grain::Week => return start.plus(6),
            Grain::Month => 1,
            Grain::Quarter => 3,
            Grain::Year => 12,
        };
        Day::of(add_months(start.date(), months)?).plus(-1)
    }

    /// The period's name: `2026-W47` (of the ISO year), `2026-11`, `2026-Q4`, `2026`; months, quarters and
    /// years by the fiscal year, a month by its number within it.
    pub fn label(self, day: Day, grain: Grain) -> String {
        match grain {
            Grain::Week => {
                let week = day.date().iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Grain::Month => format!("{:04}-{:02}", self.year(day), self.month_of_year(day) + 1),
            Grain::Quarter => format!("{:04}-Q{}", self.year(day), self.quarter(day)),
            Grain::Year => format!("{:04}", self.year(day)),
        }
    }
}

fn add_months(date: Date, months: i32) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_months(months).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_from_february_is_named_by_the_january_it_ends_in() {
        let calendar = Calendar { year_starts: Month::February };
        assert_eq!(calendar.year(day("2026-01-31")), 2026);
        assert_eq!(calendar.year(day("2026-02-01")), 2027);
        assert_eq!(calendar.label(day("2026-01-31"), Grain::Quarter), "2026-Q4");
        assert_eq!(calendar.label(day("2026-02-01"), Grain::Quarter), "2027-Q1");
        assert_eq!(calendar.label(day("2026-02-01"), Grain::Month), "2027-01");
        assert_eq!(calendar.start(day("2026-01-31"), Grain::Year), Some(day("2025-02-01")));
        assert_eq!(calendar.end(day("2026-01-31"), Grain::Quarter), Some(day("2026-01-31")));
    }

    #[test]
    fn periods_of_the_calendar_year_meet_without_a_gap() {
        let calendar = Calendar { year_starts: Month::January };
        assert_eq!(calendar.label(day("2024-02-29"), Grain::Quarter), "2024-Q1");
        for grain in [Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
            for text in ["2024-02-29", "2024-12-31", "2025-01-01", "2026-11-21"] {
                let end = calendar.end(day(text), grain).unwrap();
                let next = end.plus(1).unwrap();
                assert_eq!(calendar.start(next, grain), Some(next), "{text} {grain:?}");
                assert!(calendar.start(day(text), grain).unwrap() <= day(text) && day(text) <= end);
            }
        }
        assert_eq!(calendar.start(day("2026-11-22"), Grain::Week), Some(day("2026-11-16")));
    }
}
