//! Collecting garbage takes what nobody may need any more, in its time, and nothing else.

use jiff::Timestamp;

use super::*;
use crate::error::Kind;
use crate::lake::Collected;
use crate::lake::fault::{self, Fault};

const ONE: &[Row<'_>] = &[(1, Some("Anchor"))];
const TWO: &[Row<'_>] = &[(1, Some("Anchor")), (2, None)];
pub const GRACE: u32 = 7;

/// The moment so many days after the first commit.
pub fn at(days: i64) -> Timestamp {
    let first: Timestamp = "2026-11-01T02:00:00Z".parse().unwrap();
    first + jiff::SignedDuration::from_hours(24 * days)
}

fn commit_at(test: &TestLake, days: i64, of: &str, rows: &[Row<'_>]) {
    let mut writer = test.lake.lock("run").unwrap();
    let mut transaction = writer.begin(day(of)).unwrap();
    add_deals(&mut transaction, of, rows).unwrap();
    transaction.commit(CommitMeta { made_at: at(days), ..meta(1) }).unwrap().commit.unwrap();
}

pub fn collect(test: &TestLake, days: i64) -> Collected {
    test.lake.collect("gc", at(days), GRACE, false).unwrap()
}

fn names(garbage: &[crate::lake::Garbage]) -> Vec<String> {
    garbage.iter().map(|garbage| garbage.path.file_name().unwrap().to_str().unwrap()[..10].to_owned()).collect()
}

/// A day that came three times: on the first, the third and the fifth day.
fn replaced() -> TestLake {
    let test = TestLake::new();
    commit_at(&test, 0, "2026-11-01", ONE);
    commit_at(&test, 2, "2026-11-01", TWO);
    commit_at(&test, 4, "2026-11-01", &[(3, None)]);
    test
}

/// Likewise, with what was noted on the days before.
pub fn before(days: i64) -> TestLake {
    let test = replaced();
    (10..days).step_by(7).for_each(|days| drop(collect(&test, days)));
    test
}

#[test]
fn what_was_current_within_the_grace_stays_and_the_rest_goes_at_the_second_call_after_it() {
    let test = replaced();
    assert_eq!(collect(&test, 8), Collected::default(), "the first commit was current until the second day");
    assert!(!test.path("gc.json").exists());

    let noted = collect(&test, 10);
    assert_eq!((names(&noted.noted), noted.removed.len(), noted.due), (vec!["2026-11-01".to_owned()], 0, Some(at(17))));
    assert_eq!(collect(&test, 16).due, Some(at(17)), "asking again puts nothing off");
    assert_eq!(read_deals(&test.lake.pin_at(1).unwrap(), "2026-11-01"), Some(owned(ONE)));

    let before = content(&test.path(""));
    let told = test.lake.collect("gc", at(17), GRACE, true).unwrap();
    assert_eq!(content(&test.path("")), before, "nothing was done");
    let done = collect(&test, 17);
    assert_eq!(done, told);
    assert_eq!(
        (&done.removed, names(&done.noted), done.due),
        (&noted.noted, vec!["2026-11-01".to_owned()], Some(at(24)))
    );
    assert_eq!(test.list("data/crm.deal").len(), 2);
    assert_eq!(read_deals(&test.lake.pin_at(2).unwrap(), "2026-11-01"), Some(owned(TWO)), "it is noted only now");

    assert_eq!((collect(&test, 24).removed.len(), collect(&test, 99)), (1, Collected::default()));
    assert_eq!(read_deals(&test.pin(), "2026-11-01"), Some(vec![(3, None)]));
}

#[test]
fn a_commit_whose_data_was_collected_says_so_and_a_lost_file_is_damage_still() {
    let test = replaced();
    collect(&test, 10);
    collect(&test, 17);
    let read = |number: u64| {
        let pin = Lake::open(&test.path("")).unwrap().pin_at(number).unwrap();
        let version = pin.on(&deal(), Role::Snapshot, day("2026-11-01")).unwrap();
        pin.read(version).map(drop)
    };
    let error = read(1).unwrap_err();
    assert_eq!(error.kind, Kind::Project);
    assert_eq!(error.message, "gc has collected the data of crm.deal of 2026-11-01 as commit 1 left it");
    assert!(error.help.unwrap().starts_with("commits from 2 on can be asked"));

    let lost = test.lake.pin_at(2).unwrap();
    let lost = lost.on(&deal(), Role::Snapshot, day("2026-11-01")).unwrap().rows_file().unwrap();
    std::fs::remove_file(test.path(&lost.path)).unwrap();
    assert_eq!(read(2).unwrap_err().kind, Kind::Damaged);
}

#[test]
fn a_file_that_is_named_again_before_the_second_call_stays() {
    let test = replaced();
    collect(&test, 10);
    commit_at(&test, 11, "2026-11-01", ONE);
    assert!(collect(&test, 17).removed.is_empty());
    assert_eq!(read_deals(&test.pin(), "2026-11-01"), Some(owned(ONE)));
    assert_eq!(read_deals(&test.lake.pin_at(1).unwrap(), "2026-11-01"), Some(owned(ONE)));
}

#[test]
fn what_a_dead_run_left_goes_and_what_is_not_the_lakes_stays() {
    let test = replaced();
    let stray = test.path("data/crm.deal/2026-11-09-snapshot-0123456789abcdef.parquet");
    let foreign = [test.path("data/crm.deal/notes.txt"), test.path("data/README")];
    for path in foreign.iter().chain([&stray]) {
        std::fs::write(path, "x").unwrap();
    }
    assert_eq!(names(&collect(&test, 5).noted), ["2026-11-09"]);
    assert_eq!(names(&collect(&test, 12).removed), ["2026-11-09"]);
    assert!(!stray.exists() && foreign.iter().all(|path| path.exists()));
}

#[test]
fn closed_months_leave_the_files_that_they_replace() {
    let test = TestLake::new();
    for (days, of) in ["2026-11-01", "2026-11-02", "2026-11-03", "2026-12-01"].into_iter().enumerate() {
        commit_at(&test, days as i64, of, &[(days as i64, None), (9, None)]);
    }
    let there = test.list("data/crm.deal").len();
    collect(&test, 20);
    assert_eq!(collect(&test, 40).removed.len(), there - 3, "a month, and a base with what it ended");
    for (days, of) in ["2026-11-01", "2026-11-02", "2026-11-03", "2026-12-01"].into_iter().enumerate() {
        assert_eq!(read_deals(&test.pin(), of), Some(vec![(days as i64, None), (9, None)]));
    }
    assert!(test.lake.verify(&test.pin()).unwrap().is_empty());
}

#[test]
fn while_a_run_writes_nothing_is_collected() {
    let test = replaced();
    let _writer = test.lake.lock("run-of-tonight").unwrap();
    assert_eq!(test.lake.collect("gc", at(10), GRACE, false).unwrap_err().kind, Kind::Busy);
}

#[test]
fn a_lake_that_is_not_whole_is_not_collected() {
    let test = replaced();
    let first = test.path("commits/00000000000000000001.json");
    let bytes = std::fs::read(&first).unwrap();
    std::fs::write(&first, &bytes[..100]).unwrap();
    assert_eq!(test.lake.collect("gc", at(10), GRACE, false).unwrap_err().kind, Kind::Damaged);
}

#[test]
fn collecting_that_dies_anywhere_is_finished_by_the_next_call() {
    for (days, last) in [(10, 1), (17, 2)] {
        let smooth = before(days + 1);
        for calls in 0.. {
            let test = before(days);
            fault::after(calls, Fault::Death);
            let outcome = test.lake.collect("gc", at(days), GRACE, false);
            let struck = fault::end();
            assert!(struck || outcome.is_ok());
            for number in last..=3 {
                let pin = test.lake.pin_at(number).unwrap();
                assert!(test.lake.verify(&pin).unwrap().is_empty(), "commit {number} after {calls} calls");
            }
            collect(&test, days);
            assert_eq!(test.list("data/crm.deal"), smooth.list("data/crm.deal"), "after {calls} calls");
            let [one, other] = [&test, &smooth].map(|test| std::fs::read(test.path("gc.json")).unwrap());
            assert!(one == other, "after {calls} calls");
            if !struck {
                break;
            }
        }
    }
}
