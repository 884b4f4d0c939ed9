//! The systems beside the CRM: finance, marketing, surveys, sales tools, orders. Each writes exports of its own, drawn from
//! what the CRM holds and from streams of chance of their own, so that nothing the CRM does depends on them.
//!
//! Full files come with the first export of a month, the others hold what is new or changed since the export before.

mod answers;
mod costs;
mod lines;
mod orders;
mod plans;
mod signals;
mod splits;
mod tools;

use super::chance::Chance;
use super::csv::Table;
use super::ids::Entity;
use super::world::World;

/// Streams of chance by what they are for; those below are the world's.
const COSTS: u64 = 7;
const ANSWERS: u64 = 8;
const TOOLS: u64 = 9;
const SIGNALS: u64 = 10;
const LINES: u64 = 11;
const ORDERS: u64 = 12;
const SPLITS: u64 = 13;

/// What the systems have to remember from one export to the next.
#[derive(Debug, Default)]
pub struct Beside {
    quoted: lines::Quoted,
}

/// The days since the export before, the day of the export included.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// The first day; before the first export everything is new.
    from: i32,
    to: i32,
}

impl Window {
    fn has(&self, day: i32) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

impl Beside {
    /// The files of a day by their names.
    pub fn tables(&mut self, world: &World, previous: Option<i32>, day: i32) -> Vec<(&'static str, Table)> {
        let window = Window { from: previous.map_or(i32::MIN, |previous| previous + 1), to: day };
        let mut tables = vec![
            ("OpportunityLineItem", self.quoted.export(world)),
            ("OpportunitySplit", splits::export(world, window)),
            ("OrderLine", orders::export(world, window)),
            ("LeadEvent", signals::export(world, window)),
            ("ToolUsage", tools::export(world, window)),
            ("SurveyResponse", answers::export(world, window)),
        ];
        if previous.is_none_or(|previous| world.calendar.month_start(previous) != world.calendar.month_start(day)) {
            tables.push(("CampaignCost", costs::export(world, day)));
            tables.push(("CommissionPlan", plans::export(world, day)));
        }
        tables
    }
}

/// The stream of one thing of a kind.
fn chance(world: &World, stream: u64, number: u64) -> Chance {
    Chance::new([world.seed, stream, number])
}

fn person_id(world: &World, position: usize) -> String {
    Entity::Person.id(world.staff.people[position].number)
}
