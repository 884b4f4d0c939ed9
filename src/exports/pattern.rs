//! The path of an export as a pipeline writes it: `exports/{day}/Deal*.csv`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::day::Day;

/// A path, from the project's root, with globs (`*`, `?`, `[ab]`, `**`) and with `{day}` or, as in `{day:%Y%m%d}`, the
/// day in a form of its own. `${env:NAME}` stands for a variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The day, in a form as strftime knows it.
    Day(String),
}

/// How globs match: a `*` stays within one folder, and never finds a hidden file.
pub(super) const GLOBS: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

impl PathPattern {
    /// Whether the path depends on the day.
    pub fn has_day(&self) -> bool {
        self.forms().next().is_some()
    }

    /// The path for a day, globs and all.
    pub fn fill(&self, day: Day) -> String {
        // The form was tried when the pattern was parsed; where it fails for an odd year, no file is of that day.
        self.with(|form| written(day.date(), form).unwrap_or_else(|| day.to_string()))
    }

    /// The path for any day: globs in place of it.
    pub(super) fn any_day(&self) -> String {
        let path = self.with(|form| vec!["*"; form.matches('/').count() + 1].join("/"));
        // A day beside a glob must not become `**`, which means any folders.
        let one_star = |folder: &str| if folder == "**" { folder.to_owned() } else { collapse_stars(folder) };
        path.split('/').map(one_star).collect::<Vec<_>>().join("/")
    }

    /// The path up to and with the folder, or the file, in whose name the day is written whole.
    pub(super) fn up_to_day(&self) -> Self {
        let is_day = |piece: &Piece| matches!(piece, Piece::Day(_));
        let last = self.pieces.iter().rposition(is_day).map_or(0, |at| at + 1);
        let mut pieces = self.pieces[..last].to_vec();
        if let Some(Piece::Text(after)) = self.pieces.get(last) {
            pieces.push(Piece::Text(after.split('/').next().unwrap_or_default().to_owned()));
        }
        Self { written: self.written.clone(), pieces }
    }

    /// The forms in which the day is written.
    pub(super) fn forms(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Day(form) => Some(form.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The day, if any, that the filled path `path` is for.
    pub(super) fn day_of(&self, path: &str) -> Option<Day> {
        let form = self.forms().next()?;
        let day_at = |at: usize| {
            let (parsed, _) = jiff::fmt::strtime::BrokenDownTime::parse_prefix(form, path.get(at..)?).ok()?;
            parsed.to_date().ok().map(Day::of)
        };
        // Without globs there is one place where it can stand, and one path that it gives.
        if !self.has_globs() {
            let before = self.pieces.iter().map_while(|piece| match piece {
                Piece::Text(text) => Some(text.len()),
                Piece::Day(_) => None,
            });
            return day_at(before.sum()).filter(|&day| self.fill(day) == path);
        }
        path.char_indices()
            .filter_map(|(at, _)| day_at(at))
            .find(|&day| glob::Pattern::new(&self.fill(day)).is_ok_and(|glob| glob.matches_with(path, GLOBS)))
    }

    fn has_globs(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(['*', '?', '['])))
    }

    fn with(&self, mut day: impl FnMut(&str) -> String) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Day(form) => day(form),
            })
            .collect()
    }
}

fn collapse_stars(folder: &str) -> String {
    let mut collapsed = String::with_capacity(folder.len());
    for character in folder.chars() {
        if character != '*' || !collapsed.ends_with('*') {
            collapsed.push(character);
        }
    }
    collapsed
}

/// A date in a form; `None` when the form is none.
fn written(date: Date, form: &str) -> Option<String> {
    jiff::fmt::strtime::format(form, date).ok()
}

/// Dates that differ in each of their parts.
const SAMPLES: [Date; 3] = [Date::constant(2026, 11, 3), Date::constant(2027, 1, 31), Date::constant(1999, 12, 31)];

