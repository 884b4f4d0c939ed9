//! The lake as a whole: what its readers see before, between and after commits.

mod collect;
mod columns;
mod corruption;
mod commits;
mod crash;
mod damage;
mod faults;
mod full_disk;
mod history;
mod keep;
mod log;
mod opening;
mod repair;
mod state_hash;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;
use uuid::Uuid;

use super::{CommitMeta, Facts, Lake, Origin, Outcome, Pin, Role, TableName, Transaction};
use crate::day::Day;
use crate::error::Result;

/// A lake in a folder that goes away with it.
struct TestLake {
    folder: TempDir,
    lake: Lake,
}

impl TestLake {
    fn new() -> Self {
        let folder = folder();
        let lake = Lake::open_or_create(&folder.path().join("lake"), Uuid::from_u128(7)).unwrap();
        Self { folder, lake }
    }

    /// The lake that lies in a folder.
    fn open(folder: TempDir) -> Self {
        let lake = Lake::open(&folder.path().join("lake")).unwrap();
        Self { folder, lake }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("lake").join(name)
    }

    fn pin(&self) -> Pin {
        self.lake.pin().unwrap()
    }

    /// Commits `crm.deal` of a day as a run of its own.
    fn commit(&self, of: &str, rows: &[Row<'_>]) -> Outcome {
        commit_deals(&self.lake, of, rows).unwrap()
    }

    /// The deals in the file for readers outside.
    fn latest(&self) -> Vec<(i64, Option<String>)> {
        self.deals_in("latest/crm.deal.parquet")
    }

    /// The deals in a file, read as anyone does.
    fn deals_in(&self, name: &str) -> Vec<(i64, Option<String>)> {
        let file = std::fs::File::open(self.path(name)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut rows = rows_of(&reader.map(Result::unwrap).collect::<Vec<_>>());
        rows.sort();
        rows
    }

    /// The names in a folder of the lake.
    fn list(&self, folder: &str) -> Vec<String> {
        list(&self.path(folder))
    }
}

/// A folder in memory, if there is one: each commit waits for the disk a dozen times, and memory keeps what the faults of
/// these tests leave as well.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A deal's id and name.
type Row<'a> = (i64, Option<&'a str>);

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn deal() -> TableName {
    TableName::new("crm", "deal").unwrap()
}

fn meta(uuid: u128) -> CommitMeta {
    CommitMeta {
        uuid: Uuid::from_u128(uuid),
        made_at: "2026-11-22T02:00:00Z".parse().unwrap(),
        program: "forecastle 0.1.0".to_owned(),
        message: "a night".to_owned(),
    }
}

fn deals(rows: &[Row<'_>]) -> RecordBatch {
    let ids: Int64Array = rows.iter().map(|row| row.0).collect();
    let names: StringArray = rows.iter().map(|row| row.1).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("deal_id", Arc::new(ids) as ArrayRef, false),
        ("name", Arc::new(names), true),
    ])
    .unwrap()
}

/// Adds `crm.deal` of a day to a transaction; tells whether that changes the lake.
fn add_deals(transaction: &mut Transaction<'_>, of: &str, rows: &[Row<'_>]) -> Result<bool> {
    let batch = deals(rows);
    let mut writer = transaction.table(&deal(), Role::Snapshot, day(of), batch.schema_ref(), &[0])?;
    writer.write(&batch)?;
    transaction.add(writer.finish()?, Facts::new())
}

fn commit_deals(lake: &Lake, of: &str, rows: &[Row<'_>]) -> Result<Outcome> {
    let mut writer = lake.lock(&format!("run-{of}"))?;
    let mut transaction = writer.begin(day(of))?;
    add_deals(&mut transaction, of, rows)?;
    let mut outcome = transaction.commit(meta(1))?;
    outcome.warnings.extend(writer.show_latest());
    Ok(outcome)
}

/// Rows as `read_deals` gives them.
fn owned(rows: &[Row<'_>]) -> Vec<(i64, Option<String>)> {
    rows.iter().map(|(id, name)| (*id, name.map(str::to_owned))).collect()
}

/// The deals as of a day, `None` if no snapshot is that old.
fn read_deals(pin: &Pin, of: &str) -> Option<Vec<(i64, Option<String>)>> {
    pin.as_of(&deal(), Role::Snapshot, day(of)).map(|version| {
        let batches: Vec<RecordBatch> = pin.read(version).unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64, version.rows);
        rows_of(&batches)
    })
}

fn rows_of(batches: &[RecordBatch]) -> Vec<(i64, Option<String>)> {
    let rows = batches.iter().flat_map(|batch| {
        let (ids, names) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_string::<i32>());
        ids.values().iter().copied().zip(names.iter().map(|name| name.map(str::to_owned)))
    });
    rows.collect()
}

fn list(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// All files under a folder with their content, but for the runs' own lock.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for name in list(folder) {
        let path = folder.join(name);
        match path.is_dir() {
            true => files.extend(content(&path)),
            false => files.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    files
}
