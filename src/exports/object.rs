//! One JSON object as a row: each key a column, each value as text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::header::MAX_COLUMNS;
use super::rows::Rows;
use crate::error::Error;

/// How deep a value may be nested.
const MAX_DEPTH: usize = 64;

/// The members of an object, in its order, with values as they are written.
struct Members<'a, V>(Vec<(Cow<'a, str>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<'de, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Object<V> {
            type Value = Members<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(24);
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The union of the keys of many objects, in the order of their first appearance.
#[derive(Default)]
pub(super) struct Keys {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Keys {
    /// Adds the keys of an object; a text that is none adds nothing, for it will be a fault.
    pub fn add(&mut self, text: &str, file: &str) -> crate::error::Result<()> {
        let Ok(Members::<IgnoredAny>(members)) = serde_json::from_str(text) else { return Ok(()) };
        for (at, (key, _)) in members.into_iter().enumerate() {
            // Objects of one export mostly have the same keys in the same order.
            if self.names.get(at).is_some_and(|name| *name == key) || self.places.contains_key(key.as_ref()) {
                continue;
            }
            if self.names.len() == MAX_COLUMNS {
                return Err(Error::failed(format!("{file} has more than {MAX_COLUMNS} different keys"))
                    .help("a key should name a column; are values used as keys?"));
            }
            self.places.insert(key.clone().into_owned(), self.names.len());
            self.names.push(key.into_owned());
        }
        Ok(())
    }
}

/// Turns objects into rows of known columns.
pub(super) struct Objects {
    header: Arc<[String]>,
    places: HashMap<String, usize>,
    kept: Vec<usize>,
}

/// Why a text is no row: a column where it is one column's, and the reason.
pub(super) type Defect = (Option<String>, String);

impl Objects {
    pub fn new(header: Arc<[String]>) -> Self {
        let places = header.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        Self { kept: (0..header.len()).collect(), header, places }
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    pub fn keep(&mut self, columns: Vec<usize>) {
        self.kept = columns;
    }

    /// Adds the object that `text` writes to the rows, or to the faults.
    pub fn add(&self, text: &str, line: u64, rows: &mut Rows) {
        let (values, defect) = match serde_json::from_str(text) {
            Ok(Members(members)) => self.place(members),
            Err(error) => (Vec::new(), Some((None, broken(&error)))),
        };
        let mut texts = Vec::with_capacity(self.kept.len());
        let mut defect = defect;
        if defect.is_none() {
            for &at in &self.kept {
                match values[at].map_or(Ok(None), as_text) {
                    Ok(text) => texts.push(text),
                    Err(reason) => {
                        defect = Some((Some(self.header[at].clone()), reason.to_owned()));
                        break;
                    }
                }
            }
        }
        if let Some((column, reason)) = defect {
            let readable = |value: &Option<&RawValue>| Some(as_text((*value)?).ok()??.into_owned());
            return rows.fault(line, column, reason, values.iter().map(readable).collect());
        }
        for (column, text) in rows.columns.iter_mut().zip(&texts) {
            match text {
                Some(text) => column.push(text.as_bytes()),
                None => column.push_null(),
            }
        }
        rows.end(line, text.len());
    }

    /// The value of each column, and the first defect of the members.
    fn place<'a>(&self, members: Vec<(Cow<'a, str>, &'a RawValue)>) -> (Vec<Option<&'a RawValue>>, Option<Defect>) {
        let mut values: Vec<Option<&RawValue>> = vec![None; self.header.len()];
        let mut defect = None;
        for (at, (key, value)) in members.into_iter().enumerate() {
            let expected = self.header.get(at).is_some_and(|name| *name == key);
            match if expected { Some(at) } else { self.places.get(key.as_ref()).copied() } {
                Some(place) if values[place].is_none() => values[place] = Some(value),
                Some(_) => {
                    defect = defect.or(Some((Some(key.into_owned()), "the key stands twice in one object".to_owned())))
                }
                None => defect = defect.or(Some((None, "has a key that was not there a moment ago".to_owned()))),
            }
        }
        (values, defect)
    }
}

/// Says what is wrong with a text that is not a JSON object, without its values.
fn broken(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "is not a JSON object".to_owned(),
        serde_json::error::Category::Eof => "ends within a JSON value".to_owned(),
        _ => format!("is not JSON, as character {} shows", error.column()),
    }
}

