//! Text as exports hold it, read as numbers, days, moments and booleans. Pure; `None` is "does not fit".

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use crate::day::Day;

/// Digits after the point that `number` keeps.
pub const SCALE: u32 = 10;

/// Powers of ten, up to that of [`SCALE`].
const POWERS: [i64; SCALE as usize + 1] = {
    let mut powers = [1; SCALE as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// A decimal number, as units of 10⁻¹⁰.
///
/// `decimal_mark` is `.` or `,`; the other one, spaces and apostrophes may then group digits by three. Without
/// it nothing groups: `1,234` could be either. An exponent is read, as spreadsheets write them. Digits past the
/// tenth are rounded half away from zero.
pub fn number(text: &str, decimal_mark: Option<char>) -> Option<i128> {
    let text = trim(text);
    if let Some(plain) = plain_number(text).filter(|_| decimal_mark.is_none_or(|mark| mark == '.')) {
        return Some(plain);
    }
    let (negative, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let mark = decimal_mark.unwrap_or('.');
    let (whole, fraction) = mantissa.split_once(mark).unwrap_or((mantissa, ""));
    let whole = if decimal_mark.is_some() { ungrouped(whole, mark)? } else { whole.to_owned() };
    let digits: String = whole.chars().chain(fraction.chars()).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The value is `digits` shifted by so many places, counted in units of the result.
    let shift = i32::try_from(SCALE).ok()? - i32::try_from(fraction.len()).ok()? + exponent;
    let significant = digits.trim_start_matches('0');
    let value = if significant.is_empty() {
        0
    } else if shift >= 0 {
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        significant.parse::<i128>().ok()?.checked_mul(power)?
    } else {
        let cut = usize::try_from(shift.unsigned_abs()).ok()?;
        let kept = significant.len().checked_sub(cut);
        let (whole, rest) = significant.split_at(kept.unwrap_or(0));
        let rounds_up = kept.is_some() && rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
        let value = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? };
        value + i128::from(rounds_up)
    };
    // 38 digits are what a decimal holds.
    (value < 10i128.pow(38)).then_some(if negative { -value } else { value })
}

/// Most numbers are a few digits, a point and a few more: read in one go, without changing what [`number`] gives.
fn plain_number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 17 {
        return None;
    }
    let (mut value, mut after_point) = (0i64, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                after_point = after_point.map(|digits: u32| digits + 1);
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            _ => return None,
        }
    }
    let places = after_point.unwrap_or(0);
    let has_digits = digits.len() > usize::from(after_point.is_some());
    let value =
        (has_digits && places <= SCALE).then(|| i128::from(value) * i128::from(POWERS[(SCALE - places) as usize]))?;
    Some(if negative { -value } else { value })
}

/// Without blanks at its ends; few texts have any, which the first and the last byte show.
pub fn trim(text: &str) -> &str {
    let is_ink = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_ink(text.as_bytes().first()) && is_ink(text.as_bytes().last()) { text } else { text.trim() }
}

/// The digits of a number grouped by three.
fn ungrouped(whole: &str, mark: char) -> Option<String> {
    let separators = |c: char| {
        c == '\''
            || c == '\u{2019}'
            || c == ' '
            || c == '\u{a0}'
            || c == '\u{202f}'
            || (c != mark && (c == ',' || c == '.'))
    };
    let mut groups = whole.split(separators);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    if !rest.is_empty() && (first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3)) {
        return None;
    }
    Some(std::iter::once(first).chain(rest).collect())
}

/// The day that a text names: `2026-11-21`, alone or heading a moment, or in a form of `strftime`.
pub fn day(text: &str, form: Option<&str>) -> Option<Day> {
    let text = trim(text);
    match form {
        Some(form) => BrokenDownTime::parse(form, text).ok()?.to_date().ok().map(Day::of),
        None if text.len() == 10 => plain_day(text.as_bytes().first_chunk()?),
        None => {
            let (head, rest) = text.split_at_checked(10)?;
            let is_moment =
                rest.is_empty() || (rest.starts_with(['T', ' ']) && moment(text, None, &TimeZone::UTC).is_some());
            is_moment.then(|| head.parse::<Day>().ok())?
        }
    }
}

/// The day written `2026-11-21`.
fn plain_day(text: &[u8; 10]) -> Option<Day> {
    let [y, e, a, r, b'-', m, n, b'-', d, t] = *text else { return None };
    let year = i16::from(two_digits(y, e)?) * 100 + i16::from(two_digits(a, r)?);
    Date::new(year, two_digits(m, n)?, two_digits(d, t)?).ok().map(Day::of)
}

