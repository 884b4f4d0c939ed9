//! YAML with places: a text becomes a typed value, or every problem in it with its line and column.
//!
//! The value is read by `serde_yaml`. Beside it stands an index of every path in the document to its
//! place, taken from a YAML event parser, because a deserialiser tells the place of syntax errors only.
//! Refused before reading: files over 1 MiB, nesting over 64, duplicate keys, anchors, aliases, tags, and
//! YAML 1.1's booleans (`yes`, `no`, `on`, `off`), which other readers take for something else.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle};
use serde::de::DeserializeOwned;
use serde_yaml::Value;

use crate::problem::{self, Place, Problem, SourceFile};

const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 64;
/// After so many problems the rest of one document is not worth reading.
const MAX_PROBLEMS: usize = 50;

/// One step of a path into a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Key(String),
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A path written as code: `path!["sources", 2, "map"]`.
#[macro_export]
macro_rules! path {
    ($($segment:expr),* $(,)?) => { [$($crate::yaml::Segment::from($segment)),*] };
}

#[derive(Debug, Clone)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    style: Option<ScalarStyle>,
}

/// A YAML document: its value and where each part of it stands.
#[derive(Debug, Clone)]
pub struct Document {
    source: Arc<SourceFile>,
    whole: Range<usize>,
    nodes: BTreeMap<Vec<Segment>, Node>,
    value: Value,
}

/// Parses the stretch `range` of a file.
pub fn parse(source: &Arc<SourceFile>, range: Range<usize>) -> Result<Document, Vec<Problem>> {
    let text = &source.text[range.clone()];
    let whole = || source.place(range.start..range.start);
    if text.len() > MAX_BYTES {
        return Err(vec![Problem::error(whole(), format!("{} is larger than 1 MiB", source.path)).help("split it")]);
    }
    let mut index = Index { source, base: range.start, nodes: BTreeMap::new(), problems: Vec::new() };
    index.read(text);
    let Index { nodes, problems, .. } = index;
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut value: Value = serde_yaml::from_str(text).map_err(|error| {
        let at = error.location().map_or(range.start, |location| range.start + location.index().min(text.len()));
        vec![Problem::error(source.place(at..at + 1), first_line(&error.to_string()))]
    })?;
    name_keys(&mut value);
    Ok(Document { source: Arc::clone(source), whole: range, nodes, value })
}

/// A key is a name, also where YAML takes it for nothing at all: `null: ["-"]`.
fn name_keys(value: &mut Value) {
    match value {
        Value::Mapping(mapping) => {
            if let Some(under) = mapping.remove(Value::Null) {
                mapping.insert(Value::String("null".to_owned()), under);
            }
            mapping.values_mut().for_each(name_keys);
        }
        Value::Sequence(values) => values.iter_mut().for_each(name_keys),
        _ => {}
    }
}

/// The index under construction.
struct Index<'s> {
    source: &'s Arc<SourceFile>,
    base: usize,
    nodes: BTreeMap<Vec<Segment>, Node>,
    problems: Vec<Problem>,
}

/// A collection that the event parser is inside of.
enum Open {
    Mapping { path: Vec<Segment>, start: usize, key: Option<(String, Range<usize>)> },
    Sequence { path: Vec<Segment>, start: usize, next: usize },
}

