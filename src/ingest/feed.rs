//! An export read and mapped on threads of their own, so that reading, mapping and writing go on beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use arrow::array::RecordBatch;

use super::reading::{Over, Read, Reading};
use crate::error::{Error, Result};
use crate::exports::{Export, FileFacts, TextBatch};

/// Batches that wait between two threads.
const WAITING: usize = 4;

/// An export whose rows come as they are read and mapped.
pub struct Feed {
    pub rows: Rows,
    pub end: End,
}

/// The rows that fit, in the order of reading, up to the export's end or the first failure.
pub struct Rows(Receiver<RecordBatch>);

/// What is known when the last row has come.
pub struct End {
    mapping: JoinHandle<Result<Read>>,
    has_rejected_keys: Arc<AtomicBool>,
}

impl Feed {
    pub fn open(export: Export, over: Over) -> Result<Self> {
        let (text, texts) = sync_channel(WAITING);
        let reading = begin("read", move || read(export, &text))?;
        let (row, rows) = sync_channel(WAITING);
        let has_rejected_keys = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&has_rejected_keys);
        let mapping = begin("map", move || {
            let mapped = map(over, texts, &row, &seen)?;
            drop(row);
            mapped.end(joined(reading)?)
        })?;
        Ok(Self { rows: Rows(rows), end: End { mapping, has_rejected_keys } })
    }
}

fn begin<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Error::failed(format!("could not begin to read an export: {error}")))
}

/// Reads the export to its end, or until nobody takes its rows any more.
fn read(mut export: Export, text: &SyncSender<TextBatch>) -> Result<Vec<FileFacts>> {
    while let Some(batch) = export.next_batch()? {
        if text.send(batch).is_err() {
            break;
        }
    }
    Ok(export.facts().to_vec())
}

fn map(over: Over, texts: Receiver<TextBatch>, row: &SyncSender<RecordBatch>, seen: &AtomicBool) -> Result<Reading> {
    let mut reading = Reading::new(over);
    for batch in texts {
        let rows = reading.take(batch)?;
        if reading.has_rejected_keys() {
            seen.store(true, Ordering::Relaxed);
        }
        for rows in rows {
            if row.send(rows).is_err() {
                return Ok(reading);
            }
        }
    }
    Ok(reading)
}

impl Rows {
    /// Waits for rows up to so many bytes; tells whether these are all.
    pub fn ahead(&self, bytes: usize) -> (Vec<RecordBatch>, bool) {
        let (mut held, mut size) = (Vec::new(), 0);
        while size < bytes {
            let Ok(rows) = self.0.recv() else { return (held, true) };
            size += rows.get_array_memory_size();
            held.push(rows);
        }
        (held, false)
    }
}

impl Iterator for Rows {
    type Item = RecordBatch;

    fn next(&mut self) -> Option<RecordBatch> {
        self.0.recv().ok()
    }
}

impl End {
    /// Whether a row was rejected by now whose last good version may have to be carried.
    pub fn has_rejected_keys(&self) -> bool {
        self.has_rejected_keys.load(Ordering::Relaxed)
    }

    /// What reading came to, or why it failed; to be asked when no more rows come.
    pub fn read(self) -> Result<Read> {
        joined(self.mapping)
    }
}

fn joined<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(Error::failed("reading an export broke off")))
}
