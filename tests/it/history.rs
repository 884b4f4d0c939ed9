//! History gives back every full export as it came: each day of a lake equals a lake of that day alone.

use std::collections::{BTreeMap, BTreeSet};

use forecastle::lake::Role;
use forecastle::project::Export;
use forecastle::run::{Days, Request};

use crate::known_answers::regional;
use crate::needed::rounds;
use crate::project::{TestProject, day};
use crate::rows;
use crate::shared::whole_demo;

/// The tables of which each export holds all rows; one of changes alone says nothing of a day.
fn full(project: &TestProject) -> BTreeSet<String> {
    let loaded = forecastle::project::load(project.root()).unwrap();
    let sources = &loaded.pipeline(None).unwrap().pipeline.sources;
    sources.iter().filter(|source| source.export == Export::Full).map(|source| source.table.to_string()).collect()
}

/// The rows of such tables that have a snapshot of a day, as text, sorted.
fn tables(project: &TestProject, on: &str) -> BTreeMap<String, Vec<String>> {
    let (pin, full) = (project.pin(), full(project));
    let names = pin.tables(Role::Snapshot).filter(|table| full.contains(&table.to_string()));
    let read = names.filter_map(|table| pin.on(table, Role::Snapshot, day(on))).map(|version| {
        let batches: Vec<_> = pin.read(version).unwrap().map(Result::unwrap).collect();
        let mut lines = rows::lines(&batches);
        assert_eq!(lines.len() as u64, version.rows, "{} of {on}", version.table);
        lines.sort();
        (version.table.to_string(), lines)
    });
    read.collect()
}

fn assert_same(one: &TestProject, other: &TestProject, on: &str) {
    let (one, other) = (tables(one, on), tables(other, on));
    assert!(!one.is_empty());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{on}");
    for (table, rows) in &one {
        let differs = rows.iter().zip(&other[table]).find(|(one, other)| one != other);
        assert!(rows.len() == other[table].len() && differs.is_none(), "{table} of {on}: {differs:?}");
    }
}

fn load(project: &TestProject, days: Days) {
    project
        .try_run(&Request { days, select: Vec::new(), sources_only: true, full_refresh: false, allow_empty: false })
        .unwrap();
}

#[test]
fn every_day_of_the_demo_equals_a_lake_of_that_day_alone() {
    let (project, record) = whole_demo();
    let days: Vec<String> = record.days.iter().map(|record| record.day.to_string()).collect();
    for on in days.iter().rev().step_by((days.len() / rounds(7) as usize).max(1)) {
        let alone = TestProject::demo(|of| of == day(on));
        load(&alone, Days::One(day(on)));
        assert_same(project, &alone, on);
    }
}

#[test]
fn every_day_of_the_regional_sales_equals_a_lake_of_that_day_alone() {
    let test = "every_day_of_the_regional_sales_equals_a_lake_of_that_day_alone";
    let Some((project, record)) = regional(test) else { return };
    let step = (record.days.len() / rounds(3) as usize).max(1);
    for on in record.days.iter().rev().step_by(step).map(|record| record.day.to_string()) {
        let alone = project.beside();
        load(&alone, Days::One(day(&on)));
        assert_same(project, &alone, &on);
    }
}

#[test]
fn days_that_come_in_any_order_make_the_same_history() {
    let of = |on: forecastle::day::Day| ("2026-10-27".."2026-11-05").contains(&on.to_string().as_str());
    let (forwards, backwards) = (TestProject::demo(of), TestProject::demo(of));
    load(&forwards, Days::Missing);
    let pin = forwards.pin();
    let days = pin.days(&"crm.deal".parse().unwrap(), Role::Snapshot);
    for on in days.iter().rev() {
        load(&backwards, Days::One(*on));
    }
    let last = days.last().unwrap();
    for on in days.iter().map(ToString::to_string) {
        assert_same(&forwards, &backwards, &on);
    }
    let history = "SELECT deal_id, stage, amount, valid_from, valid_to FROM crm.deal_history ORDER BY 1, 4";
    assert_eq!(forwards.ask(&last.to_string(), history), backwards.ask(&last.to_string(), history));
}