impl Index<'_> {
    fn read(&mut self, text: &str) {
        let mut open: Vec<Open> = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok(found) => found,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    self.problems.push(self.syntax_problem(text, at, &error.to_string()));
                    return;
                }
            };
            let start = self.base + span.start.byte_offset().unwrap_or(0);
            let end = self.base + span.end.byte_offset().unwrap_or(0);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        self.refuse(start..end, "a second YAML document begins here", "keep one document to a file");
                        return;
                    }
                }
                Event::Alias(..) | Event::UnresolvedAlias(..) | Event::Anchor(..) => {
                    self.refuse(start..end, "YAML aliases are not read", "write the value out");
                    return;
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.plain_only(anchor, tag.is_some(), start..end);
                    if let Some(Open::Mapping { path, key: key @ None, .. }) = open.last_mut() {
                        let mut full = path.clone();
                        full.push(Segment::Key(value.to_string()));
                        if self.nodes.contains_key(&full) {
                            self.refuse(
                                start..end,
                                &format!("the key `{value}` stands here twice"),
                                "keep one of them",
                            );
                        }
                        *key = Some((value.to_string(), start..end));
                        continue;
                    }
                    if style == ScalarStyle::Plain && is_old_boolean(&value) {
                        self.refuse(
                            start..end,
                            &format!("`{value}` is a boolean to some YAML readers and a text to others"),
                            "write `true` or `false`, or put it in quotes",
                        );
                    }
                    self.place_child(&mut open, start..end, Some(style));
                }
                Event::MappingStart(_, anchor, tag) | Event::SequenceStart(_, anchor, tag)
                    if open.len() >= MAX_DEPTH =>
                {
                    let _ = (anchor, tag);
                    self.refuse(start..end, "nested more than 64 deep", "flatten it");
                    return;
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.plain_only(anchor, tag.is_some(), start..end);
                    let Some(path) = self.place_child(&mut open, start..end, None) else { return };
                    open.push(Open::Mapping { path, start, key: None });
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.plain_only(anchor, tag.is_some(), start..end);
                    let Some(path) = self.place_child(&mut open, start..end, None) else { return };
                    open.push(Open::Sequence { path, start, next: 0 });
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    let (Open::Mapping { path, start, .. } | Open::Sequence { path, start, .. }) =
                        open.pop().expect("the parser balances what it opens");
                    if let Some(node) = self.nodes.get_mut(&path) {
                        node.value = start..end.max(start);
                    }
                }
                _ => {}
            }
        }
    }

    /// A text that is no YAML; `at` is where its parser gave up.
    fn syntax_problem(&self, text: &str, at: usize, message: &str) -> Problem {
        let indented_by_tab = |(start, _): (usize, &str)| {
            let line = &text[start..];
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            line[..indent].find('\t').map(|tab| start + tab)
        };
        let around = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line_starts = std::iter::once((around, ""))
            .chain(text[around..].match_indices('\n').map(|(newline, of)| (around + newline + 1, of)));
        if let Some(tab) = line_starts.take(2).find_map(indented_by_tab) {
            let place = self.source.place(self.base + tab..self.base + tab + 1);
            return Problem::error(place, "a tab stands in the indentation").help("indent YAML with spaces");
        }
        let place = self.source.place(self.base + at..self.base + at + 1);
        let message = message.split(" at char ").next().unwrap_or(message);
        if message.starts_with("mapping values are not allowed") {
            return Problem::error(place, "a second `:` stands in this line")
                .help("put a text that holds `: ` in quotes");
        }
        Problem::error(place, first_line(message))
            .help("look at the line's indentation, quotes and brackets, and at the line before")
    }

    fn refuse(&mut self, span: Range<usize>, message: &str, help: &str) {
        self.problems.push(Problem::error(self.source.place(span), message).help(help));
    }

    fn plain_only(&mut self, anchor: usize, tagged: bool, span: Range<usize>) {
        // The sign stands before its value, on the same line or the one before.
        let sign = if anchor != 0 { '&' } else { '!' };
        let sign_at = self.source.text[..span.start].rfind(sign).filter(|at| *at >= self.base).unwrap_or(span.start);
        let length = self.source.text[sign_at..].find(char::is_whitespace).unwrap_or(1).max(1);
        let span = if anchor != 0 || tagged { sign_at..sign_at + length } else { span };
        if anchor != 0 {
            self.refuse(span, "YAML anchors are not read", "write the value out");
        } else if tagged {
            self.refuse(span, "YAML tags are not read", "leave the tag out");
        }
    }

    /// Enters a value under its parent and gives its path; `None` for a key that is no text.
    fn place_child(
        &mut self,
        open: &mut [Open],
        span: Range<usize>,
        style: Option<ScalarStyle>,
    ) -> Option<Vec<Segment>> {
        let (path, key) = match open.last_mut() {
            None => (Vec::new(), None),
            Some(Open::Sequence { path, next, .. }) => {
                let mut full = path.clone();
                full.push(Segment::Index(*next));
                *next += 1;
                (full, None)
            }
            Some(Open::Mapping { path, key, .. }) => {
                let Some((name, key_span)) = key.take() else {
                    self.refuse(span, "a key must be a text", "write a name before the colon");
                    return None;
                };
                let mut full = path.clone();
                full.push(Segment::Key(name));
                (full, Some(key_span))
            }
        };
        self.nodes.insert(path.clone(), Node { key, value: span, style });
        Some(path)
    }
}

