//! Two states of rows against each other, with what a naive comparison of all of them would say.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use serde_json::json;

use super::*;
use crate::calendar::{Calendar, Month};
use crate::lake::TableName;
use crate::problem::SourceFile;
use crate::query::{Session, Settings, Sql, UserFunctions, statement};

type Deal<'d> = (Option<&'d str>, Option<&'d str>, Option<i128>);

fn batch(rows: &[Deal<'_>]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Decimal128Array>().with_precision_and_scale(38, 4).unwrap()),
    ];
    let field = |name: &str, of: &ArrayRef| Field::new(name, of.data_type().clone(), true);
    let fields: Vec<Field> =
        ["deal_id", "stage", "amount"].iter().zip(&columns).map(|(name, of)| field(name, of)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

async fn side(label: &str, batches: Vec<RecordBatch>) -> Side {
    let settings = Settings {
        day: "2026-11-21".parse().unwrap(),
        calendar: Calendar { year_starts: Month::January },
        timezone: jiff::tz::TimeZone::UTC,
        currency: "USD".to_owned(),
        holidays: Arc::default(),
        values: Arc::default(),
    };
    let session = Session::open(&settings, &UserFunctions::new()).unwrap();
    let table = MemTable::try_new(batches[0].schema(), vec![batches]).unwrap();
    session.register("kpi.deal", Arc::new(table)).unwrap();
    let sql = Sql::file(&SourceFile::new("test.sql", "SELECT * FROM kpi.deal"));
    let plan = session.plan(&statement::parse(&sql).unwrap(), &sql).await.unwrap();
    Side { label: label.to_owned(), session, plan, is_read: true }
}

async fn differ(before: Vec<RecordBatch>, after: Vec<RecordBatch>, key: &[&str], limit: usize) -> Difference {
    let name: TableName = "kpi.deal".parse().unwrap();
    let key: Vec<String> = key.iter().map(|column| (*column).to_owned()).collect();
    compare(&name, &side("then", before).await, &side("now", after).await, &key, None, limit).await.unwrap()
}

#[tokio::test]
async fn rows_are_found_by_their_key_and_compared_cell_by_cell() {
    let before = [
        (Some("a"), Some("Qualify"), Some(10_000)),
        (Some("b"), None, None),
        (Some("c"), Some("Won"), Some(70_000)),
        (None, Some("x"), Some(1)),
        (Some("e"), Some("Won"), None),
    ];
    let after = [
        (Some("e"), Some("Won"), Some(20_000)),
        (None, Some("x"), Some(1)),
        (Some("b"), None, None),
        (Some("a"), None, Some(10_000)),
        (Some("d"), Some("Won"), Some(90_001)),
    ];
    let found = differ(vec![batch(&before)], vec![batch(&after)], &["deal_id"], 10).await;
    assert_eq!(found.rows, RowCounts { added: 1, removed: 1, changed: 2, unchanged: 2 });
    assert_eq!(found.counts(), "1 row added, 1 removed, 2 changed, 2 unchanged");
    let changed: Vec<(&str, u64)> = found.columns.iter().map(|column| (column.name.as_str(), column.changed)).collect();
    assert_eq!(changed, [("stage", 1), ("amount", 1)]);
    let total = found.columns[1].total.clone().unwrap();
    assert_eq!(
        (total.before.as_str(), total.after.as_str(), total.difference.as_str()),
        ("8.0001", "12.0002", "+4.0001")
    );
    let moves: Vec<(Fate, &str)> = found.moves.iter().map(|found| (found.row, found.difference.as_str())).collect();
    assert_eq!(moves, [(Fate::Added, "+9.0001"), (Fate::Removed, "-7.0000"), (Fate::Changed, "+2.0000")]);
    assert_eq!(found.examples.added, [BTreeMap::from([("deal_id".to_owned(), json!("d"))])]);
    let cells = &found.examples.changed[0].cells;
    assert_eq!(cells, &[ChangedCell { column: "stage".to_owned(), before: json!("Qualify"), after: json!(null) }]);
    assert!(!found.is_none());
}

#[tokio::test]
async fn money_beyond_what_a_double_can_hold_is_compared_exactly() {
    let large = 12_345_678_901_234_567_890_123_456_789_i128;
    let found = differ(
        vec![batch(&[(Some("a"), None, Some(large))])],
        vec![batch(&[(Some("a"), None, Some(large + 1))])],
        &["deal_id"],
        1,
    )
    .await;
    assert_eq!(found.rows.changed, 1);
    assert_eq!(found.moves[0].difference, "+0.0001");
    assert_eq!(found.moves[0].after, json!("1234567890123456789012345.6790"));
}

#[tokio::test]
async fn without_a_key_rows_are_compared_as_wholes_as_often_as_they_occur() {
    let row = (Some("a"), Some("Won"), Some(10_000));
    let other = (Some("a"), Some("Won"), Some(20_000));
    let found = differ(vec![batch(&[row, row, row, other])], vec![batch(&[row, other, other])], &[], 10).await;
    assert_eq!(found.rows, RowCounts { added: 1, removed: 2, changed: 0, unchanged: 2 });
    assert_eq!((found.before.repeated_keys, found.after.repeated_keys), (0, 0), "there is no key to repeat");
    assert_eq!(found.examples.removed.len(), 2);
    assert!(table(&found).contains("compared as whole rows"));
}

#[tokio::test]
async fn rows_that_share_a_key_are_none_of_each_others() {
    let before = [(Some("a"), Some("x"), Some(1)), (Some("b"), Some("x"), Some(1))];
    let after = [(Some("a"), Some("x"), Some(1)), (Some("a"), Some("y"), Some(1)), (Some("b"), Some("x"), Some(1))];
    let found = differ(vec![batch(&before)], vec![batch(&after)], &["deal_id"], 10).await;
    assert_eq!(found.rows, RowCounts { added: 1, removed: 0, changed: 0, unchanged: 2 });
    assert_eq!((found.before.repeated_keys, found.after.repeated_keys), (0, 1));
    assert!(table(&found).contains("rows that share their key with another: 1 after; they are compared as whole rows"));
}

#[tokio::test]
async fn a_column_that_came_went_or_has_another_type_is_told_and_equal_values_stay_equal() {
    let small = |name: &str, values: Vec<i64>| {
        let columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(vec!["a", "b"])), Arc::new(Int64Array::from(values))];
        let fields = vec![Field::new("deal_id", DataType::Utf8, true), Field::new(name, DataType::Int64, true)];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    };
    let after = batch(&[(Some("a"), Some("x"), Some(10_000)), (Some("b"), Some("x"), Some(25_000))]);
    let found = differ(vec![small("amount", vec![1, 2])], vec![after], &["deal_id"], 10).await;
    assert_eq!(found.schema.added, [Column { name: "stage".to_owned(), sql_type: "TEXT".to_owned() }]);
    let retyped = &found.schema.retyped[0];
    assert_eq!((retyped.before.as_str(), retyped.after.as_str()), ("BIGINT", "DECIMAL(38, 4)"));
    assert_eq!(
        found.rows,
        RowCounts { added: 0, removed: 0, changed: 1, unchanged: 1 },
        "1 is 1.0000, and 2 is not 2.5"
    );
    let gone = differ(vec![small("old", vec![1, 2])], vec![small("new", vec![1, 2])], &["deal_id"], 10).await;
    assert_eq!((gone.schema.removed[0].name.as_str(), gone.rows.unchanged), ("old", 2));
    assert!(!gone.is_none(), "a column that goes is a difference");
    let foreign = differ(vec![small("old", vec![1, 2])], vec![small("new", vec![1, 2])], &["new"], 10).await;
    assert!(foreign.key.is_empty(), "a key that one side lacks tells nothing apart");
}

