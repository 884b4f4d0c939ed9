//! History: a table's snapshots kept as versions of its rows, so that a day costs what changed on it.
//!
//! One row of a table's history is a *version*: a key's values and the days on which the lake knew them so. Versions lie
//! in *segments*, of which no row is in two files:
//!
//! ```text
//! base    all rows of a day, each with the day since which it is so; the first snapshot of every month is one
//! change  what a later day of the month put there: rows new or changed
//! ended   beside a change or a base: which rows of the segment's files, by position, were so no longer
//! month   a segment that a new base has closed, as one file sorted by key, with the days on which versions begin and end
//! ```
//!
//! The rows as of a day are those of the base and the changes up to it without the ended ones; no key is compared to read
//! them. A base ends rows of the segment before it and repeats those that go on, so a version that lasts over a month's
//! end is one version to whoever reads the history: the copy in the older segment is passed over.
//!
//! A version also ends, and another one begins, on the first day of which its table is declared otherwise: all of them
//! where the key is another or a column of it has another type, and where any other column comes, goes or changes its type,
//! those that have a value in it. Such a day is a base, as all rows of a segment have the same columns.
//!
//! Keys are compared once, on the way in: [`writer`] goes through the rows of the day before and the new ones side by
//! side, both in the order of the key.
//!
//! An older day that comes again is written onto the day before it, and the days after it are derived anew.

mod ended;
mod marks;
mod piece;
mod segment;
mod sorted;
mod states;
mod versions;
mod writer;

pub use marks::{MarkedRow, Marks, key_hash};
pub use piece::{Piece, PieceReader};
pub use segment::{month_of, pieces, pieces_of_days, rows_of, segments};
pub use sorted::{SortedRows, converter};
pub use states::{lives_hash, states};
pub use versions::{Lives, VersionRows, lives, with_days};
pub use writer::{Before, HistoryWriter, Written};

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};

/// The columns of the lake's own in files of history; no declared column can be called so.
pub const FROM: &str = "forecastle.valid_from";
pub const TO: &str = "forecastle.valid_to";

pub fn from_field() -> FieldRef {
    Arc::new(Field::new(FROM, DataType::Date32, false))
}

pub fn to_field() -> FieldRef {
    Arc::new(Field::new(TO, DataType::Date32, true))
}

/// A schema without the lake's own columns.
pub fn without_own(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().filter(|field| ![FROM, TO].contains(&field.name().as_str()));
    Schema::new(fields.cloned().collect::<Vec<_>>())
}
