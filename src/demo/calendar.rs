//! The calendar of the simulated company: its days as numbers (days since 1970-01-01, in New York), the periods they lie
//! in, and moments in UTC. Only New York's summer-time rule of 2007 and later is known.

use crate::day::Day;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The days between two ends, each worked out once.
#[derive(Debug)]
pub struct Calendar {
    first: i32,
    dates: Vec<Date>,
}

#[derive(Debug)]
struct Date {
    year: i32,
    month: i32,
    of_month: i32,
    /// 0 is Monday.
    weekday: i32,
    text: String,
}

impl Calendar {
    /// All days from `first` to `last`; a day outside counts as the nearest one inside.
    pub fn covering(first: i32, last: i32) -> Self {
        let dates = (first..=last)
            .filter_map(Day::from_epoch_days)
            .map(|day| Date {
                year: i32::from(day.date().year()),
                month: i32::from(day.date().month()),
                of_month: i32::from(day.date().day()),
                weekday: i32::from(day.date().weekday().to_monday_zero_offset()),
                text: day.to_string(),
            })
            .collect();
        Self { first, dates }
    }

    fn date(&self, day: i32) -> &Date {
        let position = (day - self.first).clamp(0, self.dates.len() as i32 - 1);
        &self.dates[position as usize]
    }

    /// The day as `2025-01-22`.
    pub fn text(&self, day: i32) -> &str {
        &self.date(day).text
    }

    pub fn year(&self, day: i32) -> i32 {
        self.date(day).year
    }

    /// 1 to 12.
    pub fn month(&self, day: i32) -> i32 {
        self.date(day).month
    }

    /// 1 to 31.
    pub fn of_month(&self, day: i32) -> i32 {
        self.date(day).of_month
    }

    pub fn is_monday(&self, day: i32) -> bool {
        self.date(day).weekday == 0
    }

    pub fn is_workday(&self, day: i32) -> bool {
        self.date(day).weekday < 5
    }

    /// The day itself, or the Monday after a weekend.
    pub fn workday_from(&self, day: i32) -> i32 {
        day + (7 - self.date(day).weekday) * i32::from(!self.is_workday(day))
    }

    /// The day itself, or the Friday before a weekend.
    pub fn workday_until(&self, day: i32) -> i32 {
        day - (self.date(day).weekday - 4).max(0)
    }

    pub fn month_start(&self, day: i32) -> i32 {
        day - self.date(day).of_month + 1
    }

    pub fn month_end(&self, day: i32) -> i32 {
        self.month_start(self.month_start(day) + 31) - 1
    }

    pub fn quarter_start(&self, day: i32) -> i32 {
        let mut start = self.month_start(day);
        for _ in 0..(self.month(day) - 1) % 3 {
            start = self.month_start(start - 1);
        }
        start
    }

    pub fn quarter_end(&self, day: i32) -> i32 {
        let third_month = self.quarter_start(day) + 75;
        self.month_end(third_month)
    }

    /// The 1st of January of the day's year.
    pub fn year_start(&self, day: i32) -> i32 {
        let mut start = self.quarter_start(day);
        while self.month(start) > 1 {
            start = self.quarter_start(start - 1);
        }
        start
    }

    /// The moment, in seconds of UTC since 1970, at which a clock in New York shows `minute` of the day.
    pub fn moment(&self, day: i32, minute: i32) -> i64 {
        let behind = if self.is_summer_time(day) { 4 * HOUR } else { 5 * HOUR };
        i64::from(day) * DAY + i64::from(minute) * 60 + behind
    }

    /// A moment as `2025-01-22T16:14:25.000+0000`.
    pub fn moment_text(&self, moment: i64) -> String {
        let (day, of_day) = (moment.div_euclid(DAY), moment.rem_euclid(DAY));
        let date = self.text(day as i32);
        format!("{date}T{:02}:{:02}:{:02}.000+0000", of_day / HOUR, of_day / 60 % 60, of_day % 60)
    }

    /// From the second Sunday of March to the day before the first Sunday of November.
    fn is_summer_time(&self, day: i32) -> bool {
        let Date { month, of_month, weekday, .. } = self.date(day);
        let last_sunday = of_month - (weekday + 1) % 7;
        match month {
            3 => last_sunday >= 8,
            4..=10 => true,
            11 => last_sunday < 1,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        text.parse::<Day>().unwrap().to_epoch_days()
    }

    #[test]
    fn periods_open_and_close_where_the_calendar_says() {
        let calendar = Calendar::covering(day("2024-01-01"), day("2026-12-31"));
        let text = |day| calendar.text(day).to_owned();
        assert_eq!(text(calendar.month_end(day("2024-02-10"))), "2024-02-29");
        assert_eq!(text(calendar.month_end(day("2025-12-31"))), "2025-12-31");
        assert_eq!(text(calendar.quarter_start(day("2025-03-31"))), "2025-01-01");
        for inside in ["2025-07-01", "2025-08-15", "2025-09-30"] {
            assert_eq!(text(calendar.quarter_end(day(inside))), "2025-09-30");
        }
        assert_eq!(text(calendar.quarter_end(day("2024-01-01"))), "2024-03-31");
        assert_eq!(text(calendar.year_start(day("2025-11-30"))), "2025-01-01");
        assert_eq!(text(calendar.workday_from(day("2025-01-04"))), "2025-01-06");
        assert_eq!(text(calendar.workday_until(day("2025-01-05"))), "2025-01-03");
        assert_eq!(text(calendar.workday_until(day("2025-01-06"))), "2025-01-06");
    }

    #[test]
    fn an_evening_in_new_york_lies_on_the_next_day_of_utc() {
        let calendar = Calendar::covering(day("2025-01-01"), day("2026-12-31"));
        let text = |on, hour| calendar.moment_text(calendar.moment(day(on), hour * 60));
        assert_eq!(text("2025-03-08", 20), "2025-03-09T01:00:00.000+0000");
        assert_eq!(text("2025-03-09", 20), "2025-03-10T00:00:00.000+0000");
        assert_eq!(text("2025-11-01", 9), "2025-11-01T13:00:00.000+0000");
        assert_eq!(text("2025-11-02", 9), "2025-11-02T14:00:00.000+0000");
        assert_eq!(text("2026-11-01", 9), "2026-11-01T14:00:00.000+0000");
    }
}
