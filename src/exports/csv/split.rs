//! Takes text, gives the first CSV record in it (RFC 4180; CRLF, LF or CR end a line), and promises that no defect of
//! quoting passes for a record.
//!
//! The well-known readers of CSV find *a* reading for any bytes: a quote that is never closed swallows the rest, and
//! what follows a closing quote joins the field. Here both are told from a record, which needs the splitter's state.

use memchr::{memchr, memchr_iter, memchr2, memchr3};
use wide::u8x16;

/// The longest quoted field, in bytes: beyond it, a quote was not closed.
pub(super) const MAX_QUOTED: usize = 1 << 20;

/// How fields are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    /// Whether `\"` and `\\` in a quoted field mean `"` and `\`.
    pub backslash: bool,
    /// Whether blanks around fields, and around their quotes, are dropped.
    pub trim: bool,
}

/// The bytes of a field within the text, without quotes and blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
    /// Whether `unescape` has something to do.
    pub escaped: bool,
}

impl Field {
    /// The field as it lies in a longer text, of which its own begins at `from`.
    pub fn behind(self, from: usize) -> Self {
        Self { start: self.start + from, end: self.end + from, ..self }
    }
}

/// What a text begins with. Lengths are in bytes with the end of line; lines are counted from the text's first, as 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Nothing but an end of line.
    Blank { length: usize },
    /// A record over `lines` lines; its fields are in `fields`.
    Record { length: usize, lines: u64 },
    /// A record with a field that opens and closes its quote on one line and then goes on; the length is up to that
    /// line's end, the fields before it are in `fields`.
    Broken { length: usize, lines: u64 },
    /// The record goes on beyond the text.
    More,
    /// A quoted field opened on a line and closed on another, where it goes on: a quote is missing or not doubled.
    Astray { opened: u64, closed: u64 },
    /// The file ends in a quoted field that opened on a line.
    Unclosed { opened: u64 },
    /// A quoted field that opened on a line is longer than `MAX_QUOTED`.
    TooLong { opened: u64 },
}

/// Splits off the first record of `text`, which is all that is left of the file if `last`.
pub(super) fn split(text: &[u8], last: bool, dialect: &Dialect, fields: &mut Vec<Field>) -> Split {
    fields.clear();
    if let Some(length) = line_end(text, 0, last) {
        return length.map_or(Split::More, |length| Split::Blank { length });
    }
    let (mut at, mut lines) = (0, 0);
    let mut stops = Stops::new(text, dialect.delimiter);
    loop {
        let open = if dialect.trim { skip_blanks(text, at, dialect.delimiter) } else { at };
        let stop = if dialect.quote.is_some() && text.get(open).copied() == dialect.quote {
            let quoted = match quoted(text, open, last, lines, dialect) {
                Ok(quoted) => quoted,
                Err(split) => return split,
            };
            fields.push(quoted.field);
            lines += quoted.lines;
            quoted.stop
        } else {
            let stop = match stops.next(at) {
                Some(stop) => stop,
                None if last => text.len(),
                None => return Split::More,
            };
            fields.push(bare(text, at, stop, dialect.trim));
            stop
        };
        if text.get(stop) == Some(&dialect.delimiter) {
            at = stop + 1;
            continue;
        }
        return match line_end(text, stop, last) {
            Some(Some(length)) => Split::Record { length, lines: lines + 1 },
            Some(None) => Split::More,
            None => Split::Record { length: stop, lines: lines + 1 },
        };
    }
}

/// Where delimiters and ends of line stand in a text: most fields are a few bytes long, so many bytes are looked at in one
/// go and what was found is kept for the fields that follow.
struct Stops<'t> {
    text: &'t [u8],
    delimiter: u8,
    /// Where the bytes begin that were looked at last.
    from: usize,
    /// A bit for each of them, the first one lowest.
    found: u64,
}

const AT_ONCE: usize = 64;

impl<'t> Stops<'t> {
    fn new(text: &'t [u8], delimiter: u8) -> Self {
        let mut stops = Self { text, delimiter, from: 0, found: 0 };
        stops.look(0);
        stops
    }

    /// The first one from `at` on, which never goes back.
    #[inline]
    fn next(&mut self, at: usize) -> Option<usize> {
        if at - self.from < AT_ONCE {
            let ahead = self.found >> (at - self.from);
            if ahead != 0 {
                return Some(at + ahead.trailing_zeros() as usize);
            }
        }
        self.later(at.max(self.from + AT_ONCE))
    }

    /// The first one from `at` on, which nothing is known of.
    fn later(&mut self, at: usize) -> Option<usize> {
        if at >= self.text.len() {
            return None;
        }
        self.look(at);
        let first = match self.found {
            0 => at + memchr3(self.delimiter, b'\n', b'\r', &self.text[at..])?,
            found => return Some(at + found.trailing_zeros() as usize),
        };
        self.look(first);
        Some(first)
    }

    #[inline]
    fn look(&mut self, from: usize) {
        let rest = &self.text[from..];
        self.from = from;
        self.found = match rest.first_chunk() {
            Some(bytes) => stops(bytes, self.delimiter),
            None => {
                let mut bytes = [0; AT_ONCE];
                bytes[..rest.len()].copy_from_slice(rest);
                stops(&bytes, self.delimiter) & !(!0 << rest.len())
            }
        };
    }
}

