//! The hash of a table's state: from batches of rows, 128 bits that say which rows the table holds.
//!
//! It does not depend on the order of rows or columns, on the cut of batches, or on how a file encodes the values.
//! A row's hash is the sum over its columns of a hash of (column name, family of types, value), mixed once more; the
//! state is the sum of its rows' hashes, mixed with their number. NULL adds nothing, so it differs from empty text,
//! and a column that arrives later leaves the states of the days before it as they were.
//!
//! Each hash is XXH3 of 128 bits: its definition is fixed, so states can be compared across program versions, two
//! states that differ meet by chance once in 2^128, and it costs a fraction of SHA-256. It is no defence
//! against forgers: that a file is the one that was committed is proved by the file's SHA-256.

use std::fmt;
use std::str::FromStr;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use twox_hash::XxHash3_128;

use crate::error::{Error, Result};

/// The order-free hash of a table's rows, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateHash(u128);

impl StateHash {
    /// The hash of so many rows whose hashes, as [`hash_rows`] gives them, come to this sum.
    pub(super) fn of(rows: u64, sum: u128) -> Self {
        Self(mix(rows, sum))
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for StateHash {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.len() == 32 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)) {
            true => u128::from_str_radix(text, 16).map(Self).map_err(|error| error.to_string()),
            false => Err(format!("`{text}` is not a state hash of 32 hexadecimal digits")),
        }
    }
}

impl Serialize for StateHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StateHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A table's state hash as its batches come.
#[derive(Debug, Default)]
pub struct StateHasher {
    sum: u128,
    rows: u64,
    hashes: Vec<u128>,
}

impl StateHasher {
    /// Adds the rows of a batch whose column types `check_types` let pass; gives their hashes.
    pub fn add(&mut self, batch: &RecordBatch) -> &[u128] {
        hash_rows(batch, &mut self.hashes);
        for &row in &self.hashes {
            self.sum = self.sum.wrapping_add(row);
        }
        self.rows += batch.num_rows() as u64;
        &self.hashes
    }

    /// Adds a row by its hash.
    pub fn add_row(&mut self, hash: u128) {
        self.sum = self.sum.wrapping_add(hash);
        self.rows += 1;
    }

    pub fn finish(&self) -> StateHash {
        StateHash::of(self.rows, self.sum)
    }
}

/// The hash of each row, for a schema that `check_types` let pass.
pub fn row_hashes(batch: &RecordBatch) -> Vec<u128> {
    let mut hashes = Vec::new();
    hash_rows(batch, &mut hashes);
    hashes
}

/// The hash of each row: equal rows have equal hashes, whatever the order of their columns.
pub fn hash_rows(batch: &RecordBatch, hashes: &mut Vec<u128>) {
    hashes.clear();
    hashes.resize(batch.num_rows(), 0);
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        add(column, seed(0, field.name(), field.data_type()), hashes);
    }
    for row in hashes {
        *row = mix(ROW, *row);
    }
}

/// A hash of each value of a column, 0 for NULL.
pub fn hash_values(column: &ArrayRef) -> Vec<u128> {
    let mut hashes = vec![0; column.len()];
    add(column, 0, &mut hashes);
    hashes
}

/// Refuses a column whose type has no state hash.
pub fn check_types(schema: &Schema) -> Result<()> {
    for field in schema.fields() {
        if family(field.data_type()).is_none() {
            return Err(Error::failed(format!("the column `{}` is of the type {}", field.name(), field.data_type()))
                .help("the lake does not store that type: cast the column to another one, such as text"));
        }
    }
    Ok(())
}

/// The seed of rows: that of a column would need a column's name.
const ROW: u64 = 1;

/// The seed of a column's values: the same value in another column, or of another family of types, hashes otherwise.
fn seed(above: u64, name: &str, data_type: &DataType) -> u64 {
    let family = family(data_type).unwrap_or_default();
    XxHash3_128::oneshot_with_seed(above, format!("{family}\0{name}").as_bytes()) as u64
}

