//! A crash of the machine at any moment: all that it may leave is a whole lake, in which is what success was told of; and
//! nothing that is done for that may be left out.
//!
//! `FORECASTLE_CRASH_STATES=1000 cargo test --lib lake::tests::crash` is the long form.

mod leaves;
mod story;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::*;
use crate::lake::fs;
use crate::lake::recorder::{self, Deed};
use leaves::Moment;
use story::{Files, Story};

#[test]
fn a_file_in_the_place_of_another_is_the_old_or_the_new_one_if_it_was_synced_and_anything_if_not() {
    let folder = folder();
    let [shown, unfinished] = ["shown", "unfinished"].map(|name| folder.path().join(name));
    std::fs::write(&shown, "old").unwrap();
    recorder::start(folder.path());
    fs::replace(&shown, b"next", &unfinished).unwrap();
    let record = recorder::stop();
    let left = |left_out: &dyn Fn(&Deed) -> bool| {
        let scratch = BTreeSet::new();
        let mut moment = Moment::before(&record, &scratch);
        let mut left = BTreeSet::new();
        for (number, deed) in record.deeds.iter().enumerate().filter(|(_, deed)| !left_out(deed)) {
            moment.advance(number, deed);
            for choice in moment.choices(4) {
                let folder = super::folder();
                moment.lay(&choice, folder.path());
                left.insert(std::fs::read_to_string(folder.path().join("shown")).unwrap());
            }
        }
        let ends: BTreeSet<u64> = moment.choices(4).iter().map(|choice| moment.digest(choice)).collect();
        (left, ends.len())
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
    let is_sync = |deed: &Deed, of: &str| matches!(deed, Deed::Synced(_, sync) if sync.path == Path::new(of));
    assert_eq!(left(&|_| false), (texts(&["old", "next"]), 1));
    assert_eq!(left(&|deed| is_sync(deed, "unfinished")).0, texts(&["old", "next", "", "ne", "\0\0\0\0"]));
    let (left, ends) = left(&|deed| is_sync(deed, ""));
    assert_eq!(left, texts(&["old", "next"]));
    assert!(ends > 1, "nothing of it is durable");
}

#[test]
fn a_lake_that_is_made_and_its_first_commit() {
    fn path(folder: &Path) -> PathBuf {
        folder.join("new/deep/lake")
    }
    fn act(folder: &Path) -> Result<()> {
        let lake = Lake::open_or_create(&path(folder), Uuid::from_u128(7))?;
        recorder::tell(1);
        let mut writer = lake.lock("run-1")?;
        let mut transaction = writer.begin(day("2026-11-20"))?;
        add_deals(&mut transaction, "2026-11-20", &[(1, Some("Anchor"))])?;
        transaction.commit(meta(1))?;
        recorder::tell(2);
        writer.show_latest().into_iter().next().map_or(Ok(()), Err)
    }
    let story = Story {
        before: &folder,
        act: &act,
        check: &|folder, told, smooth| {
            match Lake::open(&path(folder.path())) {
                Ok(lake) => {
                    let pin = lake.pin().unwrap();
                    assert!(pin.commit() == 1 || told < 2, "success was told too early");
                    let rows = (pin.commit() == 1).then(|| owned(&[(1, Some("Anchor"))]));
                    assert_eq!(read_deals(&pin, "2026-11-20"), rows);
                    assert_no_damage(&lake);
                }
                Err(error) => assert!(told == 0 && error.message.starts_with("there is no lake"), "{error}"),
            }
            act(folder.path()).unwrap();
            assert_same(&folder, smooth);
        },
    };
    story.prove(&[]);
}

#[test]
fn a_commit_that_replaces_a_day_and_closes_a_month() {
    let story = Story {
        before: &|| faults::before().folder,
        act: &|folder| faults::run(&Lake::open(&folder.join("lake"))?).map(drop),
        check: &|folder, told, smooth| {
            let test = TestLake::open(folder);
            let is_done = faults::assert_whole(&test, 0);
            assert!(is_done || told == 0, "success was told too early");
            assert_no_damage(&test.lake);
            let again = faults::run(&test.lake).unwrap();
            assert!(again.warnings.is_empty());
            assert_eq!(again.commit.is_some(), !is_done);
            assert_same(&test.folder, smooth);
        },
    };
    story.prove(&[
        // The table had its folder before.
        ("transaction.rs", "lake/data"),
        // The month is closed by a later day of the same commit, and so its days lie in another file.
        ("parquet_file.rs", "1-crm.deal.unfinished"),
        // After a death the lake may hold the rows already, and their file is not kept.
        ("parquet_file.rs", "2-crm.deal.unfinished"),
    ]);
}

#[test]
fn a_commit_that_goes_on_from_marks_and_keeps_its_own() {
    const MEANING: u128 = 7;
    /// Commits a day with marks; gives how many of the day before were recalled.
    fn night(folder: &Path, of: &str, rows: &[Row<'_>]) -> Result<usize> {
        let lake = Lake::open(&folder.join("lake"))?;
        let mut writer = lake.lock("run")?;
        let mut transaction = writer.begin(day(of))?;
        let batch = deals(rows);
        let mut table = transaction.table(&deal(), Role::Snapshot, day(of), batch.schema_ref(), &[0])?;
        let recalled = table.recall(MEANING).map_or(Vec::new(), |marks| marks.rows);
        table.remember(MEANING)?;
        if !recalled.is_empty() {
            // A deal's mark is its id, and a deal stays as it is.
            table.go_on(&recalled, &recalled.iter().map(|row| Some(row.mark)).collect::<Vec<_>>())?;
        }
        let new: Vec<Row<'_>> =
            rows.iter().copied().filter(|(id, _)| recalled.iter().all(|row| row.mark != *id as u128)).collect();
        let marks: Vec<u128> = new.iter().map(|(id, _)| *id as u128).collect();
        table.write_marked(&deals(&new), &marks)?;
        transaction.add(table.finish_marked(&[99])?, Facts::new())?;
        transaction.commit(meta(1))?.warnings.into_iter().next().map_or(Ok(()), Err)?;
        recorder::tell(1);
        Ok(recalled.len())
    }
    let (one, two) = ([(1, Some("Anchor"))], [(1, Some("Anchor")), (2, None)]);
    let act = |folder: &Path| night(folder, "2026-11-21", &two).map(drop);
    let story = Story {
        before: &|| {
            let folder = TestLake::new().folder;
            night(folder.path(), "2026-11-20", &one).unwrap();
            folder
        },
        act: &act,
        check: &|folder, told, _| {
            let lake = Lake::open(&folder.path().join("lake")).unwrap();
            let pin = lake.pin().unwrap();
            assert!(pin.commit() == 2 || told == 0, "success was told too early");
            assert_eq!(read_deals(&pin, "2026-11-21"), Some(owned(if pin.commit() == 2 { &two } else { &one })));
            assert_no_damage(&lake);
            act(folder.path()).unwrap();
            let recalled = night(folder.path(), "2026-11-22", &two).unwrap();
            assert!([0, 2].contains(&recalled), "{recalled}");
            let pin = lake.pin().unwrap();
            assert_eq!((pin.commit(), read_deals(&pin, "2026-11-22")), (3, Some(owned(&two))));
            assert_no_damage(&lake);
        },
    };
    // The table had its folder before.
    story.prove(&[("transaction.rs", "lake/data")]);
}

#[test]
fn a_commit_with_a_checkpoint() {
    static BEFORE: OnceLock<Files> = OnceLock::new();
    fn nights(folder: &Path, nights: Range<i64>) -> Result<()> {
        let mut writer = Lake::open(&folder.join("lake"))?.lock("run")?;
        for night in nights {
            let mut transaction = writer.begin(day("2026-11-20"))?;
            add_deals(&mut transaction, "2026-11-20", &[(if night < 49 { night % 2 } else { night }, None)])?;
            transaction.commit(meta(1))?.warnings.into_iter().next().map_or(Ok(()), Err)?;
        }
        recorder::tell(1);
        Ok(())
    }
    let story = Story {
        before: &|| {
            let files = BEFORE.get_or_init(|| {
                let test = TestLake::new();
                nights(test.folder.path(), 0..49).unwrap();
                story::files(test.folder.path())
            });
            let folder = TestLake::new().folder;
            std::fs::create_dir(folder.path().join("lake/data/crm.deal")).unwrap();
            files.iter().for_each(|(path, bytes)| std::fs::write(folder.path().join(path), bytes).unwrap());
            folder
        },
        act: &|folder| nights(folder, 49..50),
        check: &|folder, told, smooth| {
            let lake = Lake::open(&folder.path().join("lake")).unwrap();
            assert!(lake.pin().unwrap().commit() == 50 || told == 0, "success was told too early");
            assert_no_damage(&lake);
            nights(folder.path(), 49..50).unwrap();
            assert_same(&folder, smooth);
        },
    };
    story.prove(&[
        // The table had its folder before.
        ("transaction.rs", "lake/data"),
        // A checkpoint only repeats what the commits say: the next commit writes it, if it is not there.
        ("fs.rs", "lake/commits"),
        // What a dead run left of its commit becomes durable with the checkpoint.
        ("writer.rs", "lake/commits"),
    ]);
}

#[test]
fn the_record_of_a_run() {
    for before in [None, Some("old")] {
        let act = |folder: &Path| {
            Lake::open(&folder.join("lake"))?.write_run("run-1", &"new")?;
            recorder::tell(1);
            Ok(())
        };
        let story = Story {
            before: &|| {
                let test = TestLake::new();
                before.into_iter().for_each(|before| test.lake.write_run("run-1", &before).unwrap());
                test.folder
            },
            act: &act,
            check: &|folder, told, smooth| {
                let lake = Lake::open(&folder.path().join("lake")).unwrap();
                let record: Option<String> = lake.read_run("run-1").unwrap();
                assert!(record.as_deref() == Some("new") || (told == 0 && record.as_deref() == before), "{record:?}");
                act(folder.path()).unwrap();
                assert_same(&folder, smooth);
            },
        };
        // The folder of the run, or else that of all runs, was there before.
        story.prove(&[("fs.rs", if before.is_some() { "lake/runs" } else { "lake" })]);
    }
}

#[test]
fn what_gc_notes_and_what_it_removes() {
    fn taken(files: &Files) -> Files {
        let is_taken = |path: &Path| path.starts_with("lake/data") || path.ends_with("gc.json");
        files.iter().filter(|(path, _)| is_taken(path)).cloned().collect()
    }
    for days in [10, 17] {
        let story = Story {
            before: &|| collect::before(days).folder,
            act: &|folder| {
                let lake = Lake::open(&folder.join("lake"))?;
                lake.collect("gc", collect::at(days), collect::GRACE, false)?;
                recorder::tell(1);
                Ok(())
            },
            check: &|folder, told, smooth| {
                let test = TestLake::open(folder);
                assert_no_damage(&test.lake);
                let found = story::files(test.folder.path());
                assert!(told == 0 || taken(&found) == taken(smooth), "success was told too early");
                collect::collect(&test, days);
                assert_same(&test.folder, smooth);
            },
        };
        // All commits were durable before.
        story.prove(&[("writer.rs", "lake/commits")]);
    }
}

#[test]
fn a_repair() {
    fn act(folder: &Path) -> Result<()> {
        let left = Lake::open(&folder.join("lake"))?.repair("repair", true, &mut |_, _| ())?.left;
        assert!(left.is_empty(), "{left:?}");
        recorder::tell(1);
        Ok(())
    }
    let story = Story {
        before: &|| repair::damaged().folder,
        act: &act,
        check: &|folder, told, smooth| {
            let test = TestLake::open(folder);
            if told > 0 {
                assert_no_damage(&test.lake);
            }
            act(test.folder.path()).unwrap();
            assert_same(&test.folder, smooth);
        },
    };
    story.prove(&[
        // What is made durable when it is replaced is so once more at the end.
        ("fs.rs", "lake"),
        // Nothing was mended in these.
        ("repair.rs", "lake/data"),
        ("repair.rs", "lake/data/kpi.win_rate"),
    ]);
}

fn assert_no_damage(lake: &Lake) {
    let damages = lake.verify_all(&mut |_, _| ()).unwrap().damages;
    assert!(damages.is_empty(), "{damages:?}");
}

fn assert_same(folder: &TempDir, wanted: &Files) {
    let found = story::files(folder.path());
    let names = |files: &Files| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(wanted));
    assert!(found == *wanted, "other content");
}