#[tokio::test]
async fn any_rows_in_any_batches_give_what_a_naive_comparison_gives() {
    // A small generator, so that the same rows come each time.
    let mut state = 42_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..20 {
        let mut rows = || {
            let mut rows = BTreeMap::new();
            for _ in 0..next(60) {
                let amount = if next(4) == 0 { None } else { Some(i128::from(next(3)) * 10_000) };
                rows.insert(format!("k{:02}", next(50)), amount);
            }
            rows
        };
        let (was, now) = (rows(), rows());
        let batches = |rows: &BTreeMap<String, Option<i128>>| {
            let all: Vec<Deal<'_>> =
                rows.iter().rev().map(|(key, amount)| (Some(key.as_str()), None, *amount)).collect();
            let mut batches: Vec<RecordBatch> = all.chunks(7).map(batch).collect();
            batches.push(batch(&[]));
            batches
        };
        let found = differ(batches(&was), batches(&now), &["deal_id"], 5).await;
        let both = || was.iter().filter_map(|(key, amount)| Some((amount, now.get(key)?)));
        let wanted = RowCounts {
            added: now.keys().filter(|key| !was.contains_key(*key)).count() as u64,
            removed: was.keys().filter(|key| !now.contains_key(*key)).count() as u64,
            changed: both().filter(|(was, now)| was != now).count() as u64,
            unchanged: both().filter(|(was, now)| was == now).count() as u64,
        };
        assert_eq!(found.rows, wanted);
        assert_eq!((found.before.rows, found.after.rows), (was.len() as u64, now.len() as u64));
        assert!(found.moves.len() <= 5 && found.examples.changed.len() <= 5);
    }
}
