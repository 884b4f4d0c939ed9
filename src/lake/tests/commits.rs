//! Commits and what readers see of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use super::*;
use crate::error::Kind;
use crate::lake::chain;

const ONE: &[Row<'_>] = &[(1, Some("Anchor"))];
const TWO: &[Row<'_>] = &[(1, Some("Anchor")), (2, None)];

#[test]
fn a_day_without_a_snapshot_is_the_last_one_before_it() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    test.commit("2026-11-22", TWO);
    let pin = Lake::open(&test.path("")).unwrap().pin().unwrap();
    assert_eq!(pin.commit(), 2);
    assert_eq!(read_deals(&pin, "2026-11-19"), None);
    assert_eq!(read_deals(&pin, "2026-11-20"), Some(owned(ONE)));
    assert_eq!(read_deals(&pin, "2026-11-21"), Some(owned(ONE)));
    assert_eq!(read_deals(&pin, "2027-01-01"), Some(owned(TWO)));
    assert_eq!(pin.as_of(&deal(), Role::Snapshot, day("2026-11-21")).unwrap().day, day("2026-11-20"));
    assert_eq!(pin.on(&deal(), Role::Snapshot, day("2026-11-21")), None);
    assert_eq!(pin.days(&deal(), Role::Snapshot), [day("2026-11-20"), day("2026-11-22")]);
    assert_eq!(pin.as_of(&deal(), Role::Model, day("2026-11-22")), None);
    assert_eq!(pin.first_published(day("2026-11-21")), Some(1));
    assert_eq!(pin.first_published(day("2026-11-22")), Some(2));
    assert_eq!(pin.state_hash(day("2026-11-20")), pin.state_hash(day("2026-11-21")));
    assert_ne!(pin.state_hash(day("2026-11-21")), pin.state_hash(day("2026-11-22")));
}

#[test]
fn all_tables_of_a_commit_become_visible_together_with_their_facts() {
    let test = TestLake::new();
    let rep = TableName::new("crm", "rep").unwrap();
    let kpi = TableName::new("kpi", "win_rate").unwrap();
    let of = day("2026-11-21");
    let mut writer = test.lake.lock("run-1").unwrap();
    let mut transaction = writer.begin(of).unwrap();
    let batch = deals(TWO);
    let mut staged = Vec::new();
    for (table, role) in
        [(deal(), Role::Snapshot), (rep.clone(), Role::Snapshot), (deal(), Role::Reject), (kpi.clone(), Role::Model)]
    {
        let mut writer = transaction.table(&table, role, of, batch.schema_ref(), &[]).unwrap();
        writer.write(&batch).unwrap();
        staged.push(writer.finish().unwrap());
    }
    let facts: Facts = [("rejected".to_owned(), serde_json::json!(3))].into_iter().collect();
    for staged in staged {
        assert!(transaction.add(staged, facts.clone()).unwrap());
        assert!(test.pin().tables(Role::Snapshot).next().is_none());
    }
    let outcome = transaction.commit(meta(1)).unwrap();
    assert!(outcome.warnings.is_empty());
    let commit = outcome.commit.unwrap();
    let pin = test.pin();
    assert_eq!(pin.tables(Role::Snapshot).collect::<Vec<_>>(), [&deal(), &rep]);
    assert_eq!(pin.on(&deal(), Role::Reject, of).unwrap().facts, facts);
    assert_eq!(pin.on(&kpi, Role::Model, of).unwrap().rows, 2);
    assert_eq!(test.lake.log().unwrap(), [commit]);
    assert!(writer.show_latest().is_empty());
    assert_eq!(test.list("latest"), ["crm.deal.parquet", "crm.rep.parquet", "kpi.win_rate.parquet"]);
    assert!(test.lake.verify(&pin).unwrap().is_empty());
}

#[test]
fn what_was_added_is_readable_before_the_commit_and_gone_without_it() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    let mut writer = test.lake.lock("run-2").unwrap();
    let mut transaction = writer.begin(day("2026-11-21")).unwrap();
    add_deals(&mut transaction, "2026-11-21", TWO).unwrap();
    let view = transaction.view();
    assert_eq!(read_deals(&view, "2026-11-21"), Some(owned(TWO)));
    assert_eq!(read_deals(&view, "2026-11-20"), Some(owned(ONE)));
    let parquet = TableName::new("crm", "parquet").unwrap();
    let _begun = transaction.table(&parquet, Role::Model, day("2026-11-21"), deals(ONE).schema_ref(), &[]).unwrap();
    let staged = content(&test.path("staging"));
    assert!(staged.len() == 2 && staged.iter().all(|(path, _)| !path.to_str().unwrap().ends_with(".parquet")));
    drop(transaction);
    drop(writer);
    assert!(test.list("staging").is_empty());
    assert_eq!((test.pin().commit(), test.list("data/crm.deal").len()), (1, 1));
}

#[test]
fn the_same_rows_again_make_no_commit_and_leave_every_byte() {
    let test = TestLake::new();
    assert!(test.commit("2026-11-20", TWO).commit.is_some());
    let before = content(&test.path(""));
    assert!(test.commit("2026-11-20", TWO).commit.is_none());
    assert_eq!(content(&test.path("")), before);
}