/// The moment written `2026-11-21T08:55:00Z`, or `2026-11-21 08:55:00` in `zone`, as most exports write it: read in one go,
/// without changing what [`moment`] gives.
fn plain_moment(text: &str, zone: &TimeZone) -> Option<i64> {
    let (day, time) = text.as_bytes().split_first_chunk()?;
    let (time, offset) = time.split_first_chunk()?;
    let [b'T' | b' ', h, o, b':', m, i, b':', s, e] = *time else { return None };
    let [hour, minute, second] = [two_digits(h, o)?, two_digits(m, i)?, two_digits(s, e)?];
    let day = (hour < 24 && minute < 60 && second < 60).then(|| plain_day(day))??;
    match offset {
        b"Z" => {}
        b"" if *zone == TimeZone::UTC => {}
        b"" => return local(day.date().at(hour, minute, second, 0), zone),
        _ => return None,
    }
    let [hour, minute, second] = [hour, minute, second].map(i64::from);
    let moment = (((i64::from(day.to_epoch_days()) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000;
    (moment <= Timestamp::MAX.as_microsecond()).then_some(moment)
}

fn two_digits(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0') as i8);
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// The moment that a text names, in microseconds of UTC; without an offset it is a time of day in `zone`.
pub fn moment(text: &str, form: Option<&str>, zone: &TimeZone) -> Option<i64> {
    let text = trim(text);
    if let Some(plain) = form.is_none().then(|| plain_moment(text, zone)).flatten() {
        return Some(plain);
    }
    if let Some(form) = form {
        let parsed = BrokenDownTime::parse(form, text).ok()?;
        if let Ok(moment) = parsed.to_timestamp() {
            return Some(moment.as_microsecond());
        }
        return local(parsed.to_datetime().or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?, zone);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    // Salesforce writes +0000 without a colon.
    if let Ok(moment) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text) {
        return Some(moment.as_microsecond());
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return local(at, zone);
    }
    local(text.parse::<Date>().ok()?.at(0, 0, 0, 0), zone)
}

fn local(at: DateTime, zone: &TimeZone) -> Option<i64> {
    at.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_microsecond())
}

/// The day of a moment in a time zone.
pub fn day_of(microseconds: i64, zone: &TimeZone) -> Option<Day> {
    Timestamp::from_microsecond(microseconds).ok().map(|moment| Day::of(moment.to_zoned(zone.clone()).date()))
}

/// True or false as exports write them.
pub fn boolean(text: &str) -> Option<bool> {
    let text = trim(text);
    let is_one_of = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(["true", "t", "yes", "y", "1"]) => Some(true),
        () if is_one_of(["false", "f", "no", "n", "0"]) => Some(false),
        () => None,
    }
}

/// Writes the case of five characters of an id: the n-th bit says whether the n-th is a capital.
const CASES: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// An id of Salesforce in its long form, by which one that is written in 15 characters and one in 18 are the same.
///
/// In the short form `a` and `A` differ; the long form adds three characters that repeat the case of the others. So where a
/// spreadsheet has made an id all capitals or all small the long form still says which it was, and where it contradicts
/// itself it is none.
pub fn salesforce_id(text: &str) -> Option<String> {
    let text = trim(text);
    if !matches!(text.len(), 15 | 18) || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (short, check) = text.split_at(15);
    if check.is_empty() {
        return Some(with_case(short));
    }
    let mut meant = String::with_capacity(18);
    for (five, case) in short.as_bytes().chunks(5).zip(check.bytes()) {
        let bits = CASES.iter().position(|known| *known == case.to_ascii_uppercase())?;
        let letters = five.iter().enumerate().map(|(at, byte)| match bits >> at & 1 {
            1 => byte.to_ascii_uppercase(),
            _ => byte.to_ascii_lowercase(),
        });
        meant.extend(letters.map(char::from));
    }
    let long = with_case(&meant);
    let lacks = |letters: fn(&u8) -> bool| !text.as_bytes().iter().any(letters);
    let is_as_meant = long.starts_with(short) || lacks(u8::is_ascii_lowercase) || lacks(u8::is_ascii_uppercase);
    (is_as_meant && long.eq_ignore_ascii_case(text)).then_some(long)
}

/// The 15 characters of an id, and the three that repeat their case.
fn with_case(short: &str) -> String {
    let case = short.as_bytes().chunks(5).map(|five| {
        let capitals = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
        char::from(CASES[capitals.map(|(at, _)| 1 << at).sum::<usize>()])
    });
    short.chars().chain(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Option<i128> {
        number(text, None)
    }

    #[test]
    fn a_plain_number_is_what_any_number_is() {
        let mut plain = 0;
        for sign in ["", "-", "+"] {
            for whole in ["", "0", "007", "12", "999999999999999", "12345678901234567", "123456789012345678"] {
                for fraction in ["", ".", ".0", ".25", ".0000000001", ".00000000005", ".1.2", "e3", "x"] {
                    let text = format!("{sign}{whole}{fraction}");
                    if let Some(value) = plain_number(&text) {
                        plain += 1;
                        // An exponent takes the long way.
                        assert_eq!(number(&format!("{text}e0"), None), Some(value), "{text}");
                    }
                }
            }
        }
        assert!(plain > 30, "{plain}");
    }

    #[test]
    fn numbers_are_exact_and_refuse_what_could_mean_two_things() {
        assert_eq!(units("80450596.9823"), Some(804_505_969_823_000_000));
        assert_eq!(units(" -0.5 "), Some(-5_000_000_000));
        assert_eq!(units("1E+3"), Some(10_000_000_000_000));
        assert_eq!(units("1.5e-3"), Some(15_000_000));
        assert_eq!(units("0.00000000005"), Some(1));
        assert_eq!(units("0.00000000004"), Some(0));
        assert_eq!(units("1e-400"), Some(0));
        for text in ["1,234", "", "-", ".", "abc", "1.2.3", "0x10", "NaN", "1e", "$5", "1 234", "9e99"] {
            assert_eq!(units(text), None, "{text}");
        }
        assert_eq!(number("1.234.567,89", Some(',')), units("1234567.89"));
        assert_eq!(number("1,234,567.89", Some('.')), units("1234567.89"));
        assert_eq!(number("12,34", Some('.')), None);
    }

    #[test]
    fn days_are_read_as_written_and_moments_in_their_zone() {
        let new_york = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
        assert_eq!(day("2026-11-21", None), "2026-11-21".parse().ok());
        assert_eq!(day("2021-05-05T00:00:00.000Z", None), "2021-05-05".parse().ok());
        assert_eq!(day("02/03/24", Some("%m/%d/%y")), "2024-02-03".parse().ok());
        for text in ["2026-13-01", "21.11.2026", "2026-11-21x", "2026-11", "ä2026-11-21"] {
            assert_eq!(day(text, None), None, "{text}");
        }
        // 31 March, 23:30 in New York is 1 April in UTC.
        let late = moment("2026-04-01T03:30:00Z", None, &new_york).unwrap();
        assert_eq!(day_of(late, &new_york), "2026-03-31".parse().ok());
        assert_eq!(
            moment("2024-01-22T16:14:25.000+0000", None, &new_york),
            moment("2024-01-22T16:14:25Z", None, &new_york)
        );
        assert_eq!(moment("2026-03-31T23:30:00", None, &new_york), Some(late));
        assert_eq!(
            moment("02/23/26 08:55 PM", Some("%m/%d/%y %I:%M %p"), &TimeZone::UTC),
            moment("2026-02-23T20:55:00Z", None, &TimeZone::UTC)
        );
    }

    #[test]
    fn a_plain_moment_is_what_any_moment_is() {
        let new_york = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
        let mut plain = 0;
        for day in [
            "0000-01-01",
            "1969-12-31",
            "2024-02-29",
            "2023-02-29",
            // An hour that was not there, and one that came twice.
            "2026-03-08",
            "2026-11-01",
            "9999-12-30",
            "9999-12-31",
            "2024-1-01",
            "20240101xx",
        ] {
            for time in ["00:00:00", "02:30:00", "23:59:59", "24:00:00", "12:60:00", "12:00:60", "1:00:00", "12:00"] {
                for (between, end) in [("T", "Z"), (" ", "Z"), ("T", ""), (" ", ""), ("T", "z"), ("T", "+00:00")] {
                    let text = format!("{day}{between}{time}{end}");
                    for zone in [&TimeZone::UTC, &new_york] {
                        let Some(moment) = plain_moment(&text, zone) else { continue };
                        plain += 1;
                        let any = match text.parse::<Timestamp>() {
                            Ok(any) => Some(any.as_microsecond()),
                            Err(_) => local(text.parse().unwrap(), zone),
                        };
                        assert_eq!(any, Some(moment), "{text}");
                    }
                }
            }
        }
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn booleans_are_those_of_exports_and_nothing_else() {
        assert_eq!(boolean(" TRUE "), Some(true));
        assert_eq!(boolean("0"), Some(false));
        assert_eq!(boolean("maybe"), None);
    }
    #[test]
    fn an_id_of_salesforce_is_the_same_in_15_and_in_18_characters() {
        let id = |text: &str| salesforce_id(text);
        let long = "006Ec00000AieKFIAZ";
        for same in [long, &long[..15], " 006Ec00000AieKF ", "006EC00000AIEKFIAZ", "006ec00000aiekfiaz"] {
            assert_eq!(id(same).as_deref(), Some(long), "{same}");
        }
        assert_ne!(id("006Ec00000AieKf"), id("006Ec00000AieKF"), "case tells short ids apart");
        for none in
            ["006Ec00000AieKFIAY", "006Ec00000AieKfIAZ", "006Ec00000AieK", "006Ec00000Aie-F", "006Ec00000AieKFIA9"]
        {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
