//! Repairing a lake without guessing: only what is known for certain is put in the place of what is damaged.
//!
//! What a dead run left unfinished goes, and a checkpoint that does not repeat its commits; a data file comes back where
//! another file has its bytes; `latest` and `gc.json` are made anew. Commits and rows are never made up.

use std::path::{Path, PathBuf};

use super::commit::DataFile;
use super::pin::Pin;
use super::verify::{Damage, Part};
use super::{Lake, collect, fs, latest, name, writer};
use crate::error::{Kind, Result};

/// What a repair did, and what it could not.
#[derive(Debug, Default)]
pub struct Repaired {
    /// A sentence each.
    pub done: Vec<String>,
    pub left: Vec<Damage>,
}

impl Lake {
    /// Mends what can be mended for certain; `observe` is told how many of how many files were looked at.
    ///
    /// Of a lake whose runs show nothing in `latest` (`shows` is false), what lies there goes. Takes the lock.
    pub fn repair(&self, run_id: &str, shows: bool, observe: &mut dyn FnMut(usize, usize)) -> Result<Repaired> {
        name::check_run_id(run_id)?;
        let _lock = writer::take_lock(&self.root, run_id)?;
        let mut repaired = Repaired::default();
        for folder in ["data", "latest", "runs", "staging"].map(|folder| self.root.join(folder)) {
            if fs::create_folder(&folder)? {
                repaired.done.push(format!("made the folder {}", folder.display()));
            }
        }
        match writer::remove_leftovers(&self.root)? {
            0 => {}
            1 => repaired.done.push("removed what a dead run left unfinished".to_owned()),
            runs => repaired.done.push(format!("removed what {runs} dead runs left unfinished")),
        }
        let staging = self.root.join("staging").join(run_id);
        fs::create_folder(&staging)?;
        let mended = self.mend(&staging, shows, observe, &mut repaired);
        fs::remove_all(&staging)?;
        mended?;
        self.settle()?;
        Ok(repaired)
    }

    /// Makes what was mended durable, also what a repair that died had mended.
    fn settle(&self) -> Result<()> {
        let mut folders = ["", "commits", "data", "latest"].map(|folder| self.root.join(folder)).to_vec();
        for of_tables in ["data", "snapshots"].map(|folder| self.root.join(folder)) {
            let tables = fs::list(&of_tables)?.into_iter().map(|table| of_tables.join(table));
            folders.extend(tables.filter(|table| table.is_dir()));
        }
        folders.iter().try_for_each(|folder| fs::sync_folder(folder))
    }

    fn mend(
        &self,
        staging: &Path,
        shows: bool,
        observe: &mut dyn FnMut(usize, usize),
        repaired: &mut Repaired,
    ) -> Result<()> {
        let damages = self.verify_all(observe)?.damages;
        for damage in &damages {
            let path = &damage.path;
            match &damage.part {
                Part::Checkpoint { is_repeated: true } => {
                    fs::remove(path)?;
                    repaired.done.push(format!("removed {}: its commits say all that it said", path.display()));
                }
                Part::Data(file) => {
                    if let Some(from) = self.restore(file, &staging.join("restored"))? {
                        repaired.done.push(format!("restored {} from {}", path.display(), from.display()));
                    }
                }
                Part::Latest => fs::remove(path)?,
                Part::Kept => {
                    fs::remove(path)?;
                    repaired.done.push(format!("removed {}: the next run writes it anew", path.display()));
                }
                Part::Record => {
                    if let Some(kept_from) = self.remake_record(&staging.join("gc"))? {
                        let path = path.display();
                        repaired
                            .done
                            .push(format!("wrote {path} anew: it keeps what commits from {kept_from} on name"));
                    }
                }
                Part::Checkpoint { is_repeated: false } | Part::Commit | Part::State => {}
            }
        }
        match shows {
            true => self.remake_latest(staging, repaired)?,
            false => self.clear_latest(repaired)?,
        }
        for Damage { path, .. } in
            damages.iter().filter(|damage| damage.part == Part::Latest && !fs::exists(&damage.path))
        {
            repaired.done.push(format!("removed {}: it did not show what the lake holds", path.display()));
        }
        if !damages.is_empty() {
            repaired.left = self.verify_all(observe)?.damages;
        }
        Ok(())
    }

    /// Puts a data file in its place again, if another one has its bytes; tells which.
    fn restore(&self, file: &DataFile, unfinished: &Path) -> Result<Option<PathBuf>> {
        let damaged = self.root.join(&file.path);
        let latest = self.root.join("latest");
        let mut others: Vec<PathBuf> = fs::list(&latest)?.into_iter().map(|name| latest.join(name)).collect();
        let data = collect::there(&self.root)?.into_iter().filter(|(_, bytes)| *bytes == file.bytes);
        others.extend(data.map(|(name, _)| self.root.join(name)).filter(|path| *path != damaged));
        for other in others {
            let Some((open, bytes)) = fs::open(&other)? else { continue };
            if bytes != file.bytes || fs::sha256_of(&open, &other)? != file.sha256 {
                continue;
            }
            fs::remove(unfinished)?;
            if fs::copy(&other, unfinished)? != file.sha256 {
                continue;
            }
            fs::create_folder(damaged.parent().unwrap_or(&self.root))?;
            fs::rename(unfinished, &damaged)?;
            return Ok(Some(other));
        }
        Ok(None)
    }

    /// Notes anew from which commit on everything is there; `None` where a commit is damaged.
    fn remake_record(&self, unfinished: &Path) -> Result<Option<u64>> {
        match self.log() {
            Ok(log) => collect::remake(&self.root, &log, unfinished).map(Some),
            Err(error) if error.kind == Kind::Damaged => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn clear_latest(&self, repaired: &mut Repaired) -> Result<()> {
        for path in latest::files(&self.root)? {
            fs::remove(&path)?;
            repaired.done.push(format!("removed {}: no run brings it up to date", path.display()));
        }
        Ok(())
    }

    fn remake_latest(&self, staging: &Path, repaired: &mut Repaired) -> Result<()> {
        let pin: Pin = match self.pin() {
            Ok(pin) => pin,
            // What the lake holds is not known.
            Err(error) if error.kind == Kind::Damaged => return Ok(()),
            Err(error) => return Err(error),
        };
        let (remade, failed) = latest::remake(&self.root, &pin, staging);
        repaired.done.extend(remade.iter().map(|path| format!("made {} anew", path.display())));
        // Tables whose files are damaged are told as such.
        failed.into_iter().find(|error| error.kind != Kind::Damaged).map_or(Ok(()), Err)
    }
}
