//! Ingest: a source's export of a day becomes its declared table's rows, sorted by key, and its rejects.
//!
//! Nothing is inferred: text is mapped and cast by the declared types. A row that does not fit is kept as a
//! reject with its place and reason, and is never taken for a deletion: where its key can be read, the last good
//! version of the row is carried on. A source fails whole, without touching the lake, when too many rows are
//! rejected or when the export is much smaller than the one before. What days before the first export were like is
//! worked out from events in [`rebuild`].

mod conform;
mod feed;
mod function;
mod going_on;
mod guard;
mod keyed;
mod mapping;
mod ordering;
mod pass;
mod placed;
mod reading;
pub mod rebuild;
mod recalled;
mod reject;
pub mod text;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::execution::SessionState;
use twox_hash::XxHash3_128;

pub use mapping::{Place, check};

use crate::day::Day;
use crate::error::{Doing, Error, Result};
use crate::exports::{self, FileFacts, Format, Roots};
use crate::hash::sha256_of_parts;
use crate::lake::{Facts, Pin, Staged, TableWriter, Version};
use crate::project::{self, Source};
use crate::query::{DeclaredTable, Settings, sql_type};
use feed::Feed;
use keyed::Keys;
use pass::{HELD, Held, Known, Pass, Passed, Through};
use reading::{Over, Read};
use recalled::Recalled;
use reject::Rejects;

/// Exports of more bytes are not marked: they have more rows than marks are kept of.
const MARKED: u64 = 512 << 20;

/// One source on one day.
#[derive(Clone)]
pub struct Job {
    pub source: Source,
    pub place: Place,
    pub table: DeclaredTable,
    /// The source's format with its path made whole.
    pub format: Format,
    pub roots: Roots,
    pub settings: Settings,
    /// Of `session::open_for_mapping`, for the same settings.
    pub engine: SessionState,
}

/// What a source gave, not yet in any commit.
pub struct Loaded {
    pub table: Staged,
    pub rejects: Option<Staged>,
    pub counts: Counts,
    /// What the lake remembers beside the version.
    pub facts: Facts,
    /// Why rows were rejected, the most frequent first.
    pub reasons: Vec<String>,
    /// What was changed of rows that were taken, as far as they were read anew.
    pub notes: Vec<String>,
    pub files: Vec<FileFacts>,
}

/// Rows of one source on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// In the export, without those that `where` leaves out; one that holds several rows of the table counts as often.
    pub read: u64,
    pub left_out: u64,
    pub rejected: u64,
    /// Rejected rows of which the last good version stays.
    pub carried: u64,
    /// In the table as of the day.
    pub rows: u64,
    /// In the table as of the day before; none, if there was none.
    #[serde(default)]
    pub before: Option<u64>,
}

impl Job {
    pub fn day(&self) -> Day {
        self.settings.day
    }

