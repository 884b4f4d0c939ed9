//! The demo company: Tarnfell Instruments, which sells measuring instruments and does not exist. A simulator lives its
//! sales day by day and writes what its CRM would have exported, and beside it the truth that no CRM knows.
//!
//! Takes a seed and sizes; gives `exports/<day>/*.csv.gz` and `truth/*.csv.gz`. Equal options give equal bytes on every
//! machine. An export of a day is what the CRM held at the end of that day in New York; moments in it are UTC.

mod account;
mod arrivals;
mod beside;
mod books;
mod calendar;
mod calls;
mod chance;
mod csv;
mod deal;
mod diary;
mod estimate;
mod exclusions;
mod exports;
mod ids;
mod lead;
mod market;
mod mishaps;
mod names;
mod picklist;
mod prospecting;
mod quota;
mod selling;
mod staff;
mod truth;
mod turns;
mod world;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::day::Day;
use crate::error::{Doing, Error, Kind, Result};
use calendar::Calendar;
use world::World;

/// How long before the first export the company's sales begin.
const PAST: i32 = 400;
/// How long before the first export its CRM went live; older records were brought over, with times of noon.
const LIVE: i32 = 14;
const LONGEST: i32 = 20 * 366;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    /// Deals that begin over the whole time, the year before the first export included; roughly.
    pub deals: u32,
    /// Reps that there ever are; managers come on top.
    pub reps: u32,
    pub first_day: Day,
    pub last_day: Day,
    /// Exports are weekly (each Monday) before this day and on each Monday to Friday from it on; `None` means weekly only.
    pub daily_from: Option<Day>,
}

impl Default for Options {
    fn default() -> Self {
        let day = |year, month, day| Day::of(jiff::civil::date(year, month, day));
        Self {
            // Of some hundred seeds the one whose quarters, reps and size look most like a usual company's.
            seed: 238,
            deals: 420,
            reps: 12,
            first_day: day(2025, 1, 6),
            last_day: day(2026, 11, 13),
            daily_from: Some(day(2026, 11, 2)),
        }
    }
}

/// What has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The exported days, oldest first.
    pub days: Vec<Day>,
    pub files: usize,
    pub bytes: u64,
    /// Deals that were ever in the CRM.
    pub deals: usize,
    pub accounts: usize,
    pub reps: usize,
}

/// The days a simulation knows, in days since 1970.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// The first simulated day.
    start: i32,
    /// The CRM's first day.
    live: i32,
    /// The first and the last day of exports.
    first: i32,
    last: i32,
}

/// Simulates the company and writes `exports` and `truth` into a folder that has neither.
pub fn write(folder: &Path, options: &Options) -> Result<Written> {
    let span = check(options)?;
    let exports = folder.join("exports");
    let truth = folder.join("truth");
    for taken in [&exports, &truth] {
        if taken.try_exists().doing("look for", taken)? {
            let error = Error::new(Kind::Project, format!("{} is there already", taken.display()));
            return Err(error.help("choose an empty folder for the demo company, or remove this one first"));
        }
    }
    let days = export_days(options, span);
    let mut world = World::new(options, span);
    let mut exporter = exports::Exporter::default();
    let mut chances = truth::Chances::default();
    for day in span.start..=span.last {
        world.live(day);
        if days.binary_search(&day).is_ok() {
            exporter.export(&exports, &mut world, day)?;
            if world.calendar.is_monday(day) {
                chances.gather(&world, day);
            }
        }
    }
    truth::write(&truth, &world, &chances, &mut exporter)?;
    Ok(Written {
        days: days.into_iter().filter_map(Day::from_epoch_days).collect(),
        files: exporter.files,
        bytes: exporter.bytes,
        deals: world.entered.len(),
        accounts: world.accounts.len(),
        reps: world.staff.reps().len(),
    })
}

fn check(options: &Options) -> Result<Span> {
    let wrong = |message: &str, help: &str| Err(Error::new(Kind::Project, message).help(help));
    let (first, last) = (options.first_day.to_epoch_days(), options.last_day.to_epoch_days());
    if options.reps == 0 || options.reps > 10_000 {
        return wrong("the demo company needs 1 to 10,000 reps", "choose a number of reps, for instance 12");
    }
    if options.deals == 0 || options.deals > 1_000_000 {
        return wrong("the demo company needs 1 to 1,000,000 deals", "choose a number of deals, for instance 420");
    }
    if last < first {
        return wrong("the demo company's last day lies before its first", "choose a last day after the first");
    }
    if last - first > LONGEST {
        return wrong("the demo company lives at most 20 years", "choose a first and a last day that lie closer");
    }
    let is_known = |day: Day| (1990..=2200).contains(&day.date().year());
    if !is_known(options.first_day) || !is_known(options.last_day) {
        return wrong("the demo company lives between 1990 and 2200", "choose days of that time");
    }
    let span = Span { start: first - PAST, live: first - LIVE, first, last };
    if export_days(options, span).is_empty() {
        return wrong(
            "no day to export lies between the first and the last day",
            "exports come on Mondays, or daily from a day on",
        );
    }
    Ok(span)
}

/// The days with an export, oldest first.
fn export_days(options: &Options, span: Span) -> Vec<i32> {
    let calendar = Calendar::covering(span.first, span.last);
    let daily_from = options.daily_from.map_or(i32::MAX, Day::to_epoch_days);
    let is_exported = |day: &i32| calendar.is_monday(*day) || (*day >= daily_from && calendar.is_workday(*day));
    (span.first..=span.last).filter(is_exported).collect()
}
