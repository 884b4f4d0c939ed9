//! Takes the texts of rows one by one and gives them as Arrow columns, with the line of each row, and the faulty rows
//! beside them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::{Familiar, Fault};

/// A batch ends after so many rows and faults, or so many bytes.
pub(super) const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 16 << 20;
/// Most texts have no more bytes.
const SHORT: usize = 32;

/// Some rows of one file: the columns that are kept, in the order asked for.
pub(super) struct Part {
    pub columns: Vec<ArrayRef>,
    pub lines: Vec<u64>,
    pub faults: Vec<Fault>,
    pub marks: Vec<u128>,
    pub familiar: Vec<Familiar>,
}

/// Rows being gathered for a batch.
pub(super) struct Rows {
    file: Arc<str>,
    pub columns: Vec<Texts>,
    lines: Vec<u64>,
    faults: Vec<Fault>,
    marks: Vec<u128>,
    familiar: Vec<Familiar>,
    bytes: usize,
}

impl Rows {
    pub fn new(file: &Arc<str>, columns: usize) -> Self {
        Self {
            file: Arc::clone(file),
            columns: (0..columns).map(|_| Texts::new()).collect(),
            lines: Vec::with_capacity(BATCH_ROWS),
            faults: Vec::new(),
            marks: Vec::new(),
            familiar: Vec::new(),
            bytes: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.lines.len() + self.faults.len() + self.familiar.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// Ends a row of `bytes` bytes, of which each of `columns` is given its text before [`Rows::finish`].
    pub fn end(&mut self, line: u64, bytes: usize) {
        self.lines.push(line);
        self.bytes += bytes;
    }

    /// Notes the mark of the row that ended last.
    pub fn mark(&mut self, mark: u128) {
        self.marks.push(mark);
    }

    /// Notes a record that was recognised.
    pub fn familiar(&mut self, number: u32, line: u64) {
        self.familiar.push(Familiar { number, line });
    }

    /// Keeps a row apart as faulty.
    pub fn fault(&mut self, line: u64, column: Option<String>, reason: impl Into<String>, fields: Vec<Option<String>>) {
        self.bytes += fields.iter().flatten().map(String::len).sum::<usize>();
        self.faults.push(Fault { file: Arc::clone(&self.file), line, column, reason: reason.into(), fields });
    }

    /// What has been gathered; `None` when that is nothing.
    pub fn finish(&mut self) -> Option<Part> {
        if self.lines.is_empty() && self.faults.is_empty() && self.familiar.is_empty() {
            return None;
        }
        debug_assert!(
            self.columns.iter().all(|column| column.offsets.len() == self.lines.len() + 1),
            "a text is missing"
        );
        self.bytes = 0;
        let lines = std::mem::replace(&mut self.lines, Vec::with_capacity(BATCH_ROWS));
        let columns = self.columns.iter_mut().map(Texts::finish).collect();
        let (faults, marks) = (std::mem::take(&mut self.faults), std::mem::take(&mut self.marks));
        Some(Part { columns, lines, faults, marks, familiar: std::mem::take(&mut self.familiar) })
    }
}

/// One column of texts being gathered. The bytes given must be UTF-8; the empty text is NULL.
pub(super) struct Texts {
    /// Where each text ends in `bytes`, after a leading 0.
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Texts {
    pub fn new() -> Self {
        Self { offsets: Self::no_offsets(), bytes: Vec::new() }
    }

    fn no_offsets() -> Vec<i32> {
        let mut offsets = Vec::with_capacity(BATCH_ROWS + 1);
        offsets.push(0);
        offsets
    }

    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.end();
    }

    /// Adds a part of a text.
    #[inline]
    pub fn push_part(&mut self, whole: &[u8], part: Range<usize>) {
        match whole.get(part.start..).and_then(|from| from.first_chunk::<SHORT>()) {
            // To copy a number of bytes that is known takes fewer instructions than to find out how to copy another one;
            // those behind the text are dropped again.
            Some(chunk) if part.len() <= SHORT => {
                let end = self.bytes.len() + part.len();
                self.bytes.extend_from_slice(chunk);
                self.bytes.truncate(end);
                self.end();
            }
            _ => self.push(&whole[part]),
        }
    }

    pub fn push_null(&mut self) {
        self.end();
    }

    /// Ends a text whose bytes are there.
    #[inline]
    fn end(&mut self) {
        self.offsets.push(i32::try_from(self.bytes.len()).expect("a batch ends long before it holds 2 GiB"));
    }

    pub fn finish(&mut self) -> ArrayRef {
        let room = self.bytes.len() + self.bytes.len() / 8;
        let bytes = Buffer::from_vec(std::mem::replace(&mut self.bytes, Vec::with_capacity(room)));
        let offsets = std::mem::replace(&mut self.offsets, Self::no_offsets());
        let is_text = BooleanBuffer::collect_bool(offsets.len() - 1, |row| offsets[row] < offsets[row + 1]);
        let nulls = Some(NullBuffer::new(is_text)).filter(|nulls| nulls.null_count() > 0);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Arc::new(
            StringArray::try_new(offsets, bytes, nulls).expect("rows are checked to be UTF-8 before they are pushed"),
        )
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn the_empty_text_is_null_and_rows_keep_their_lines() {
        let mut rows = Rows::new(&Arc::from("deal.csv"), 1);
        for (line, text) in [(2, "Zoë"), (5, ""), (6, "x")] {
            rows.columns[0].push(text.as_bytes());
            rows.end(line, text.len());
        }
        rows.fault(4, None, "expected 1 fields, found 2", vec![Some("a".to_owned()), None]);
        let part = rows.finish().unwrap();
        let texts: Vec<Option<&str>> = part.columns[0].as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("Zoë"), None, Some("x")]);
        assert_eq!(part.lines, [2, 5, 6]);
        assert_eq!((part.faults.len(), part.faults[0].line), (1, 4));
        assert!(rows.finish().is_none());
    }

    #[test]
    fn a_part_of_a_text_is_that_part_wherever_it_lies() {
        let whole = "Zoë ".repeat(20);
        let parts: Vec<Range<usize>> = (0..=whole.len())
            .flat_map(|start| (start..=whole.len()).map(move |end| start..end))
            .filter(|part| whole.get(part.clone()).is_some())
            .collect();
        let mut texts = Texts::new();
        parts.iter().for_each(|part| texts.push_part(whole.as_bytes(), part.clone()));
        let expected: Vec<Option<&str>> =
            parts.iter().map(|part| Some(&whole[part.clone()]).filter(|text| !text.is_empty())).collect();
        assert_eq!(texts.finish().as_string::<i32>().iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_batch_is_full_by_rows_by_faults_or_by_bytes() {
        let mut rows = Rows::new(&Arc::from("deal.csv"), 1);
        rows.columns[0].push(&vec![b'x'; BATCH_BYTES]);
        rows.end(1, BATCH_BYTES);
        assert!(rows.is_full());
        assert_eq!(rows.finish().unwrap().columns[0].len(), 1);
        for line in 0..BATCH_ROWS as u64 {
            assert!(!rows.is_full());
            rows.fault(line, None, "no row", Vec::new());
        }
        assert!(rows.is_full());
    }
}
