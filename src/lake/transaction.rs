//! The commit protocol: from the tables of a run to one atomic publication.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::chain::{self, Head};
use super::commit::{Commit, CommitMeta, Facts, Holds, Origin, Stored, Version};
use super::history::{self, Before, Piece};
use super::name::{Role, TableName};
use super::pin::Pin;
use super::state::State;
use super::table_writer::{Place, Staged, TableWriter, marks_file};
use super::writer::Writer;
use super::{fs, sealed};
use crate::day::Day;
use crate::error::{Error, Kind, Result};

/// What a run is about to publish for a day; dropped without a commit, it leaves nothing.
///
/// Snapshots of one table are added for one day, or replaced for several at once.
pub struct Transaction<'w> {
    writer: &'w mut Writer,
    day: Day,
    staging: PathBuf,
    /// The tables begun so far; numbers their unfinished files.
    begun: usize,
    /// The lake's state as it is to become; what was added still lies in `staging`.
    state: State,
    touched: BTreeSet<(TableName, Role, Day)>,
    /// Unfinished files of the marks of snapshots.
    marks: BTreeMap<(TableName, Day), PathBuf>,
}

/// What a commit came to.
#[derive(Debug)]
pub struct Outcome {
    /// `None` if the lake held all of it already.
    pub commit: Option<Commit>,
    /// What failed after the commit had become durable; the next commit does it again.
    pub warnings: Vec<Error>,
}

impl<'w> Transaction<'w> {
    pub(super) fn new(writer: &'w mut Writer, day: Day, staging: PathBuf) -> Self {
        let state = writer.pin.head().state.clone();
        Self { writer, day, staging, begun: 0, state, touched: BTreeSet::new(), marks: BTreeMap::new() }
    }

    /// Begins a table's rows of a day, in a role. Several may be begun at once.
    ///
    /// `key` lists the positions of the key's columns, by which the rows are to come in strictly rising order: NULL
    /// first, text by its bytes. A snapshot has a key; what is not recognised from day to day may do without.
    pub fn table(
        &mut self,
        table: &TableName,
        role: Role,
        day: Day,
        schema: &Schema,
        key: &[usize],
    ) -> Result<TableWriter> {
        let (path, name) = self.unfinished(table);
        // Only snapshots are compared with what was before: a view of the whole lake is not made for each model.
        let has_history = role == Role::Snapshot && !key.is_empty();
        let before = day.plus(-1).filter(|_| has_history).and_then(|before| self.state.as_of(table, role, before));
        let before = before.map(|version| Before { pin: self.view(), version: Version::clone(version) });
        TableWriter::create(Place { table: table.clone(), role, day, path, name }, schema, key, before)
    }

    /// Where the next unfinished file lies, and its name from the lake's folder.
    pub(super) fn unfinished(&mut self, table: &TableName) -> (PathBuf, String) {
        self.begun += 1;
        // Not ending in the table's name: a table may be called `parquet`.
        let file = format!("{}-{table}.unfinished", self.begun);
        let name = format!("staging/{}/{}/{file}", self.writer.run_id, self.day);
        (self.staging.join(file), name)
    }

    /// A table's versions in a role as this commit would leave them, oldest first.
    pub(super) fn versions(&self, table: &TableName, role: Role) -> Vec<Arc<Version>> {
        self.state.days(table, role).cloned().collect()
    }

    /// Puts a written table into the commit, in the place of the same role and day; tells whether that changes the lake:
    /// rows and columns that it holds already are not stored again, and keep the facts they came with, unless they come
    /// of another state or other SQL now. Where their files are damaged they are stored again, and so mended.
    pub fn add(&mut self, staged: Staged, facts: Facts) -> Result<bool> {
        let Staged { mut version, schema, closed, marks } = staged;
        self.marks.extend(marks.map(|marks| ((version.table.clone(), version.day), marks)));
        let key = (version.table.clone(), version.role, version.day);
        if let Some(held) = self.held(&version, &schema, Origin::of(&facts)) {
            // The same rows may come of another state, or of other SQL.
            let is_standing = Version::STANDING.iter().all(|fact| held.facts.get(*fact) == facts.get(*fact));
            self.state.put(if is_standing { held } else { Version { facts, ..Version::clone(&held) }.into() });
            self.touched.insert(key);
            return Ok(false);
        }
        // The same bytes in the place of damaged ones leave what builds on them as it is.
        let held = self.writer.pin.head().state.on(&key.0, key.1, key.2);
        let is_again = held.is_some_and(|held| held.stored == version.stored && held.has_files_of(&version));
        version.facts = facts;
        self.put(version, closed);
        if is_again {
            return Ok(true);
        }
        self.derive_after(&key.0, key.2)?;
        Ok(true)
    }

