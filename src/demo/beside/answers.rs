//! What customers answer: how satisfied they are some weeks after a deal was won (CSAT, 1 to 5), and each May and November
//! whether they would recommend the company (NPS, 0 to 10). Some correct their answer, and some do not say who they are.

use super::super::deal::{Deal, Fate};
use super::super::ids::Entity;
use super::super::picklist::Stage;
use super::{ANSWERS, Table, Window, World, chance};

const HEADER: &str = "Id,AccountId,OpportunityId,GivenOn__c,Score__c,Survey__c";
/// The numbers of answers begin here on the NPS scale; on the other one they are those of the deals.
const FIRST_OF_NPS: u64 = 10_000_000;

pub fn export(world: &World, window: Window) -> Table {
    let mut table = Table::new(HEADER);
    for position in &world.entered {
        ask_for_satisfaction(world, window, &world.deals[*position], &mut table);
    }
    let calendar = &world.calendar;
    let mut month = calendar.month_start(window.from.max(world.span.start));
    while month <= window.to {
        if matches!(calendar.month(month), 5 | 11) {
            ask_for_recommendation(world, window, month, &mut table);
        }
        month = calendar.month_end(month) + 1;
    }
    table
}

fn ask_for_satisfaction(world: &World, window: Window, deal: &Deal, table: &mut Table) {
    let Some(won_on) = deal.outcome_on.filter(|_| deal.stage == Stage::Won && deal.fate == Fate::Kept && !deal.is_test)
    else {
        return;
    };
    let mut chance = chance(world, ANSWERS, deal.number);
    if !chance.happens(0.55) {
        return;
    }
    let given_on = world.calendar.workday_from(won_on + chance.whole(10, 35));
    let score = (4.0 + 0.35 * deal.quality + 0.8 * chance.normal()).round().clamp(1.0, 5.0) as i32;
    let corrected =
        chance.happens(0.06).then(|| (given_on + chance.whole(2, 6), (score + chance.choice(&[-1, 1])).clamp(1, 5)));
    let account_id = if chance.happens(0.05) { String::new() } else { world.accounts[deal.account].id() };
    // An export has each answer once, as it was last given.
    let given = [corrected, Some((given_on, score))].into_iter().flatten().find(|(on, _)| window.has(*on));
    if let Some((_, score)) = given {
        let day = world.calendar.text(given_on);
        table.push([&*Entity::Answer.id(deal.number), &account_id, &deal.id(), day, &score.to_string(), "CSAT"]);
    }
}

fn ask_for_recommendation(world: &World, window: Window, month: i32, table: &mut Table) {
    let wave = (world.calendar.year(month) % 100 * 12 + world.calendar.month(month)) as u64;
    let is_customer = |since: Option<i32>| since.is_some_and(|since| since < month);
    for account in world.accounts.iter().filter(|account| is_customer(account.first_won_on) && !account.is_test) {
        let number = FIRST_OF_NPS + account.number * 1_200 + wave;
        let mut chance = chance(world, ANSWERS, number);
        let given_on = world.calendar.workday_from(month + chance.whole(0, 20));
        if !window.has(given_on) || !chance.happens(0.4) {
            continue;
        }
        let mood = if account.churned_on.is_some() { 5.5 } else { 8.2 };
        let score = (mood + 1.9 * chance.normal()).round().clamp(0.0, 10.0) as i32;
        let account_id = if chance.happens(0.05) { String::new() } else { account.id() };
        let day = world.calendar.text(given_on);
        table.push([&*Entity::Answer.id(number), &account_id, "", day, &score.to_string(), "NPS"]);
    }
}
