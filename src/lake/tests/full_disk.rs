//! Real full and read-only file systems, where the tests may mount one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use tempfile::TempDir;

use super::*;
use crate::error::Kind;

/// A file system in memory, unmounted with its folder.
struct Mount(TempDir);

impl Mount {
    /// `None`, with a word on stderr, where this account may not mount.
    fn tmpfs(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], folder.path());
        if !mounted {
            eprintln!("{test}: skipped, as this account may not mount a tmpfs");
        }
        mounted.then(|| Self(folder))
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(arguments).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_with_what_to_do_and_changes_nothing() {
    let Some(disk) = Mount::tmpfs("a_full_disk_is_told_with_what_to_do_and_changes_nothing") else { return };
    let lake = Lake::open_or_create(&disk.0.path().join("lake"), Uuid::from_u128(7)).unwrap();
    commit_deals(&lake, "2026-11-20", &[(1, None)]).unwrap();

    let mut writer = lake.lock("run-2").unwrap();
    let mut transaction = writer.begin(day("2026-11-21")).unwrap();
    let mut number = 1_i64;
    let noise: Int64Array = (0..500_000)
        .map(|_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            number
        })
        .collect();
    let batch = RecordBatch::try_from_iter([("noise", Arc::new(noise) as ArrayRef)]).unwrap();
    let mut table = transaction.table(&deal(), Role::Model, day("2026-11-21"), batch.schema_ref(), &[]).unwrap();
    let error = table.write(&batch).and_then(|()| table.finish().map(drop)).unwrap_err();
    assert_eq!(error.kind, Kind::Io);
    assert!(error.help.unwrap().contains("free some space"));
    drop(transaction);
    drop(writer);

    let pin = lake.pin().unwrap();
    assert_eq!((pin.commit(), read_deals(&pin, "2026-11-21").unwrap().len()), (1, 1));
    commit_deals(&lake, "2026-11-21", &[(1, None), (2, None)]).unwrap();
    assert!(lake.verify(&lake.pin().unwrap()).unwrap().is_empty());
}

#[test]
fn a_read_only_lake_is_readable_and_told_so_to_a_writer() {
    let Some(disk) = Mount::tmpfs("a_read_only_lake_is_readable_and_told_so_to_a_writer") else { return };
    let path = disk.0.path().join("lake");
    let lake = Lake::open_or_create(&path, Uuid::from_u128(7)).unwrap();
    commit_deals(&lake, "2026-11-20", &[(1, None)]).unwrap();
    assert!(mount(&["-o", "remount,ro"], disk.0.path()));

    let error = lake.lock("run-2").map(drop).unwrap_err();
    assert_eq!(error.kind, Kind::Io);
    assert!(error.help.unwrap().contains("read-only"));
    let pin = Lake::open_or_create(&path, Uuid::from_u128(8)).unwrap().pin().unwrap();
    assert_eq!(read_deals(&pin, "2026-11-20").unwrap().len(), 1);
}
