//! Takes the bytes of a text file, gives them as UTF-8, and promises never to put a replacement character in place of
//! what it cannot read: such bytes come out as `0xFF`, which is never UTF-8, so that whoever checks the row finds them.

use std::borrow::Cow;
use std::sync::Arc;

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::input::{Fingerprint, Input};
use crate::error::{Error, Result};

/// How a text file writes its characters: `utf-8`, `utf-16` (with a byte order mark), `utf-16le`, `utf-16be`,
/// `windows-1252` (also as `iso-8859-1`), or another label of the WHATWG encoding standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Encoding {
    /// UTF-16 in the byte order that the file's mark says.
    MarkedUtf16,
    Known(&'static encoding_rs::Encoding),
}

impl JsonSchema for Encoding {
    fn schema_name() -> Cow<'static, str> {
        "Encoding".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How a text file writes its characters: a label of the WHATWG encoding standard.",
            "type": "string",
            "examples": ["utf-8", "utf-16", "windows-1252"]
        })
    }
}

impl TryFrom<String> for Encoding {
    type Error = String;

    fn try_from(label: String) -> std::result::Result<Self, String> {
        if label.eq_ignore_ascii_case("utf-16") {
            return Ok(Self::MarkedUtf16);
        }
        encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()).map(Self::Known).ok_or_else(|| {
            format!(
                "`{label}` is not an encoding; write for example utf-8, utf-16, utf-16le, windows-1252 or iso-8859-1"
            )
        })
    }
}

/// A text file being read.
pub(super) struct Text {
    input: Input,
    encoding: &'static encoding_rs::Encoding,
    /// `None` for UTF-8, whose bytes pass as they are.
    decoder: Option<Decoder>,
    /// Bytes read and not yet given; the unread part is `raw[at..]`.
    raw: Vec<u8>,
    at: usize,
    /// Whether `input` has come to its end, and whether the decoder has been told.
    ended: bool,
    flushed: bool,
    newlines: u64,
}

const RAW: usize = 128 * 1024;
/// The least room that `Text::read` needs to make progress.
pub(super) const LEAST_ROOM: usize = 16;