/// The types whose values are the same for a reader have one family; `None` for what the lake does not store.
fn family(data_type: &DataType) -> Option<String> {
    use DataType as T;
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    Some(match data_type {
        T::Null => "null".to_owned(),
        T::Boolean => "boolean".to_owned(),
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => "integer".to_owned(),
        T::Float32 | T::Float64 => "float".to_owned(),
        T::Decimal32(_, scale) | T::Decimal64(_, scale) | T::Decimal128(_, scale) => format!("decimal {scale}"),
        T::Decimal256(_, scale) => format!("long decimal {scale}"),
        T::Date32 => "day".to_owned(),
        T::Date64 => "day ms".to_owned(),
        T::Time32(u) | T::Time64(u) => format!("time {}", unit(u)),
        T::Timestamp(u, None) => format!("local moment {}", unit(u)),
        T::Timestamp(u, Some(_)) => format!("moment {}", unit(u)),
        T::Duration(u) => format!("duration {}", unit(u)),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "text".to_owned(),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => "bytes".to_owned(),
        T::Dictionary(_, values) => family(values)?,
        T::List(item) | T::LargeList(item) | T::FixedSizeList(item, _) | T::Map(item, _) => {
            format!("list of {}", family(item.data_type())?)
        }
        T::Struct(fields) => {
            fields.iter().try_for_each(|field| family(field.data_type()).map(drop))?;
            "record".to_owned()
        }
        _ => return None,
    })
}

/// Adds the hash of each row's value to the row's lane; NULL adds nothing.
fn add(array: &ArrayRef, seed: u64, lanes: &mut [u128]) {
    use DataType as T;
    use TimeUnit as U;
    match array.data_type() {
        T::Boolean => {
            let values = array.as_boolean();
            each(array, lanes, |row| number(seed, i128::from(values.value(row))));
        }
        T::Int8 => numbers::<Int8Type>(array, seed, lanes),
        T::Int16 => numbers::<Int16Type>(array, seed, lanes),
        T::Int32 => numbers::<Int32Type>(array, seed, lanes),
        T::Int64 => numbers::<Int64Type>(array, seed, lanes),
        T::UInt8 => numbers::<UInt8Type>(array, seed, lanes),
        T::UInt16 => numbers::<UInt16Type>(array, seed, lanes),
        T::UInt32 => numbers::<UInt32Type>(array, seed, lanes),
        T::UInt64 => numbers::<UInt64Type>(array, seed, lanes),
        T::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            each(array, lanes, |row| number(seed, i128::from(f64::from(values[row]).to_bits())));
        }
        T::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            each(array, lanes, |row| number(seed, i128::from(values[row].to_bits())));
        }
        T::Decimal32(..) => numbers::<Decimal32Type>(array, seed, lanes),
        T::Decimal64(..) => numbers::<Decimal64Type>(array, seed, lanes),
        T::Decimal128(..) => numbers::<Decimal128Type>(array, seed, lanes),
        T::Decimal256(..) => {
            let values = array.as_primitive::<Decimal256Type>().values();
            each(array, lanes, |row| hash(seed, &values[row].to_le_bytes()));
        }
        T::Date32 => numbers::<Date32Type>(array, seed, lanes),
        T::Date64 => numbers::<Date64Type>(array, seed, lanes),
        T::Time32(U::Second) => numbers::<Time32SecondType>(array, seed, lanes),
        T::Time32(_) => numbers::<Time32MillisecondType>(array, seed, lanes),
        T::Time64(U::Microsecond) => numbers::<Time64MicrosecondType>(array, seed, lanes),
        T::Time64(_) => numbers::<Time64NanosecondType>(array, seed, lanes),
        T::Timestamp(U::Second, _) => numbers::<TimestampSecondType>(array, seed, lanes),
        T::Timestamp(U::Millisecond, _) => numbers::<TimestampMillisecondType>(array, seed, lanes),
        T::Timestamp(U::Microsecond, _) => numbers::<TimestampMicrosecondType>(array, seed, lanes),
        T::Timestamp(U::Nanosecond, _) => numbers::<TimestampNanosecondType>(array, seed, lanes),
        T::Duration(U::Second) => numbers::<DurationSecondType>(array, seed, lanes),
        T::Duration(U::Millisecond) => numbers::<DurationMillisecondType>(array, seed, lanes),
        T::Duration(U::Microsecond) => numbers::<DurationMicrosecondType>(array, seed, lanes),
        T::Duration(U::Nanosecond) => numbers::<DurationNanosecondType>(array, seed, lanes),
        T::Utf8 => {
            let values = array.as_string::<i32>();
            each(array, lanes, |row| hash(seed, values.value(row).as_bytes()));
        }
        T::LargeUtf8 => {
            let values = array.as_string::<i64>();
            each(array, lanes, |row| hash(seed, values.value(row).as_bytes()));
        }
        T::Utf8View => {
            let values = array.as_string_view();
            each(array, lanes, |row| hash(seed, values.value(row).as_bytes()));
        }
        T::Binary => {
            let values = array.as_binary::<i32>();
            each(array, lanes, |row| hash(seed, values.value(row)));
        }
        T::LargeBinary => {
            let values = array.as_binary::<i64>();
            each(array, lanes, |row| hash(seed, values.value(row)));
        }
        T::BinaryView => {
            let values = array.as_binary_view();
            each(array, lanes, |row| hash(seed, values.value(row)));
        }
        T::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            each(array, lanes, |row| hash(seed, values.value(row)));
        }
        T::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            if !dictionary.values().is_empty() {
                let mut values = vec![0; dictionary.values().len()];
                add(dictionary.values(), seed, &mut values);
                let keys = dictionary.normalized_keys();
                each(array, lanes, |row| values[keys[row]]);
            }
        }
        T::Struct(fields) => {
            let mut records = vec![0; array.len()];
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                add(column, self::seed(seed, field.name(), field.data_type()), &mut records);
            }
            each(array, lanes, |row| mix(seed, records[row]));
        }
        T::List(_) => {
            let lists = array.as_list::<i32>();
            let at = lists.value_offsets();
            list(array, lists.values(), seed, lanes, |row| at[row] as usize..at[row + 1] as usize);
        }
        T::LargeList(_) => {
            let lists = array.as_list::<i64>();
            let at = lists.value_offsets();
            list(array, lists.values(), seed, lanes, |row| at[row] as usize..at[row + 1] as usize);
        }
        T::FixedSizeList(..) => {
            let lists = array.as_fixed_size_list();
            let length = lists.value_length() as usize;
            list(array, lists.values(), seed, lanes, |row| row * length..(row + 1) * length);
        }
        T::Map(..) => {
            let maps = array.as_map();
            let (entries, at): (ArrayRef, _) = (std::sync::Arc::new(maps.entries().clone()), maps.value_offsets());
            list(array, &entries, seed, lanes, |row| at[row] as usize..at[row + 1] as usize);
        }
        // `check_types` let no other type pass; a column of the type Null holds nothing but NULL.
        _ => {}
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef, seed: u64, lanes: &mut [u128])
where
    T::Native: Into<i128>,
{
    let values = array.as_primitive::<T>().values();
    each(array, lanes, |row| number(seed, values[row].into()));
}

