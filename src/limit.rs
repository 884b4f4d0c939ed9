//! How long work may take and how much memory it may use, as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A stretch of time, written `30s`, `500ms`, `5m` or `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout(pub Duration);

/// An amount of memory, written `512MiB` or `4GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub usize);

/// Milliseconds in each unit, the largest first.
const UNITS_OF_TIME: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Bytes in each unit, the largest first.
const UNITS_OF_MEMORY: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no stretch of time: write it like 30s, 500ms, 5m or 1h");
        units(text, &UNITS_OF_TIME).map(Duration::from_millis).map(Self).ok_or_else(wrong)
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no amount of memory: write it like 512MiB or 4GiB");
        units(text, &UNITS_OF_MEMORY).and_then(|bytes| usize::try_from(bytes).ok()).map(Self).ok_or_else(wrong)
    }
}

/// A whole number above 0 with its unit.
fn units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, size) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    number.parse::<u64>().ok().filter(|number| *number > 0)?.checked_mul(*size)
}

/// A number in the largest unit that leaves no rest.
fn in_units(number: u64, units: &[(&str, u64)]) -> String {
    let fitting = units.iter().find(|(_, size)| number.is_multiple_of(*size));
    fitting.map_or_else(|| number.to_string(), |(name, size)| format!("{}{name}", number / size))
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&in_units(milliseconds, &UNITS_OF_TIME))
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_units(self.0 as u64, &UNITS_OF_MEMORY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_with_their_unit() {
        for (text, shown) in [("30s", "30s"), ("90S", "90s"), ("120s", "2m"), ("1500ms", "1500ms"), ("1h", "1h")] {
            assert_eq!(text.parse::<Timeout>().map(|limit| limit.to_string()).as_deref(), Ok(shown));
        }
        for (text, shown) in [("1GiB", "1GiB"), ("2048mib", "2GiB"), ("3 KiB", "3KiB")] {
            assert_eq!(text.parse::<Memory>().map(|limit| limit.to_string()).as_deref(), Ok(shown));
        }
        for text in ["", "30", "s", "0s", "-1s", "1.5s", "30 parsecs", "99999999999999999999h"] {
            assert!(text.parse::<Timeout>().is_err() && text.parse::<Memory>().is_err(), "{text}");
        }
    }
}
