//! A piece of SQL with the way back to where a person wrote it: a file, or a text inside YAML.

use std::ops::Range;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::problem::{self, Place, Problem, SourceFile};
use crate::yaml::{Document, Segment};

/// SQL text and its origin.
#[derive(Debug, Clone)]
pub struct Sql {
    pub text: String,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    File(Arc<SourceFile>),
    Yaml(Arc<Document>, Vec<Segment>),
    /// SQL made from a rule: whatever is wrong with it is wrong with the rule.
    Rule(Arc<Document>, Vec<Segment>),
}

impl Sql {
    /// A file that is SQL from end to end.
    pub fn file(source: &Arc<SourceFile>) -> Self {
        Self { text: source.text.clone(), origin: Origin::File(Arc::clone(source)) }
    }

    /// A text value of a YAML document.
    pub fn yaml(text: &str, document: &Arc<Document>, path: Vec<Segment>) -> Self {
        Self { text: text.to_owned(), origin: Origin::Yaml(Arc::clone(document), path) }
    }

    /// SQL that the program made from a value of a YAML document.
    pub fn rule(text: &str, document: &Arc<Document>, path: Vec<Segment>) -> Self {
        Self { text: text.to_owned(), origin: Origin::Rule(Arc::clone(document), path) }
    }

    /// The place of a stretch of the text.
    pub fn place(&self, within: Range<usize>) -> Place {
        match &self.origin {
            Origin::File(source) => source.place(within),
            Origin::Yaml(document, path) => document.text_place(path, within),
            Origin::Rule(document, path) => document.place(path),
        }
    }

    /// The place of a stretch between lines and columns, both from 1, columns in characters, end exclusive.
    fn place_between(&self, start: (u64, u64), end: (u64, u64)) -> Place {
        let text = SourceFile { path: String::new(), text: self.text.clone() };
        let at = |(line, column): (u64, u64)| text.offset(to_usize(line), to_usize(column));
        let start = at(start);
        self.place(start..at(end).max(start))
    }

    /// The place of a token that the parser gave a span; of the statement, where it gave none.
    pub fn place_of(&self, span: Span) -> Place {
        if span.start.line == 0 {
            self.start()
        } else {
            self.place_between((span.start.line, span.start.column), (span.end.line, span.end.column))
        }
    }

    /// The place of the first word of the statement, past comments.
    pub fn start(&self) -> Place {
        let mut at = 0;
        loop {
            let rest = &self.text[at..];
            let skipped = rest.len() - rest.trim_start().len();
            at += skipped;
            let rest = &self.text[at..];
            if rest.starts_with("--") {
                at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                let word = rest.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(rest.len());
                return self.place(at..at + word);
            }
        }
    }

    /// The place of the first occurrence of a word, as the user wrote it.
    fn place_of_word(&self, word: &str) -> Option<Place> {
        let lower = self.text.to_lowercase();
        let bounded = |at: usize| {
            let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !is_word(lower[..at].chars().next_back()) && !is_word(lower[at + word.len()..].chars().next())
        };
        // Lowercasing can change lengths outside ASCII; then the offsets would lie.
        if lower.len() != self.text.len() || word.is_empty() {
            return None;
        }
        let word = word.to_lowercase();
        let past_header = self.start().span.start.min(lower.len());
        let from = if matches!(self.origin, Origin::File(_)) { past_header } else { 0 };
        lower[from..]
            .match_indices(&word)
            .map(|(at, _)| at + from)
            .find(|at| bounded(*at))
            .map(|at| self.place(at..at + word.len()))
    }

    /// What the engine says of this SQL, as a problem of the user's text.
    pub fn problem(&self, error: &DataFusionError) -> Problem {
        if let Some(diagnostic) = error.diagnostic() {
            let place = diagnostic.span.map_or_else(
                || self.start(),
                |span| self.place_between((span.start.line, span.start.column), (span.end.line, span.end.column)),
            );
            let mut found = Problem::error(place, lower_first(&diagnostic.message));
            let root = error.find_root().to_string();
            found.help = valid_fields(&root)
                .map(|(wrong, fields)| {
                    problem::did_you_mean(&wrong, fields.iter().map(String::as_str).collect::<Vec<_>>())
                })
                .or_else(|| diagnostic.helps.first().map(|help| help.message.clone()))
                .or_else(|| diagnostic.notes.first().map(|note| note.message.clone()));
            return found;
        }
        let message = clean(&error.find_root().to_string());
        let (message, place) = match line_and_column(&message) {
            Some((before, line, column)) => (before, self.place_between((line, column), (line, column + 1))),
            None => {
                let quoted = message.split(['\'', '"', '`']).skip(1).step_by(2);
                let place = quoted
                    .filter(|word| !word.contains(' '))
                    .find_map(|word| self.place_of_word(word.rsplit('.').next().unwrap_or(word)));
                let named = place.or_else(|| {
                    let function = message.split("function ").nth(1)?.split([' ', '(', ',']).next()?;
                    self.place_of_word(function)
                });
                (message.clone(), named.unwrap_or_else(|| self.start()))
            }
        };
        let mut found = Problem::error(place, lower_first(&message));
        if let Some((first, hint)) = found.message.clone().split_once("Did you mean ") {
            found.message = first.trim_end_matches(['.', ' ', '\n']).to_owned();
            found.help = Some(format!("did you mean {}", hint.lines().next().unwrap_or_default()));
        }
        found
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The engine's message without its prefixes and without hints about its own settings.
fn clean(message: &str) -> String {
    let mut rest = message;
    for prefix in [
        "Error during planning: ",
        "SQL error: ",
        "Schema error: ",
        "External error: ",
        "This feature is not implemented: ",
        "ParserError(\"",
        "TokenizerError(\"",
        "Execution error: ",
        "Arrow error: ",
        "Optimizer rule 'type_coercion' failed",
        "type_coercion",
    ] {
        rest = rest.trim_start().strip_prefix(prefix).unwrap_or(rest);
    }
    rest.trim_end_matches("\")").split("\nbacktrace").next().unwrap_or(rest).replace("\\\"", "\"").trim().to_owned()
}

/// Splits `... at Line: 3, Column: 9` off a parser's message.
fn line_and_column(message: &str) -> Option<(String, u64, u64)> {
    let at = message.find(" at Line: ").or_else(|| message.find(", Line: "))?;
    let rest = &message[at..];
    let number_after = |label: &str| {
        let digits = rest[rest.find(label)? + label.len()..].trim_start();
        digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse::<u64>().ok()
    };
    Some((message[..at].to_owned(), number_after("Line: ")?, number_after("Column: ")?))
}

/// The wrong column and the columns that there are, from the engine's "No field named".
fn valid_fields(message: &str) -> Option<(String, Vec<String>)> {
    let message = message.split("No field named ").nth(1)?;
    let (wrong, rest) = message.split_once(". ").or_else(|| message.split_once('.'))?;
    let fields = rest.split("Valid fields are ").nth(1)?;
    let last = |name: &str| {
        name.trim_matches(['"', ' ', '.', '\n']).rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned()
    };
    let fields: Vec<String> = fields.split(", ").map(last).filter(|name| !name.is_empty()).collect();
    Some((last(wrong), fields))
}

fn lower_first(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}