    /// The export's files of the day, sorted by name.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        exports::find(&self.roots, self.format.path(), self.day())
    }

    /// Words for an export that is not there: which pattern, and what lies beside it.
    pub fn nothing_found(&self) -> String {
        format!("{}: {}", self.table.name, exports::nothing_found(&self.roots, self.format.path(), self.day()))
    }

    /// A hash of all that the table's rows of the day depend on, apart from the engine: equal hashes, equal rows.
    pub fn fingerprint(&self, files: &[PathBuf], pin: &Pin, program: &str) -> Result<String> {
        let contents = files.iter().map(|file| {
            let content = std::fs::File::open(file).doing("open", file)?;
            let content = hash_content(content).doing("read", file)?;
            Ok((self.roots.name(file), format!("{content:032x}")))
        });
        Ok(self.fingerprint_of(contents.collect::<Result<Vec<_>>>()?, pin, program))
    }

    /// Likewise, of files whose contents were hashed while they were read.
    pub fn fingerprint_of_read(&self, files: &[FileFacts], pin: &Pin, program: &str) -> String {
        let contents = files.iter().map(|file| (file.file.to_string(), file.xxh3.clone()));
        self.fingerprint_of(contents.collect(), pin, program)
    }

    fn fingerprint_of(&self, contents: Vec<(String, String)>, pin: &Pin, program: &str) -> String {
        let mut parts = vec![program.to_owned(), built_on(self.before(pin))];
        parts.extend(self.read_with());
        parts.extend(contents.into_iter().map(|(name, hash)| format!("{name} {hash}")));
        sha256_of_parts(parts.iter().map(String::as_str))
    }

    /// The table as of the last day before this one that had an export.
    fn before<'p>(&self, pin: &'p Pin) -> Option<&'p Version> {
        pin.exports(&self.table.name).rfind(|version| version.day < self.day())
    }

    /// Compiles the map over the header of the day's export: what `validate` does where an export is there.
    pub fn check_header(&self, files: &[PathBuf]) -> Result<()> {
        let export = exports::open(&self.roots, &self.format, files)?;
        mapping::compile(&self.source, &self.table, export.header(), &self.engine, &self.settings.timezone, &self.place)
            .map(|_| ())
    }

    /// Reads the export and writes the table's rows of the day and the rejects; blocks.
    pub fn load(&self, files: &[PathBuf], pin: &Pin, table: TableWriter, rejects: TableWriter) -> Result<Loaded> {
        self.load_holding(HELD, files, pin, table, rejects)
    }

    /// Likewise, with so much of an export in memory.
    fn load_holding(
        &self,
        held: Held,
        files: &[PathBuf],
        pin: &Pin,
        mut table: TableWriter,
        rejects: TableWriter,
    ) -> Result<Loaded> {
        let keys = Arc::new(Keys::new(&self.table)?);
        let scratch = table.scratch().to_owned();
        let before = self.before(pin);
        let export = self.source.export;
        let pass = Pass { table: &self.table, keys: Arc::clone(&keys), export, pin, before, scratch: &scratch, held };
        let mut known = Known::default();
        let (Through { read, rows, carried, .. }, rejected, reasons) = loop {
            let (feed, recalled) = self.open(files, &keys, &known, held, &mut table)?;
            let passed = match recalled {
                Some(recalled) => pass.go_on(feed, &recalled, &known, &mut table),
                None => pass.run(feed, &known, &mut table),
            };
            known = match passed.map_err(|error| self.told(error))? {
                Passed::Again(more) => more,
                Passed::Through(mut through) => {
                    let (rejects, reasons) = self.rejects(&mut through)?;
                    match rejects {
                        Rejects::Kept(rejected) => break (through, rejected, reasons),
                        Rejects::Counted(_) => Known { keeps_rejects: true, rejected: None, ..known },
                    }
                }
            };
            table = table.anew()?;
        };
        let Read { facts: export, counts, left_out, rounded, .. } = *read;
        let notes = rounded.into_iter().map(|(column, rows)| self.rounded(column, rows)).collect();
        let counts = Counts {
            rejected: rejected.len() as u64,
            carried,
            rows,
            before: before.map(|before| before.rows),
            ..counts
        };
        self.guard_volume(before, &counts)?;

        let table = table.finish_marked(&left_out)?;
        let rejects = match rejected.is_empty() {
            true => None,
            false => Some(write(rejects, &reject::batch(rejected)?)?),
        };
        let mut facts = facts(&counts, &export);
        // Absent rows of an export of changes, and rejected ones of any, are as they were: or are missing, as they were.
        if self.source.export == project::Export::Changes || counts.rejected > 0 {
            facts.insert(Version::BUILDS_ON.to_owned(), built_on(before).into());
        }
        Ok(Loaded { table, rejects, facts, counts, reasons, notes, files: export })
    }

    fn rounded(&self, column: usize, rows: u64) -> String {
        let column = &self.table.columns[column];
        format!(
            "{rows} × `{}` has more decimals than {} keeps, and was rounded",
            column.name,
            sql_type(&column.data_type)
        )
    }

    /// The rejects of an export that was read to its end, and why they were rejected, if they are not too many.
    fn rejects(&self, through: &mut Through) -> Result<(Rejects, Vec<String>)> {
        let Through { read, doubles, .. } = through;
        let mut rejects = std::mem::take(&mut read.rejects);
        rejects.extend(doubles.iter().map(|double| double.reject(&read.files)));
        let reasons = rejects.reasons();
        self.guard_rejects(rejects.len(), read.counts.read, &reasons)?;
        Ok((rejects, reasons))
    }

    /// Opens the export, which is read from now on; recalls the export before where that tells something of this one.
    fn open(
        &self,
        files: &[PathBuf],
        keys: &Arc<Keys>,
        known: &Known,
        held: Held,
        table: &mut TableWriter,
    ) -> Result<(Feed, Option<Arc<Recalled>>)> {
        let mut export = exports::open(&self.roots, &self.format, files).map_err(|error| self.told(error))?;
        let header = export.header().to_vec();
        let mapping =
            mapping::compile(&self.source, &self.table, &header, &self.engine, &self.settings.timezone, &self.place)
                .map_err(|error| self.unfit(files, error))?;
        export.select(&mapping.reads).map_err(|error| self.told(error))?;
        let mut recalled = None;
        // A record of CSV has bytes of its own; one of changes is mostly new; one of several rows would need several marks.
        let is_marked = matches!(self.format, Format::Csv(_)) && self.source.rows.is_empty();
        let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum();
        if is_marked && self.source.export == project::Export::Full && bytes <= MARKED {
            let version = env!("CARGO_PKG_VERSION");
            let meaning = format!("{version} {:?} {header:?}\n{mapping}", self.read_with());
            let meaning = XxHash3_128::oneshot(meaning.as_bytes());
            recalled = table.recall(meaning).filter(|_| !known.recalls_nothing).map(Recalled::new).map(Arc::new);
            table.remember(meaning)?;
            export.mark(recalled.clone().unwrap_or_default());
        }
        let (table, zone, keys) = (self.table.clone(), self.settings.timezone.clone(), Arc::clone(keys));
        let limit = self.source.rejects.limit.0;
        let rejects = if known.keeps_rejects { u64::MAX } else { held.rejects };
        let over = Over { table, zone, mapping, keys, header, recalled: recalled.clone(), limit, rejects };
        Ok((Feed::open(export, over)?, recalled))
    }

    /// What an export's rows depend on beside its files and the program.
    fn read_with(&self) -> [String; 4] {
        let Settings { calendar, timezone, currency, holidays, .. } = &self.settings;
        let zone = timezone.iana_name().unwrap_or_default();
        [
            format!("{:?}", self.source),
            format!("{zone} {calendar:?} {holidays:?}"),
            currency.clone(),
            self.table.sql.text.clone(),
        ]
    }

    /// A header that the map does not fit is the export's failure: the map was right when the project was checked.
    fn unfit(&self, files: &[PathBuf], error: Error) -> Error {
        let Some(first) = error.problems.first() else { return self.told(error) };
        let file = files.first().map(|file| self.roots.name(file)).unwrap_or_default();
        let more = match error.problems.len() {
            1 => String::new(),
            count => format!(" (and {} more like it)", count - 1),
        };
        let help = first.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        Error::failed(format!("{}: {file} does not fit its map: {}{more}", self.table.name, first.message))
            .help(format!("mend the export, or the map at {}{help}", first.place))
    }

    /// Names the table in a failure of its export.
    fn told(&self, error: Error) -> Error {
        Error { message: format!("{}: {}", self.table.name, error.message), ..error }
    }
}

