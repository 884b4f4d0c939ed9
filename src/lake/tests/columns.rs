//! Columns of every type come back from the lake as they went in.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, IntervalUnit, Schema, TimeUnit};

use super::*;
use crate::error::Kind;
use crate::lake::StateHasher;

fn types() -> Vec<DataType> {
    use DataType as T;
    let item = || Arc::new(Field::new("item", T::Int64, true));
    let fields = vec![Field::new("key", T::Utf8, false), Field::new("value", T::Date32, true)];
    let entries = Arc::new(Field::new("entries", T::Struct(fields.clone().into()), false));
    let mut types = vec![
        T::Null,
        T::Boolean,
        T::Int8,
        T::Int16,
        T::Int32,
        T::Int64,
        T::UInt8,
        T::UInt16,
        T::UInt32,
        T::UInt64,
        T::Float32,
        T::Float64,
        T::Decimal32(9, 2),
        T::Decimal64(18, 2),
        T::Decimal128(38, 6),
        T::Decimal256(76, 2),
        T::Date32,
        T::Date64,
        T::Time32(TimeUnit::Second),
        T::Time32(TimeUnit::Millisecond),
        T::Time64(TimeUnit::Microsecond),
        T::Time64(TimeUnit::Nanosecond),
        T::Utf8,
        T::LargeUtf8,
        T::Utf8View,
        T::Binary,
        T::LargeBinary,
        T::BinaryView,
        T::FixedSizeBinary(16),
        T::Dictionary(Box::new(T::Int32), Box::new(T::Utf8)),
        T::List(item()),
        T::LargeList(item()),
        T::FixedSizeList(item(), 2),
        T::Struct(fields.into()),
        T::Map(entries, false),
    ];
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        types.extend([T::Timestamp(unit, None), T::Timestamp(unit, Some("UTC".into())), T::Duration(unit)]);
    }
    types
}

fn write(lake: &Lake, batch: &RecordBatch) -> Result<()> {
    let mut writer = lake.lock("run-1")?;
    let mut transaction = writer.begin(day("2026-11-20"))?;
    let mut table = transaction.table(&deal(), Role::Model, day("2026-11-20"), batch.schema_ref(), &[])?;
    table.write(batch)?;
    transaction.add(table.finish()?, Facts::new())?;
    transaction.commit(meta(1)).map(drop)
}

#[test]
fn every_type_that_the_lake_takes_is_read_back_as_it_was_written() {
    let types = types();
    let fields = types.iter().enumerate().map(|(at, data_type)| Field::new(format!("c{at}"), data_type.clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let column = |data_type: &DataType| match data_type {
        DataType::Null => new_null_array(data_type, 3),
        // Two rows made of zeros, whatever the type, around a NULL.
        _ => {
            let zero = ArrayData::new_null(data_type, 1).into_builder().nulls(None).build();
            let zero = zero.map(make_array).unwrap_or_else(|_| new_null_array(data_type, 1));
            let null = new_null_array(data_type, 1);
            arrow::compute::concat(&[&zero, &null, &zero]).unwrap()
        }
    };
    let batch = RecordBatch::try_new(schema, types.iter().map(column).collect()).unwrap();

    let test = TestLake::new();
    write(&test.lake, &batch).unwrap();
    let pin = test.pin();
    let version = pin.on(&deal(), Role::Model, day("2026-11-20")).unwrap();
    assert_eq!(pin.schema(version).unwrap(), batch.schema());
    let read: Vec<RecordBatch> = pin.read(version).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [batch]);
    let mut hasher = StateHasher::default();
    hasher.add(&read[0]);
    assert_eq!(hasher.finish(), version.state);
}

#[test]
fn a_type_that_the_lake_does_not_take_is_refused_before_any_row() {
    let test = TestLake::new();
    let schema = Schema::new(vec![Field::new("span", DataType::Interval(IntervalUnit::MonthDayNano), true)]);
    let error = write(&test.lake, &RecordBatch::new_empty(Arc::new(schema))).unwrap_err();
    assert_eq!(error.kind, Kind::Failed);
    assert!(error.message.starts_with("model of crm.deal: the column `span`") && error.help.is_some(), "{error}");
}

#[test]
fn a_table_without_rows_keeps_its_columns() {
    let test = TestLake::new();
    test.commit("2026-11-20", &[]);
    let pin = test.pin();
    let version = pin.on(&deal(), Role::Snapshot, day("2026-11-20")).unwrap();
    assert_eq!((version.rows, pin.schema(version).unwrap()), (0, deals(&[]).schema()));
    assert_eq!(pin.read(version).unwrap().count(), 0);
}
