//! Everything that can be known of a lake: each commit and checkpoint, each data file that any commit names, the state of
//! each version, and what lies in `latest` and `snapshots`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::chain::Survey;
use super::super::commit::{DataFile, Stored, Version};
use super::super::name::{Role, TableName};
use super::super::pin::Pin;
use super::super::state_hash::{StateHash, StateHasher};
use super::super::{Lake, chain, collect, fs, history, keep, latest, rows, shown};
use super::{Damage, Part, damage, remember};
use crate::day::Day;
use crate::error::{Kind, Result};

/// What a look at everything found.
#[derive(Debug, Default)]
pub struct Verified {
    pub commits: usize,
    pub checkpoints: usize,
    /// Data files that were read whole.
    pub files: usize,
    pub bytes: u64,
    /// Versions of tables whose rows were found to be those of their commit.
    pub versions: usize,
    /// In the order of what is read: commits, data, `latest`, the rest.
    pub damages: Vec<Damage>,
    /// Data files that only old commits name, and gc removed.
    pub collected: usize,
    /// Files below `data` that no commit names: a run goes on, or died, or someone else put them there.
    pub unnamed: Vec<PathBuf>,
}

impl Lake {
    /// Looks at everything; `observe` is told how many of how many things are done.
    pub fn verify_all(&self, observe: &mut dyn FnMut(usize, usize)) -> Result<Verified> {
        // First, so that what a run that goes on moves there meanwhile is not told as unnamed.
        let there = collect::there(&self.root)?;
        let survey = chain::survey(&self.root, &self.origin)?;
        let mut verified =
            Verified { commits: survey.commits.len(), checkpoints: survey.checkpoints, ..Verified::default() };
        let commits = survey.damaged_commits.iter().map(|(path, what)| commit_damage(path, what));
        verified.damages.extend(commits.collect::<Vec<_>>());
        verified.damages.extend(survey.damaged_checkpoints.iter().map(|(path, what, is_repeated)| Damage {
            path: path.clone(),
            what: what.clone(),
            help: "it only repeats what the commits before it say; put those that are damaged back first".to_owned(),
            part: Part::Checkpoint { is_repeated: *is_repeated },
        }));

        // Where a commit is damaged, a checkpoint behind it may still tell what the lake holds.
        let pin = match &survey.head {
            Some(head) => Some(Pin::new(self.root.clone(), head.clone())),
            None => self.pin().ok(),
        };
        let named = Named::new(&survey, pin.as_ref());
        let segments = pin.iter().flat_map(all_segments).collect::<Vec<_>>();
        let of = named.files.len() + segments.len();
        let mut bad: BTreeSet<&str> = BTreeSet::new();
        let mut gone: Vec<&str> = Vec::new();
        for (done, (name, file)) in named.files.iter().enumerate() {
            observe(done, of);
            let path = self.root.join(name);
            match look(&path, file)? {
                None => {
                    verified.files += 1;
                    verified.bytes += file.bytes;
                    remember(&path, file);
                }
                Some(_) if !fs::exists(&path) && !named.newest.contains(name) => gone.push(name),
                Some(what) => {
                    bad.insert(name);
                    verified.damages.push(named.damage(path, what, name));
                }
            }
        }
        self.judge_gone(&survey, &named, gone, &mut verified)?;

        for (done, (pin, segment)) in segments.iter().enumerate() {
            observe(named.files.len() + done, of);
            let is_damaged = segment.iter().flat_map(|part| &part.files).any(|file| bad.contains(file.path.as_str()));
            if !is_damaged {
                self.check_states(pin, segment, &mut verified)?;
            }
        }
        for (files, part, mends) in [
            (latest::files(&self.root)?, Part::Latest, "forecastle lake repair makes it anew"),
            (keep::files(&self.root)?, Part::Kept, "forecastle lake repair removes it, and the next run makes it anew"),
        ] {
            for (path, what) in shown::damages(&self.root, files, &named.files)? {
                let help = format!("it only repeats what lies in the lake: {mends}");
                verified.damages.push(Damage { path, what, help, part: part.clone() });
            }
        }
        verified.unnamed = there
            .keys()
            .filter(|name| !named.files.contains_key(name.as_str()))
            .map(|name| self.root.join(name))
            .collect();
        Ok(verified)
    }

    /// Tells files that gc took from those that were lost.
    fn judge_gone(&self, survey: &Survey, named: &Named<'_>, gone: Vec<&str>, verified: &mut Verified) -> Result<()> {
        let record = match collect::read(&self.root) {
            Ok(record) => Some(record),
            Err(error) if error.kind == Kind::Damaged => {
                verified.damages.push(Damage {
                    path: collect::path(&self.root),
                    what: "is damaged: its content does not match its checksum".to_owned(),
                    help: "forecastle lake repair writes it anew".to_owned(),
                    part: Part::Record,
                });
                None
            }
            Err(error) => return Err(error),
        };
        // Where commits or the record cannot be read, that is damage enough: who took a file is not known.
        let kept = match (record, &survey.head) {
            (Some(record), Some(_)) => collect::named_since(&survey.commits, record.kept_from),
            _ => BTreeSet::new(),
        };
        for name in gone {
            if kept.contains(name) {
                let what = "is missing; only old commits name it".to_owned();
                verified.damages.push(named.damage(self.root.join(name), what, name));
            } else {
                verified.collected += 1;
            }
        }
        Ok(())
    }

