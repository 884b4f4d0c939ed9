//! How leads come in, are answered, and become deals.

use super::arrivals::{Opening, product};
use super::chance::Chance;
use super::lead::{self, Lead, Step};
use super::mishaps::Errand;
use super::names;
use super::picklist::{DealType, Source};
use super::selling::{self, Scene};
use super::world::{LEADS, World};

impl World {
    /// Takes in a lead for the rep whose turn it is.
    pub fn take_lead(&mut self, day: i32) {
        let mut chance = Chance::new([self.seed, LEADS, self.leads.len() as u64]);
        let owner = Self::route(&self.staff, &mut self.lead_turns, &mut chance, day);
        let territory = self.staff.people[owner].territory.unwrap_or_default();
        let sources = [Source::Web, Source::TradeShow, Source::Outbound, Source::Partner];
        let source = sources[chance.weighted(&[0.5, 0.2, 0.18, 0.12])];
        let industry = chance.whole(0, 6) as usize;
        let company = self.names.company(&mut self.arrivals, territory, industry);
        // What came in over a weekend is in Monday's export for the first time.
        let is_of_weekend = self.calendar.is_monday(day) && source == Source::Web && chance.happens(0.3);
        let created_on = if is_of_weekend { day - chance.whole(1, 2) } else { day };
        let minute = selling::minute_of_work(territory, chance.unit());
        let from = if is_of_weekend { (day, 8 * 60) } else { (day, minute) };
        let diligence = self.staff.people[owner].diligence;
        let course = lead::course(&mut chance, &self.calendar, from.0, from.1, source, diligence);
        let position = self.leads.len();
        self.leads.push(Lead {
            number: 20_000 + 2 * position as u64,
            name: names::person(&mut chance, territory),
            company,
            industry,
            source,
            owner,
            territory,
            status: "Open",
            created_at: self.calendar.moment(created_on, minute),
            first_response_at: None,
            first_engaged_at: None,
            mql_on: None,
            sql_on: None,
            converted_on: None,
            deal: None,
            disqualified_reason: "",
            is_changed: true,
        });
        for (on, step) in course {
            if on == day {
                self.advance_lead(position, step, day);
            } else {
                self.later(on, Errand::Lead(position, step));
            }
        }
    }

    /// One step of a lead's course.
    pub fn advance_lead(&mut self, position: usize, step: Step, day: i32) {
        if !self.staff.sells(self.leads[position].owner, day) {
            let owner = self.leads[position].owner;
            self.leads[position].owner = self.staff.successor(&mut self.office, owner, day);
        }
        let lead = &mut self.leads[position];
        lead.is_changed = true;
        match step {
            Step::Respond { minute } => {
                let at = self.calendar.moment(day, minute);
                lead.first_response_at = Some(at.max(lead.created_at + 60));
                lead.status = "Working";
                let scene =
                    Scene { span: &self.span, calendar: &self.calendar, staff: &self.staff, market: &self.market };
                self.diary.reach_out(&mut self.office, position, (lead.owner, lead.territory), day, &scene);
            }
            Step::Engage { minute } => lead.first_engaged_at = Some(self.calendar.moment(day, minute)),
            Step::Market => {
                lead.mql_on = Some(day);
                lead.status = "MQL";
            }
            Step::Accept => {
                lead.sql_on = Some(day);
                lead.status = "SQL";
            }
            Step::Disqualify => {
                lead.status = "Disqualified";
                let reasons = ["No budget", "Not a fit", "No response", "Wrong contact", "Student or hobbyist"];
                let likely =
                    if lead.first_response_at.is_none() { 2 } else { self.office.weighted(&[2.0, 2.0, 2.0, 1.0, 1.0]) };
                lead.disqualified_reason = reasons[likely];
            }
            Step::Convert => self.convert(position, day),
        }
    }

    fn convert(&mut self, position: usize, day: i32) {
        let Lead { owner, source, industry, ref company, .. } = self.leads[position];
        let company = company.clone();
        let account = self.make_account(owner, company, industry, day);
        let product = product(&mut self.arrivals, self.accounts[account].segment);
        let deal = self.begin(Opening { account, deal_type: DealType::New, source, product }, day);
        let lead = &mut self.leads[position];
        lead.status = "Converted";
        lead.converted_on = Some(day);
        lead.deal = Some(deal);
        // A converted lead's deal is in the CRM at once.
        self.enter(deal, day);
    }
}
