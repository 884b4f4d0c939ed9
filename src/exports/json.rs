//! Takes a JSON file that holds a list of objects, gives its rows as text with each element's number, and promises that
//! a file which is not wholly JSON is an error. The file is read whole.

use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encoding::{LEAST_ROOM, Text};
use super::input::{Input, too_large};
use super::object::{Keys, Objects, descend};
use super::pattern::PathPattern;
use super::rows::{Part, Rows};
use super::{Closed, Reader};
use crate::error::{Error, Result};

/// The largest file, in bytes unpacked.
const MAX_BYTES: usize = 256 << 20;

/// Where a JSON export lies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Json {
    pub path: PathPattern,
    /// The key, or the keys with dots between as in `result.records`, under which the list of rows stands; unless
    /// declared, the file itself is the list.
    pub rows: Option<String>,
}

/// One JSON file in memory.
pub(super) struct JsonReader {
    file: Text,
    text: String,
    /// Where each element stands in `text`, and the next to be read.
    elements: Vec<Range<usize>>,
    next: usize,
    objects: Objects,
    rows: Rows,
}

impl JsonReader {
    /// Reads a file whose rows have the keys of `header`.
    pub fn open(json: &Json, input: Input, header: Arc<[String]>) -> Result<Self> {
        let mut file = Text::open(input, None)?;
        let text = read_whole(&mut file, MAX_BYTES)?;
        let elements = find_elements(&text, json.rows.as_deref())
            .map_err(|mistake| Error::failed(format!("{}: {}", file.name(), mistake.message)).help(mistake.help))?;
        let rows = Rows::new(file.name(), header.len());
        Ok(Self { file, text, elements, next: 0, objects: Objects::new(header), rows })
    }

    /// Adds the keys of the file's objects.
    pub fn find_keys(self, keys: &mut Keys) -> Result<()> {
        self.elements.iter().try_for_each(|element| keys.add(&self.text[element.clone()], self.file.name()))
    }
}

impl Reader for JsonReader {
    fn header(&self) -> &[String] {
        self.objects.header()
    }

    fn keep(&mut self, columns: Vec<usize>) {
        self.rows = Rows::new(self.file.name(), columns.len());
        self.objects.keep(columns);
    }

    fn next(&mut self) -> Result<Option<Part>> {
        while let Some(element) = self.elements.get(self.next).filter(|_| !self.rows.is_full()) {
            self.next += 1;
            self.objects.add(&self.text[element.clone()], self.next as u64, &mut self.rows);
        }
        Ok(self.rows.finish())
    }

    fn close(self: Box<Self>) -> Result<Closed> {
        Ok(Closed { fingerprint: self.file.close()?, ends_without_newline: false })
    }
}

/// The file's text; an error when it is longer than `limit` bytes.
fn read_whole(text: &mut Text, limit: usize) -> Result<String> {
    let (mut content, mut filled) = (vec![0; 256 * 1024], 0);
    loop {
        if content.len() - filled < LEAST_ROOM {
            content.resize(content.len() * 2, 0);
        }
        match text.read(&mut content[filled..])? {
            0 => break,
            read => filled += read,
        }
        if filled > limit {
            return Err(too_large(text.name(), limit as u64));
        }
    }
    content.truncate(filled);
    String::from_utf8(content).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..error.utf8_error().valid_up_to()]).count() + 1;
        Error::failed(format!("{} line {line}: the file is not {} text", text.name(), text.encoding()))
    })
}

struct Mistake {
    message: String,
    help: &'static str,
}

/// Where the elements of the list stand.
fn find_elements(text: &str, rows: Option<&str>) -> std::result::Result<Vec<Range<usize>>, Mistake> {
    let broken = |error: &serde_json::Error| {
        let message = if error.is_eof() {
            "the file ends within a JSON value".to_owned()
        } else {
            format!("the file is not JSON, as line {} character {} shows", error.line(), error.column())
        };
        Mistake { message, help: "export it again; or, if each line is an object of its own, call the format `ndjson`" }
    };
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let keys: Vec<&str> = rows.map_or_else(Vec::new, |rows| rows.split('.').collect());
    let help = "`rows` is the key of the list, or keys with dots between";
    let list = descend(whole, &keys).map_err(|message| Mistake { message, help })?;
    if !list.get().starts_with('[') {
        return Err(match rows {
            Some(rows) => Mistake { message: format!("there is no list at `{rows}`"), help },
            None => Mistake {
                message: "the file is not a list of rows".to_owned(),
                help: "name the list's key: `rows: ...`",
            },
        });
    }
    let elements: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|error| broken(&error))?;
    Ok(elements.into_iter().map(|element| range(text, element.get())).collect())
}

/// Where `part` stands in the `whole` that it is a slice of.
fn range(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_to_too_much_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deal.json");
        std::fs::write(&path, zstd::encode_all(&vec![b' '; 3 << 20][..], 1).unwrap()).unwrap();
        let read = |limit| read_whole(&mut Text::open(Input::open(&path, &Arc::from("deal.json"))?, None)?, limit);
        assert_eq!(read(3 << 20).unwrap().len(), 3 << 20);
        let message = "deal.json is larger than 2 MiB, and this format is read whole";
        assert_eq!(read(2 << 20).unwrap_err().message, message);
    }
}
