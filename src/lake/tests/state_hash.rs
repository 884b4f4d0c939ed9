//! What the state hash depends on, and what it must not.

use std::sync::Arc;

use arrow::array::*;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Float64Type, Int8Type, Int32Type, Int64Type, Schema};

use crate::lake::state_hash::{StateHash, StateHasher, check_types};

fn state(batches: &[RecordBatch]) -> StateHash {
    let mut hasher = StateHasher::default();
    for batch in batches {
        check_types(batch.schema_ref()).unwrap();
        hasher.add(batch);
    }
    hasher.finish()
}

fn of_column(array: impl Array + 'static) -> StateHash {
    state(&[RecordBatch::try_from_iter([("a", Arc::new(array) as ArrayRef)]).unwrap()])
}

fn two_texts(a: [Option<&str>; 2], b: [Option<&str>; 2]) -> StateHash {
    let column = |values: [Option<&str>; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    state(&[RecordBatch::try_from_iter_with_nullable([("a", column(a), true), ("b", column(b), true)]).unwrap()])
}

fn sample() -> RecordBatch {
    let amounts = Decimal128Array::from(vec![-150, 7]).with_precision_and_scale(18, 2).unwrap();
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec![Some("Ä"), None]))),
        ("amount", Arc::new(amounts)),
    ])
    .unwrap()
}

#[test]
fn the_hash_is_the_one_that_another_implementation_computes() {
    // Worked out in Python with the xxhash package from the definition at the head of `state_hash.rs`.
    assert_eq!(state(&[sample()]).to_string(), "cc22cde771c5506471261872e04929b2");
    assert_eq!(state(&[]).to_string(), "e5189a9599e3f86205ea23ef06e28b2d");
}

#[test]
fn order_of_rows_and_columns_and_cut_of_batches_do_not_matter() {
    let whole = sample();
    let turned = take_record_batch(&whole, &UInt32Array::from(vec![1, 0])).unwrap();
    let columns = whole.project(&[2, 0, 1]).unwrap();
    let cut = [whole.slice(1, 1), whole.slice(0, 0), whole.slice(0, 1)];
    for same in [&[turned][..], &[columns], &cut] {
        assert_eq!(state(same), state(std::slice::from_ref(&whole)));
    }
}

#[test]
fn null_is_not_empty_text_and_values_stay_in_their_columns_and_rows() {
    let (a, b, empty) = (Some("a"), Some("b"), Some(""));
    let different = [
        two_texts([a, a], [b, b]),
        two_texts([a, a], [b, None]),
        two_texts([a, a], [b, empty]),
        two_texts([b, b], [a, a]),
        two_texts([Some("ab"), a], [empty, b]),
        two_texts([empty, a], [Some("ab"), b]),
        two_texts([a, None], [None, b]),
        two_texts([a, None], [b, None]),
        two_texts([None, None], [None, None]),
        two_texts([a, b], [a, b]),
        two_texts([a, b], [b, a]),
    ];
    for (one, hash) in different.iter().enumerate() {
        assert!(!different[..one].contains(hash), "case {one}");
    }
}

#[test]
fn the_number_of_equal_rows_counts() {
    let row = sample().slice(0, 1);
    let hashes: Vec<_> = (0..4).map(|copies| state(&vec![row.clone(); copies])).collect();
    for (one, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..one].contains(hash), "{one} copies");
    }
}

#[test]
fn a_column_that_is_all_null_leaves_the_state_as_it_was() {
    let mut columns = sample().columns().to_vec();
    let mut fields: Vec<Field> = sample().schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    columns.push(new_null_array(&DataType::Date32, 2));
    fields.push(Field::new("closed_on", DataType::Date32, true));
    let wider = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    assert_eq!(state(&[wider]), state(&[sample()]));
}

#[test]
fn one_value_has_one_hash_however_arrow_lays_it_out() {
    let texts = vec![Some("won"), None, Some("a text that is longer than twelve bytes")];
    let text = of_column(StringArray::from(texts.clone()));
    assert_eq!(of_column(LargeStringArray::from(texts.clone())), text);
    assert_eq!(of_column(StringViewArray::from(texts.clone())), text);
    assert_eq!(of_column(texts.iter().copied().collect::<DictionaryArray<Int8Type>>()), text);
    assert_eq!(of_column(Int8Array::from(vec![1, -1])), of_column(Int64Array::from(vec![1, -1])));
    assert_eq!(of_column(Float32Array::from(vec![0.5])), of_column(Float64Array::from(vec![0.5])));
}

