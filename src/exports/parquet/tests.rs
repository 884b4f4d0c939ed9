//! Parquet files of every kind of column.

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringViewArray, StructArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{Field, Int32Type, Schema};
use parquet::arrow::ArrowWriter;

use super::super::{Format, Roots, open};
use super::*;

fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// The rows of a file, with the columns selected if any are.
fn read(content: &[u8], select: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("deal.parquet"), content).unwrap();
    let roots = Roots::new(folder.path(), &[])?;
    let format = Format::Parquet(serde_yaml::from_str("path: deal.parquet").unwrap());
    let mut export = open(&roots, &format, &[roots.project().join("deal.parquet")])?;
    if !select.is_empty() {
        export.select(select)?;
    }
    let mut rows = Vec::new();
    while let Some(batch) = export.next_batch()? {
        assert_eq!(batch.lines, ((rows.len() + 1) as u64..).take(batch.lines.len()).collect::<Vec<_>>());
        for row in 0..batch.columns.num_rows() {
            let value = |column: &ArrayRef| {
                let column = column.as_string::<i32>();
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            rows.push(batch.columns.columns().iter().map(value).collect());
        }
    }
    Ok(rows)
}

/// The texts of one column.
fn texts(column: ArrayRef) -> Vec<Option<String>> {
    read(&parquet_of(vec![("Value", column)]), &[]).unwrap().concat()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|&text| Some(text.to_owned())).collect()
}

#[test]
fn numbers_are_exact() {
    let decimals = Decimal128Array::from(vec![12_345_678_901_234_567_890_123_i128, -5, 0]);
    let decimals = decimals.with_precision_and_scale(38, 4).unwrap();
    assert_eq!(texts(Arc::new(decimals)), some(&["1234567890123456789.0123", "-0.0005", "0.0000"]));
    assert_eq!(texts(Arc::new(Int64Array::from(vec![i64::MIN, 7]))), some(&["-9223372036854775808", "7"]));
    assert_eq!(texts(Arc::new(UInt64Array::from(vec![u64::MAX]))), some(&["18446744073709551615"]));
    assert_eq!(
        texts(Arc::new(Float64Array::from(vec![0.1, 1e15, 2.0, 1e21]))),
        some(&["0.1", "1000000000000000", "2", "1000000000000000000000"])
    );
    assert_eq!(texts(Arc::new(Float32Array::from(vec![0.1_f32]))), some(&["0.1"]));
    assert_eq!(texts(Arc::new(BooleanArray::from(vec![true, false]))), some(&["true", "false"]));
}

#[test]
fn dates_and_times_are_iso_with_a_zone_only_where_there_is_one() {
    assert_eq!(texts(Arc::new(Date32Array::from(vec![20_778, -1]))), some(&["2026-11-21", "1969-12-31"]));
    let naive = TimestampMicrosecondArray::from(vec![1_706_000_000_123_456, 0]);
    assert_eq!(texts(Arc::new(naive.clone())), some(&["2024-01-23T08:53:20.123456", "1970-01-01T00:00:00"]));
    for zone in ["UTC", "+00:00", "America/New_York"] {
        let zoned = naive.clone().with_timezone(zone);
        assert_eq!(texts(Arc::new(zoned)), some(&["2024-01-23T08:53:20.123456Z", "1970-01-01T00:00:00Z"]), "{zone}");
    }
    assert_eq!(texts(Arc::new(Time64MicrosecondArray::from(vec![45_000_000_000]))), some(&["12:30:00"]));
}

#[test]
fn texts_of_any_kind_are_texts_and_empty_ones_are_null() {
    let expected = [Some("Zoë".to_owned()), None, None];
    let values = [Some("Zoë"), None, Some("")];
    let dictionary: DictionaryArray<Int32Type> = values.into_iter().collect();
    let columns: [ArrayRef; 5] = [
        Arc::new(StringArray::from(values.to_vec())),
        Arc::new(LargeStringArray::from(values.to_vec())),
        Arc::new(StringViewArray::from(values.to_vec())),
        Arc::new(BinaryArray::from(values.map(|value| value.map(str::as_bytes)).to_vec())),
        Arc::new(dictionary),
    ];
    for column in columns {
        let kind = column.data_type().clone();
        assert_eq!(texts(column), expected, "{kind}");
    }
}

#[test]
fn values_without_text_stop_the_source() {
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"ok"[..], b"\xff\xfe"]));
    let error = read(&parquet_of(vec![("Value", bytes)]), &[]).unwrap_err();
    assert_eq!(error.message, "deal.parquet: column `Value` holds a value in rows 1 to 2 that has no text");
    let far: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![i64::MAX]));
    assert!(read(&parquet_of(vec![("Value", far)]), &[]).unwrap_err().message.contains("has no text"));
}

#[test]
fn a_nested_column_is_an_error_unless_it_is_left_out() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None]);
    let field = Arc::new(Field::new("City", DataType::Int64, true));
    let address = StructArray::from(vec![(field, Arc::clone(&ids))]);
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let file = parquet_of(vec![("Id", ids), ("Tags", Arc::new(list)), ("Address", Arc::new(address)), ("Name", names)]);
    assert_eq!(read(&file, &[]).unwrap_err().message, "deal.parquet: column `Tags` holds lists, which has no text");
    let error = read(&file, &["Id", "Address"]).unwrap_err();
    assert_eq!(error.message, "deal.parquet: column `Address` holds structs, which has no text");
    assert_eq!(read(&file, &["Name", "Id"]).unwrap(), [some(&["a", "1"]), some(&["b", "2"])]);
}

#[test]
fn a_file_that_is_cut_or_no_parquet_is_an_error_and_one_without_rows_is_none() {
    let ids: ArrayRef = Arc::new(Int64Array::from((0..50_000).collect::<Vec<_>>()));
    let whole = parquet_of(vec![("Id", ids)]);
    assert_eq!(read(&whole, &[]).unwrap().len(), 50_000);
    let zeroed = [vec![0; whole.len() / 2], whole[whole.len() / 2..].to_vec()].concat();
    for content in [&whole[..whole.len() - 1], &whole[..whole.len() / 2], b"Id,Name\n", b"PAR1", &zeroed] {
        assert_eq!(read(content, &[]).unwrap_err().message, "deal.parquet is truncated or damaged");
    }
    assert_eq!(read(b"", &[]).unwrap_err().message, "deal.parquet is empty");
    let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    assert!(read(&parquet_of(vec![("Id", none)]), &[]).unwrap().is_empty());
}

#[test]
fn a_footer_with_a_flipped_bit_never_brings_the_program_down() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let whole = parquet_of(vec![("Id", ids)]);
    let mut refused = 0;
    for at in whole.len() / 4..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        refused += usize::from(read(&damaged, &[]).is_err());
    }
    assert!(refused > whole.len() / 8, "{refused} of {}", whole.len());
    let panicking: fn() -> std::result::Result<(), ()> = || panic!("as the decoder does on a few damaged files");
    assert_eq!(guarded("deal.parquet", panicking).unwrap_err().message, "deal.parquet is truncated or damaged");
}
