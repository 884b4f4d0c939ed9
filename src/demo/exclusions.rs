//! Test records that people leave in a live CRM, and the list that says to leave them out.

use super::arrivals::Opening;
use super::ids::Entity;
use super::mishaps::Errand;
use super::picklist::{Category, Currency, DealType, Product, Segment, Source};
use super::selling::{self, Scene};
use super::world::World;

/// A record that is to be left out of every figure.
#[derive(Debug)]
pub struct Exclusion {
    pub entity: &'static str,
    pub id: String,
    /// The deal's position, when it is one.
    pub deal: Option<usize>,
    pub valid_from: i32,
    pub reason: &'static str,
}

impl World {
    /// An administrator tries something out in the live CRM.
    pub fn enter_test(&mut self, closes: bool, day: i32) {
        let known = self.accounts.iter().position(|account| account.is_test);
        let account = known.unwrap_or_else(|| {
            let owner = self.staff.pick(&mut self.office, day, |_| 1.0);
            self.make_account(owner, "ZZ Test Account, do not use".to_owned(), 5, day)
        });
        self.accounts[account].is_test = true;
        self.accounts[account].segment = Segment::Smb;
        let opening = Opening { account, deal_type: DealType::New, source: Source::Web, product: Product::Benchline };
        let position = self.draft(opening, day);
        self.running.retain(|other| *other != position);
        let number = self.deals.iter().filter(|deal| deal.is_test).count() + 1;
        let deal = &mut self.deals[position];
        deal.name = format!("TEST {number} - ignore, please");
        deal.is_test = true;
        deal.currency = Currency::Usd;
        deal.amount = Some(99_999_900);
        deal.next_step = "asdf";
        deal.competitor = None;
        self.enter(position, day);
        let days = self.office.whole(4, 15);
        self.later(day + days, Errand::Exclude(position));
        if closes {
            self.later(day + days - 3, Errand::CloseTest(position));
        }
    }

    pub fn close_test(&mut self, position: usize, day: i32) {
        let scene = Scene { span: &self.span, calendar: &self.calendar, staff: &self.staff, market: &self.market };
        let deal = &mut self.deals[position];
        selling::record_win(deal, day, day, &scene);
        deal.amount = Some(99_999_900);
        deal.category = Category::Closed;
    }

    pub fn exclude(&mut self, position: usize) {
        let deal = &mut self.deals[position];
        deal.is_touched = true;
        let (id, valid_from) = (deal.id(), deal.created_on);
        self.exclusions.push(Exclusion { entity: "deal", id, deal: Some(position), valid_from, reason: "Test record" });
    }

    /// A disqualified lead turns out to be a colleague who tried the web form.
    pub fn exclude_lead(&mut self) {
        if let Some(position) = self.leads.iter().rposition(|lead| lead.status == "Disqualified") {
            let lead = &mut self.leads[position];
            lead.name = "Test \"QA\" Testsson".to_owned();
            lead.is_changed = true;
            let id = Entity::Lead.id(lead.number);
            let valid_from = lead.created_at.div_euclid(86_400) as i32 - 1;
            self.exclusions.push(Exclusion {
                entity: "lead",
                id,
                deal: None,
                valid_from,
                reason: "Form test by marketing",
            });
        }
    }
}
