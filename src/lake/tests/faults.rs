//! A run that dies, or meets a full disk, before any one of its calls to the file system.

use std::collections::BTreeMap;

use super::*;
use crate::error::Kind;
use crate::lake::Keep;
use crate::lake::fault::{self, Fault};
use crate::lake::recorder;

const OLD: &[Row<'_>] = &[(1, Some("Anchor"))];
const NEW: &[Row<'_>] = &[(1, Some("Anchor")), (2, Some("Buoy"))];

/// A run that replaces one day, adds another, closes the month with a third, drops a model's table, and shows all that to
/// readers outside.
pub fn run(lake: &Lake) -> Result<Outcome> {
    let mut writer = lake.lock("run-2")?;
    let mut transaction = writer.begin(day("2026-11-21"))?;
    add_deals(&mut transaction, "2026-11-20", NEW)?;
    add_deals(&mut transaction, "2026-11-21", NEW)?;
    add_deals(&mut transaction, "2026-12-01", OLD)?;
    transaction.drop_table(&model(), Role::Model);
    let mut outcome = transaction.commit(meta(2))?;
    recorder::tell(1);
    outcome.warnings.extend(writer.show_latest());
    outcome.warnings.extend(writer.keep_snapshots(&kept()));
    Ok(outcome)
}

/// Two days are kept as whole files.
fn kept() -> BTreeMap<TableName, Keep> {
    BTreeMap::from([(deal(), Keep { daily: 2, monthly: 0 })])
}

fn model() -> TableName {
    TableName::new("kpi", "win_rate").unwrap()
}

/// A lake with one commit that the run is to follow.
pub fn before() -> TestLake {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    add_deals(&mut transaction, "2026-11-20", OLD).unwrap();
    let batch = deals(OLD);
    let mut table = transaction.table(&model(), Role::Model, day("2026-11-20"), batch.schema_ref(), &[]).unwrap();
    table.write(&batch).unwrap();
    transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
    transaction.commit(meta(1)).unwrap();
    assert!(writer.show_latest().is_empty() && writer.keep_snapshots(&kept()).is_empty());
    drop(writer);
    test
}

/// All files by their place in the lake.
pub fn files(test: &TestLake) -> Vec<(PathBuf, Vec<u8>)> {
    let root = test.path("");
    content(&root).into_iter().map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes)).collect()
}

/// The lake is as before the run or as after it, never between; tells which.
pub fn assert_whole(test: &TestLake, calls: usize) -> bool {
    let pin = Lake::open(&test.path("")).unwrap().pin().unwrap();
    let is_done = pin.commit() == 2;
    let rows = ["2026-11-20", "2026-11-21", "2026-12-01"].map(|of| read_deals(&pin, of).unwrap().len());
    let models = pin.tables(Role::Model).count();
    let expected = if is_done { ([2, 2, 1], 0) } else { ([1, 1, 1], 1) };
    assert_eq!((rows, models), expected, "after {calls} calls");
    assert!(test.lake.verify(&pin).unwrap().is_empty(), "after {calls} calls");
    is_done
}

/// Runs with a fault before each call in turn, until a run meets none.
fn at_every_call(fault: Fault, check: impl Fn(&TestLake, Result<Outcome>, usize)) -> usize {
    for calls in 0.. {
        let test = before();
        fault::after(calls, fault);
        let outcome = run(&test.lake);
        if !fault::end() {
            return calls;
        }
        check(&test, outcome, calls);
    }
    unreachable!("a run makes finitely many calls")
}

#[test]
fn a_run_that_dies_anywhere_leaves_a_whole_lake_and_the_next_run_ends_with_the_same_bytes() {
    let smooth = before();
    assert!(run(&smooth.lake).unwrap().warnings.is_empty());
    let smooth = files(&smooth);

    let calls = at_every_call(Fault::Death, |test, outcome, calls| {
        let is_done = assert_whole(test, calls);
        assert!(is_done || outcome.is_err(), "success was told too early, after {calls} calls");

        let writer = test.lake.lock("run-3").unwrap();
        assert!(writer.leftovers() <= 1);
        drop(writer);
        let again = run(&test.lake).unwrap();
        assert!(again.warnings.is_empty());
        assert_eq!(again.commit.is_some(), !is_done, "after {calls} calls");
        assert_eq!(files(test), smooth, "after {calls} calls");
    });
    assert!(calls >= 25, "the faults must reach every step: {calls}");
}

#[test]
fn a_full_disk_anywhere_leaves_the_lake_as_it_was_or_done_and_nothing_lying_about() {
    let untouched = files(&before());
    at_every_call(Fault::FullDisk, |test, outcome, calls| {
        let is_done = assert_whole(test, calls);
        match outcome {
            Ok(outcome) => assert!(is_done || outcome.commit.is_none(), "after {calls} calls"),
            Err(error) => {
                assert_eq!(error.kind, Kind::Io, "after {calls} calls");
                assert!(error.help.is_some(), "after {calls} calls: {error}");
                if !is_done {
                    assert_eq!(files(test), untouched, "after {calls} calls: {error}");
                }
            }
        }
        run(&test.lake).unwrap();
        assert!(assert_whole(test, calls));
    });
}

#[test]
fn a_death_while_the_lake_is_made_leaves_nothing_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    for calls in 0.. {
        let path = folder.path().join(format!("{calls}/lake"));
        fault::after(calls, Fault::Death);
        let made = Lake::open_or_create(&path, Uuid::from_u128(7));
        let struck = fault::end();
        assert_eq!(made.is_err(), struck, "after {calls} calls");
        let lake = Lake::open_or_create(&path, Uuid::from_u128(7)).unwrap();
        assert_eq!(lake.pin().unwrap().commit(), 0);
        commit_deals(&lake, "2026-11-20", OLD).unwrap();
        assert!(list(&path.join("staging")).is_empty());
        if !struck {
            break;
        }
    }
}

#[test]
fn a_record_that_could_not_be_replaced_stays_as_it_was() {
    let test = before();
    test.lake.write_run("run-1", &"old").unwrap();
    for calls in 0.. {
        fault::after(calls, Fault::Death);
        let written = test.lake.write_run("run-1", &"new");
        let struck = fault::end();
        let record: String = test.lake.read_run("run-1").unwrap().unwrap();
        assert!(record == "new" || (record == "old" && written.is_err()));
        if !struck {
            assert_eq!(record, "new");
            break;
        }
        test.lake.write_run("run-1", &"old").unwrap();
    }
}
