//! Whole snapshots of past days as plain files: those that are asked for, as they are known now.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;

use super::*;
use crate::lake::Keep;

const ONE: &[Row<'_>] = &[(1, Some("Anchor"))];
const TWO: &[Row<'_>] = &[(1, Some("Anchor")), (2, None)];
const DAYS: [&str; 6] = ["2026-10-01", "2026-10-30", "2026-11-20", "2026-11-21", "2026-12-01", "2026-12-02"];

/// Days of three months, on which deals come and go by turns.
fn lake() -> TestLake {
    let test = TestLake::new();
    for (of, rows) in DAYS.iter().zip([ONE, TWO, ONE, TWO, ONE, TWO]) {
        test.commit(of, rows);
    }
    test
}

fn keep(test: &TestLake, daily: usize, monthly: usize) {
    let writer = test.lake.lock("run").unwrap();
    let kept = BTreeMap::from([(deal(), Keep { daily, monthly })]);
    let failed = writer.keep_snapshots(&kept);
    assert!(failed.is_empty(), "{failed:?}");
}

fn kept(test: &TestLake) -> Vec<String> {
    test.list("snapshots/crm.deal").into_iter().map(|name| name.replace(".parquet", "")).collect()
}

fn sorted(mut deals: Vec<(i64, Option<String>)>) -> Vec<(i64, Option<String>)> {
    deals.sort();
    deals
}

/// The files show what the lake holds.
fn assert_as_known(test: &TestLake) {
    for of in kept(test) {
        let shown = test.deals_in(&format!("snapshots/crm.deal/{of}.parquet"));
        assert_eq!(shown, sorted(read_deals(&test.pin(), &of).unwrap()), "{of}");
    }
    assert!(test.list("staging").is_empty());
    assert!(test.lake.verify_all(&mut |_, _| ()).unwrap().damages.is_empty());
}

fn inodes(test: &TestLake) -> BTreeMap<String, u64> {
    let inode = |of: &String| test.path(&format!("snapshots/crm.deal/{of}.parquet")).metadata().unwrap().ino();
    kept(test).into_iter().map(|of| (of.clone(), inode(&of))).collect()
}

#[test]
fn the_newest_days_and_the_last_days_of_the_newest_months_are_kept_and_no_others() {
    let test = lake();
    for (daily, monthly, wanted) in [
        (3, 0, &["2026-11-21", "2026-12-01", "2026-12-02"][..]),
        (1, 0, &["2026-12-02"]),
        (0, 2, &["2026-11-21", "2026-12-02"]),
        (2, 3, &["2026-10-30", "2026-11-21", "2026-12-01", "2026-12-02"]),
        (99, 99, &DAYS),
        (0, 99, &["2026-10-30", "2026-11-21", "2026-12-02"]),
    ] {
        keep(&test, daily, monthly);
        assert_eq!(kept(&test), wanted, "{daily} days, {monthly} months");
        assert_as_known(&test);
    }
}

#[test]
fn what_is_kept_no_longer_goes_with_its_folder_and_what_is_not_the_lakes_stays() {
    let test = lake();
    keep(&test, 2, 0);
    std::fs::write(test.path("snapshots/README"), "mine").unwrap();
    assert!(test.lake.lock("run").unwrap().keep_snapshots(&BTreeMap::new()).is_empty());
    assert_eq!(test.list("snapshots"), ["README"]);
    keep(&test, 1, 0);
    std::fs::write(test.path("snapshots/crm.deal/notes.parquet"), "mine").unwrap();
    assert!(test.lake.lock("run").unwrap().keep_snapshots(&BTreeMap::new()).is_empty());
    assert_eq!(test.list("snapshots/crm.deal"), ["notes.parquet"]);

    let untouched = lake();
    assert!(untouched.lake.lock("run").unwrap().keep_snapshots(&BTreeMap::new()).is_empty());
    assert!(!untouched.path("snapshots").exists());
}

#[test]
fn only_what_is_missing_or_shows_another_state_is_written() {
    let test = lake();
    keep(&test, 3, 0);
    let before = inodes(&test);
    keep(&test, 3, 0);
    assert_eq!(inodes(&test), before);

    // A correction of a past day leaves the days after it as they were.
    test.commit("2026-12-01", &[(7, Some("Seven"))]);
    std::fs::remove_file(test.path("snapshots/crm.deal/2026-11-21.parquet")).unwrap();
    keep(&test, 3, 0);
    let after = inodes(&test);
    assert_eq!(test.deals_in("snapshots/crm.deal/2026-12-01.parquet"), owned(&[(7, Some("Seven"))]));
    assert_ne!(after["2026-12-01"], before["2026-12-01"]);
    assert_eq!(after["2026-12-02"], before["2026-12-02"]);
    assert_eq!(after.len(), 3);
    assert_as_known(&test);
}

#[test]
fn a_link_in_the_place_of_a_folder_leads_nothing_elsewhere() {
    let (test, elsewhere) = (lake(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), test.path("snapshots")).unwrap();
    let keep = BTreeMap::from([(deal(), Keep { daily: 2, monthly: 0 })]);
    let failed = test.lake.lock("run").unwrap().keep_snapshots(&keep);
    let told = format!("could not create the folder {}: a symbolic link lies there", test.path("snapshots").display());
    assert_eq!(failed.iter().map(|error| error.message.clone()).collect::<Vec<_>>(), [told.clone(), told]);
    assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none());
}

#[test]
fn days_that_were_rebuilt_from_events_do_not_count() {
    let test = lake();
    let mut writer = test.lake.lock("run").unwrap();
    let mut transaction = writer.begin(day("2026-12-02")).unwrap();
    let mut facts = Facts::new();
    facts.insert(Origin::FACT.to_owned(), Origin::Events.name().into());
    let days = BTreeSet::from([day("2026-09-30")]);
    let form = deals(&[]).schema();
    transaction.replace(&deal(), (&form, &[0]), &days, &BTreeSet::new(), &facts, |_| Ok(deals(ONE))).unwrap();
    transaction.commit(meta(9)).unwrap();
    drop(writer);
    keep(&test, 99, 99);
    assert_eq!(kept(&test), DAYS);
}

#[test]
fn a_damaged_file_is_found_removed_and_written_anew_and_gc_passes_them_over() {
    let test = lake();
    keep(&test, 2, 0);
    let shown = test.path("snapshots/crm.deal/2026-12-01.parquet");
    std::fs::write(&shown, "x").unwrap();
    let damages = test.lake.verify_all(&mut |_, _| ()).unwrap().damages;
    assert_eq!(damages.iter().map(|damage| &damage.path).collect::<Vec<_>>(), [&shown]);
    let repaired = test.lake.repair("repair", true, &mut |_, _| ()).unwrap();
    assert!(repaired.left.is_empty());
    assert_eq!(repaired.done, [format!("removed {}: the next run writes it anew", shown.display())]);
    assert_eq!(kept(&test), ["2026-12-02"]);
    keep(&test, 2, 0);
    assert_as_known(&test);

    for _ in 0..2 {
        test.lake.collect("gc", "2027-06-01T00:00:00Z".parse().unwrap(), 0, false).unwrap();
    }
    assert_eq!(kept(&test), ["2026-12-01", "2026-12-02"]);
    assert_as_known(&test);
}
