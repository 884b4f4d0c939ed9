//! Run records: what each run left about itself. The lake keeps them and does not look inside.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Lake, chain, fs, name};
use crate::error::{Error, Result};

impl Lake {
    /// Writes or replaces a run's record, durably; needs no lock, as a run that found the lake busy has one too.
    pub fn write_run<T: Serialize>(&self, run_id: &str, record: &T) -> Result<()> {
        let folder = self.run_folder(run_id)?;
        let bytes = serde_json::to_vec_pretty(record)
            .map_err(|error| Error::failed(format!("the record of the run {run_id} does not become JSON: {error}")))?;
        fs::create_folders(&folder)?;
        fs::replace(&folder.join("run.json"), &bytes, &folder.join("unfinished"))
    }

    /// Reads a run's record; `None` if the run left none.
    pub fn read_run<T: DeserializeOwned>(&self, run_id: &str) -> Result<Option<T>> {
        let path = self.run_folder(run_id)?.join("run.json");
        let Some(bytes) = fs::read(&path)? else { return Ok(None) };
        match serde_json::from_slice(&bytes) {
            Ok(record) => Ok(Some(record)),
            Err(error) => {
                Err(chain::damaged(&path, &format!("does not read as a run's record at line {}", error.line())))
            }
        }
    }

    /// The ids of all runs that left a record, in order of their text.
    pub fn run_ids(&self) -> Result<Vec<String>> {
        let runs = self.root.join("runs");
        let mut ids = fs::list(&runs)?;
        ids.retain(|id| fs::exists(&runs.join(id).join("run.json")));
        Ok(ids)
    }

    fn run_folder(&self, run_id: &str) -> Result<PathBuf> {
        name::check_run_id(run_id)?;
        Ok(self.root.join("runs").join(run_id))
    }
}
