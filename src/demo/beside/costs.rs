//! What finance books each month for marketing, by the source of leads, and for the sales team. A month is closed with the
//! first export after it; trade shows send the rest of their invoices a month late.

use super::super::chance::Chance;
use super::super::csv;
use super::super::picklist::{Currency, Source};
use super::{COSTS, Table, World, chance};

const HEADER: &str = "LeadSource,Month,Amount,Currency";
/// Dollars a month for each person who sells, and for the managers together.
const PAY: f64 = 9_500.0;
const PAY_OF_MANAGERS: f64 = 52_000.0;

/// All months that are closed on the day.
pub fn export(world: &World, day: i32) -> Table {
    let calendar = &world.calendar;
    let mut table = Table::new(HEADER);
    let mut start = calendar.month_start(world.span.start);
    while calendar.month_end(start) < day {
        let end = calendar.month_end(start);
        let mut push = |source: &str, cents: f64, currency: Currency| {
            table.push([source, calendar.text(start), &csv::money(cents.round() as i64), currency.text()]);
        };
        let mut chance = chance(world, COSTS, start as u64);
        push(Source::Web.text(), 100.0 * 6_800.0 * spread(&mut chance), Currency::Usd);
        push(Source::Outbound.text(), 100.0 * 3_900.0 * spread(&mut chance), Currency::Usd);
        push(Source::Partner.text(), 100.0 * 3_100.0 * spread(&mut chance), Currency::Gbp);
        let show = 100.0
            * spread(&mut chance)
            * if matches!(calendar.month(start), 3..=5 | 9..=10) { 24_000.0 } else { 5_000.0 };
        let is_whole = day > calendar.month_end(end + 1);
        push(Source::TradeShow.text(), if is_whole { show } else { 0.7 * show }, Currency::Eur);
        // The referral programme began in the year of the first export.
        if start >= calendar.year_start(world.span.first) {
            push(Source::Referral.text(), 100.0 * 1_400.0 * spread(&mut chance), Currency::Usd);
        }
        let sellers = world.staff.reps().filter(|rep| world.staff.sells(*rep, end)).count();
        push("Sales", 100.0 * (PAY * sellers as f64 + PAY_OF_MANAGERS), Currency::Usd);
        start = end + 1;
    }
    table
}

fn spread(chance: &mut Chance) -> f64 {
    chance.lognormal(1.0, 0.18)
}
