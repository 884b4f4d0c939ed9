//! Takes a text file, gives a window over its UTF-8 that a reader moves on record by record, and promises that the
//! window never holds more than `MAX_RECORD` bytes.

use super::encoding::{LEAST_ROOM, Text};
use super::input::Fingerprint;
use crate::error::{Error, Result};

/// The longest record, in bytes.
pub(super) const MAX_RECORD: usize = 64 << 20;
const FIRST: usize = 256 * 1024;

/// The part of a text file that has been read and not yet been taken.
pub(super) struct Window {
    text: Text,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    last: u8,
    /// Up to where the buffer is known to be UTF-8 without a NUL byte.
    proved: usize,
}

impl Window {
    pub fn new(text: Text) -> Self {
        Self { text, buffer: vec![0; FIRST], start: 0, end: 0, ended: false, last: 0, proved: 0 }
    }

    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The bytes not yet taken.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The bytes that are held, those taken since the last [`Window::more`] before `rest`, and where in them `rest` begins.
    pub fn held(&self) -> (&[u8], usize) {
        (&self.buffer[..self.end], self.start)
    }

    /// Whether nothing follows after `rest`.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Whether the last byte taken ends a line.
    pub fn at_line_start(&self) -> bool {
        matches!(self.last, b'\n' | b'\r')
    }

    /// Whether the first `length` bytes of `rest`, which end a record, are UTF-8 without a NUL byte.
    pub fn is_text(&self, length: usize) -> bool {
        let record = &self.rest()[..length];
        self.start + length <= self.proved || std::str::from_utf8(record).is_ok() && memchr::memchr(0, record).is_none()
    }

    /// Moves on by `length` bytes of `rest`.
    pub fn take(&mut self, length: usize) {
        if length > 0 {
            self.last = self.buffer[self.start + length - 1];
            self.start += length;
        }
    }

    /// Lengthens `rest`, or finds that the file has ended; `line` is the line at which `rest` begins.
    pub fn more(&mut self, line: u64) -> Result<()> {
        let held = self.end - self.start;
        if held >= MAX_RECORD {
            return Err(Error::failed(format!(
                "{} line {line}: the record that begins there is longer than {} MiB",
                self.text.name(),
                MAX_RECORD >> 20
            ))
            .help("is this the right file, with the right delimiter and encoding?"));
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.proved = self.proved.saturating_sub(self.start);
            (self.start, self.end) = (0, held);
        }
        if self.buffer.len() - held < LEAST_ROOM.max(self.buffer.len() / 8) {
            self.buffer.resize((self.buffer.len() * 2).min(MAX_RECORD + FIRST), 0);
        }
        let read = self.text.read(&mut self.buffer[held..])?;
        self.end += read;
        self.ended = read == 0;
        self.prove();
        Ok(())
    }

    /// Looks at what was read last, as far as it is text: all of it at once is quicker than record by record.
    fn prove(&mut self) {
        let unknown = &self.buffer[self.proved..self.end];
        let text = match std::str::from_utf8(unknown) {
            Ok(text) => text.as_bytes(),
            Err(broken) => &unknown[..broken.valid_up_to()],
        };
        self.proved += memchr::memchr(0, text).unwrap_or(text.len());
    }

    pub fn close(self) -> Result<Fingerprint> {
        self.text.close()
    }
}
