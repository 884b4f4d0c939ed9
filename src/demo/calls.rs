//! The forecast that each rep submits on Mondays: what his open deals will still bring in the running quarter, by category.

use super::calendar::Calendar;
use super::chance::Chance;
use super::csv;
use super::deal::Deal;
use super::ids::Entity;
use super::market::Market;
use super::picklist::Category;
use super::staff::Staff;

#[derive(Debug)]
pub struct Submission {
    pub number: u64,
    pub submitted_on: i32,
    /// A position among the staff.
    pub rep: usize,
    pub period_start: i32,
    pub category: &'static str,
    /// Cents of US dollars.
    pub amount: i64,
    pub note: &'static str,
}

pub const HEADER: &str =
    "Id,SubmittedOn__c,SubmitterId,Scope__c,ScopeId__c,PeriodStart__c,Category__c,Amount,CurrencyIsoCode,Note__c";

const NOTES: [&str; 5] = [
    "Depends on one signature",
    "Two deals slipped, both still alive",
    "Customer said \"by month end\"",
    "Quarter will be back-loaded",
    "Legal is slow,\nbut no blockers",
];

impl Submission {
    /// Adds the line of the export, as `HEADER` names its fields.
    pub fn render(&self, table: &mut csv::Table, calendar: &Calendar, rep_id: &str) {
        table.push([
            Entity::Submission.id(self.number).as_str(),
            calendar.text(self.submitted_on),
            rep_id,
            "rep",
            rep_id,
            calendar.text(self.period_start),
            self.category,
            &csv::money(self.amount),
            "USD",
            self.note,
        ]);
    }
}

/// What the reps of the day submit; some forget. `open` are the deals that the CRM shows as running.
pub fn submit<'a>(
    calls: &mut Vec<Submission>,
    chance: &mut Chance,
    day: i32,
    open: impl Iterator<Item = &'a Deal> + Clone,
    (calendar, staff, market): (&Calendar, &Staff, &Market),
) {
    let (period_start, period_end) = (calendar.quarter_start(day), calendar.quarter_end(day));
    for rep in staff.reps().filter(|rep| staff.sells(*rep, day)) {
        let person = &staff.people[rep];
        if chance.happens(0.1 / (1.0 + person.diligence)) {
            continue;
        }
        let mut sums = [0_i64; 3];
        for deal in open.clone().filter(|deal| deal.owner == rep && deal.close_on <= period_end) {
            let category = match deal.category {
                Category::Commit => 0,
                Category::BestCase | Category::MostLikely => 1,
                Category::Pipeline => 2,
                Category::Omitted | Category::Closed => continue,
            };
            sums[category] += market.dollars(deal.currency, deal.amount.unwrap_or(0), day);
        }
        let colour = 1.0 + 0.3 * person.honesty_bias + 0.04 * chance.normal();
        for (category, sum) in ["commit", "best_case", "pipeline"].into_iter().zip(sums) {
            let note = if chance.happens(0.015) { chance.choice(&NOTES) } else { "" };
            let amount = (sum as f64 * colour / 1e5).round() as i64 * 100_000;
            let number = calls.last().map_or(9_000, |call| call.number + 1);
            calls.push(Submission { number, submitted_on: day, rep, period_start, category, amount, note });
        }
    }
}