/// Names the state of the export before, which a day may take rows over from.
fn built_on(before: Option<&Version>) -> String {
    before.map(|before| format!("{} {}", before.day, before.state)).unwrap_or_default()
}

/// Whether a version took rows over from a state that is no longer that of the export before it.
pub fn is_outdated(before: Option<&Version>, version: &Version) -> bool {
    let held = version.facts.get(Version::BUILDS_ON).and_then(|held| held.as_str());
    held.is_some_and(|held| held != built_on(before))
}

/// Nobody gains by two exports that collide, so a hash that is as fast as reading will do.
fn hash_content(mut content: impl std::io::Read) -> std::io::Result<u128> {
    let mut hasher = XxHash3_128::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(hasher.finish_128()),
            length => hasher.write(&buffer[..length]),
        }
    }
}

fn write(mut writer: TableWriter, batch: &RecordBatch) -> Result<Staged> {
    writer.write(batch)?;
    writer.finish()
}

fn facts(counts: &Counts, export: &[FileFacts]) -> Facts {
    let files: Vec<serde_json::Value> = export
        .iter()
        .map(|file| serde_json::json!({"file": &*file.file, "rows": file.rows, "faults": file.faults, "bytes": file.bytes, "xxh3_128": file.xxh3}))
        .collect();
    let mut facts = Facts::new();
    facts.insert("files".to_owned(), files.into());
    facts.insert("counts".to_owned(), serde_json::json!(counts));
    facts
}

#[cfg(test)]
mod tests;
