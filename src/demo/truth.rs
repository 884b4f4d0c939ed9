//! What the simulator knows and no CRM does: true chances, true causes, how good and honest the reps are, and the books of
//! each exported day. Tests and demonstrations hold reports against it; no pipeline reads it.

use std::fs;
use std::path::Path;

use super::books::Tally;
use super::csv::{self, Table};
use super::deal::{Deal, Fate};
use super::exports::Exporter;
use super::ids::Entity;
use super::picklist::{Competitor, Currency, LostReason, Stage};
use super::selling::true_probability;
use super::world::World;
use crate::error::{Doing, Result};

/// The true chances of open deals, gathered on each exported Monday.
#[derive(Debug)]
pub struct Chances {
    table: Table,
}

impl Default for Chances {
    fn default() -> Self {
        Self { table: Table::new("day,deal_id,stage,true_probability") }
    }
}

impl Chances {
    pub fn gather(&mut self, world: &World, day: i32) {
        for position in &world.entered {
            let deal = &world.deals[*position];
            if deal.is_open() && !deal.is_test {
                let probability = format!("{:.4}", true_probability(deal, day, &world.scene()));
                self.table.push([world.calendar.text(day), &deal.id(), deal.stage.text(), &probability]);
            }
        }
    }
}

/// Writes the files of `truth`.
pub fn write(truth: &Path, world: &World, chances: &Chances, exporter: &mut Exporter) -> Result<()> {
    fs::create_dir_all(truth).doing("create the folder", truth)?;
    let states = daily_states(world, exporter);
    let (deals, reps) = (deals(world), reps(world));
    let tables =
        [("deal_truth", &deals), ("deal_probability", &chances.table), ("rep_truth", &reps), ("daily_state", &states)];
    for (name, table) in tables {
        exporter.bytes += table.write(&truth.join(format!("{name}.csv.gz")), "")?;
        exporter.files += 1;
    }
    Ok(())
}

fn deals(world: &World) -> Table {
    let mut table = Table::new(
        "deal_id,created_on,entered_on,probability_at_creation,competitor,true_cause,entered_reason,outcome,outcome_on,is_test",
    );
    let day = |day: Option<i32>| day.map_or("", |day| world.calendar.text(day));
    for position in &world.entered {
        let deal = &world.deals[*position];
        table.push([
            deal.id().as_str(),
            world.calendar.text(deal.created_on),
            day(deal.entered_on),
            &format!("{:.4}", deal.probability_at_creation),
            deal.competitor.map_or("", Competitor::text),
            deal.true_cause.filter(|_| deal.is_lost()).map_or("", LostReason::text),
            deal.lost_reason.map_or("", LostReason::text),
            outcome(deal),
            day(deal.outcome_on),
            csv::flag(deal.is_test),
        ]);
    }
    table
}

fn outcome(deal: &Deal) -> &'static str {
    match (deal.fate, deal.stage) {
        (Fate::Vanished, _) => "vanished",
        (Fate::Deleted, _) => "deleted",
        (Fate::Merged(_), _) => "merged",
        (Fate::Kept, Stage::Won) => "won",
        (Fate::Kept, Stage::Lost) if deal.is_disqualified => "disqualified",
        (Fate::Kept, Stage::Lost) => "lost",
        (Fate::Kept, _) => "open",
    }
}

fn reps(world: &World) -> Table {
    let mut table = Table::new("rep_id,name,skill,honesty_bias,ramp_months,hired_on,left_on");
    for rep in world.staff.reps() {
        let person = &world.staff.people[rep];
        table.push([
            Entity::Person.id(person.number).as_str(),
            &person.name,
            &format!("{:.3}", person.skill),
            &format!("{:.3}", person.honesty_bias),
            &person.ramp_months.to_string(),
            world.calendar.text(person.hired_on),
            person.left_on.map_or("", |left_on| world.calendar.text(left_on)),
        ]);
    }
    table
}

fn daily_states(world: &World, exporter: &Exporter) -> Table {
    let mut table = Table::new(
        "day,scope,currency,open_deals,open_amount,open_without_amount,won_deals,won_amount,lost_deals,disqualified_deals,\
         deleted_deals,merged_deals,vanished_deals",
    );
    for (day, all, counted) in &exporter.states {
        for (scope, tallies) in [("all", all), ("counted", counted)] {
            for (currency, tally) in Currency::ALL.into_iter().zip(tallies) {
                let Tally { open, open_amount, open_without_amount, won, won_amount, .. } = *tally;
                let Tally { lost, disqualified, deleted, merged, vanished, .. } = *tally;
                let counts = [lost, disqualified, deleted, merged, vanished].map(|count| count.to_string());
                table.push([
                    world.calendar.text(*day),
                    scope,
                    currency.text(),
                    &open.to_string(),
                    &csv::money(open_amount),
                    &open_without_amount.to_string(),
                    &won.to_string(),
                    &csv::money(won_amount),
                    &counts[0],
                    &counts[1],
                    &counts[2],
                    &counts[3],
                    &counts[4],
                ]);
            }
        }
    }
    table
}
