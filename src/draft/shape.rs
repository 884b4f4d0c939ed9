//! What the values of a column are, told by the functions that a map reads them with.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::sample::Column;
use crate::ingest::text;

/// Forms of a day, the more usual first; where the same texts fit two, that is a doubt.
const DAYS: [&str; 14] = [
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y%m%d",
];
/// Forms of a time of day behind a day.
const TIMES: [&str; 4] = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"];
/// By which the forms are shown: no two of its parts are the same.
const SHOWN: Date = Date::constant(2024, 1, 31);
/// Years in which a business may have had deals.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2150;

/// How almost all values of a column can be read.
#[derive(Debug)]
pub struct Fit<T> {
    pub how: T,
    /// What was seen, as `12 of 12 values are days like 2024-01-31`.
    pub seen: String,
}

/// How days or moments are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Without a form as `2024-01-31`.
    Day(Option<String>),
    Moment(Option<String>),
}

impl Column {
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The different values and how often each is there, the most frequent first.
    pub fn words(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.values.iter().for_each(|value| *counts.entry(value).or_default() += 1);
        let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
        words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        words
    }

    /// Whether every one of so many rows has a value of its own.
    pub fn tells_apart(&self, rows: usize) -> bool {
        self.values.len() == rows && self.values.iter().collect::<BTreeSet<_>>().len() == rows
    }

    /// Flags: true and false, yes and no, 1 and 0, and nothing for false.
    pub fn flags(&self) -> Option<Fit<()>> {
        self.fit([()], |value, ()| text::boolean(value), |()| "true or false".to_owned())
    }

    /// Numbers, with the mark before their decimals where they are grouped or it is a comma.
    pub fn numbers(&self) -> Option<Fit<Option<char>>> {
        let shown = |mark: &Option<char>| {
            let like = match mark {
                None => "1234.5",
                Some(',') => "1.234,5",
                Some(_) => "1,234.5",
            };
            format!("numbers like {like}")
        };
        self.fit([None, Some('.'), Some(',')], |value, mark| text::number(value, *mark), shown)
    }

    /// Whether a number is larger than a limit.
    pub fn exceeds(&self, limit: i128, mark: Option<char>) -> bool {
        let limit = limit * 10_i128.pow(text::SCALE);
        self.values.iter().filter_map(|value| text::number(value, mark)).any(|number| number > limit)
    }

    /// Days or moments. A moment at midnight is a day.
    pub fn when(&self) -> Option<Fit<When>> {
        let day = |value: &str, form: &Option<String>| {
            let plain = form.is_some() || value.len() == 10 || is_midnight(value);
            let read = text::day(value, form.as_deref()).filter(|_| plain);
            read.filter(|day| YEARS.contains(&day.date().year()))
        };
        let forms = |form: &&str| Some((*form).to_owned());
        let days = std::iter::once(None).chain(DAYS.iter().map(forms));
        let shown = |form: &Option<String>| format!("days like {}", like(form.as_deref().unwrap_or("%Y-%m-%d")));
        if let Some(Fit { how, seen }) = self.fit(days, day, shown) {
            return Some(Fit { how: When::Day(how), seen });
        }
        let moment = |value: &str, form: &Option<String>| {
            let read = text::moment(value, form.as_deref(), &TimeZone::UTC).filter(|_| value.len() > 10)?;
            let day = text::day_of(read, &TimeZone::UTC)?;
            YEARS.contains(&day.date().year()).then_some(read)
        };
        let with_time = |day: &str| TIMES.map(|time| Some(format!("{day} {time}")));
        let moments = std::iter::once(None).chain(["%Y-%m-%d"].iter().chain(&DAYS).flat_map(|day| with_time(day)));
        let zoned = match self.values.iter().any(|value| has_zone(value)) {
            true => "",
            false => ", which name no zone: they are read in that of the pipeline",
        };
        let shown = |form: &Option<String>| match form {
            None => format!("moments like 2024-01-31T16:14:25{zoned}"),
            Some(form) => format!("moments like {}{zoned}", like(form)),
        };
        self.fit(moments, moment, shown).map(|Fit { how, seen }| Fit { how: When::Moment(how), seen })
    }

    /// Ids of Salesforce, in 15 or 18 characters.
    pub fn salesforce_ids(&self) -> bool {
        !self.is_empty() && self.values.iter().all(|value| text::salesforce_id(value).is_some())
    }