    /// Puts a version into the state, and those before it that it closed.
    pub(super) fn put(&mut self, version: Version, closed: Vec<Version>) {
        for version in closed.into_iter().chain([version]) {
            self.touched.insert((version.table.clone(), version.role, version.day));
            self.state.put(version.into());
        }
    }

    /// The version of the same table, role and day that the lake held before, if it has the same rows, columns and origin.
    fn held(&self, version: &Version, schema: &SchemaRef, origin: Origin) -> Option<Arc<Version>> {
        let base = &self.writer.pin;
        let held = base.head().state.on(&version.table, version.role, version.day)?;
        let is_same = (held.state, held.rows, held.origin()) == (version.state, version.rows, origin)
            && base.is_whole(held)
            && base.schema(held).is_ok_and(|held| held == *schema);
        is_same.then(|| held.clone())
    }

    /// Writes the days after one that changed anew, each onto the one before it: what they show stays as it is.
    fn derive_after(&mut self, table: &TableName, day: Day) -> Result<()> {
        let base = self.writer.pin.clone();
        for held in base.head().state.days(table, Role::Snapshot).filter(|held| held.day > day) {
            if self.derive(&base, held)? {
                break;
            }
        }
        Ok(())
    }

    /// Writes a snapshot that the lake held before anew, onto the one before it; tells whether what follows stays as it was.
    fn derive(&mut self, base: &Pin, held: &Version) -> Result<bool> {
        if held.stored == Stored::Whole {
            return Ok(false);
        }
        let (table, schema) = (&held.table, base.schema(held)?);
        let key = held.key.iter().map(|name| schema.index_of(name)).collect::<std::result::Result<Vec<_>, _>>();
        let key = key.map_err(|error| Error::failed(format!("{table} has lost a column of its key: {error}")))?;
        let mut writer = self.table(table, Role::Snapshot, held.day, &schema, &key)?;
        for batch in base.read(held)? {
            writer.write(&batch?)?;
        }
        let Staged { version, closed, .. } = writer.finish()?;
        if held.stored == Stored::Month && self.begins_as(&version, base, held)? {
            // The month stays in its file; only what its first day ended lies elsewhere now.
            let ended = version.files.into_iter().filter(|file| file.holds == Holds::Ended);
            let files = held.rows_file().cloned().into_iter().chain(ended).collect();
            self.put(Version { files, ..held.clone() }, closed);
            return Ok(true);
        }
        let is_same = is_same_base(&version, held);
        self.put(Version { facts: held.facts.clone(), ..version }, closed);
        Ok(is_same)
    }

    /// Whether a base has the rows with which a closed month begins, each so since the same day: then all of that month is
    /// as it was.
    fn begins_as(&self, version: &Version, base: &Pin, held: &Version) -> Result<bool> {
        let before = held.day.plus(-1).and_then(|day| base.head().state.as_of(&held.table, held.role, day));
        // In the middle of a month, others of its days lie in the same file.
        let begins = before.is_none_or(|before| before.rows_file() != held.rows_file());
        if !begins || version.stored != Stored::Base || (version.rows, version.state) != (held.rows, held.state) {
            return Ok(false);
        }
        let new: Vec<Piece> = history::rows_of(&self.view(), version).into_iter().collect();
        Ok(history::lives_hash(&new)? == history::lives_hash(&history::pieces(base, held)?)?)
    }

