//! A piece of SQL with the way back to where a person wrote it: a file, or a text inside YAML.

use std::ops::Range;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Span;

use super::complaint::{self, At, Complaint};
use crate::problem::{Place, Problem, SourceFile};
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
    /// SQL made around a text value of a rule, which stands in it at a range.
    Around(Arc<Document>, Vec<Segment>, Range<usize>),
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

    /// SQL that the program made around a text value of a YAML document.
    pub fn around(text: &str, value: Range<usize>, document: &Arc<Document>, path: Vec<Segment>) -> Self {
        Self { text: text.to_owned(), origin: Origin::Around(Arc::clone(document), path, value) }
    }

    /// The place of a stretch of the text.
    pub fn place(&self, within: Range<usize>) -> Place {
        match &self.origin {
            Origin::File(source) => source.place(within),
            Origin::Yaml(document, path) => document.text_place(path, within),
            Origin::Rule(document, path) => document.place(path),
            Origin::Around(document, path, value) if value.start <= within.start && within.end <= value.end => {
                document.text_place(path, within.start - value.start..within.end - value.start)
            }
            Origin::Around(document, path, _) => document.place(path),
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
        let at = self.start_of_statement();
        let rest = &self.text[at..];
        let word = rest.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(rest.len());
        self.place(at..at + word)
    }

    /// Where the statement begins in the text, past comments.
    fn start_of_statement(&self) -> usize {
        let mut at = 0;
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            let rest = &self.text[at..];
            if rest.starts_with("--") {
                at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return at;
            }
        }
    }

    /// The place of the last word of the statement.
    fn end(&self) -> Place {
        let end = self.text.trim_end().len();
        let start = self.text[..end].rfind(char::is_whitespace).map_or(0, |before| before + 1);
        self.place(start..end)
    }

    /// The place of the word or sign that begins at a line and column, both from 1.
    fn place_of_word_at(&self, line: u64, column: u64) -> Place {
        let text = SourceFile { path: String::new(), text: self.text.clone() };
        let start = text.offset(to_usize(line), to_usize(column));
        let rest = &self.text[start..];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()).max(first);
        self.place(start..start + length)
    }

    /// The place of the first occurrence of a word, as the user wrote it.
    pub fn place_of_word(&self, word: &str) -> Option<Place> {
        self.places_of_word(word).into_iter().next()
    }

    /// The place of the last occurrence of a word, as the user wrote it.
    pub fn place_of_last(&self, word: &str) -> Option<Place> {
        self.places_of_word(word).pop()
    }

    /// Where the statement names a column of its result: behind AS, else where the word stands first.
    pub fn place_of_column(&self, column: &str) -> Option<Place> {
        let places = self.places_of_word(column);
        places.iter().find(|place| is_behind_as(place)).or(places.first()).cloned()
    }

    /// The place of a word that stands behind a token on the same line.
    pub fn place_of_word_after(&self, token: Span, word: &str) -> Option<Place> {
        let text = SourceFile { path: String::new(), text: self.text.clone() };
        let start = text.offset(to_usize(token.end.line), to_usize(token.end.column));
        let line = self.text[start..].lines().next()?;
        let at = line.to_ascii_lowercase().find(&word.to_ascii_lowercase())? + start;
        Some(self.place(at..at + word.len()))
    }

    /// The place of an operator that stands in the statement once.
    fn place_of_operator(&self, operator: &str) -> Option<Place> {
        let from = self.start_of_statement();
        let padded = format!(" {operator} ");
        let mut found = self.text[from..].match_indices(&padded).map(|(at, _)| from + at + 1);
        let only = found.next().filter(|_| found.next().is_none())?;
        Some(self.place(only..only + operator.len()))
    }

    /// Every place of a word past the front matter, as the user wrote it.
    fn places_of_word(&self, word: &str) -> Vec<Place> {
        let lower = self.text.to_lowercase();
        let bounded = |at: usize| {
            let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !is_word(lower[..at].chars().next_back()) && !is_word(lower[at + word.len()..].chars().next())
        };
        // Lowercasing can change lengths outside ASCII; then the offsets would lie.
        if lower.len() != self.text.len() || word.is_empty() {
            return Vec::new();
        }
        let word = word.to_lowercase();
        let past_header = self.start_of_statement().min(lower.len());
        let from = if matches!(self.origin, Origin::File(_)) { past_header } else { 0 };
        let found = lower[from..].match_indices(&word).map(|(at, _)| at + from).filter(|at| bounded(*at));
        found.map(|at| self.place(at..at + word.len())).collect()
    }

    /// The help for a name in double quotes that is no column and near to none: a text was meant.
    fn text_in_double_quotes(&self, place: &Place, help: Option<&str>) -> Option<String> {
        let written = place.source.text.get(place.span.clone())?;
        let text = written.strip_prefix('"')?.strip_suffix('"')?;
        let is_near = help.is_some_and(|help| help.starts_with("did you mean "));
        (!is_near).then(|| format!("double quotes name a column; a text stands between single ones: '{text}'"))
    }

    /// The word right before a place where a parser stopped, if it is a keyword mistyped: it was taken for an alias.
    fn keyword_before(&self, place: &Place, help: Option<&str>) -> Option<(Place, &'static str)> {
        if help != Some(complaint::LOOK_BEFORE) || !matches!(self.origin, Origin::File(_)) {
            return None;
        }
        let before = self.text.get(..place.span.start)?.trim_end();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let start = before.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
        let meant = complaint::keyword(&before[start..])?;
        Some((self.place(start..before.len()), meant))
    }

    /// What the engine says of this SQL, as a problem of the user's text.
    pub fn problem(&self, error: &DataFusionError) -> Problem {
        let found = self.told(complaint::of(error));
        match complaint::missing_column(error).filter(|name| self.gives_name(name)) {
            Some(name) => found.help(format!(
                "AS gives `{name}` to what comes out of its SELECT: WHERE and its other columns do not see it; repeat \
                 what it stands for, or put it into a WITH"
            )),
            None => found,
        }
    }

    /// Whether the statement gives a name behind AS.
    fn gives_name(&self, name: &str) -> bool {
        self.places_of_word(name).iter().any(is_behind_as)
    }

    /// A complaint at its place in the user's text.
    pub fn told(&self, complaint: Complaint) -> Problem {
        let Complaint { message, help, at } = complaint;
        let place = match at {
            At::Between(start, end) => self.place_between(start, end),
            At::Position(line, column) => self.place_of_word_at(line, column),
            At::First(words) => words.iter().find_map(|word| self.place_of_word(word)).unwrap_or_else(|| self.start()),
            At::Last(word) => self.place_of_last(&word).unwrap_or_else(|| self.start()),
            At::Operator(operator) => self.place_of_operator(&operator).unwrap_or_else(|| self.start()),
            At::Start => self.start(),
            At::End => self.end(),
        };
        let meant = self.keyword_before(&place, help.as_deref());
        let (place, message, help) = match meant {
            Some((place, meant)) => {
                let word = &place.source.text[place.span.clone()];
                let message = format!("`{word}` is read as a name here");
                (place, message, Some(format!("did you mean `{meant}`?")))
            }
            None => {
                let help = self.text_in_double_quotes(&place, help.as_deref()).or(help);
                (place, message, help)
            }
        };
        let found = Problem::error(place, message);
        match help {
            Some(help) => found.help(help),
            None => found,
        }
    }
}

/// Whether AS stands before a word.
fn is_behind_as(place: &Place) -> bool {
    let before = place.source.text[..place.span.start].trim_end();
    before.rsplit(char::is_whitespace).next().is_some_and(|word| word.eq_ignore_ascii_case("as"))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