    /// The first of the ways by which the most values can be read, if those are nine of ten.
    fn fit<T, V: PartialEq>(
        &self,
        ways: impl IntoIterator<Item = T>,
        read: impl Fn(&str, &T) -> Option<V>,
        shown: impl Fn(&T) -> String,
    ) -> Option<Fit<T>> {
        let of = self.values.len();
        let count = |way: &T| self.values.iter().filter(|value| read(value, way).is_some()).count();
        let counted = ways.into_iter().map(|way| (count(&way), way));
        let mut fitting: Vec<(usize, T)> = counted.filter(|(fits, _)| *fits > 0 && fits * 10 >= of * 9).collect();
        // Stable: of equals the more usual stays first.
        fitting.sort_by_key(|(fits, _)| std::cmp::Reverse(*fits));
        let (fits, how) = fitting.first()?;
        let says_else = |way: &T| self.values.iter().any(|value| read(value, way) != read(value, how));
        let other = fitting[1..].iter().take_while(|(equal, _)| equal == fits).find(|(_, way)| says_else(way));
        let doubt = other.map(|(_, way)| format!("; they could also be {}", shown(way))).unwrap_or_default();
        let others = if *fits < of { "; the rows of the others will be rejects" } else { "" };
        let seen = format!("{fits} of {of} values are {}{doubt}{others}", shown(how));
        let (_, how) = fitting.into_iter().next()?;
        Some(Fit { how, seen })
    }
}

/// A day or moment in a form.
fn like(form: &str) -> String {
    jiff::fmt::strtime::format(form, SHOWN.at(16, 14, 25, 0)).unwrap_or_else(|_| form.to_owned())
}

fn is_midnight(value: &str) -> bool {
    let Some((_, time)) = value.split_at_checked(10) else { return false };
    let digits = time.split(['+', 'Z']).next().unwrap_or_default();
    time.starts_with(['T', ' ']) && digits.bytes().filter(u8::is_ascii_digit).all(|digit| digit == b'0')
}

/// Whether a moment says which zone it is in.
fn has_zone(value: &str) -> bool {
    let time = value.get(10..).unwrap_or_default();
    value.ends_with(['Z', 'z']) || time.contains(['+', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        Column { name: "c".to_owned(), values: values.iter().map(|&value| value.to_owned()).collect() }
    }

    fn when(values: &[&str]) -> (When, String) {
        let Fit { how, seen } = column(values).when().unwrap();
        (how, seen)
    }

    #[test]
    fn days_are_told_with_their_form_and_with_what_leaves_it_open() {
        assert_eq!(
            when(&["2024-01-22", "2023-06-17"]),
            (When::Day(None), "2 of 2 values are days like 2024-01-31".to_owned())
        );
        assert_eq!(when(&["02/23/26", "02/03/24"]).0, When::Day(Some("%m/%d/%y".to_owned())));
        assert_eq!(when(&["23/02/2026"]).0, When::Day(Some("%d/%m/%Y".to_owned())));
        let (how, seen) = when(&["02/03/2026", "05/06/2026"]);
        assert_eq!(how, When::Day(Some("%m/%d/%Y".to_owned())));
        assert_eq!(seen, "2 of 2 values are days like 01/31/2024; they could also be days like 31/01/2024");
        assert_eq!(when(&["2018-12-19 00:00:00", "2018-12-20 00:00:00"]).0, When::Day(None));
    }

    #[test]
    fn moments_are_told_apart_from_days_and_say_whether_they_name_a_zone() {
        let (how, seen) = when(&["2024-01-22T16:14:25.000+0000"]);
        assert_eq!((how, seen.contains("zone")), (When::Moment(None), false), "{seen}");
        let (how, seen) = when(&["2018-12-19 19:51:13"]);
        assert_eq!((how, seen.contains("name no zone")), (When::Moment(None), true), "{seen}");
        assert_eq!(when(&["02/23/26 08:55 PM"]).0, When::Moment(Some("%m/%d/%y %I:%M %p".to_owned())));
        assert!(column(&["Web", "Partner"]).when().is_none());
        assert!(column(&[]).when().is_none());
    }

    #[test]
    fn numbers_are_told_with_their_marks() {
        let mark = |values: &[&str]| column(values).numbers().map(|fit| fit.how);
        assert_eq!(mark(&["15000", "12.5"]), Some(None));
        assert_eq!(mark(&["1,234,567.89", "12"]), Some(Some('.')));
        assert_eq!(mark(&["1.234.567,89", "12"]), Some(Some(',')));
        assert_eq!(mark(&["many", "few"]), None);
        let seen = column(&["1,234", "5,678"]).numbers().unwrap().seen;
        assert!(seen.contains("they could also be numbers like 1.234,5"), "{seen}");
    }

    #[test]
    fn a_value_in_ten_may_be_something_else() {
        let mut values = vec!["1"; 9];
        values.push("none");
        assert!(
            column(&values)
                .numbers()
                .unwrap()
                .seen
                .contains("9 of 10 values are numbers like 1234.5; the rows of the others")
        );
        values.push("none");
        assert!(column(&values).numbers().is_none());
    }
}
