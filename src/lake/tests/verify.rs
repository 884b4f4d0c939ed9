//! A look at everything: what it counts, what it names, and what it does not take for damage.

use super::*;
use crate::lake::commit::Commit;
use crate::lake::{Verified, chain, sealed};

fn lake() -> TestLake {
    let test = TestLake::new();
    for (of, name) in [("2026-11-20", "Anchor"), ("2026-11-21", "Buoy"), ("2026-12-01", "Capstan")] {
        test.commit(of, &[(1, Some(name)), (2, None)]);
    }
    test
}

fn verify(test: &TestLake) -> Verified {
    Lake::open(&test.path("")).unwrap().verify_all(&mut |_, _| ()).unwrap()
}

fn damaged(test: &TestLake) -> Vec<PathBuf> {
    verify(test).damages.into_iter().map(|damage| damage.path).collect()
}

#[test]
fn everything_is_counted_and_told_as_it_goes_on() {
    let test = lake();
    let mut told = Vec::new();
    let verified = test.lake.verify_all(&mut |done, of| told.push((done, of))).unwrap();
    let files = test.list("data/crm.deal").len();
    assert_eq!((verified.commits, verified.checkpoints, verified.files, verified.versions), (3, 0, files, 3));
    assert!(verified.damages.is_empty() && verified.unnamed.is_empty() && verified.collected == 0);
    // Two segments: the closed month and the open one.
    assert_eq!(told, (0..files + 2).map(|done| (done, files + 2)).collect::<Vec<_>>());
    let empty = verify(&TestLake::new());
    assert!(empty.damages.is_empty() && empty.commits == 0);
}

#[test]
fn a_lost_file_is_damage_also_where_only_an_old_commit_names_it() {
    let test = lake();
    let files = content(&test.path("data"));
    for (path, bytes) in files {
        std::fs::remove_file(&path).unwrap();
        assert_eq!(damaged(&test), std::slice::from_ref(&path));
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn what_gc_took_is_told_and_is_no_damage() {
    let test = lake();
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    for _ in 0..2 {
        test.lake.collect("gc", now, 0, false).unwrap();
    }
    let verified = verify(&test);
    assert!(verified.damages.is_empty() && verified.collected > 0, "{:?}", verified.damages);
    let record = test.path("gc.json");
    let bytes = std::fs::read(&record).unwrap();
    std::fs::write(&record, &bytes[..50]).unwrap();
    assert_eq!(damaged(&test), [record]);
}

#[test]
fn files_that_no_commit_names_are_told_and_are_no_damage() {
    let test = lake();
    let stray = test.path("data/crm.deal/2026-11-09-snapshot-0123456789abcdef.parquet");
    std::fs::write(&stray, "x").unwrap();
    let verified = verify(&test);
    assert!(verified.damages.is_empty());
    assert_eq!(verified.unnamed, [stray]);
}

#[test]
fn every_damaged_commit_is_named_and_data_is_looked_at_all_the_same() {
    let test = lake();
    let [first, third] = [1, 3].map(|number| chain::commit_path(&test.path(""), number));
    let data = content(&test.path("data")).remove(0).0;
    for path in [&first, &third, &data] {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    }
    let found = damaged(&test);
    assert_eq!(found[..2], [first, third]);
    // The first commit cannot say what it added, the others name the same file again.
    assert!(found.len() == 2 || found[2..] == [data], "{found:?}");
}

#[test]
fn a_state_that_the_files_do_not_give_is_found() {
    let test = lake();
    let path = chain::commit_path(&test.path(""), 3);
    let mut commit: Commit = sealed::unseal(&std::fs::read(&path).unwrap()).unwrap();
    let newest = commit.added.iter_mut().find(|version| version.day == day("2026-12-01")).unwrap();
    newest.state = "00000000000000000000000000000000".parse().unwrap();
    std::fs::write(&path, sealed::seal(&commit, true)).unwrap();
    let damages = verify(&test).damages;
    let [damage] = damages.as_slice() else { panic!("{damages:?}") };
    assert_eq!(damage.path, test.path("data/crm.deal"));
    assert_eq!(damage.what, "gives other rows for the snapshot of 2026-12-01 than were committed");
}

#[test]
fn a_file_for_outside_readers_that_shows_something_else_is_found() {
    let test = lake();
    let shown = test.path("latest/crm.deal.parquet");
    std::fs::copy(content(&test.path("data")).remove(0).0, test.path("latest/crm.copy.parquet")).unwrap();
    assert!(damaged(&test).is_empty(), "a lake that was copied has no links");
    let bytes = std::fs::read(&shown).unwrap();
    std::fs::write(&shown, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(damaged(&test), [shown]);
}
