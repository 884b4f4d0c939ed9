//! `forecastle lake gc`: what only old commits need goes, in two steps.

use jiff::Timestamp;

use forecastle::error::Result;
use forecastle::lake::{Collected, Garbage, Lake};

use super::super::exit::Outcome;
use super::super::terminal::result;
use super::{files, run_id};

pub fn gc(lake: &Lake, grace: u32, dry_run: bool) -> Result<Outcome> {
    let Collected { removed, noted, due } = lake.collect(&run_id("gc"), Timestamp::now(), grace, dry_run)?;
    if dry_run {
        for (doing, garbage) in [("remove", &removed), ("note", &noted)] {
            garbage.iter().for_each(|garbage| result(&format!("{doing:6}  {}", garbage.path.display())));
        }
    }
    let would = if dry_run { "would be " } else { "" };
    if !removed.is_empty() {
        result(&format!("{would}removed: {}", told(&removed)));
    }
    if let Some(due) = due.filter(|_| !noted.is_empty()) {
        let due = due.strftime("%Y-%m-%dT%H:%M:%SZ");
        result(&format!("{would}noted: {}, which the first `forecastle lake gc` from {due} on removes", told(&noted)));
    }
    if removed.is_empty() && noted.is_empty() {
        result("there is nothing to collect");
    }
    Ok(Outcome::Done)
}

fn told(garbage: &[Garbage]) -> String {
    files(garbage.len(), garbage.iter().map(|garbage| garbage.bytes).sum())
}