/// A list's hash goes through its items in order, so that `[a, b]` differs from `[b, a]`.
fn list(
    array: &ArrayRef,
    items: &ArrayRef,
    seed: u64,
    lanes: &mut [u128],
    range: impl Fn(usize) -> std::ops::Range<usize>,
) {
    let mut hashes = vec![0; items.len()];
    add(items, seed, &mut hashes);
    each(array, lanes, |row| {
        let hashes = &hashes[range(row)];
        hashes
            .iter()
            .fold(mix(seed, hashes.len() as u128), |before, item| mix(seed, mix(seed, before).wrapping_add(*item)))
    });
}

fn each(array: &ArrayRef, lanes: &mut [u128], hash_of: impl Fn(usize) -> u128) {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => {
            for (row, lane) in lanes.iter_mut().enumerate() {
                *lane = lane.wrapping_add(hash_of(row));
            }
        }
        Some(nulls) => {
            for row in nulls.valid_indices() {
                lanes[row] = lanes[row].wrapping_add(hash_of(row));
            }
        }
    }
}

fn number(seed: u64, value: i128) -> u128 {
    hash(seed, &value.to_le_bytes())
}

fn mix(seed: u64, value: u128) -> u128 {
    hash(seed, &value.to_le_bytes())
}

fn hash(seed: u64, bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot_with_seed(seed, bytes)
}
