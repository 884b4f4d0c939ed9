//! What a statement's plan depends on, as one number.

use std::hash::{Hash, Hasher};

use arrow::datatypes::Schema;
use twox_hash::XxHash3_128;

use crate::query::{Relation, Selection, Settings};

/// By it two statements are the same, over relations with the same columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(super) u128);

/// A hash of the parts of a key.
#[derive(Clone)]
pub struct Digest(XxHash3_128);

impl Digest {
    /// Of the settings of a session, which all of its statements depend on; those that it is told of one by one left out.
    pub fn of_settings(settings: &Settings) -> Self {
        let mut digest = Self(XxHash3_128::new());
        let Settings { day, calendar, timezone, currency, holidays: _, values: _ } = settings;
        format!("{day:?} {calendar:?} {timezone:?} {currency:?}").hash(&mut digest);
        digest
    }

    /// Of the columns of a relation.
    pub fn of_columns(schema: &Schema) -> u128 {
        let mut digest = Self(XxHash3_128::new());
        schema.hash(&mut digest);
        digest.0.finish_128()
    }

    /// The key of what a text reads.
    pub fn of_text(text: &str) -> Key {
        let mut digest = Self(XxHash3_128::new());
        ("text", text).hash(&mut digest);
        Key(digest.0.finish_128())
    }

    /// The key of a statement: `columns` tells those of a relation, `None` where none of that name is registered, and `code`
    /// is that of the functions that it calls.
    pub fn key(mut self, selection: &Selection, code: &str, columns: impl Fn(&Relation) -> Option<u128>) -> Key {
        selection.digest(&mut self);
        code.hash(&mut self);
        for relation in &selection.relations {
            (&relation.name, relation.function, columns(relation)).hash(&mut self);
        }
        Key(self.0.finish_128())
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Half of it, for whoever needs no more.
    fn finish(&self) -> u64 {
        self.0.finish_128() as u64
    }
}
