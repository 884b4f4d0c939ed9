//! The records of the export before, known by their marks: such a record gives the row that it gave then.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::exports::Recognise;
use crate::lake::Marks;

/// What is remembered of the export before; of none, nothing.
#[derive(Default)]
pub struct Recalled {
    pub marks: Marks,
    numbers: HashMap<u128, u32, BuildHasherDefault<Plain>>,
}

/// What a record is known as.
pub enum Record {
    /// The row of the table, by its position among the remembered ones.
    Row(usize),
    /// One that was left out, likewise.
    LeftOut(usize),
}

impl Recalled {
    pub fn new(marks: Marks) -> Self {
        let all = marks.rows.iter().map(|row| row.mark).chain(marks.strays.iter().copied());
        let mut numbers = HashMap::with_capacity_and_hasher(marks.rows.len() + marks.strays.len(), Default::default());
        // 0 marks a row that no record gave.
        numbers.extend(all.zip(0..).filter(|(mark, _)| *mark != 0));
        Self { marks, numbers }
    }

    /// What the record of a number is.
    pub fn record(&self, number: u32) -> Record {
        let (number, rows) = (number as usize, self.marks.rows.len());
        if number < rows { Record::Row(number) } else { Record::LeftOut(number - rows) }
    }
}

impl Recognise for Recalled {
    fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    fn number(&self, mark: u128) -> Option<u32> {
        self.numbers.get(&mark).copied()
    }
}

/// Marks are hashes already.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, mark: u128) {
        self.0 = mark as u64;
    }
}