    /// Puts snapshots of several days of a table into the commit with the same facts, each day's rows given by `rows`, and
    /// takes the days `gone` out; what follows on them is derived anew once. Tells how many days have other rows than
    /// before, or none any more.
    pub fn replace(
        &mut self,
        table: &TableName,
        form: (&Schema, &[usize]),
        days: &BTreeSet<Day>,
        gone: &BTreeSet<Day>,
        facts: &Facts,
        mut rows: impl FnMut(Day) -> Result<RecordBatch>,
    ) -> Result<usize> {
        let base = self.writer.pin.clone();
        let Some(first) = days.iter().chain(gone).min().copied() else { return Ok(0) };
        let mut all = days.clone();
        all.extend(base.days(table, Role::Snapshot).into_iter().filter(|day| *day >= first));
        let mut changed = 0;
        // Whether what a day builds on lies otherwise than it did.
        let mut is_moved = false;
        for day in all {
            let held = base.head().state.on(table, Role::Snapshot, day).cloned();
            if days.contains(&day) {
                let mut writer = self.table(table, Role::Snapshot, day, form.0, form.1)?;
                writer.write(&rows(day)?)?;
                let Staged { version, schema, closed, .. } = writer.finish()?;
                let same = self.held(&version, &schema, Origin::of(facts));
                changed += usize::from(same.is_none());
                match same {
                    Some(same) if !is_moved && same.facts == *facts => {}
                    Some(same) if !is_moved => {
                        self.put(Version { facts: facts.clone(), ..Version::clone(&same) }, Vec::new())
                    }
                    _ => {
                        is_moved = !held.is_some_and(|held| is_same_base(&version, &held));
                        self.put(Version { facts: facts.clone(), ..version }, closed);
                    }
                }
            } else if gone.contains(&day) {
                self.touched.insert((table.clone(), Role::Snapshot, day));
                self.state.take(table, Role::Snapshot, day);
                (changed, is_moved) = (changed + 1, true);
            } else if let Some(held) = held.filter(|_| is_moved) {
                is_moved = !self.derive(&base, &held)?;
            }
        }
        Ok(changed)
    }

    /// Takes a table's version of a day out of the lake; tells whether there was one.
    pub fn remove(&mut self, table: &TableName, role: Role, day: Day) -> Result<bool> {
        self.touched.insert((table.clone(), role, day));
        let taken = self.state.take(table, role, day).is_some();
        if taken && role == Role::Snapshot {
            self.derive_after(table, day)?;
        }
        Ok(taken)
    }

    /// Takes all of a table's versions in a role out of the lake; tells how many there were.
    pub fn drop_table(&mut self, table: &TableName, role: Role) -> usize {
        let days: Vec<Day> = self.state.days(table, role).map(|version| version.day).collect();
        for day in &days {
            self.touched.insert((table.clone(), role, *day));
            self.state.take(table, role, *day);
        }
        days.len()
    }

    /// The lake as this commit would leave it, for what is computed before it; valid until the transaction ends.
    ///
    /// Its `commit` and `first_published` are those of the lake before.
    pub fn view(&self) -> Pin {
        let Head { number, sha256, .. } = self.writer.pin.head();
        let head = Head { number: *number, sha256: sha256.clone(), state: self.state.clone() };
        Pin::new(self.writer.root.clone(), head)
    }

    /// Publishes everything added and removed at once, durably; without any change it makes no commit.
    ///
    /// On failure the lake is as it was, with one exception: if the disk fails to confirm the very last step, the
    /// commit is visible, and the same run again finds nothing to add.
    pub fn commit(mut self, meta: CommitMeta) -> Result<Outcome> {
        let (added, removed) = self.changes();
        let commit = match added.is_empty() && removed.is_empty() {
            true => None,
            false => Some(self.publish(added, removed, meta)?),
        };
        Ok(Outcome { commit, warnings: self.follow_up() })
    }

    /// The versions to add, as they lie in staging, and those to remove.
    fn changes(&self) -> (Vec<Arc<Version>>, Vec<Arc<Version>>) {
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for (table, role, day) in &self.touched {
            let before = self.writer.pin.head().state.on(table, *role, *day);
            let after = self.state.on(table, *role, *day);
            if before.map(Arc::as_ptr) != after.map(Arc::as_ptr) {
                added.extend(after.cloned());
                removed.extend(before.cloned());
            }
        }
        (added, removed)
    }

    fn publish(&mut self, added: Vec<Arc<Version>>, removed: Vec<Arc<Version>>, meta: CommitMeta) -> Result<Commit> {
        let number = self.writer.pin.commit() + 1;
        let mut moved = Vec::new();
        let published = self.move_data(&added, &mut moved).and_then(|added| {
            let CommitMeta { uuid, made_at, program, message } = meta;
            let commit = Commit {
                number,
                previous: self.writer.pin.head().sha256.clone(),
                uuid,
                run_id: self.writer.run_id.clone(),
                day: self.day,
                made_at,
                program,
                message,
                added,
                removed: removed.into_iter().map(Arc::unwrap_or_clone).collect(),
            };
            self.link(&commit)?;
            Ok(commit)
        });
        if published.is_err() && !fs::exists(&chain::commit_path(&self.writer.root, number)) {
            // No commit names them, so they would only fill the disk; what cannot be removed harms nobody.
            for path in &moved {
                let _ = fs::remove(path);
            }
        }
        published
    }