/// A value as text: a string's own, a number's digits as written, `true` or `false`; lists and objects as compact JSON.
fn as_text(value: &RawValue) -> Result<Option<Cow<'_, str>>, &'static str> {
    let written = value.get();
    match written.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => {
            if !written.contains('\\') {
                return Ok(Some(Cow::Borrowed(&written[1..written.len() - 1])));
            }
            let text: String = serde_json::from_str(written).map_err(|_| "has an escape that is half a character")?;
            if text.contains('\0') { Err("has a NUL character") } else { Ok(Some(Cow::Owned(text))) }
        }
        Some(b'{' | b'[') => compact(written).map(|text| Some(Cow::Owned(text))),
        _ => Ok(Some(Cow::Borrowed(written))),
    }
}

/// Valid JSON without the blanks between its tokens.
fn compact(json: &str) -> Result<String, &'static str> {
    let mut compact = String::with_capacity(json.len());
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else {
            match character {
                ' ' | '\t' | '\n' | '\r' => continue,
                '"' => in_string = true,
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            if depth > MAX_DEPTH {
                return Err("is nested more than 64 levels deep");
            }
        }
        compact.push(character);
    }
    Ok(compact)
}

/// The value that a path of keys leads to, as it is written; each key must stand once in its object.
pub(super) fn descend<'a>(json: &'a RawValue, keys: &[&str]) -> Result<&'a RawValue, String> {
    let mut value = json;
    for key in keys {
        let Members(members) = serde_json::from_str::<Members<&RawValue>>(value.get())
            .map_err(|_| format!("there is no object to look for `{key}` in"))?;
        let mut found = members.iter().filter(|(name, _)| name == key);
        value = match (found.next(), found.next()) {
            (Some((_, value)), None) => value,
            (Some(_), Some(_)) => return Err(format!("the key `{key}` stands twice")),
            (None, _) => {
                let lists =
                    members.iter().filter(|(_, value)| value.get().starts_with('[')).map(|(name, _)| name.as_ref());
                let lists: Vec<&str> = lists.take(8).collect();
                let there =
                    if lists.is_empty() { String::new() } else { format!("; lists are `{}`", lists.join("`, `")) };
                return Err(format!("there is no key `{key}`{there}"));
            }
        };
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Result<Option<String>, &'static str> {
        as_text(serde_json::from_str(json).unwrap()).map(|text| text.map(Cow::into_owned))
    }

    #[test]
    fn values_keep_their_digits_and_lose_only_blanks() {
        for (json, expected) in [
            ("12345678901234567890.10", "12345678901234567890.10"),
            ("1E+2", "1E+2"),
            ("-0", "-0"),
            ("true", "true"),
            ("\"a\\u00e9\\n\\\"b\\\"\"", "aé\n\"b\""),
            ("\"plain ü\"", "plain ü"),
            ("{ \"a b\" : [ 1 , \"x \\\" y\" , null ] }", "{\"a b\":[1,\"x \\\" y\",null]}"),
            ("[ ]", "[]"),
        ] {
            assert_eq!(text(json).unwrap().as_deref(), Some(expected), "{json}");
        }
        assert_eq!(text("null"), Ok(None));
    }

    #[test]
    fn half_characters_nul_and_great_depth_are_defects() {
        assert!(text("\"\\ud83d\"").is_err());
        assert!(text("\"a\\u0000\"").is_err());
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(text(&nested(64)).unwrap(), Some(nested(64)));
        assert_eq!(text(&nested(65)), Err("is nested more than 64 levels deep"));
        assert!(text(&nested(100_000)).is_err());
    }

    #[test]
    fn a_path_of_keys_leads_to_a_value_or_says_where_it_ends() {
        let json: &RawValue =
            serde_json::from_str("{\"a\": {\"rows\": [1], \"n\": 1}, \"b\": 1, \"b\": 2, \"c\": []}").unwrap();
        assert_eq!(descend(json, &["a", "rows"]).unwrap().get(), "[1]");
        assert_eq!(descend(json, &["a", "row"]).unwrap_err(), "there is no key `row`; lists are `rows`");
        assert_eq!(descend(json, &["b"]).unwrap_err(), "the key `b` stands twice");
        assert_eq!(descend(json, &["c", "x"]).unwrap_err(), "there is no object to look for `x` in");
    }
}