#[test]
fn the_same_rows_under_other_columns_are_stored_again() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    let batch = deals(ONE);
    let wider = RecordBatch::try_from_iter_with_nullable([
        ("deal_id", batch.column(0).clone(), false),
        ("name", batch.column(1).clone(), true),
        ("city", Arc::new(StringArray::from(vec![None::<&str>])) as ArrayRef, true),
    ])
    .unwrap();
    let mut writer = test.lake.lock("run-2").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    let mut table = transaction.table(&deal(), Role::Snapshot, day("2026-11-20"), wider.schema_ref(), &[0]).unwrap();
    table.write(&wider).unwrap();
    assert!(transaction.add(table.finish().unwrap(), Facts::new()).unwrap());
    assert!(transaction.commit(meta(2)).unwrap().commit.is_some());
    let pin = test.pin();
    let version = pin.on(&deal(), Role::Snapshot, day("2026-11-20")).unwrap();
    assert_eq!(pin.schema(version).unwrap(), wider.schema());
}

#[test]
fn the_newest_day_may_come_again_and_both_commits_are_remembered() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    let replaced = test.pin().as_of(&deal(), Role::Snapshot, day("2026-11-20")).unwrap().clone();
    let commit = test.commit("2026-11-20", TWO).commit.unwrap();
    assert_eq!(commit.removed, [replaced]);
    assert_eq!(read_deals(&test.pin(), "2026-11-20"), Some(owned(TWO)));
    assert_eq!(read_deals(&test.lake.pin_at(1).unwrap(), "2026-11-20"), Some(owned(ONE)));
    assert_eq!(test.pin().first_published(day("2026-11-20")), Some(2));
    assert_eq!(test.latest(), owned(TWO));
    assert_eq!(test.lake.log().unwrap().len(), 2);
}

#[test]
fn a_correction_of_an_older_day_leaves_the_newer_ones() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    test.commit("2026-11-21", ONE);
    test.commit("2026-11-20", TWO);
    let pin = test.pin();
    assert_eq!(read_deals(&pin, "2026-11-20"), Some(owned(TWO)));
    assert_eq!(read_deals(&pin, "2026-11-21"), Some(owned(ONE)));
    assert_eq!(pin.first_published(day("2026-11-21")), Some(3), "a day's past is part of its state");
    assert!(test.list("latest").contains(&"crm.deal.parquet".to_owned()));
    assert_eq!(test.latest(), owned(ONE));
}

#[test]
fn a_table_can_leave_the_lake_and_is_remembered() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    test.commit("2026-11-21", TWO);
    let mut writer = test.lake.lock("run-3").unwrap();
    let mut transaction = writer.begin(day("2026-11-22")).unwrap();
    assert_eq!(transaction.drop_table(&deal(), Role::Snapshot), 2);
    assert!(!transaction.remove(&deal(), Role::Snapshot, day("2026-11-20")).unwrap());
    std::fs::write(test.path("latest/README"), "mine").unwrap();
    assert_eq!(transaction.commit(meta(3)).unwrap().commit.unwrap().removed.len(), 2);
    assert!(writer.show_latest().is_empty());
    let pin = test.pin();
    assert_eq!((pin.tables(Role::Snapshot).count(), pin.first_published(day("2026-11-20"))), (0, Some(3)));
    assert_eq!(test.list("latest"), ["README"], "only the lake's own links go");
    assert_eq!(read_deals(&test.lake.pin_at(2).unwrap(), "2026-11-21"), Some(owned(TWO)));
}

#[test]
fn one_writer_makes_a_commit_for_each_of_many_days() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    for of in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        let mut transaction = writer.begin(day(of)).unwrap();
        add_deals(&mut transaction, of, ONE).unwrap();
        transaction.commit(meta(1)).unwrap();
    }
    assert_eq!((writer.pin().commit(), test.pin().commit()), (3, 3));
    assert_eq!(test.pin().days(&deal(), Role::Snapshot).len(), 3);
}

#[test]
fn a_pinned_reader_keeps_its_rows_while_commits_come() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    let pin = test.pin();
    let mut half_read = pin.read(pin.as_of(&deal(), Role::Snapshot, day("2026-11-20")).unwrap()).unwrap();
    test.commit("2026-11-20", TWO);
    test.commit("2026-11-20", &[]);
    assert_eq!(half_read.next().unwrap().unwrap(), deals(ONE));
    assert_eq!(read_deals(&pin, "2026-11-20"), Some(owned(ONE)));
    assert_eq!(read_deals(&test.pin(), "2026-11-20"), Some(Vec::new()));
}

#[test]
fn rows_out_of_order_are_refused_across_batches_and_for_equal_keys() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    for (first, second) in [(TWO, ONE), (TWO, &[(2, Some("again"))][..])] {
        let mut table =
            transaction.table(&deal(), Role::Snapshot, day("2026-11-20"), deals(ONE).schema_ref(), &[0]).unwrap();
        table.write(&deals(first)).unwrap();
        let error = table.write(&deals(second)).unwrap_err();
        assert_eq!(error.message, "snapshot of crm.deal: row 3 does not come after row 2 by the key `deal_id`");
    }
}