/// Which bytes are a delimiter or end a line.
#[inline]
fn stops(bytes: &[u8; AT_ONCE], delimiter: u8) -> u64 {
    let wanted = [delimiter, b'\n', b'\r'].map(u8x16::splat);
    let (lanes, _) = bytes.as_chunks();
    lanes.iter().enumerate().fold(0, |found, (at, lane)| {
        let lane = u8x16::new(*lane);
        let [delimiter, feed, carriage] = wanted.map(|byte| lane.simd_eq(byte));
        found | u64::from((delimiter | feed | carriage).to_bitmask()) << (16 * at)
    })
}

/// Where the line that ends at `at` is over: `None` when no line ends there, `Some(None)` when more must be read to know.
fn line_end(text: &[u8], at: usize, last: bool) -> Option<Option<usize>> {
    match text.get(at)? {
        b'\n' => Some(Some(at + 1)),
        b'\r' => match text.get(at + 1) {
            Some(b'\n') => Some(Some(at + 2)),
            None if !last => Some(None),
            _ => Some(Some(at + 1)),
        },
        _ => None,
    }
}

fn skip_blanks(text: &[u8], mut at: usize, delimiter: u8) -> usize {
    while matches!(text.get(at), Some(&blank @ (b' ' | b'\t')) if blank != delimiter) {
        at += 1;
    }
    at
}

fn bare(text: &[u8], start: usize, end: usize, trim: bool) -> Field {
    let (mut start, mut end) = (start, end);
    if trim {
        let blank = |byte: u8| matches!(byte, b' ' | b'\t');
        while start < end && blank(text[end - 1]) {
            end -= 1;
        }
        while start < end && blank(text[start]) {
            start += 1;
        }
    }
    Field { start, end, quoted: false, escaped: false }
}

struct Quoted {
    field: Field,
    /// The ends of line within the field.
    lines: u64,
    /// Where the delimiter, the end of line or the end of the file stands.
    stop: usize,
}

/// Reads the quoted field that opens at `open`, `before` lines after the text's first.
fn quoted(text: &[u8], open: usize, last: bool, before: u64, dialect: &Dialect) -> Result<Quoted, Split> {
    let quote = text[open];
    let content = open + 1;
    // Counted only when needed: a record that is cut by the text's end comes here again.
    let opened = before;
    let (mut from, mut escaped) = (content, false);
    let close = loop {
        let found = if dialect.backslash { memchr2(quote, b'\\', &text[from..]) } else { memchr(quote, &text[from..]) };
        let at = found.map_or(text.len(), |found| from + found);
        if at - content > MAX_QUOTED {
            return Err(Split::TooLong { opened });
        }
        let next = text.get(at + 1).copied();
        match next {
            _ if found.is_none() => return Err(if last { Split::Unclosed { opened } } else { Split::More }),
            None if !last => return Err(Split::More),
            None if text[at] != quote => return Err(Split::Unclosed { opened }),
            Some(_) if text[at] != quote => (from, escaped) = (at + 2, true),
            Some(next) if next == quote => (from, escaped) = (at + 2, true),
            _ => break at,
        }
    };
    let lines = count_lines(&text[content..close]);
    let stop = if dialect.trim { skip_blanks(text, close + 1, dialect.delimiter) } else { close + 1 };
    match text.get(stop) {
        None if !last => Err(Split::More),
        Some(&byte) if byte != dialect.delimiter && byte != b'\n' && byte != b'\r' => {
            if lines > 0 {
                return Err(Split::Astray { opened, closed: before + lines });
            }
            match memchr2(b'\n', b'\r', &text[stop..]).map(|found| stop + found) {
                None if !last => Err(Split::More),
                None => Err(Split::Broken { length: text.len(), lines: before + 1 }),
                Some(end) => match line_end(text, end, last) {
                    Some(Some(length)) => Err(Split::Broken { length, lines: before + 1 }),
                    _ => Err(Split::More),
                },
            }
        }
        _ => {
            let field = bare(text, content, close, dialect.trim);
            Ok(Quoted { field: Field { quoted: true, escaped, ..field }, lines, stop })
        }
    }
}

/// The ends of line in a text; CRLF is one.
pub(super) fn count_lines(text: &[u8]) -> u64 {
    if memchr2(b'\n', b'\r', text).is_none() {
        return 0;
    }
    let feeds = memchr_iter(b'\n', text).count();
    let returns = memchr_iter(b'\r', text).filter(|&at| text.get(at + 1) != Some(&b'\n')).count();
    (feeds + returns) as u64
}

/// The length of the first line of a text with its end; `None` when more must be read to know.
pub(super) fn line_length(text: &[u8], last: bool) -> Option<usize> {
    match memchr2(b'\n', b'\r', text) {
        Some(at) => line_end(text, at, last).flatten(),
        None => last.then_some(text.len()),
    }
}

/// Writes a quoted field's content without its escapes. A backslash before any other character stays.
pub(super) fn unescape(content: &[u8], dialect: &Dialect, out: &mut Vec<u8>) {
    out.clear();
    let Some(quote) = dialect.quote else { return out.extend_from_slice(content) };
    let mut from = 0;
    while let Some(found) =
        if dialect.backslash { memchr2(quote, b'\\', &content[from..]) } else { memchr(quote, &content[from..]) }
    {
        let at = from + found;
        let next = content.get(at + 1).copied();
        let drops = next == Some(quote) || (content[at] == b'\\' && next == Some(b'\\'));
        out.extend_from_slice(&content[from..if drops { at } else { at + 1 }]);
        match next {
            Some(next) => {
                out.push(next);
                from = at + 2;
            }
            None => from = at + 1,
        }
    }
    out.extend_from_slice(&content[from..]);
}

#[cfg(test)]
mod tests;