    /// Moves the files of versions from staging into `data`, durably; `moved` lists those that were not there before.
    fn move_data(&self, added: &[Arc<Version>], moved: &mut Vec<PathBuf>) -> Result<Vec<Version>> {
        let data = self.writer.root.join("data");
        let mut published = Vec::new();
        let mut folders = BTreeSet::new();
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for staged in added {
            let mut version = Version::clone(staged);
            let Version { table, role, day, stored, files, .. } = &mut version;
            let folder = data.join(table.to_string());
            fs::create_folder(&folder)?;
            for file in files.iter_mut().filter(|file| file.path.starts_with("staging/")) {
                // Versions of several days share the file of a closed month; it goes by the first of them.
                if let Some(path) = places.get(&file.path) {
                    file.path.clone_from(path);
                    continue;
                }
                let what = match (&stored, file.holds) {
                    (Stored::Month, Holds::Rows) => "month".to_owned(),
                    (_, Holds::Ended) => format!("{role}-ended"),
                    (_, Holds::Rows) => role.to_string(),
                };
                let name = format!("{day}-{what}-{}.parquet", &file.sha256[..16]);
                let (from, to) = (self.writer.root.join(&file.path), folder.join(&name));
                // A file of this name has the same content, unless a crash or the disk spoiled it: this one is good.
                if !fs::exists(&to) {
                    moved.push(to.clone());
                }
                fs::rename(&from, &to)?;
                let path = format!("data/{table}/{name}");
                places.insert(std::mem::replace(&mut file.path, path.clone()), path);
            }
            folders.insert(folder);
            published.push(version);
        }
        // The names must be durable before the commit that names them is: else a crash leaves a commit without data.
        for folder in &folders {
            fs::sync_folder(folder)?;
        }
        fs::sync_folder(&data)?;
        Ok(published)
    }

    /// Puts the commit file into its place, if that is free: the moment at which the commit becomes visible.
    fn link(&mut self, commit: &Commit) -> Result<()> {
        let (path, unfinished) = (chain::commit_path(&self.writer.root, commit.number), self.staging.join("commit"));
        let bytes = sealed::seal(commit, true);
        fs::write_new(&unfinished, &bytes)?;
        if !fs::link(&unfinished, &path)? {
            // On a network disk the answer to our own link may have been lost; else someone wrote without the lock.
            let theirs = fs::read(&path)?.and_then(|bytes| sealed::unseal::<Commit>(&bytes).ok());
            if theirs.is_none_or(|theirs| theirs.uuid != commit.uuid) {
                let said = format!("another run published the commit {} in the meantime", commit.number);
                return Err(Error::new(Kind::Busy, said).help("run again: it then starts from that commit"));
            }
        }
        fs::sync_folder(&self.writer.root.join("commits"))?;
        let mut head = self.writer.pin.head().clone();
        head.advance(commit, &bytes, &path)?;
        self.writer.pin = Pin::new(self.writer.root.clone(), head);
        Ok(())
    }

    /// What makes the lake handier but no more durable; each part mends what an earlier crash left undone.
    fn follow_up(&mut self) -> Vec<Error> {
        let mut warnings = self.keep_marks();
        let head = self.writer.pin.head();
        warnings.extend(chain::checkpoint_if_due(&self.writer.root, head, &self.staging).err());
        warnings.extend(fs::remove_all(&self.staging).err());
        warnings
    }
}

impl Transaction<'_> {
    /// Puts the marks of newest snapshots into their place; gives back what failed.
    fn keep_marks(&self) -> Vec<Error> {
        let root = &self.writer.root;
        let is_newest = |table: &TableName, day: Day| {
            self.writer.pin.head().state.days(table, Role::Snapshot).next_back().is_some_and(|newest| newest.day == day)
        };
        let newest = self.marks.iter().filter(|((table, day), _)| is_newest(table, *day));
        let kept = newest.map(|((table, _), marks)| {
            let place = marks_file(root, table);
            fs::create_own_folder(place.parent().unwrap_or(root))?;
            fs::rename(marks, &place)
        });
        kept.filter_map(Result::err).collect()
    }
}

/// Whether a base is as it was: then everything after it is, too.
fn is_same_base(version: &Version, held: &Version) -> bool {
    version.stored == Stored::Base
        && version.rows_file().map(|file| &file.sha256) == held.rows_file().map(|file| &file.sha256)
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // What stays is removed by the next writer.
        let _ = fs::remove_all(&self.staging);
    }
}
