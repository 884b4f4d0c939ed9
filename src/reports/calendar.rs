//! How days, moments and fiscal periods are written.

use jiff::civil::Date;

use super::words;
use crate::calendar::{self, Calendar, Month};
use crate::day::Day;

/// A stretch of time that a day stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub const NAMES: [&'static str; 5] = ["day", "week", "month", "quarter", "year"];

    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "day" => Grain::Day,
            "week" => Grain::Week,
            "month" => Grain::Month,
            "quarter" => Grain::Quarter,
            "year" => Grain::Year,
            _ => return None,
        })
    }
}

/// `21 Nov 2026`.
pub fn day(day: Day) -> String {
    let date = day.date();
    format!("{} {} {}", date.day(), month_name(date), date.year())
}

/// `2026-11-21 02:00 UTC`; a dash for what lies outside the calendar.
pub fn moment(microseconds: i64) -> String {
    match jiff::Timestamp::from_microsecond(microseconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => words::NOT_AVAILABLE.to_owned(),
    }
}

/// The period that holds a day: `2026-W47`, `Nov 2026`, and by the fiscal year that begins with the month
/// `year_starts` (1 to 12) `2027-Q4` and `2027`.
pub fn period(day_in_it: Day, grain: Grain, year_starts: i8) -> String {
    let fiscal = |grain| Calendar { year_starts: month(year_starts) }.label(day_in_it, grain);
    match grain {
        Grain::Day => day(day_in_it),
        Grain::Week => fiscal(calendar::Grain::Week),
        Grain::Month => format!("{} {}", month_name(day_in_it.date()), day_in_it.date().year()),
        Grain::Quarter => fiscal(calendar::Grain::Quarter),
        Grain::Year => fiscal(calendar::Grain::Year),
    }
}

fn month(number: i8) -> Month {
    const MONTHS: [Month; 12] = [
        Month::January,
        Month::February,
        Month::March,
        Month::April,
        Month::May,
        Month::June,
        Month::July,
        Month::August,
        Month::September,
        Month::October,
        Month::November,
        Month::December,
    ];
    usize::try_from(number - 1).ok().and_then(|at| MONTHS.get(at).copied()).unwrap_or(Month::January)
}

fn month_name(date: Date) -> &'static str {
    words::MONTHS[usize::try_from(date.month() - 1).expect("a month is 1 to 12")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_and_calendar_periods_read_as_people_write_them() {
        assert_eq!(day(at("2026-11-05")), "5 Nov 2026");
        assert_eq!(period(at("2026-11-05"), Grain::Month, 1), "Nov 2026");
        assert_eq!(period(at("2026-11-05"), Grain::Quarter, 1), "2026-Q4");
        assert_eq!(period(at("2027-01-01"), Grain::Week, 1), "2026-W53");
    }

    #[test]
    fn fiscal_years_are_named_after_the_year_they_end_in() {
        assert_eq!(period(at("2026-02-01"), Grain::Quarter, 2), "2027-Q1");
        assert_eq!(period(at("2027-01-31"), Grain::Quarter, 2), "2027-Q4");
        assert_eq!(period(at("2026-01-31"), Grain::Year, 2), "2026");
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(moment(1_795_312_800_000_000), "2026-11-22 02:00 UTC");
    }
}
