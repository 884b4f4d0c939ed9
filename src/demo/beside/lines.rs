//! The products on a deal, as they stand on its offers. Deals from before the CRM have none, nor has one without an amount;
//! lines are written again when the amount has changed, and stay as they were when it is taken away.

use std::collections::BTreeMap;

use super::super::csv;
use super::super::deal::Deal;
use super::super::picklist::Product;
use super::{LINES, Table, World, chance};

const HEADER: &str = "OpportunityId,LineNo__c,Product2,Quantity,TotalPrice";

/// The amount of each deal when its lines were last written, by its place among the deals.
#[derive(Debug, Default)]
pub struct Quoted(BTreeMap<usize, i64>);

impl Quoted {
    pub fn export(&mut self, world: &World) -> Table {
        let mut table = Table::new(HEADER);
        for position in &world.entered {
            let deal = &world.deals[*position];
            let Some(amount) =
                deal.amount.filter(|amount| *amount > 0 && deal.is_exported() && deal.created_on >= world.span.live)
            else {
                continue;
            };
            if self.0.insert(*position, amount) == Some(amount) {
                continue;
            }
            for (place, line) in of_deal(world, deal, amount).into_iter().enumerate() {
                let quantity = line.quantity.map(|units| units.to_string()).unwrap_or_default();
                let number = (place + 1).to_string();
                table.push([&*deal.id(), &number, line.product, &quantity, &csv::money(line.amount)]);
            }
        }
        table
    }
}

/// A product with its units and cents.
pub struct Line {
    pub product: &'static str,
    pub quantity: Option<i32>,
    pub amount: i64,
}

/// How an amount is made up of the deal's own product and, for many, of a second one; the same for a deal each time.
pub fn of_deal(world: &World, deal: &Deal, amount: i64) -> Vec<Line> {
    let mut chance = chance(world, LINES, deal.number);
    let second = match chance.weighted(&[0.5, 0.35, 0.15]) {
        0 => None,
        1 => Some(Product::CalibrationPlan),
        _ => Some(Product::Fieldkit),
    };
    let percent = i64::from(chance.whole(8, 22));
    let [quantity, of_second] = [chance.whole(1, 9), chance.whole(1, 3)];
    let quantity = (!chance.happens(0.06)).then_some(quantity);
    let mut lines = vec![Line { product: deal.product.text(), quantity, amount }];
    if let Some(second) = second.filter(|second| *second != deal.product) {
        let part = amount * percent / 10_000 * 100;
        lines[0].amount -= part;
        lines.push(Line { product: second.text(), quantity: Some(of_second), amount: part });
    }
    lines
}