#[test]
fn rows_that_do_not_fit_the_columns_are_refused() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    let mut begin =
        |batch: &RecordBatch| transaction.table(&deal(), Role::Model, day("2026-11-20"), batch.schema_ref(), &[]);
    let column = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    let other_name =
        RecordBatch::try_from_iter([("deal_id", column()), ("city", deals(ONE).column(1).clone())]).unwrap();
    let other_type = RecordBatch::try_from_iter([("deal_id", column()), ("name", column())]).unwrap();
    let fewer = RecordBatch::try_from_iter([("deal_id", column())]).unwrap();
    for wrong in [other_name, other_type, fewer] {
        assert_eq!(begin(&deals(ONE)).unwrap().write(&wrong).unwrap_err().kind, Kind::Failed);
    }
    let twice = RecordBatch::try_from_iter([("a", column()), ("a", column())]).unwrap();
    assert!(begin(&twice).map(drop).unwrap_err().message.contains("two columns are called `a`"));
}

#[test]
fn checkpoints_shorten_the_way_and_change_no_answer() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    let mut of = day("2026-01-01");
    for _ in 0..160 {
        let mut transaction = writer.begin(of).unwrap();
        add_deals(&mut transaction, &of.to_string(), ONE).unwrap();
        assert!(transaction.commit(meta(1)).unwrap().warnings.is_empty());
        of = of.plus(1).unwrap();
    }
    let checkpoints: Vec<String> =
        test.list("commits").into_iter().filter(|name| name.contains("checkpoint")).collect();
    assert_eq!(checkpoints, ["00000000000000000100.checkpoint.json", "00000000000000000150.checkpoint.json"]);

    let answers = |pin: &Pin| {
        let of = day("2026-06-01");
        (
            pin.commit(),
            pin.days(&deal(), Role::Snapshot),
            pin.state_hash(of),
            pin.first_published(of),
            read_deals(pin, "2026-06-01"),
        )
    };
    let short = answers(&test.pin());
    let middle = answers(&test.lake.pin_at(120).unwrap());
    for checkpoint in checkpoints {
        std::fs::remove_file(test.path("commits").join(checkpoint)).unwrap();
    }
    assert_eq!(answers(&test.pin()), short);
    assert_eq!(answers(&test.lake.pin_at(120).unwrap()), middle);
    // The commit that finds none writes one, whatever its number.
    let mut transaction = writer.begin(of).unwrap();
    add_deals(&mut transaction, &of.to_string(), ONE).unwrap();
    transaction.commit(meta(1)).unwrap();
    assert!(test.list("commits").contains(&"00000000000000000161.checkpoint.json".to_owned()));
    assert_eq!(test.pin().commit(), 161);
}

#[test]
fn a_commit_that_does_not_exist_cannot_be_pinned() {
    let test = TestLake::new();
    test.commit("2026-11-20", ONE);
    assert_eq!(test.lake.pin_at(2).unwrap_err().kind, Kind::Project);
    assert_eq!(test.lake.pin_at(0).unwrap().commit(), 0);
    assert_eq!(chain::commit_path(&test.path(""), 42), test.path("commits/00000000000000000042.json"));
}

#[test]
fn the_same_rows_make_the_same_bytes_however_they_come() {
    let rows = 50_000_usize;
    let ids: ArrayRef = Arc::new((0..rows as i64).collect::<Int64Array>());
    let name = |id: usize| (!id.is_multiple_of(7)).then(|| format!("Deal {} of {}", id * 7919 % 30_011, id % 13));
    let names: ArrayRef = Arc::new((0..rows).map(name).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter_with_nullable([("deal_id", ids, false), ("name", names, true)]).unwrap();
    let noisy = batch.schema().as_ref().clone().with_metadata([("written".to_owned(), "today".to_owned())].into());

    let write = |schema: &arrow::datatypes::Schema, cut: usize| {
        let test = TestLake::new();
        let mut writer = test.lake.lock("run-1").unwrap();
        let mut transaction = writer.begin(day("2026-11-20")).unwrap();
        let mut table = transaction.table(&deal(), Role::Snapshot, day("2026-11-20"), schema, &[0]).unwrap();
        for from in (0..rows).step_by(cut) {
            table.write(&batch.slice(from, cut.min(rows - from))).unwrap();
        }
        transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
        transaction.commit(meta(1)).unwrap();
        let files = content(&test.path("data"));
        (files[0].0.file_name().unwrap().to_owned(), files[0].1.clone())
    };
    let whole = write(batch.schema_ref(), rows);
    assert!(whole.0.to_str().unwrap().starts_with("2026-11-20-snapshot-"));
    assert!(!whole.1.windows(5).any(|bytes| bytes == b"59.3."), "the library's version would change the bytes");
    for cut in [8192, 1000, 12_345] {
        assert!(write(&noisy, cut) == whole, "cut at {cut}");
    }
}
