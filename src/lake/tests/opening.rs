//! Making, opening and locking a lake, and the records of runs.

use super::*;
use crate::error::Kind;
use crate::lake::{Rows, Staged, TableWriter, Writer};

const ONE: &[Row<'_>] = &[(1, Some("Anchor"))];
const TWO: &[Row<'_>] = &[(1, Some("Anchor")), (2, None)];

#[test]
fn what_a_run_hands_around_may_cross_threads() {
    fn crosses<T: Send>() {}
    fn is_shared<T: Sync>() {}
    crosses::<(Writer, Transaction<'_>, TableWriter, Staged, Rows)>();
    is_shared::<(Lake, Pin)>();
}

#[test]
fn a_lake_is_made_once_and_opened_again() {
    let test = TestLake::new();
    assert!(Lake::open(&test.folder.path().join("elsewhere")).unwrap_err().help.is_some());
    let again = Lake::open_or_create(&test.path(""), Uuid::from_u128(8)).unwrap();
    assert_eq!(again.uuid(), Uuid::from_u128(7));
    let pin = again.pin().unwrap();
    assert_eq!(
        (pin.commit(), pin.tables(Role::Snapshot).count(), pin.first_published(day("2026-11-21"))),
        (0, 0, None)
    );
    assert!(again.log().unwrap().is_empty());
}

#[test]
fn two_who_make_a_lake_at_once_get_the_same_one() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("a/b/lake");
        let uuids: Vec<Uuid> = std::thread::scope(|scope| {
            let make = |uuid| scope.spawn(move || Lake::open_or_create(path, Uuid::from_u128(uuid)).unwrap().uuid());
            let threads: Vec<_> = (1..=4).map(make).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(uuids.iter().all(|uuid| *uuid == uuids[0]), "{uuids:?}");
        assert!(list(&path.join("staging")).is_empty());
    }
}

#[test]
fn a_folder_with_something_else_in_it_does_not_become_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "x").unwrap();
    let error = Lake::open_or_create(folder.path(), Uuid::from_u128(1)).unwrap_err();
    assert_eq!(error.kind, Kind::Project);
    assert_eq!(list(folder.path()), ["thesis.txt"]);
}

#[test]
fn another_format_is_refused_whatever_else_its_file_says() {
    let test = TestLake::new();
    std::fs::write(test.path("LAKE.json"), r#"{"format": 3, "shape": "round"}"#).unwrap();
    let error = Lake::open(&test.path("")).unwrap_err();
    assert_eq!(error.kind, Kind::Project);
    assert!(error.message.contains("format 3"), "{error}");
}

#[test]
fn the_second_writer_is_told_who_the_first_is() {
    let test = TestLake::new();
    let writer = test.lake.lock("run-of-tonight").unwrap();
    let error = test.lake.lock("run-2").map(drop).unwrap_err();
    assert_eq!(error.kind, Kind::Busy);
    assert!(
        error.message.contains("run-of-tonight") && error.message.contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(writer);
    assert!(test.lake.lock("run-2").is_ok());
}

#[test]
fn a_commit_made_without_the_lock_is_not_overwritten() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    std::fs::remove_file(test.path("lock")).unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    add_deals(&mut transaction, "2026-11-20", ONE).unwrap();

    let other = TestLake::new();
    let foreign = other.commit("2026-11-21", TWO).commit.unwrap();
    std::fs::copy(other.path("commits/00000000000000000001.json"), test.path("commits/00000000000000000001.json"))
        .unwrap();

    let error = transaction.commit(CommitMeta { uuid: Uuid::from_u128(99), ..meta(1) }).unwrap_err();
    assert_eq!(error.kind, Kind::Busy);
    assert_eq!(test.lake.log().unwrap()[0].uuid, foreign.uuid);
}

#[test]
fn a_commit_file_that_is_already_ours_means_success() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-2026-11-20").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    add_deals(&mut transaction, "2026-11-20", ONE).unwrap();
    // The link reached the disk, its answer did not reach us.
    let other = TestLake::new();
    other.commit("2026-11-20", ONE);
    std::fs::copy(other.path("commits/00000000000000000001.json"), test.path("commits/00000000000000000001.json"))
        .unwrap();
    assert!(transaction.commit(meta(1)).unwrap().commit.is_some());
    assert_eq!(read_deals(&test.pin(), "2026-11-20"), Some(owned(ONE)));
}

#[test]
fn run_records_are_written_read_and_listed_without_the_lock() {
    let test = TestLake::new();
    let _writer = test.lake.lock("run-1").unwrap();
    test.lake.write_run("run-2", &serde_json::json!({"day": "2026-11-20"})).unwrap();
    test.lake.write_run("run-1", &serde_json::json!({"ok": false})).unwrap();
    test.lake.write_run("run-1", &serde_json::json!({"ok": true})).unwrap();
    assert_eq!(test.lake.run_ids().unwrap(), ["run-1", "run-2"]);
    let record: serde_json::Value = test.lake.read_run("run-1").unwrap().unwrap();
    assert_eq!(record, serde_json::json!({"ok": true}));
    assert_eq!(test.lake.read_run::<serde_json::Value>("run-3").unwrap(), None);
    assert!(test.lake.write_run("../run", &record).is_err());
    std::fs::write(test.path("runs/run-1/run.json"), "{\"ok\":").unwrap();
    assert_eq!(test.lake.read_run::<serde_json::Value>("run-1").unwrap_err().kind, Kind::Damaged);
}
