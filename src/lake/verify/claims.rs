//! Commits that runs say they made, and the lake does not have: a chain that lost its end is a chain all the same.

use super::super::{Lake, chain};
use super::{Damage, Part};
use crate::day::Day;
use crate::error::Result;

/// What a run's record says of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub commit: u64,
    pub run_id: String,
    /// The day that it was for.
    pub day: Day,
}

/// What became of commits that were made.
#[derive(Debug, Default)]
pub struct Lost {
    /// Those past the newest commit that is there.
    pub damages: Vec<Damage>,
    /// Those in the place of which another run put its own.
    pub overtaken: Vec<Claim>,
}

impl Lake {
    /// Compares what runs say they committed with what there is; they are to have said it before this looks.
    pub fn lost(&self, claims: &[Claim]) -> Result<Lost> {
        let newest = chain::newest(&self.root)?;
        let mut lost = Lost::default();
        for claim in claims {
            let Claim { commit, run_id, day } = claim;
            if *commit > newest {
                let what = format!("is missing: the run {run_id} says that it committed it, for {day}");
                let help = format!(
                    "put the folder `commits` back from a backup of the lake, or run that day again: forecastle run --day {day}"
                );
                let path = chain::commit_path(&self.root, *commit);
                lost.damages.push(Damage { path, what, help, part: Part::Commit });
            } else if chain::made_by(&self.root, *commit)?.is_some_and(|made_by| made_by != *run_id) {
                lost.overtaken.push(claim.clone());
            }
        }
        lost.damages.sort_by(|a, b| a.path.cmp(&b.path));
        lost.overtaken.sort_by_key(|claim| claim.commit);
        Ok(lost)
    }
}