#[test]
fn values_of_different_families_of_types_differ() {
    let different = [
        of_column(Int64Array::from(vec![1])),
        of_column(BooleanArray::from(vec![true])),
        of_column(Date32Array::from(vec![1])),
        of_column(Float64Array::from(vec![1.0])),
        of_column(Decimal128Array::from(vec![1]).with_precision_and_scale(10, 0).unwrap()),
        of_column(Decimal128Array::from(vec![1]).with_precision_and_scale(10, 2).unwrap()),
        of_column(Decimal256Array::from(vec![arrow::datatypes::i256::ONE]).with_precision_and_scale(40, 0).unwrap()),
        of_column(TimestampMicrosecondArray::from(vec![1])),
        of_column(TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC")),
        of_column(TimestampNanosecondArray::from(vec![1])),
        of_column(Time64MicrosecondArray::from(vec![1])),
        of_column(DurationMicrosecondArray::from(vec![1])),
        of_column(StringArray::from(vec!["1"])),
        of_column(BinaryArray::from(vec![b"1".as_slice()])),
        of_column(NullArray::new(1)),
    ];
    for (one, hash) in different.iter().enumerate() {
        assert!(!different[..one].contains(hash), "case {one}");
    }
}

#[test]
fn lists_and_records_hash_by_their_order_names_and_lengths() {
    type L = ListArray;
    let lists = |lists: Vec<Option<Vec<Option<i32>>>>| of_column(L::from_iter_primitive::<Int32Type, _, _>(lists));
    let record = |names: [&str; 2], values: [i64; 2]| {
        let fields = names.map(|name| Arc::new(Field::new(name, DataType::Int64, true)));
        let columns = values.map(|value| Arc::new(PrimitiveArray::<Int64Type>::from(vec![value])) as ArrayRef);
        of_column(StructArray::from(fields.into_iter().zip(columns).collect::<Vec<_>>()))
    };
    let different = [
        lists(vec![None]),
        lists(vec![Some(vec![])]),
        lists(vec![Some(vec![None])]),
        lists(vec![Some(vec![Some(1)])]),
        lists(vec![Some(vec![Some(1), None])]),
        lists(vec![Some(vec![Some(1), Some(2)])]),
        lists(vec![Some(vec![Some(2), Some(1)])]),
        record(["x", "y"], [1, 2]),
        record(["x", "y"], [2, 1]),
        record(["x", "z"], [1, 2]),
    ];
    for (one, hash) in different.iter().enumerate() {
        assert!(!different[..one].contains(hash), "case {one}");
    }
    assert_eq!(record(["x", "y"], [1, 2]), record(["y", "x"], [2, 1]), "fields are found by name");
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), Some(2)])]);
    assert_eq!(of_column(large), different[5]);
    let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>([None, Some([Some(1), Some(2)])], 2);
    assert_eq!(of_column(fixed.slice(1, 1)), different[5]);
}

#[test]
fn a_sliced_array_hashes_as_its_own_rows_only() {
    let lists =
        ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.0)]), None, Some(vec![Some(2.0), None])]);
    let alone = ListArray::from_iter_primitive::<Float64Type, _, _>([None, Some(vec![Some(2.0), None])]);
    assert_eq!(of_column(lists.slice(1, 2)), of_column(alone));
    let batch = concat_batches(&sample().schema(), &[sample(), sample()]).unwrap();
    assert_eq!(state(&[batch.slice(1, 2)]), state(&[sample()]));
}

#[test]
fn a_type_without_a_state_hash_is_refused_by_name() {
    let schema =
        Schema::new(vec![Field::new("span", DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano), true)]);
    let error = check_types(&schema).unwrap_err();
    assert!(error.message.contains("`span`"), "{error}");
}

#[test]
fn the_hash_survives_the_way_through_text() {
    let hash = state(&[sample()]);
    assert_eq!(hash.to_string().parse::<StateHash>().unwrap(), hash);
    for text in ["", "12", "+0000000000000000000000000000001", "0000000000000000000000000000000G"] {
        assert!(text.parse::<StateHash>().is_err(), "{text}");
    }
}
