//! Flipped bits and cut files of every kind: all found by verify, and before a figure is given.
//!
//! `FORECASTLE_CORRUPTIONS=10000 cargo test --lib lake::tests::corruption` is the long form.

use std::collections::BTreeMap;

use super::history::Chance;
use super::*;
use crate::error::{Error, Kind};
use crate::lake::commit::{Holds, Stored};
use crate::lake::history::{self, VersionRows};
use crate::lake::{latest, shown};

/// How many files are damaged in all.
fn rounds() -> usize {
    std::env::var("FORECASTLE_CORRUPTIONS")
        .map_or(300, |text| text.parse().expect("FORECASTLE_CORRUPTIONS is a number"))
}

/// Some days, of which two months are closed, with a checkpoint and a correction; few files, as each is read each time.
fn lake() -> TestLake {
    let test = TestLake::new();
    let mut writer = test.lake.lock("run").unwrap();
    let mut chance = Chance(1);
    let mut commit = |of: Day, chance: &mut Chance| {
        let mut rows: Vec<(i64, String)> = Vec::new();
        for id in 0..40 {
            if chance.below(9) > 0 {
                rows.push((id, format!("Deal {id} in stage {}", chance.below(5) / 4)));
            }
        }
        let rows: Vec<Row<'_>> = rows.iter().map(|(id, name)| (*id, Some(name.as_str()))).collect();
        let mut transaction = writer.begin(of).unwrap();
        add_deals(&mut transaction, &of.to_string(), &rows).unwrap();
        transaction.commit(meta(1)).unwrap().commit.unwrap();
    };
    // One day comes in two forms by turns, until a checkpoint is near.
    let first = day("2026-01-15");
    (0..42).for_each(|nth| commit(first, &mut Chance(nth % 2)));
    (1..15).for_each(|nth| commit(first.plus(4 * nth).unwrap(), &mut chance));
    commit(first.plus(48).unwrap(), &mut chance);
    test
}

/// The lake's files by kind, named from its folder.
fn kinds(test: &TestLake) -> BTreeMap<&'static str, Vec<String>> {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::from([("LAKE.json", vec!["LAKE.json".to_owned()])]);
    for name in test.list("commits") {
        let kind = if name.contains("checkpoint") { "checkpoint" } else { "commit" };
        kinds.entry(kind).or_default().push(format!("commits/{name}"));
    }
    for version in test.lake.log().unwrap().iter().flat_map(|commit| &commit.added) {
        for file in &version.files {
            let kind = match (file.holds, version.stored) {
                (Holds::Ended, _) => "ended",
                (Holds::Rows, Stored::Base) => "base",
                (Holds::Rows, Stored::Change) => "change",
                (Holds::Rows, Stored::Month) => "month",
                (Holds::Rows, Stored::Whole) => "whole",
            };
            kinds.entry(kind).or_default().push(file.path.clone());
        }
    }
    kinds.values_mut().for_each(|names| {
        names.sort();
        names.dedup();
    });
    kinds
}

/// The lake under another folder, in which nothing was looked at yet, with other bytes in one file.
fn with_other_bytes(test: &TestLake, name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(test.folder.path()).unwrap();
    let (from, root) = (test.path(""), folder.path().join("lake"));
    for at in ["commits", "data/crm.deal", "latest", "staging"] {
        std::fs::create_dir_all(root.join(at)).unwrap();
        for file in list(&from.join(at)).iter().filter(|file| from.join(at).join(file).is_file()) {
            std::fs::hard_link(from.join(at).join(file), root.join(at).join(file)).unwrap();
        }
    }
    std::fs::copy(from.join("LAKE.json"), root.join("LAKE.json")).unwrap();
    std::fs::remove_file(root.join(name)).unwrap();
    std::fs::write(root.join(name), bytes).unwrap();
    (folder, root)
}

/// All that verify finds.
fn found(root: &Path) -> Result<Vec<String>> {
    let damages = Lake::open(root)?.verify_all(&mut |_, _| ())?.damages;
    Ok(damages.into_iter().map(|damage| format!("{} {}", damage.path.display(), damage.what)).collect())
}

/// All versions of the deals, and the deals of the newest day.
fn figures(root: &Path) -> Result<Vec<RecordBatch>> {
    let pin = Lake::open(root)?.pin()?;
    let newest = day("2026-12-31");
    let schema = history::with_days(&deals(&[]).schema(), "from", "to");
    let mut figures = Vec::new();
    for lives in history::lives(&pin, &deal(), newest)? {
        for batch in VersionRows::open(&lives, &schema)? {
            figures.push(batch?);
        }
    }
    for batch in pin.read(pin.as_of(&deal(), Role::Snapshot, newest).unwrap())? {
        figures.push(batch?);
    }
    Ok(figures)
}

fn is_damage(error: &Error) -> bool {
    error.kind == Kind::Damaged
}

#[test]
fn every_flipped_bit_and_every_cut_is_found_before_a_figure_is_given() {
    let test = lake();
    let kinds = kinds(&test);
    let expected = ["LAKE.json", "base", "change", "checkpoint", "commit", "ended", "month"];
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), expected);
    assert!(found(&test.path("")).unwrap().is_empty());
    let figures_of_old = figures(&test.path("")).unwrap();
    let pin = test.pin();
    let named: Vec<&str> =
        pin.head().state.versions().flat_map(|version| &version.files).map(|file| file.path.as_str()).collect();

    let mut chance = Chance(20_261_122);
    for round in 0..rounds() {
        let of_kind = kinds.values().nth(round % kinds.len()).unwrap();
        let name = &of_kind[chance.below(of_kind.len())];
        let mut bytes = std::fs::read(test.path(name)).unwrap();
        let done = if chance.below(4) == 0 {
            bytes.truncate(chance.below(bytes.len()));
            format!("cut to {} bytes", bytes.len())
        } else {
            let bit = chance.below(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            format!("bit {bit} flipped")
        };
        let (_folder, root) = with_other_bytes(&test, name, &bytes);
        match found(&root) {
            Ok(damages) => assert!(damages.iter().any(|damage| damage.contains(name)), "{name} {done}: {damages:?}"),
            Err(error) => assert!(is_damage(&error) && error.message.contains(name), "{name} {done}: {error}"),
        }
        match figures(&root) {
            Ok(figures) => {
                assert!(figures == figures_of_old, "{name} {done}: another figure");
                let is_read = named.contains(&name.as_str()) || name == "LAKE.json";
                assert!(!is_read, "{name} {done}: a figure in spite of it");
            }
            Err(error) => assert!(is_damage(&error), "{name} {done}: {error}"),
        }
    }
}

#[test]
fn no_bit_of_a_file_for_outside_readers_keeps_the_lake_from_being_read_or_written() {
    let test = TestLake::new();
    test.commit("2026-11-20", &[(1, Some("Anchor")), (2, None)]);
    let shown = test.path("latest/crm.deal.parquet");
    let good = std::fs::read(&shown).unwrap();
    let mut unnoticed = 0;
    let damages = || shown::damages(&test.path(""), latest::files(&test.path(""))?, &BTreeMap::new());
    for bit in (0..good.len() * 8).step_by(3) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&shown, bytes).unwrap();
        unnoticed += usize::from(damages().unwrap().is_empty());
        assert!(latest::refresh(&test.path(""), &test.pin(), &test.path("staging")).is_empty(), "bit {bit}");
    }
    assert!(unnoticed * 2 < good.len() * 8 / 3, "{unnoticed}: only bits that change no row are passed over");
}
