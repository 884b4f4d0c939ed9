//! What keeps a broken export out of the lake: too many rejected rows, or far more or fewer rows than the export before.

use super::{Counts, Job};
use crate::error::{Error, Result};
use crate::lake::Version;
use crate::project::Export;

/// Whether so many rejected rows are a larger share of those that were read than `limit` allows.
pub fn is_over(limit: f64, rejected: u64, read: u64) -> bool {
    rejected > 0 && rejected as f64 > limit * read as f64
}

impl Job {
    /// Fails where too many rows were rejected; the first of `reasons` are told.
    pub(super) fn guard_rejects(&self, rejected: u64, read: u64, reasons: &[String]) -> Result<()> {
        let (name, limit) = (&self.table.name, self.source.rejects.limit.0);
        if !is_over(limit, rejected, read) {
            return Ok(());
        }
        Err(Error::failed(format!(
            "{name}: {rejected} of {read} rows were rejected, more than the limit of {}: {}",
            percent(limit),
            reasons[..reasons.len().min(3)].join("; ")
        ))
        .help("mend the export or its map; or raise `rejects: {limit: ..}` of this source if that many are to be expected"))
    }

    /// Rows that vanish by the thousand are a broken export far more often than a clean-up.
    pub(super) fn guard_volume(&self, before: Option<&Version>, counts: &Counts) -> Result<()> {
        let (Some(before), Export::Full) = (before, self.source.export) else { return Ok(()) };
        let (was, is) = (before.rows as f64, counts.rows as f64);
        let volume = self.source.volume;
        let name = &self.table.name;
        if is < was * (1.0 - volume.drop.0) {
            return Err(Error::failed(format!(
                "{name}: the export has {} rows, the one of {} had {}: more than {} are gone",
                counts.rows,
                before.day,
                before.rows,
                percent(volume.drop.0)
            ))
            .help("look whether the export is whole; if the rows are really gone, raise `volume: {drop: ..}` of this source for this run"));
        }
        if let Some(grow) = volume.grow
            && was > 0.0
            && is > was * (1.0 + grow.0)
        {
            return Err(Error::failed(format!(
                "{name}: the export has {} rows, the one of {} had {}: more than {} were added",
                counts.rows,
                before.day,
                before.rows,
                percent(grow.0)
            ))
            .help("look whether the export holds what it should; if it does, raise `volume: {grow: ..}` of this source for this run"));
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    let percent = format!("{:.2}", share * 100.0);
    format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
}