/// Whether a form tells each day from every other.
fn names_whole_days(form: &str) -> bool {
    SAMPLES.into_iter().all(|date| {
        written(date, form).is_some_and(|text| {
            let parsed = jiff::fmt::strtime::parse(form, &text).and_then(|parsed| parsed.to_date());
            parsed.is_ok_and(|parsed| parsed == date) && !text.contains(['*', '?', '['])
        })
    })
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("a path has no NUL character".to_owned());
        }
        let plain = plain(text);
        if plain.is_empty() {
            return Err("the path is empty; write for example `exports/{day}/Deal.csv`".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = plain.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after.split_once('}').ok_or("a `{` in the path has no `}`")?;
            // Replaced by the environment's value before any file is looked for.
            if before.ends_with('$') && inside.starts_with("env:") {
                pieces.push(Piece::Text(format!("{before}{{{inside}}}")));
                rest = after;
                continue;
            }
            let form = match inside.split_once(':') {
                None if inside == "day" => "%Y-%m-%d",
                Some(("day", form)) => form,
                _ => {
                    return Err(format!(
                        "`{{{inside}}}` is unknown in a path; there are `{{day}}` and `{{day:%Y%m%d}}`"
                    ));
                }
            };
            if !names_whole_days(form) {
                return Err(format!("`{{{inside}}}` does not name a whole day; write for example `{{day:%Y%m%d}}`"));
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Day(form.to_owned()));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let pattern = Self { written: text.to_owned(), pieces };
        match glob::Pattern::new(&pattern.fill(Day::of(SAMPLES[0]))) {
            Ok(_) => Ok(pattern),
            Err(error) => Err(format!("the path is not a pattern: {}", error.msg)),
        }
    }
}

/// A path without `.` folders and doubled slashes, as the paths that are found have none.
fn plain(text: &str) -> String {
    let root = if text.starts_with('/') { "/" } else { "" };
    let folders: Vec<&str> = text.split('/').filter(|folder| !folder.is_empty() && *folder != ".").collect();
    format!("{root}{}", folders.join("/"))
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl JsonSchema for PathPattern {
    fn schema_name() -> Cow<'static, str> {
        "PathPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A path from the project's root, with globs (`*`, `?`, `[ab]`, `**`) and with `{day}` or, as in `{day:%Y%m%d}`, the day in a form of its own. `${env:NAME}` stands for a variable of the environment.",
            "type": "string",
            "examples": ["exports/{day}/Opportunity.csv", "exports/deals_{day:%Y%m%d}_*.csv.gz"]
        })
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_day_fills_the_path_in_the_form_that_is_asked() {
        let on = day("2026-11-03");
        assert_eq!(pattern("exports/{day}/Deal.csv").fill(on), "exports/2026-11-03/Deal.csv");
        assert_eq!(pattern("./a//{day:%Y/%m/%d}/Deal_{day:%Y%m%d}*.csv").fill(on), "a/2026/11/03/Deal_20261103*.csv");
        assert_eq!(pattern("exports/Deal.csv").fill(on), "exports/Deal.csv");
        assert_eq!(pattern("Deal{day:%y%m%d}.csv").fill(on), "Deal261103.csv");
        assert_eq!(pattern("a/**/{day:%Y/%m/%d}/x.csv").any_day(), "a/**/*/*/*/x.csv");
        assert_eq!(pattern("a/*{day}*.csv").any_day(), "a/*.csv");
    }

    #[test]
    fn the_day_is_read_back_from_a_path() {
        for text in ["exports/{day}/Deal.csv", "x/{day:%Y/%m/%d}/Deal_{day:%Y%m%d}_*.csv", "{day:%d.%m.%Y} Deal?.csv"] {
            let pattern = pattern(text);
            let path = pattern.fill(day("2026-11-03")).replace('*', "99").replace('?', "1");
            assert_eq!(pattern.day_of(&path), Some(day("2026-11-03")), "{path}");
        }
        assert_eq!(pattern("a{day:%Y%m%d}.csv").day_of("a20261350.csv"), None);
        assert_eq!(pattern("{day}/{day}.csv").day_of("2026-11-03/2026-11-04.csv"), None);
        assert_eq!(pattern("9{day}.csv").day_of("92026-11-03.csv"), Some(day("2026-11-03")));
    }

    #[test]
    fn a_path_that_says_nothing_sensible_says_what_to_write() {
        for (text, expected) in [
            ("", "the path is empty"),
            ("a/{date}.csv", "`{date}` is unknown in a path"),
            ("a/{day.csv", "has no `}`"),
            ("a/{day:%m-%d}.csv", "does not name a whole day"),
            ("a/{day:%Q}.csv", "does not name a whole day"),
            ("a/***.csv", "not a pattern"),
            ("a/[.csv", "not a pattern"),
        ] {
            let message = text.parse::<PathPattern>().unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
