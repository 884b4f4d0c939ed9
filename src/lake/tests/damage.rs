//! What is not what was committed is called damaged, with the file's name.

use super::*;
use crate::error::{Error, Kind};

/// A lake with three commits and a checkpoint's worth of none.
fn lake() -> TestLake {
    let test = TestLake::new();
    for (of, name) in [("2026-11-20", "Anchor"), ("2026-11-21", "Buoy"), ("2026-11-22", "Capstan")] {
        test.commit(of, &[(1, Some(name))]);
    }
    test
}

fn commit(number: u64) -> String {
    format!("commits/{number:020}.json")
}

fn flip(test: &TestLake, name: &str, byte: usize) {
    let mut bytes = std::fs::read(test.path(name)).unwrap();
    bytes[byte] ^= 1;
    std::fs::write(test.path(name), bytes).unwrap();
}

fn assert_damaged(error: &Error, name: &str) {
    assert_eq!(error.kind, Kind::Damaged, "{error}");
    assert!(error.message.contains(name) && error.help.is_some(), "{error}");
}

#[test]
fn a_flipped_bit_in_any_commit_is_found_before_anything_is_read_or_written() {
    for number in 1..=3 {
        let test = lake();
        let length = std::fs::metadata(test.path(&commit(number))).unwrap().len() as usize;
        for byte in (0..length).step_by(97) {
            flip(&test, &commit(number), byte);
            assert_damaged(&test.lake.pin().unwrap_err(), &commit(number));
            assert_damaged(&test.lake.log().unwrap_err(), &commit(number));
            flip(&test, &commit(number), byte);
        }
        flip(&test, &commit(number), length / 2);
        assert_damaged(&commit_deals(&test.lake, "2026-11-23", &[]).unwrap_err(), &commit(number));
        assert_eq!(test.lake.pin_at(number - 1).unwrap().commit(), number - 1);
    }
}

#[test]
fn a_missing_commit_is_named() {
    let test = lake();
    std::fs::remove_file(test.path(&commit(2))).unwrap();
    assert_damaged(&test.lake.pin().unwrap_err(), &commit(2));
}

#[test]
fn a_commit_in_the_place_of_another_is_found() {
    let test = lake();
    std::fs::copy(test.path(&commit(3)), test.path(&commit(2))).unwrap();
    assert_damaged(&test.lake.pin().unwrap_err(), &commit(2));
}

#[test]
fn a_commit_of_another_lake_is_found() {
    let test = lake();
    let other = TestLake::new();
    other.commit("2026-11-20", &[(1, Some("Derrick"))]);
    std::fs::copy(other.path(&commit(1)), test.path(&commit(1))).unwrap();
    // It is whole, and its place is right: only the next one tells.
    assert_damaged(&test.lake.pin().unwrap_err(), &commit(2));
}

#[test]
fn a_lost_identity_is_not_replaced_by_a_new_one() {
    let test = lake();
    std::fs::remove_file(test.path("LAKE.json")).unwrap();
    assert_damaged(&Lake::open_or_create(&test.path(""), Uuid::from_u128(9)).unwrap_err(), "LAKE.json");
    std::fs::write(test.path("LAKE.json"), "").unwrap();
    assert_damaged(&Lake::open(&test.path("")).unwrap_err(), "LAKE.json");
    let changed = format!("{{\"format\": 1, \"uuid\": \"{}\"}}", Uuid::from_u128(9));
    std::fs::write(test.path("LAKE.json"), changed).unwrap();
    assert_damaged(&Lake::open(&test.path("")).unwrap().pin().unwrap_err(), &commit(1));
}

#[test]
fn a_lake_without_its_commits_is_not_an_empty_one() {
    let test = lake();
    std::fs::remove_dir_all(test.path("commits")).unwrap();
    assert_damaged(&test.lake.pin().unwrap_err(), "commits");
}

#[test]
fn damaged_checkpoints_and_what_they_stand_for_are_found() {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run-1").unwrap();
    for row in 0..51 {
        let mut transaction = writer.begin(day("2026-11-20")).unwrap();
        add_deals(&mut transaction, "2026-11-20", &[(row, None)]).unwrap();
        transaction.commit(meta(1)).unwrap();
    }
    drop(writer);
    let checkpoint = "commits/00000000000000000050.checkpoint.json";
    flip(&test, checkpoint, 200);
    let error = test.lake.pin().unwrap_err();
    assert_damaged(&error, checkpoint);
    assert!(error.help.unwrap().contains("lake repair"));
    flip(&test, checkpoint, 200);

    flip(&test, &commit(50), 300);
    assert_damaged(&test.lake.pin().unwrap_err(), &commit(50));
    flip(&test, &commit(50), 300);

    for lost in [51, 50] {
        std::fs::remove_file(test.path(&commit(lost))).unwrap();
    }
    assert_damaged(&test.lake.pin().unwrap_err(), &commit(50));
}

#[test]
fn a_damaged_data_file_is_named_by_verify_and_a_cut_or_lost_one_by_its_reader() {
    let test = lake();
    let pin = test.pin();
    let files: Vec<PathBuf> = content(&test.path("data")).into_iter().map(|(path, _)| path).collect();
    let named = |of: &str, what: &str| {
        files.iter().find(|path| path.to_str().unwrap().contains(&format!("{of}-{what}"))).unwrap()
    };
    let flipped = named("2026-11-20", "snapshot");
    let (cut, lost) = (named("2026-11-21", "snapshot"), named("2026-11-22", "snapshot-ended"));
    let mut bytes = std::fs::read(flipped).unwrap();
    bytes[20] ^= 4;
    std::fs::write(flipped, &bytes).unwrap();
    std::fs::write(cut, &std::fs::read(cut).unwrap()[..100]).unwrap();
    std::fs::remove_file(lost).unwrap();

    let damages = test.lake.verify(&pin).unwrap();
    assert_eq!(damages.iter().map(|damage| &damage.path).collect::<Vec<_>>(), [flipped, cut, lost]);
    // The first file was proved by this process, when it wrote the second day onto it.
    for (of, path) in [("2026-11-21", cut), ("2026-11-22", lost)] {
        let version = pin.as_of(&deal(), Role::Snapshot, day(of)).unwrap();
        assert_damaged(&pin.read(version).map(drop).unwrap_err(), path.to_str().unwrap());
    }
}
