//! How selectors are written: pure text in, what was meant out.

use std::str::FromStr;

/// Chooses models and reports: what any of its groups chooses, a group being what all of its parts choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    pub(super) groups: Vec<Vec<Part>>,
    /// Whether it takes away what it chooses.
    pub(super) excludes: bool,
}

/// One name or property, and how far around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub written: String,
    pub method: Method,
    /// With so many steps of what it reads.
    pub up: usize,
    /// With so many steps of what reads it.
    pub down: usize,
    /// With everything that reads it, and everything that those read.
    pub is_whole: bool,
}

/// Where a `*` stands for any letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    Name(glob::Pattern),
    Tag(glob::Pattern),
    /// A file, a folder with all that lies in it, or a pattern of files.
    Path(glob::Pattern),
    /// A declared table.
    Source(glob::Pattern),
    Report(String),
    State(State),
}

/// What has become of a model since the last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its SQL says something else, or it is new.
    Modified,
    /// No run knew it.
    New,
}

const EXAMPLES: &str =
    "a selector names something, as in `kpi.win_rate`, `+kpi.win_rate`, `tag:weekly`, `path:sql/kpi`";

impl FromStr for Selector {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let group = |group: &str| group.split(',').map(str::parse).collect::<Result<Vec<Part>, String>>();
        let groups = written.split_whitespace().map(group).collect::<Result<Vec<_>, _>>()?;
        if groups.is_empty() {
            return Err(EXAMPLES.to_owned());
        }
        Ok(Self { groups, excludes: false })
    }
}

impl Selector {
    /// The same, taking away what it chooses.
    pub fn excluding(self) -> Self {
        Self { excludes: true, ..self }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (is_whole, rest) = written.strip_prefix('@').map_or((false, written), |rest| (true, rest));
        let (up, rest) = before(rest)?;
        let (down, rest) = behind(rest)?;
        if is_whole && (up > 0 || down > 0) {
            return Err(format!("`{written}` has both `@` and `+`; `@` alone holds all that `+` would add"));
        }
        if rest.is_empty() {
            return Err(EXAMPLES.to_owned());
        }
        let pattern =
            |text: &str| glob::Pattern::new(text).map_err(|error| format!("`{text}` is not a name: {}", error.msg));
        let method = match rest.split_once(':') {
            None => Method::Name(pattern(rest)?),
            Some(("tag", tag)) => Method::Tag(pattern(tag)?),
            Some(("path", path)) => Method::Path(pattern(path.trim_start_matches("./").trim_end_matches('/'))?),
            Some(("source", table)) => Method::Source(pattern(table)?),
            Some(("report", name)) => Method::Report(name.to_owned()),
            Some(("state", "modified")) => Method::State(State::Modified),
            Some(("state", "new")) => Method::State(State::New),
            Some(("state", other)) => {
                return Err(format!("`state:{other}` is no state; there are `state:modified` and `state:new`"));
            }
            Some((other, _)) => {
                return Err(format!(
                    "`{other}:` is no way to select; there are `tag:`, `path:`, `source:`, `report:` and `state:`"
                ));
            }
        };
        Ok(Self { written: written.to_owned(), method, up, down, is_whole })
    }
}

/// The steps that `+` or `2+` before a name stand for, and the rest.
fn before(text: &str) -> Result<(usize, &str), String> {
    match text.split_once('+') {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => Ok((steps(number)?, rest)),
        _ => Ok((0, text)),
    }
}

/// The steps that `+` or `+2` behind a name stand for, and what is before it.
fn behind(text: &str) -> Result<(usize, &str), String> {
    match text.rsplit_once('+') {
        Some((rest, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => Ok((steps(number)?, rest)),
        _ => Ok((0, text)),
    }
}

/// Without a number all there are.
fn steps(number: &str) -> Result<usize, String> {
    if number.is_empty() {
        return Ok(usize::MAX);
    }
    number.parse().map_err(|_| format!("`{number}` steps are more than there can be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> (usize, usize, bool) {
        let Part { up, down, is_whole, .. } = text.parse().unwrap();
        (up, down, is_whole)
    }

    #[test]
    fn steps_are_counted_on_both_sides() {
        assert_eq!(part("kpi.a"), (0, 0, false));
        assert_eq!(part("+kpi.a"), (usize::MAX, 0, false));
        assert_eq!(part("kpi.a+"), (0, usize::MAX, false));
        assert_eq!(part("2+kpi.a+1"), (2, 1, false));
        assert_eq!(part("1+tag:weekly+"), (1, usize::MAX, false));
        assert_eq!(part("@kpi.a"), (0, 0, true));
    }

    #[test]
    fn a_space_begins_another_group_and_a_comma_another_part() {
        let selector: Selector = "a,b  c".parse().unwrap();
        let written: Vec<Vec<&str>> =
            selector.groups.iter().map(|group| group.iter().map(|part| part.written.as_str()).collect()).collect();
        assert_eq!(written, [vec!["a", "b"], vec!["c"]]);
    }

    #[test]
    fn what_is_no_selector_is_told_with_what_there_is() {
        for (text, told) in [
            ("", "a selector names something"),
            ("+", "a selector names something"),
            ("a,,b", "a selector names something"),
            ("owner:ann", "`owner:` is no way to select"),
            ("state:old", "`state:old` is no state; there are `state:modified` and `state:new`"),
            ("@a+", "both `@` and `+`"),
            ("99999999999999999999999+a", "more than there can be"),
            ("kpi.[", "is not a name"),
        ] {
            let error = text.parse::<Selector>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