    /// Compares the rows that the files of a segment give for each of its days with what was committed.
    fn check_states(&self, pin: &Pin, segment: &[Arc<Version>], verified: &mut Verified) -> Result<()> {
        let found = match states(pin, segment) {
            Ok(found) => found,
            Err(error) if error.kind == Kind::Damaged => {
                let version = &segment[0];
                let what = format!("cannot be read for {}: {}", version.day, error.message);
                verified.damages.push(state_damage(&self.root, version, what));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for (version, (rows, state)) in segment.iter().zip(found) {
            if (version.rows, version.state) == (rows, state) {
                verified.versions += 1;
                continue;
            }
            let Version { day, role, rows: wanted, .. } = version.as_ref();
            let counted = if rows == *wanted { String::new() } else { format!(": {rows} instead of {wanted}") };
            let what = format!("gives other rows for the {role} of {day} than were committed{counted}");
            verified.damages.push(state_damage(&self.root, version, what));
        }
        Ok(())
    }
}

/// What is wrong with a data file, its footer included.
fn look(path: &Path, file: &DataFile) -> Result<Option<String>> {
    if let Some(what) = damage(path, file)? {
        return Ok(Some(what));
    }
    let footer = match rows::builder(path, file.bytes) {
        Ok(footer) => footer,
        Err(error) if error.kind == Kind::Damaged => return Ok(Some("does not read as Parquet".to_owned())),
        Err(error) => return Err(error),
    };
    let found = footer.metadata().file_metadata().num_rows();
    let is_right = u64::try_from(found) == Ok(file.rows);
    Ok((!is_right).then(|| format!("has {found} rows instead of {}", file.rows)))
}

/// Rows and state of each version of a segment.
fn states(pin: &Pin, segment: &[Arc<Version>]) -> Result<Vec<(u64, StateHash)>> {
    match segment {
        [only] if only.stored == Stored::Whole => {
            let mut hasher = StateHasher::default();
            let mut rows = 0;
            for batch in pin.read(only)? {
                let batch = batch?;
                rows += batch.num_rows() as u64;
                hasher.add(&batch);
            }
            Ok(vec![(rows, hasher.finish())])
        }
        segment => history::states(pin, segment),
    }
}

fn all_segments(pin: &Pin) -> Vec<(&Pin, Vec<Arc<Version>>)> {
    let roles = [Role::Snapshot, Role::Model, Role::Reject, Role::Check];
    let tables = roles.iter().flat_map(|role| pin.tables(*role).map(move |table| (table, *role)));
    let segments = tables.flat_map(|(table, role)| history::segments(pin.head().state.days(table, role)));
    segments.map(|segment| (pin, segment)).collect()
}

/// The data files that any commit names.
struct Named<'v> {
    files: BTreeMap<&'v str, &'v DataFile>,
    /// Those of the newest commit.
    newest: BTreeSet<&'v str>,
    /// What lies in each: as the newest commit says, if it names it.
    holds: BTreeMap<&'v str, (Role, &'v TableName, Stored, Day, Day)>,
}

impl<'v> Named<'v> {
    fn new(survey: &'v Survey, pin: Option<&'v Pin>) -> Self {
        let newest: Vec<&Version> =
            pin.into_iter().flat_map(|pin| pin.head().state.versions()).map(AsRef::as_ref).collect();
        let mut named = Self { files: BTreeMap::new(), newest: BTreeSet::new(), holds: BTreeMap::new() };
        named.newest.extend(newest.iter().flat_map(|version| &version.files).map(|file| file.path.as_str()));
        named.add(&newest);
        let older: Vec<&Version> = survey.commits.iter().flat_map(|commit| &commit.added).collect();
        named.add(&older);
        named
    }

    /// Adds the files of versions, as far as no earlier call did.
    fn add(&mut self, versions: &[&'v Version]) {
        let mut files: BTreeMap<&str, &DataFile> = BTreeMap::new();
        for version in versions {
            let new = version.files.iter().filter(|file| !self.files.contains_key(file.path.as_str()));
            for file in new.collect::<Vec<_>>() {
                files.insert(&file.path, file);
                let Version { role, table, stored, day, .. } = version;
                let (_, _, _, from, to) = self.holds.entry(&file.path).or_insert((*role, table, *stored, *day, *day));
                (*from, *to) = ((*from).min(*day), (*to).max(*day));
            }
        }
        self.files.extend(files);
    }

    fn damage(&self, path: PathBuf, what: String, name: &str) -> Damage {
        let (role, table, stored, from, to) = self.holds[name];
        let days = if from == to { format!("of {from}") } else { format!("from {from} to {to}") };
        let holds = format!("it holds the {role} of {table} {days}");
        let help = if !self.newest.contains(name) {
            format!("put it back from a backup of the lake; only old commits name it: {holds}")
        } else if stored == Stored::Month && role == Role::Model {
            format!(
                "put it back from a backup of the lake, or compute it over what is known now with `forecastle run --full-refresh`: {holds}"
            )
        } else if stored == Stored::Month {
            format!("put it back from a backup of the lake; without one load all exports into a new lake: {holds}")
        } else {
            format!(
                "put it back from a backup of the lake, or make it anew with `forecastle run --day {from}`: {holds}"
            )
        };
        Damage { path, what, help, part: Part::Data(self.files[name].clone()) }
    }
}

fn commit_damage(path: &Path, what: &str) -> Damage {
    let help = "put it back from a backup of the lake".to_owned();
    Damage { path: path.to_owned(), what: what.to_owned(), help, part: Part::Commit }
}

fn state_damage(root: &Path, version: &Version, what: String) -> Damage {
    let path = root.join("data").join(version.table.to_string());
    let help = "all its files are as they were committed, so the program that wrote them was at fault: report it, and keep the lake";
    Damage { path, what, help: help.to_owned(), part: Part::State }
}
