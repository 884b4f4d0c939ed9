//! A template's failure at run time as a problem with its place, in words that hold no value of the data.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::problem::{Place, Problem, SourceFile};

/// A message of this module, told apart from the engine's, which may quote values.
#[derive(Debug)]
struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// An error whose message may be shown as it is.
pub fn fault(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, "a report's template failed").with_source(Fault(message.into()))
}

/// The problem that an engine's error is; `body` is where the template's text lies in its file.
pub fn problem(error: &Error, source: &Arc<SourceFile>, body: &Range<usize>) -> Problem {
    let place = place(error, source, body);
    let code = code(&place);
    let mut message = None;
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(this) = cause {
        if let Some(Fault(words)) = this.downcast_ref::<Fault>() {
            message = Some(words.clone());
        }
        cause = this.source();
    }
    let detail = error.detail().unwrap_or_default();
    let message = message.unwrap_or_else(|| match error.kind() {
        ErrorKind::OutOfFuel => "the template does too much: it was stopped".to_owned(),
        ErrorKind::UndefinedError => format!("{code}is undefined"),
        ErrorKind::SyntaxError
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::MissingArgument
        | ErrorKind::TooManyArguments
            if !detail.is_empty() =>
        {
            detail.to_owned()
        }
        kind => format!("{code}cannot be worked out: {kind}"),
    });
    Problem::error(place, message)
}

/// A stretch of a text that the engine has cut at the left, as in `[0].name`, with the name that belongs to it.
pub fn widen(text: &str, range: Range<usize>) -> Range<usize> {
    let is_cut = |start: usize| text[start..].starts_with(['[', '.', '(']);
    let mut start = range.start.min(text.len());
    while is_cut(start) {
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ']' | '[' | '\'' | '"' | '.');
        let before = text[..start].trim_end_matches(name).len();
        if before == start {
            break;
        }
        start = before;
    }
    start..range.end
}

/// Where an error lies: its exact stretch, else its line.
fn place(error: &Error, source: &Arc<SourceFile>, body: &Range<usize>) -> Place {
    if let Some(range) = error.range() {
        let range = widen(&source.text[body.clone()], range);
        let start = body.start + range.start;
        let end = (body.start + range.end).max(start);
        let first_line = source.text.get(start..end).and_then(|text| text.split('\n').next()).map_or(0, str::len);
        let end = if end > start { start + first_line } else { end };
        return source.place(start..end);
    }
    let lines_before = source.text[..body.start].matches('\n').count();
    let start = source.offset(lines_before + error.line().unwrap_or(1), 1);
    let length = source.text[start..].find('\n').unwrap_or(source.text.len() - start);
    source.place(start..start + length)
}

fn code(place: &Place) -> String {
    let text = place.source.text.get(place.span.clone()).unwrap_or_default().trim();
    if text.is_empty() || text.chars().count() > 80 { String::new() } else { format!("`{text}` ") }
}
