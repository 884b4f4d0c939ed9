//! What commits are told to have changed.

use super::*;
use crate::lake::{ChangeKind, changes};

/// Kind, day and rows, rows before, and whether it is a correction.
type Told = (ChangeKind, String, u64, Option<u64>, bool);

/// Each change of each commit.
fn told(test: &TestLake) -> Vec<Vec<Told>> {
    let log = test.lake.log().unwrap();
    let told = changes(&log).into_iter().map(|changes| {
        let told = changes.into_iter().map(|change| {
            let (version, before) = (change.version, change.before.map(|before| before.rows));
            (change.kind, version.day.to_string(), version.rows, before, change.is_correction)
        });
        told.collect()
    });
    told.collect()
}

#[test]
fn only_what_came_too_late_or_in_another_form_corrects_the_past() {
    use ChangeKind::{Added, Removed, Replaced};
    let test = TestLake::new();
    let (one, two) = (&[(1, Some("Anchor"))][..], &[(1, Some("Anchor")), (2, None)][..]);
    test.commit("2026-11-20", one);
    test.commit("2026-11-22", one);
    test.commit("2026-11-21", one);
    test.commit("2026-11-20", two);
    test.commit("2026-12-01", two);
    let mut writer = test.lake.lock("run-6").unwrap();
    let mut transaction = writer.begin(day("2026-12-01")).unwrap();
    transaction.drop_table(&deal(), Role::Snapshot);
    let batch = deals(one);
    let model = TableName::new("kpi", "win_rate").unwrap();
    let mut table = transaction.table(&model, Role::Model, day("2026-11-01"), batch.schema_ref(), &[]).unwrap();
    table.write(&batch).unwrap();
    transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
    transaction.commit(meta(6)).unwrap();
    assert!(writer.show_latest().is_empty());
    drop(writer);
    test.commit("2026-11-20", one);

    let of = |text: &str| text.to_owned();
    assert_eq!(
        told(&test),
        [
            vec![(Added, of("2026-11-20"), 1, None, false)],
            vec![(Added, of("2026-11-22"), 1, None, false)],
            vec![(Added, of("2026-11-21"), 1, None, true)],
            // The days after it are derived anew and say what they said.
            vec![(Replaced, of("2026-11-20"), 2, Some(1), true)],
            // So does the month that is closed.
            vec![(Added, of("2026-12-01"), 2, None, false)],
            vec![
                (Removed, of("2026-11-20"), 2, None, true),
                (Removed, of("2026-11-21"), 1, None, true),
                (Removed, of("2026-11-22"), 1, None, true),
                (Removed, of("2026-12-01"), 2, None, true),
                (Added, of("2026-11-01"), 1, None, false),
            ],
            vec![(Added, of("2026-11-20"), 1, None, false)],
        ]
    );
}
