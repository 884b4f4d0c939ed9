//! A repair mends what is known for certain, and leaves and names the rest.

use super::*;
use crate::error::Kind;
use crate::lake::{Repaired, chain};

const ONE: &[Row<'_>] = &[(1, Some("Anchor"))];
const TWO: &[Row<'_>] = &[(1, Some("Anchor")), (2, None)];

fn model() -> TableName {
    TableName::new("kpi", "win_rate").unwrap()
}

/// Three days of deals, of which the last is in another month, and a model's table.
fn lake() -> TestLake {
    let test = TestLake::new();
    for (of, rows) in [("2026-11-20", ONE), ("2026-11-21", TWO), ("2026-12-01", ONE), ("2026-12-02", TWO)] {
        test.commit(of, rows);
    }
    let mut writer = test.lake.lock("run").unwrap();
    let mut transaction = writer.begin(day("2026-12-02")).unwrap();
    let batch = deals(ONE);
    let mut table = transaction.table(&model(), Role::Model, day("2026-12-02"), batch.schema_ref(), &[]).unwrap();
    table.write(&batch).unwrap();
    transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
    transaction.commit(meta(5)).unwrap();
    assert!(writer.show_latest().is_empty());
    drop(writer);
    test
}

/// Likewise, with everything damaged that can be mended.
pub fn damaged() -> TestLake {
    let test = lake();
    let change = file_of(&test, &deal(), Role::Snapshot, "2026-12-02");
    std::fs::copy(&change, test.path("data/crm.deal/2026-12-02-copy.parquet")).unwrap();
    spoil(&change);
    for name in ["gc.json", "latest/crm.deal.parquet", "commits/00000000000000000003.checkpoint.json"] {
        std::fs::write(test.path(name), "x").unwrap();
    }
    std::fs::create_dir(test.path("staging/dead")).unwrap();
    std::fs::remove_dir(test.path("runs")).unwrap();
    test
}

fn repair(test: &TestLake) -> Repaired {
    test.lake.repair("repair", true, &mut |_, _| ()).unwrap()
}

fn is_whole(test: &TestLake) -> bool {
    test.lake.verify_all(&mut |_, _| ()).unwrap().damages.is_empty()
}

/// Other bytes of the same length.
fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The file of a version's rows.
fn file_of(test: &TestLake, table: &TableName, role: Role, of: &str) -> PathBuf {
    test.path(&test.pin().on(table, role, day(of)).unwrap().rows_file().unwrap().path)
}

#[test]
fn a_whole_lake_is_left_as_it_is() {
    let test = lake();
    let before = content(&test.path(""));
    let Repaired { done, left } = repair(&test);
    assert!(done.is_empty() && left.is_empty(), "{done:?} {left:?}");
    assert_eq!(content(&test.path("")), before);
}

#[test]
fn what_only_repeats_the_lake_is_made_anew_and_what_is_unfinished_goes() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run").unwrap();
    for nth in 0..51 {
        let mut transaction = writer.begin(day("2026-11-20")).unwrap();
        add_deals(&mut transaction, "2026-11-20", &[(nth % 2, None)]).unwrap();
        transaction.commit(meta(1)).unwrap();
    }
    assert!(writer.show_latest().is_empty());
    drop(writer);
    for _ in 0..2 {
        test.lake.collect("gc", "2027-01-01T00:00:00Z".parse().unwrap(), 0, false).unwrap();
    }
    test.lake.collect("gc", "2027-01-01T00:00:00Z".parse().unwrap(), 0, false).unwrap();
    let collected = test.list("data/crm.deal").len();
    assert_eq!(collected, 1, "the other form of the day has gone");
    let checkpoint = test.path("commits/00000000000000000050.checkpoint.json");
    let (record, shown) = (test.path("gc.json"), test.path("latest/crm.deal.parquet"));
    std::fs::create_dir(test.path("staging/dead")).unwrap();
    std::fs::write(test.path("staging/dead/1-crm.deal.unfinished"), "x").unwrap();
    [&checkpoint, &record].into_iter().for_each(|path| spoil(path));
    // Not every bit of a file for outside readers changes a row.
    std::fs::write(&shown, "x").unwrap();

    let Repaired { done, left } = repair(&test);
    assert!(left.is_empty(), "{left:?}");
    for (told, path) in [("removed ", &checkpoint), ("wrote ", &record), ("made ", &shown)] {
        let told = format!("{told}{}", path.display());
        assert!(done.iter().any(|done| done.starts_with(&told)), "{told}: {done:?}");
    }
    assert_eq!((done.len(), done[0].as_str()), (4, "removed what a dead run left unfinished"));
    assert!(is_whole(&test) && test.list("staging").is_empty() && !checkpoint.exists());
    assert_eq!(test.latest(), [(0, None)]);
    // It is known still what gc took.
    let pin = test.lake.pin_at(50).unwrap();
    let version = pin.on(&deal(), Role::Snapshot, day("2026-11-20")).unwrap();
    assert_eq!(pin.read(version).map(drop).unwrap_err().kind, Kind::Project);
}

#[test]
fn a_data_file_comes_back_from_another_with_its_bytes() {
    let test = lake();
    let stored = file_of(&test, &model(), Role::Model, "2026-12-02");
    let shown = test.path("latest/kpi.win_rate.parquet");
    // A lake that was copied has no links.
    let bytes = std::fs::read(&shown).unwrap();
    std::fs::remove_file(&shown).unwrap();
    std::fs::write(&shown, &bytes).unwrap();
    std::fs::remove_file(&stored).unwrap();
    let change = file_of(&test, &deal(), Role::Snapshot, "2026-12-02");
    std::fs::copy(&change, test.path("data/crm.deal/2026-12-02-copy.parquet")).unwrap();
    spoil(&change);
    let Repaired { done, left } = repair(&test);
    assert!(left.is_empty() && is_whole(&test), "{done:?} {left:?}");
    assert!(done.contains(&format!("restored {} from {}", stored.display(), shown.display())), "{done:?}");
    assert_eq!(std::fs::read(stored).unwrap(), bytes);
}

#[test]
fn what_cannot_be_known_is_left_and_named_with_what_to_do() {
    let test = lake();
    let month = file_of(&test, &deal(), Role::Snapshot, "2026-11-20");
    let base = file_of(&test, &deal(), Role::Snapshot, "2026-12-01");
    let old = content(&test.path("data/crm.deal")).into_iter().map(|(path, _)| path);
    let old = old.into_iter().find(|path| path.to_str().unwrap().contains("2026-11-20-snapshot-")).unwrap();
    [&month, &base, &old].into_iter().for_each(|path| spoil(path));
    let before = content(&test.path("data"));
    let Repaired { done, left } = repair(&test);
    assert!(done.is_empty(), "{done:?}");
    let told: Vec<(&Path, &str)> = left.iter().map(|damage| (damage.path.as_path(), damage.help.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                month.as_path(),
                "put it back from a backup of the lake; without one load all exports into a new lake: it holds the snapshot of crm.deal from 2026-11-20 to 2026-11-21"
            ),
            (
                old.as_path(),
                "put it back from a backup of the lake; only old commits name it: it holds the snapshot of crm.deal of 2026-11-20"
            ),
            (
                base.as_path(),
                "put it back from a backup of the lake, or make it anew with `forecastle run --day 2026-12-01`: it holds the snapshot of crm.deal of 2026-12-01"
            ),
        ]
    );
    assert_eq!(content(&test.path("data")), before);
}