impl Text {
    /// Looks at the first bytes: a byte order mark decides where nothing is declared, and contradicts a declaration
    /// that differs. A file that holds nothing but a mark is an error, as is one that is plainly not text.
    pub fn open(mut input: Input, declared: Option<Encoding>) -> Result<Self> {
        let mut head = vec![0; 8];
        let mut filled = 0;
        while filled < head.len() {
            match input.read(&mut head[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        head.truncate(filled);
        if let Some(kind) = not_text(&head) {
            return Err(Error::failed(format!("{} is {kind}, not a text file", input.name)));
        }
        let mark = encoding_rs::Encoding::for_bom(&head);
        let encoding = match (declared, mark) {
            (None, mark) => mark.map_or(UTF_8, |(encoding, _)| encoding),
            (Some(Encoding::Known(known)), None) => known,
            (Some(Encoding::Known(known)), Some((marked, _))) if known == marked => known,
            (Some(Encoding::MarkedUtf16), Some((marked, _))) if marked != UTF_8 => marked,
            (Some(Encoding::MarkedUtf16), None) => {
                return Err(Error::failed(format!(
                    "{} has no byte order mark that tells its UTF-16 order",
                    input.name
                ))
                .help("declare `encoding: utf-16le` or `encoding: utf-16be`"));
            }
            (Some(_), Some((marked, _))) => {
                let marked = marked.name();
                return Err(Error::failed(format!(
                    "{} begins with the byte order mark of {marked}, but another encoding is declared",
                    input.name
                ))
                .help(format!("declare `encoding: {}`, or none", marked.to_lowercase())));
            }
        };
        let at = mark.map_or(0, |(_, length)| length);
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        let mut text = Self { input, encoding, decoder, raw: head, at, ended: false, flushed: false, newlines: 0 };
        text.refill()?;
        if text.at == text.raw.len() {
            return Err(Error::failed(format!("{} is empty", text.input.name)).help("look at how the export ended"));
        }
        Ok(text)
    }

    pub fn name(&self) -> &Arc<str> {
        &self.input.name
    }

    /// The encoding's name, for messages.
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    pub fn close(self) -> Result<Fingerprint> {
        self.input.close()
    }

    /// Writes UTF-8 into `out`, which has at least `LEAST_ROOM` bytes; 0 at the end. UTF-16 that breaks is an error.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let Some(mut decoder) = self.decoder.take() else { return self.pass(out) };
        let written = self.decode(&mut decoder, out)?;
        self.decoder = Some(decoder);
        Ok(written)
    }

    fn pass(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.at < self.raw.len() {
            let length = out.len().min(self.raw.len() - self.at);
            out[..length].copy_from_slice(&self.raw[self.at..self.at + length]);
            self.at += length;
            return Ok(length);
        }
        self.input.read(out)
    }

    fn decode(&mut self, decoder: &mut Decoder, out: &mut [u8]) -> Result<usize> {
        let mut written = 0;
        while !self.flushed && out.len() - written >= LEAST_ROOM {
            self.refill()?;
            let room = out.len() - 1;
            let (result, read, wrote) =
                decoder.decode_to_utf8_without_replacement(&self.raw[self.at..], &mut out[written..room], self.ended);
            self.at += read;
            let fresh = &mut out[written..written + wrote];
            if self.encoding == WINDOWS_1252 {
                mark_undefined(fresh);
            }
            self.newlines += memchr::memchr_iter(b'\n', fresh).count() as u64;
            written += wrote;
            match result {
                DecoderResult::InputEmpty => self.flushed = self.ended,
                DecoderResult::OutputFull => break,
                DecoderResult::Malformed(..) if self.encoding == UTF_16LE || self.encoding == UTF_16BE => {
                    return Err(Error::failed(format!(
                        "{} line {}: the file is not whole {}: half a character stands there",
                        self.input.name,
                        self.newlines + 1,
                        self.encoding.name()
                    ))
                    .help("export the file again; it may be cut, or in another encoding"));
                }
                DecoderResult::Malformed(..) => {
                    out[written] = 0xff;
                    written += 1;
                }
            }
        }
        Ok(written)
    }

    /// Reads more raw bytes when all have been given.
    fn refill(&mut self) -> Result<()> {
        if self.at == self.raw.len() && !self.ended {
            self.raw.resize(RAW, 0);
            let read = self.input.read(&mut self.raw)?;
            self.raw.truncate(read);
            (self.at, self.ended) = (0, read == 0);
        }
        Ok(())
    }
}

/// Windows-1252 leaves five bytes undefined; the decoder passes them as C1 controls, which no defined byte gives.
fn mark_undefined(text: &mut [u8]) {
    let mut from = 0;
    while let Some(found) = memchr::memchr(0xc2, &text[from..]) {
        let at = from + found;
        if let Some(0x81 | 0x8d | 0x8f | 0x90 | 0x9d) = text.get(at + 1) {
            text[at..at + 2].fill(0xff);
        }
        from = at + 1;
    }
}

/// What a file is that begins so and is certainly not text.
fn not_text(head: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a ZIP archive or an XLSX workbook"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"PAR1", "a Parquet file"),
        (b"\xff\xfe\x00\x00", "in UTF-32"),
        (b"\x00\x00\xfe\xff", "in UTF-32"),
    ];
    kinds.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], label: Option<&str>) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deal.csv");
        std::fs::write(&path, content).unwrap();
        let declared = label.map(|label| Encoding::try_from(label.to_owned()).unwrap());
        let mut text = Text::open(Input::open(&path, &Arc::from("deal.csv"))?, declared)?;
        let (mut all, mut buffer) = (Vec::new(), [0; 37]);
        loop {
            match text.read(&mut buffer)? {
                0 => return Ok(all),
                read => all.extend_from_slice(&buffer[..read]),
            }
        }
    }

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    const SAMPLE: &str = "Name,Größe\n„Zoë“,🙂 €\nand one more line that is longer than the buffer of the test\n";

    #[test]
    fn the_byte_order_mark_decides_and_is_removed() {
        let marked: [Vec<u8>; 4] = [
            SAMPLE.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", SAMPLE.as_bytes()].concat(),
            [b"\xff\xfe".to_vec(), utf16(SAMPLE, true)].concat(),
            [b"\xfe\xff".to_vec(), utf16(SAMPLE, false)].concat(),
        ];
        for content in &marked {
            assert_eq!(read(content, None).unwrap(), SAMPLE.as_bytes());
        }
        assert_eq!(read(&marked[2], Some("utf-16")).unwrap(), SAMPLE.as_bytes());
        assert_eq!(read(&marked[3], Some("UTF-16BE")).unwrap(), SAMPLE.as_bytes());
        assert_eq!(read(&marked[1], Some("utf8")).unwrap(), SAMPLE.as_bytes());
    }

    #[test]
    fn declared_encodings_are_decoded_without_a_mark() {
        assert_eq!(read(&utf16(SAMPLE, true), Some("utf-16le")).unwrap(), SAMPLE.as_bytes());
        assert_eq!(read(&utf16(SAMPLE, false), Some("utf-16be")).unwrap(), SAMPLE.as_bytes());
        assert_eq!(read(b"\x80 caf\xe9", Some("windows-1252")).unwrap(), "€ café".as_bytes());
        assert_eq!(read(b"\x80 caf\xe9", Some("iso-8859-1")).unwrap(), "€ café".as_bytes());
        assert_eq!(read(b"\xb3\xf3d\xbc", Some("iso-8859-2")).unwrap(), "łódź".as_bytes());
    }

    #[test]
    fn a_mark_that_contradicts_the_declaration_is_an_error() {
        let error = read(b"\xff\xfea\0", Some("utf-8")).unwrap_err();
        assert_eq!(
            error.message,
            "deal.csv begins with the byte order mark of UTF-16LE, but another encoding is declared"
        );
        assert!(read(b"\xef\xbb\xbfa", Some("windows-1252")).is_err());
        assert!(read(b"\xef\xbb\xbfa", Some("utf-16")).is_err());
        assert!(read(b"a\0", Some("utf-16")).unwrap_err().message.contains("no byte order mark"));
    }

    #[test]
    fn undefined_bytes_of_windows_1252_come_out_as_no_text() {
        assert_eq!(
            read(b"a\x81b\x8d\x8f\x90\x9dc", Some("windows-1252")).unwrap(),
            b"a\xff\xffb\xff\xff\xff\xff\xff\xff\xff\xffc"
        );
    }

    #[test]
    fn bytes_that_another_encoding_does_not_know_come_out_as_no_text() {
        let decoded = read(b"ok\n\x81\x20\nok\n", Some("shift_jis")).unwrap();
        assert!(std::str::from_utf8(&decoded).is_err());
        assert!(decoded.starts_with(b"ok\n") && decoded.ends_with(b"\nok\n"));
    }

    #[test]
    fn broken_utf_16_is_an_error_with_its_line() {
        let mut odd = utf16("a\nb\n", true);
        odd.pop();
        let unpaired = [utf16("a\nb", true), 0xd83d_u16.to_le_bytes().to_vec(), utf16("c\n", true)].concat();
        for content in [odd, unpaired] {
            let error = read(&content, Some("utf-16le")).unwrap_err();
            assert_eq!(error.message, "deal.csv line 2: the file is not whole UTF-16LE: half a character stands there");
        }
    }

    #[test]
    fn a_file_with_nothing_but_a_mark_is_empty() {
        for mark in [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"] {
            assert_eq!(read(mark, None).unwrap_err().message, "deal.csv is empty");
        }
    }

    #[test]
    fn files_of_other_kinds_are_called_what_they_are() {
        assert_eq!(
            read(b"PK\x03\x04rest", None).unwrap_err().message,
            "deal.csv is a ZIP archive or an XLSX workbook, not a text file"
        );
        assert_eq!(read(b"PAR1rest", None).unwrap_err().message, "deal.csv is a Parquet file, not a text file");
    }

    #[test]
    fn an_unknown_label_says_which_there_are() {
        assert!(Encoding::try_from("latin".to_owned()).unwrap_err().starts_with("`latin` is not an encoding"));
    }
}
