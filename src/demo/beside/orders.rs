//! What customers order: what was agreed in a deal, a few days after it was won, and spare parts and calibrations without any
//! deal in between. An order keeps its amount when the CRM's is corrected later.

use super::super::csv;
use super::super::deal::Fate;
use super::super::picklist::{Currency, Stage};
use super::{ORDERS, Table, Window, World, chance, lines};

const HEADER: &str = "OrderId,LineNo,AccountId,OrderedOn,Product,Amount,Currency";
/// The keys of small orders begin here in the stream; those of deals are the deals' numbers.
const SMALL: u64 = 1_000_000_000;

pub fn export(world: &World, window: Window) -> Table {
    let mut table = Table::new(HEADER);
    agreed(world, window, &mut table);
    small(world, window, &mut table);
    table
}

fn agreed(world: &World, window: Window, table: &mut Table) {
    for position in &world.entered {
        let deal = &world.deals[*position];
        let is_agreed = deal.stage == Stage::Won && deal.fate == Fate::Kept && !deal.is_test;
        let (Some(won_on), Some(amount)) = (deal.outcome_on.filter(|_| is_agreed), deal.amount) else { continue };
        let mut chance = chance(world, ORDERS, deal.number);
        let ordered_on = world.calendar.workday_from(won_on + chance.whole(0, 5));
        if !window.has(ordered_on) {
            continue;
        }
        // Some orders come in by mail and are booked on no account.
        let account_id = if chance.happens(0.02) { String::new() } else { world.accounts[deal.account].id() };
        let mut lines = lines::of_deal(world, deal, amount);
        if chance.happens(0.1) {
            lines.push(lines::Line { product: "Training day", quantity: Some(1), amount: 120_000 });
        }
        for (place, line) in lines.iter().enumerate() {
            table.push([
                &*format!("SO{:06}", deal.number),
                &(place + 1).to_string(),
                &account_id,
                world.calendar.text(ordered_on),
                line.product,
                &csv::money(line.amount),
                deal.currency.text(),
            ]);
        }
    }
}

fn small(world: &World, window: Window, table: &mut Table) {
    let calendar = &world.calendar;
    // A customer pays in the currency of his first deal.
    let mut currencies = vec![Currency::Usd; world.accounts.len()];
    world.deals.iter().rev().for_each(|deal| currencies[deal.account] = deal.currency);
    for (account, currency) in world.accounts.iter().zip(currencies).filter(|(account, _)| !account.is_test) {
        let Some(since) = account.first_won_on.filter(|_| account.churned_on.is_none()) else { continue };
        let mut month = calendar.month_start(window.from.max(since + 45));
        while month <= window.to {
            let number = account.number * 10_000 + month as u64 / 28;
            let mut chance = chance(world, ORDERS, SMALL + number);
            let ordered_on = calendar.workday_from(month + chance.whole(0, 25));
            if window.has(ordered_on) && ordered_on > since && chance.happens(0.09) {
                let (product, most) = chance.choice(&[("Spare parts", 40), ("Recalibration", 90)]);
                let amount = i64::from(chance.whole(5, most)) * 10_000;
                // A part under warranty is sent without a price.
                let amount = if chance.happens(0.05) { String::new() } else { csv::money(amount) };
                let id = format!("SP{number}");
                table.push([&*id, "1", &account.id(), calendar.text(ordered_on), product, &amount, currency.text()]);
            }
            month = calendar.month_end(month) + 1;
        }
    }
}