fn is_old_boolean(text: &str) -> bool {
    ["yes", "no", "on", "off", "y", "n"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

impl Document {
    /// The document as a value of type `T`, or all that keeps it from being one, in file order.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        let mut value =
            if self.value.is_null() { Value::Mapping(serde_yaml::Mapping::new()) } else { self.value.clone() };
        let mut taken = Taken::default();
        let mut problems = Vec::new();
        // A deserialiser stops at the first mistake. So that a person sees all of them, the wrong part is
        // taken out and the rest is read again; what is then missing only because it was taken is not told.
        while problems.len() < MAX_PROBLEMS {
            let (path, message) = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
                Ok(read) if problems.is_empty() => return Ok(read),
                Ok(_) => break,
                Err(error) => (segments(error.path()), error.inner().to_string()),
            };
            let wrong = match quoted_after(&message, "unknown field ") {
                Some(name) => {
                    let mut full = path;
                    if full.last() != Some(&Segment::Key(name.clone())) {
                        full.push(Segment::Key(name.clone()));
                    }
                    let names: Vec<&str> = backticked(&message).skip(1).collect();
                    let found = Problem::error(self.key_place(&taken.original(&full)), format!("unknown key `{name}`"));
                    problems.push(found.help(problem::did_you_mean(&name, names)));
                    full
                }
                None => {
                    let original = taken.original(&path);
                    if let Some(name) = quoted_after(&message, "missing field ") {
                        let mut absent = original.clone();
                        absent.push(Segment::Key(name.clone()));
                        if !taken.paths.contains(&absent) {
                            let found =
                                Problem::error(self.key_place(&original), format!("the key `{name}` is missing"));
                            problems.push(found.help(format!("add `{name}:`")));
                        }
                    } else {
                        let (message, help) = plain_words(&message);
                        let mut found = Problem::error(self.place(&original), message);
                        found.help = help;
                        problems.push(found);
                    }
                    path
                }
            };
            if wrong.is_empty() || !remove(&mut value, &wrong) {
                break;
            }
            taken.add(&wrong);
        }
        // A mistyped key is not missing too.
        let mistyped: Vec<String> =
            problems.iter().filter_map(|found| quoted_after(found.help.as_deref()?, "did you mean ")).collect();
        problems.retain(|found| {
            quoted_after(&found.message, "the key ").is_none_or(|missing| !mistyped.contains(&missing))
        });
        problem::sort(&mut problems);
        Err(problems)
    }

    /// The untyped value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The place of the value at a path, or of its nearest parent that exists.
    pub fn place(&self, path: &[Segment]) -> Place {
        self.node(path).map_or_else(
            || self.source.place(self.whole.start..self.whole.start),
            |node| self.source.place(self.one_line(node.value.clone())),
        )
    }

    /// The place of the key at a path (of the value, where there is no key).
    pub fn key_place(&self, path: &[Segment]) -> Place {
        match self.node(path).and_then(|node| node.key.clone()) {
            Some(key) => self.source.place(key),
            None => self.place(path),
        }
    }

    /// The place of the bytes `within` of a text value as it was decoded: SQL inside YAML.
    pub fn text_place(&self, path: &[Segment], within: Range<usize>) -> Place {
        let Some(Node { value, style: Some(style), .. }) = self.nodes.get(path) else { return self.place(path) };
        let raw = &self.source.text[value.clone()];
        match style {
            ScalarStyle::Plain if !raw.contains('\n') => {
                let start = value.start + within.start;
                self.source.place(start..(value.start + within.end).min(value.end).max(start))
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !raw.contains(['\n', '\\']) => {
                let start = value.start + 1 + within.start;
                self.source.place(start..(value.start + 1 + within.end).min(value.end).max(start))
            }
            ScalarStyle::Literal => self.literal_place(value, within),
            _ => self.place(path),
        }
    }

    /// In a literal block every decoded line is a raw line without its indentation.
    fn literal_place(&self, value: &Range<usize>, within: Range<usize>) -> Place {
        let text = &self.source.text;
        let mut content = value.start;
        if text[content..].starts_with('|') {
            content += text[content..].find('\n').map_or(0, |newline| newline + 1);
        } else {
            content = text[..content].rfind('\n').map_or(0, |newline| newline + 1);
        }
        let first = text[content..].lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = first.len() - first.trim_start_matches(' ').len();
        let (mut decoded, mut raw, mut start) = (0, content, None);
        for line in text[content..].split_inclusive('\n') {
            let cut = indent.min(line.len() - line.trim_start_matches(' ').len());
            let length = line.len() - cut;
            if start.is_none() && within.start < decoded + length {
                let at = raw + cut + (within.start - decoded);
                let end = (at + (within.end - within.start)).min(raw + line.trim_end().len()).max(at);
                start = Some(at..end);
                break;
            }
            decoded += length;
            raw += line.len();
        }
        self.source.place(start.unwrap_or_else(|| self.one_line(value.clone())))
    }

    fn node(&self, path: &[Segment]) -> Option<&Node> {
        (0..=path.len()).rev().find_map(|length| self.nodes.get(&path[..length]))
    }

    /// A caret under a whole block helps nobody: the first line of it does.
    fn one_line(&self, span: Range<usize>) -> Range<usize> {
        let text = &self.source.text[span.clone()];
        let first = text.find('\n').unwrap_or(text.len());
        span.start..span.start + text[..first].trim_end().len()
    }
}

/// What was taken out of a value, so that paths into what is left can be told in terms of the whole.
#[derive(Default)]
struct Taken {
    /// Paths in terms of the whole document.
    paths: Vec<Vec<Segment>>,
}

impl Taken {
    fn original(&self, path: &[Segment]) -> Vec<Segment> {
        let mut whole: Vec<Segment> = Vec::new();
        for segment in path {
            let segment = match segment {
                Segment::Key(_) => segment.clone(),
                Segment::Index(index) => {
                    let mut index = *index;
                    let mut gone: Vec<usize> = self
                        .paths
                        .iter()
                        .filter(|taken| taken.len() == whole.len() + 1 && taken.starts_with(&whole))
                        .filter_map(|taken| match taken.last() {
                            Some(Segment::Index(gone)) => Some(*gone),
                            _ => None,
                        })
                        .collect();
                    gone.sort_unstable();
                    for gone in gone {
                        index += usize::from(gone <= index);
                    }
                    Segment::Index(index)
                }
            };
            whole.push(segment);
        }
        whole
    }

    fn add(&mut self, path: &[Segment]) {
        let original = self.original(path);
        self.paths.push(original);
    }
}

fn remove(value: &mut Value, path: &[Segment]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut at = value;
    for segment in parents {
        let next = match segment {
            Segment::Key(key) => at.get_mut(key.as_str()),
            Segment::Index(index) => at.get_mut(*index),
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (last, at) {
        (Segment::Key(key), Value::Mapping(mapping)) => mapping.remove(key.as_str()).is_some(),
        (Segment::Index(index), Value::Sequence(sequence)) if *index < sequence.len() => {
            sequence.remove(*index);
            true
        }
        _ => false,
    }
}

fn segments(path: &serde_path_to_error::Path) -> Vec<Segment> {
    path.iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
            serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
            _ => None,
        })
        .collect()
}

fn quoted_after(message: &str, words: &str) -> Option<String> {
    let rest = &message[message.find(words)? + words.len()..];
    backticked(rest).next().map(str::to_owned)
}

fn backticked(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

/// A deserialiser's complaint without its jargon, and what to do about it.
fn plain_words(message: &str) -> (String, Option<String>) {
    if let Some(wrong) = quoted_after(message, "unknown variant ") {
        let known: Vec<&str> = backticked(message).skip(1).collect();
        let near = problem::nearest(&wrong, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let all =
            || format!("write one of {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
        return (format!("`{wrong}` is not known here"), Some(near.unwrap_or_else(all)));
    }
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        let found = found
            .replace("unit value", "nothing")
            .replace("sequence", "a list")
            .replace("map", "keys")
            .replace('`', "");
        let found = found
            .replace("string ", "the text ")
            .replace("integer ", "the number ")
            .replace("floating point ", "the number ");
        let (expected, help) = match expected {
            "a boolean" => ("true or false", "write `true` or `false`"),
            "a sequence" => ("a list", "write it in brackets, like `[one, two]`"),
            "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => {
                ("a whole number", "write a number without a fraction")
            }
            "f64" => ("a number", "write a number"),
            "a string" => ("a text", "write a text, in quotes where it looks like something else"),
            "a map" => ("keys with values", "write `key: value` lines below it"),
            struct_of if struct_of.starts_with("struct ") => {
                ("keys with values", "write `key: value` lines below it, or `{key: value}`")
            }
            other => (other, "write that"),
        };
        return (format!("expected {expected}, found {found}"), Some(help.to_owned()));
    }
    match message.split_once("; ") {
        Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
        None => (message.to_owned(), None),
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "{}", index + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Job {
        name: String,
        #[serde(default)]
        steps: Vec<Step>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Step {
        table: String,
        limit: Option<u32>,
        sql: Option<String>,
    }

    fn problems_of(text: &str) -> Vec<String> {
        let source = SourceFile::new("job.yaml", text);
        let found = match parse(&source, 0..text.len()) {
            Ok(document) => document.read::<Job>().map(|_| ()).unwrap_err(),
            Err(found) => found,
        };
        found.iter().map(|problem| format!("{} {}", problem.place, problem.message)).collect()
    }

    #[test]
    fn every_problem_of_a_document_is_told_in_one_go_with_its_place() {
        let text =
            "name: a\nstpes: []\nsteps:\n  - table: x\n    limt: 3\n  - limit: many\n    table: z\n  - limit: 4\n";
        let problems = problems_of(text);
        assert_eq!(problems.len(), 4, "{problems:#?}");
        assert_eq!(problems[0], "job.yaml:2:1 unknown key `stpes`");
        assert_eq!(problems[1], "job.yaml:5:5 unknown key `limt`");
        assert!(problems[2].starts_with("job.yaml:6:12 expected a whole number, found the text"), "{}", problems[2]);
        assert_eq!(problems[3], "job.yaml:8:5 the key `table` is missing");
    }

    #[test]
    fn a_key_may_be_called_null() {
        let text = "steps:\n  - null: ['-']\n";
        let document = parse(&SourceFile::new("job.yaml", text), 0..text.len()).unwrap();
        let read: BTreeMap<String, Vec<BTreeMap<String, Vec<String>>>> = document.read().unwrap();
        assert_eq!(read["steps"][0]["null"], ["-"]);
    }

    #[test]
    fn what_yaml_readers_disagree_on_is_refused() {
        for (text, words) in [
            ("name: a\nname: b\n", "job.yaml:2:1 the key `name` stands here twice"),
            ("name: yes\n", "job.yaml:1:7 `yes` is a boolean to some YAML readers and a text to others"),
            ("name: &x a\n", "job.yaml:1:7 YAML anchors are not read"),
            ("name: a\n---\nname: b\n", "job.yaml:2:1 a second YAML document begins here"),
        ] {
            assert_eq!(problems_of(text), [words], "{text}");
        }
        assert_eq!(
            problems_of(&format!("name: {}{}", "[".repeat(70), "]".repeat(70)))[0],
            "job.yaml:1:70 nested more than 64 deep"
        );
    }

    #[test]
    fn a_byte_of_a_block_of_sql_has_its_place_in_the_file() {
        let text = "name: a\nsteps:\n  - table: x\n    sql: |\n      SELECT 1,\n        bad\n";
        let source = SourceFile::new("job.yaml", text);
        let document = parse(&source, 0..text.len()).unwrap();
        let job: Job = document.read().unwrap();
        let sql = job.steps[0].sql.clone().unwrap();
        let at = sql.find("bad").unwrap();
        let place = document.text_place(&path!["steps", 0, "sql"], at..at + 3);
        assert_eq!(&text[place.span], "bad");
    }
}
