//! Who uses which sales tool. A tool's log has a line for each workday on which a person did something in it, and on Mondays
//! one for each licence, used or not. The quoting tool comes late; a licence outlives its holder; some borrow one.

use super::super::csv;
use super::{TOOLS, Table, Window, World, chance, person_id};

const HEADER: &str = "UserId,Tool,Day,IsLicensed,IsActive,Actions";
const DIALLER: usize = 0;
const QUOTING: usize = 2;
const NAMES: [&str; 3] = ["Callspring", "Mailwright", "Quotebench"];
/// Days for which a licence is paid after its holder has left.
const NOTICE: i32 = 60;

pub fn export(world: &World, window: Window) -> Table {
    let mut table = Table::new(HEADER);
    // The logs go no further back than the CRM.
    for day in (window.from.max(world.span.live)..=window.to).filter(|day| world.calendar.is_workday(*day)) {
        for person in 0..world.staff.people.len() {
            for tool in 0..NAMES.len() {
                log(world, day, (person, tool), &mut table);
            }
        }
    }
    table
}

fn log(world: &World, day: i32, (person, tool): (usize, usize), table: &mut Table) {
    let left_on = world.staff.people[person].left_on;
    let is_manager = !world.staff.reps().contains(&person);
    let is_there = world.staff.people[person].hired_on <= day && left_on.is_none_or(|left_on| day < left_on + NOTICE);
    if !is_there || (tool == QUOTING && day < introduced_on(world)) {
        return;
    }
    let habit = &mut chance(world, TOOLS, (person * NAMES.len() + tool) as u64);
    // Managers get licences of all but the dialler, and hardly use them.
    let is_licensed = if is_manager { tool != DIALLER } else { habit.happens(0.8) };
    let use_of_day = match (is_manager, is_licensed) {
        (true, true) => 0.01,
        (false, true) if habit.happens(0.2) => 0.015,
        (false, true) => habit.between(0.35, 0.95),
        (false, false) if tool == QUOTING => 0.08,
        _ => 0.0,
    };
    let gone = left_on.is_some_and(|left_on| left_on <= day);
    let of_day = &mut chance(world, TOOLS, 1_000 + (day as u64 * 100_003 + person as u64) * 4 + tool as u64);
    let is_active = of_day.happens(use_of_day) && !gone;
    if is_active || (is_licensed && world.calendar.is_monday(day)) {
        let actions = if is_active { of_day.whole(1, 45) } else { 0 };
        let flags = [is_licensed, is_active].map(csv::flag);
        let id = person_id(world, person);
        table.push([&*id, NAMES[tool], world.calendar.text(day), flags[0], flags[1], &actions.to_string()]);
    }
}

fn introduced_on(world: &World) -> i32 {
    world.span.first + (world.span.last - world.span.first) * 3 / 5
}
