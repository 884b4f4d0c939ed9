//! The length of the periods of a metric, in SQL.

use crate::calendar;

/// A day, or a period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    Period(calendar::Grain),
}

impl Grain {
    pub const NAMES: [&'static str; 5] = ["day", "week", "month", "quarter", "year"];

    /// The grain of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            name => name.parse().ok().map(Self::Period),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Period(calendar::Grain::Week) => "week",
            Self::Period(calendar::Grain::Month) => "month",
            Self::Period(calendar::Grain::Quarter) => "quarter",
            Self::Period(calendar::Grain::Year) => "year",
        }
    }

    /// The first day of the period that holds a day.
    pub fn start(self, day: &str) -> String {
        match self {
            Self::Day => format!("CAST({day} AS DATE)"),
            Self::Period(_) => format!("period_start({day}, '{}')", self.name()),
        }
    }

    pub fn end(self, day: &str) -> String {
        match self {
            Self::Day => format!("CAST({day} AS DATE)"),
            Self::Period(_) => format!("period_end({day}, '{}')", self.name()),
        }
    }

    /// From the start of a period to that of the next.
    pub fn step(self) -> &'static str {
        match self {
            Self::Day => "INTERVAL '1 day'",
            Self::Period(calendar::Grain::Week) => "INTERVAL '7 days'",
            Self::Period(calendar::Grain::Month) => "INTERVAL '1 month'",
            Self::Period(calendar::Grain::Quarter) => "INTERVAL '3 months'",
            Self::Period(calendar::Grain::Year) => "INTERVAL '12 months'",
        }
    }

    /// From the start of the same period of last year to this one's: a week is held against that 52 weeks before.
    pub fn year(self) -> &'static str {
        match self {
            Self::Period(calendar::Grain::Week) => "INTERVAL '364 days'",
            _ => "INTERVAL '1 year'",
        }
    }

    /// How many periods before one the same of last year may stand.
    pub fn periods_a_year(self) -> &'static [u32] {
        match self {
            Self::Day => &[365, 366],
            Self::Period(calendar::Grain::Week) => &[52],
            Self::Period(calendar::Grain::Month) => &[12],
            Self::Period(calendar::Grain::Quarter) => &[4],
            Self::Period(calendar::Grain::Year) => &[1],
        }
    }
}
