//! Mistakes in the user's files: where they are, what is wrong, and what to do.
//!
//! A `Problem` points into a `SourceFile` that it keeps alive, so that whoever found it needs nothing
//! else to print it with its line and a caret.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text file of the project as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path from the project's root, with `/`.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// The place of a byte range, cut to the text's end.
    pub fn place(self: &Arc<Self>, span: Range<usize>) -> Place {
        let end = span.end.min(self.text.len());
        Place { source: Arc::clone(self), span: span.start.min(end)..end }
    }

    /// The byte offset of a line and column, both from 1, the column in characters.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = match line {
            0 | 1 => 0,
            _ => match self.text.match_indices('\n').nth(line - 2) {
                Some((newline, _)) => newline + 1,
                None => return self.text.len(),
            },
        };
        let rest = &self.text[start..];
        let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        start + within
    }
}

/// A stretch of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<SourceFile>,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column of the start, both from 1, the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        self.position(self.span.start)
    }

    /// Line and column behind the end, both from 1, the column in characters.
    pub fn end_line_column(&self) -> (usize, usize) {
        self.position(self.span.end.max(self.span.start))
    }

    fn position(&self, byte: usize) -> (usize, usize) {
        let before = &self.source.text[..self.source.text.floor_char_boundary(byte)];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[line_start..].chars().count() + 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.path)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    pub place: Place,
    /// What the caret's label says, when the message alone does not tell.
    pub label: Option<String>,
    /// An action that mends it.
    pub help: Option<String>,
}

impl Problem {
    pub fn error(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), place, label: None, help: None }
    }

    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem as an editor reads it. Lines and columns count from 1, columns in characters (Unicode code points), and
    /// the end is the first position behind the place.
    pub fn to_json(&self) -> serde_json::Value {
        let ((line, column), (end_line, end_column)) = (self.place.line_column(), self.place.end_line_column());
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        serde_json::json!({
            "severity": severity,
            "message": self.message,
            "help": self.help,
            "file": self.place.source.path,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        })
    }

    /// The problem as a person reads it: message, place, the line with a caret, help.
    pub fn render(&self, coloured: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let Place { source, span } = &self.place;
        let mut annotation = AnnotationKind::Primary.span(span.clone());
        if let Some(label) = &self.label {
            annotation = annotation.label(label.as_str());
        }
        let snippet = Snippet::source(source.text.as_str()).path(source.path.as_str()).annotation(annotation);
        let mut group: Group<'_> = level.primary_title(self.message.as_str()).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// Puts problems into file order: by path, then by place.
pub fn sort(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| {
        (&a.place.source.path, a.place.span.start, &a.message).cmp(&(
            &b.place.source.path,
            b.place.span.start,
            &b.message,
        ))
    });
    problems.dedup();
}

/// The nearest of `candidates` to a mistyped `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            let longest = candidate.chars().count().max(lower.chars().count());
            // Of a name of two letters, of which one is another, too little is left to tell what was meant.
            *distance <= 1 + longest / 4 && (2 * distance < longest || *distance == 0)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The help for a mistyped name: the nearest one, else all that there are.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, candidates.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut all: Vec<&str> = candidates.into_iter().collect();
            all.sort_unstable();
            let shown = all.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            match all.len() {
                0 => "there are none".to_owned(),
                1..=12 => format!("there are: {shown}"),
                more => format!("there are {more}, among them {shown}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let source = SourceFile::new("sql/a.sql", "ä\nbö cd");
        let place = source.place(source.text.find("cd").unwrap()..source.text.len());
        assert_eq!(place.to_string(), "sql/a.sql:2:4");
        assert_eq!(source.offset(2, 4), place.span.start);
        assert_eq!(place.end_line_column(), (2, 6));
        assert_eq!(source.place(1..1).end_line_column(), (1, 1), "within a character is at it");
    }

    #[test]
    fn an_editor_is_told_where_a_problem_begins_and_ends() {
        let source = SourceFile::new("sql/a.sql", "SELECT ä,\n  bö\nFROM c");
        let place = source.place(source.text.find('ä').unwrap()..source.text.find("\nFROM").unwrap());
        let told = Problem::warning(place, "both are \"odd\"").help("leave them out").to_json().to_string();
        assert_eq!(
            told,
            r#"{"severity":"warning","message":"both are \"odd\"","help":"leave them out","file":"sql/a.sql","line":1,"column":8,"end_line":2,"end_column":5}"#
        );
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        assert_eq!(nearest("amuont", ["amount", "name"]), Some("amount"));
        assert_eq!(nearest("xyz", ["amount", "name"]), None);
        assert_eq!(nearest("ID", ["id"]), Some("id"));
        assert_eq!(nearest("am", ["amt"]), Some("amt"));
        for name in ["x", "xy", "ix", "nope"] {
            assert_eq!(nearest(name, ["a", "id", "y", "of", "now"]), None, "{name}");
        }
    }
}
