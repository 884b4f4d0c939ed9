//! Takes a file with one JSON object per line, gives its rows as text with their lines, and promises that a line which
//! is no object is a fault.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::encoding::Text;
use super::input::Input;
use super::object::{Keys, Objects};
use super::pattern::PathPattern;
use super::rows::{Part, Rows};
use super::window::Window;
use super::{Closed, Reader};
use crate::error::Result;

/// Where an NDJSON export lies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NdJson {
    pub path: PathPattern,
}

/// One NDJSON file being read.
pub(super) struct NdJsonReader {
    window: Window,
    objects: Objects,
    rows: Rows,
    /// The line at which the window's rest begins, from 1.
    line: u64,
}

impl NdJsonReader {
    /// Opens a file whose keys are those of `header`.
    pub fn open(input: Input, header: Arc<[String]>) -> Result<Self> {
        let text = Text::open(input, None)?;
        let rows = Rows::new(text.name(), header.len());
        Ok(Self { window: Window::new(text), objects: Objects::new(header), rows, line: 1 })
    }

    /// Reads the file through for the keys of its objects.
    pub fn find_keys(mut self, keys: &mut Keys) -> Result<()> {
        while let Some(length) = self.find_line()? {
            if let Ok(text) = std::str::from_utf8(&self.window.rest()[..length]) {
                keys.add(text, self.window.text().name())?;
            }
            self.pass(length);
        }
        Ok(())
    }

    /// The length of the next line, with its end, at the window's start; `None` at the file's end.
    fn find_line(&mut self) -> Result<Option<usize>> {
        loop {
            let rest = self.window.rest();
            match memchr::memchr(b'\n', rest) {
                Some(at) => return Ok(Some(at + 1)),
                None if !self.window.ended() => self.window.more(self.line)?,
                None => return Ok(Some(rest.len()).filter(|&length| length > 0)),
            }
        }
    }

    fn pass(&mut self, length: usize) {
        self.window.take(length);
        self.line += 1;
    }
}

impl Reader for NdJsonReader {
    fn header(&self) -> &[String] {
        self.objects.header()
    }

    fn keep(&mut self, columns: Vec<usize>) {
        self.rows = Rows::new(self.window.text().name(), columns.len());
        self.objects.keep(columns);
    }

    fn next(&mut self) -> Result<Option<Part>> {
        while !self.rows.is_full() {
            let Some(length) = self.find_line()? else { break };
            let line = &self.window.rest()[..length];
            match std::str::from_utf8(line) {
                Ok(text) if text.trim_ascii().is_empty() => {}
                Ok(text) => self.objects.add(text.trim_ascii_end(), self.line, &mut self.rows),
                Err(_) => {
                    let reason = format!("is not {} text", self.window.text().encoding());
                    self.rows.fault(self.line, None, reason, Vec::new());
                }
            }
            self.pass(length);
        }
        Ok(self.rows.finish())
    }

    fn close(self: Box<Self>) -> Result<Closed> {
        let ends_without_newline = !self.window.at_line_start();
        Ok(Closed { fingerprint: self.window.close()?, ends_without_newline })
    }
}