#[test]
fn a_damaged_commit_is_never_made_up() {
    let test = lake();
    let commit = chain::commit_path(&test.path(""), 2);
    spoil(&commit);
    let before = content(&test.path(""));
    let Repaired { done, left } = repair(&test);
    assert!(done.is_empty() && left.len() == 1 && left[0].path == commit, "{done:?} {left:?}");
    assert_eq!(content(&test.path("")), before);
}

#[test]
fn a_day_that_is_loaded_again_mends_its_files_and_leaves_what_builds_on_them() {
    for of in ["2026-12-01", "2026-12-02"] {
        let test = lake();
        let before = test.pin();
        spoil(&file_of(&test, &deal(), Role::Snapshot, of));
        // What this process has proved is not looked at again: what another one finds is told here.
        let folder = test.folder.path().join("elsewhere");
        std::fs::rename(test.path(""), &folder).unwrap();
        let lake = Lake::open(&folder).unwrap();
        assert_eq!(lake.verify_all(&mut |_, _| ()).unwrap().damages.len(), 1);
        commit_deals(&lake, of, if of == "2026-12-01" { ONE } else { TWO }).unwrap().commit.unwrap();
        assert!(lake.verify_all(&mut |_, _| ()).unwrap().damages.is_empty(), "{of}");
        for of in before.days(&deal(), Role::Snapshot) {
            let state = |pin: &Pin| pin.on(&deal(), Role::Snapshot, of).unwrap().state;
            assert_eq!(state(&lake.pin().unwrap()), state(&before));
            assert_eq!(lake.pin().unwrap().first_published(of), before.first_published(of));
        }
    }
}

#[test]
fn while_a_run_writes_nothing_is_repaired() {
    let test = lake();
    let _writer = test.lake.lock("run-of-tonight").unwrap();
    assert_eq!(test.lake.repair("repair", true, &mut |_, _| ()).unwrap_err().kind, Kind::Busy);
}
