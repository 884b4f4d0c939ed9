//! Days of `crm.deal` before its first export, rebuilt from `crm.deal_event` and put into the lake.
//!
//! They are snapshots whose facts say that they come from events. They depend on the first export's rows and on the events
//! before it alone, so that a night on which neither changed has nothing to do. No export is ever replaced by them.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::record::{Event, PastRecord};
use crate::catalogue::Catalogue;
use crate::day::Day;
use crate::error::Result;
use crate::ingest::rebuild::{self, Events, Past};
use crate::lake::{Facts, Origin, Pin, Role, TableName, Transaction};
use crate::query::DeclaredTable;

/// Days to put into the lake, and days to take out of it.
pub struct Found<'c> {
    table: &'c DeclaredTable,
    first: Day,
    past: Past,
    gone: BTreeSet<Day>,
    fingerprint: String,
}

/// What is to be done or told about the days before the first export; `None`, if they are as they should be.
pub fn find<'c>(
    catalogue: &'c Catalogue,
    view: &Pin,
    zone: &TimeZone,
    program: &str,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Found<'c>>> {
    let declared = (catalogue.declared(rebuild::TABLE), catalogue.declared(rebuild::EVENTS));
    let (Some(table), Some(event)) = declared else { return Ok(None) };
    let known: Option<(_, _)> = view.exports(&table.name).next().zip(newest(view, &event.name));
    let Some((first, events)) = known else { return Ok(None) };
    if let Err(why) = rebuild::check(table, event) {
        observe(Event::Warning(format!(
            "the days of {} before {} cannot be rebuilt: {why}",
            rebuild::TABLE,
            first.day
        )));
        return Ok(None);
    }
    let events = Events::read(event, view.read(events)?, first.day, zone)?;
    let fingerprint = events.fingerprint(table, first, zone, program);
    let held: BTreeSet<Day> = view.rebuilt(&table.name).map(|version| version.day).collect();
    let is_known =
        |facts: &Facts| facts.get("fingerprint").and_then(|held| held.as_str()) == Some(fingerprint.as_str());
    if !held.is_empty() && view.rebuilt(&table.name).all(|version| is_known(&version.facts)) {
        return Ok(None);
    }
    let past = events.rebuild(table, view.read(first)?, first.day, zone)?;
    let gone: BTreeSet<Day> = held.difference(&past.days).copied().collect();
    let found = Found { table, first: first.day, past, gone, fingerprint };
    Ok(Some(found).filter(|found| !found.is_idle() || found.past.passed_over > 0))
}

fn newest<'p>(view: &'p Pin, table: &TableName) -> Option<&'p crate::lake::Version> {
    view.as_of(table, Role::Snapshot, Day::LAST)
}

impl Found<'_> {
    /// Whether there is nothing to put into the lake, only something to tell.
    pub fn is_idle(&self) -> bool {
        self.past.days.is_empty() && self.gone.is_empty()
    }

    /// What there is to tell, when so many days have changed.
    pub fn record(&self, changed: usize) -> PastRecord {
        let Past { days, taken, passed_over, reasons, .. } = &self.past;
        PastRecord {
            table: self.table.name.to_string(),
            before: self.first,
            since: days.first().copied(),
            days: days.len(),
            changed,
            taken: *taken,
            passed_over: *passed_over,
            reasons: reasons.clone(),
            commit: None,
        }
    }

    /// Puts the days into a transaction.
    pub fn enter(mut self, transaction: &mut Transaction<'_>) -> Result<PastRecord> {
        let mut facts = Facts::new();
        facts.insert(Origin::FACT.to_owned(), Origin::Events.name().into());
        facts.insert("fingerprint".to_owned(), self.fingerprint.clone().into());
        let (schema, days) = (self.table.schema(), self.past.days.clone());
        let form = (schema.as_ref(), self.table.key.as_slice());
        let rows = |day| self.past.rows(day);
        let changed = transaction.replace(&self.table.name, form, &days, &self.gone, &facts, rows)?;
        Ok(self.record(changed))
    }
}
