//! What comes in: how many leads and deals on a day and for whom, the accounts they are for, and a deal's beginning.

use super::Span;
use super::account::Account;
use super::calendar::Calendar;
use super::chance::Chance;
use super::deal::{Deal, Fate, Phase};
use super::estimate;
use super::market;
use super::mishaps::Errand;
use super::names;
use super::picklist::{Category, Competitor, DealType, Product, Segment, Source, Stage};
use super::selling;
use super::staff::{Role, Staff};
use super::turns::Turns;
use super::world::{DEALS, World};

/// How many leads come for each deal that is to begin; about one in four converts.
const LEADS_PER_DEAL: f64 = 1.45;
/// Shares of the deals that come without a lead; renewals follow from wins.
const DIRECT_SHARE: f64 = 0.25;
const EXPANSION_SHARE: f64 = 0.22;

/// How much of the whole time's business begins on a day, in units of capacity.
pub fn weight(calendar: &Calendar, staff: &Staff, span: &Span, day: i32) -> f64 {
    if !calendar.is_workday(day) {
        return 0.0;
    }
    let capacity: f64 = staff.reps().map(|rep| staff.capacity(rep, day)).sum();
    capacity * market::season_of_creation(calendar, day) * market::growth(span, day)
}

/// What a new deal is about.
pub struct Opening {
    pub account: usize,
    pub deal_type: DealType,
    pub source: Source,
    pub product: Product,
}

impl World {
    /// Takes in a workday's leads and deals.
    pub fn receive(&mut self, day: i32) {
        let expected = self.deals_per_capacity * weight(&self.calendar, &self.staff, &self.span, day);
        let [leads, direct, expansions] = [LEADS_PER_DEAL, DIRECT_SHARE, EXPANSION_SHARE].map(|share| share * expected);
        for _ in 0..self.flows[0].next(&mut self.arrivals, leads) {
            self.take_lead(day);
        }
        for _ in 0..self.flows[1].next(&mut self.arrivals, direct) {
            let source =
                [Source::Referral, Source::Outbound, Source::Partner][self.arrivals.weighted(&[0.45, 0.35, 0.2])];
            let account = self.find_or_make_account(day);
            let product = product(&mut self.arrivals, self.accounts[account].segment);
            self.begin(Opening { account, deal_type: DealType::New, source, product }, day);
        }
        for _ in 0..self.flows[2].next(&mut self.arrivals, expansions) {
            let Some(account) = self.find_customer(day) else { continue };
            let product = product(&mut self.arrivals, self.accounts[account].segment);
            let source = Source::ExistingCustomer;
            self.begin(Opening { account, deal_type: DealType::Expansion, source, product }, day);
        }
    }

    /// The rep whose turn it is.
    pub fn route(staff: &Staff, turns: &mut Turns, chance: &mut Chance, day: i32) -> usize {
        let weights: Vec<f64> = staff.reps().map(|rep| staff.capacity(rep, day)).collect();
        staff.reps().start + turns.next(chance, &weights)
    }

    /// A customer of the rep whose turn it is, else any; none before the first win.
    fn find_customer(&mut self, day: i32) -> Option<usize> {
        let rep = Self::route(&self.staff, &mut self.expansion_turns, &mut self.arrivals, day);
        let is_customer = |account: &Account| account.first_won_on.is_some() && account.churned_on.is_none();
        let customers = (0..self.accounts.len()).filter(|account| is_customer(&self.accounts[*account]));
        let (own, other): (Vec<usize>, Vec<usize>) =
            customers.partition(|account| self.accounts[*account].owner == rep);
        let candidates = if own.is_empty() { other } else { own };
        (!candidates.is_empty()).then(|| self.arrivals.choice(&candidates))
    }

    /// A prospect that is known already, or a new one.
    fn find_or_make_account(&mut self, day: i32) -> usize {
        let owner = Self::route(&self.staff, &mut self.deal_turns, &mut self.arrivals, day);
        let is_prospect =
            |account: &Account| account.owner == owner && account.first_won_on.is_none() && !account.is_test;
        let prospects: Vec<usize> =
            (0..self.accounts.len()).filter(|account| is_prospect(&self.accounts[*account])).collect();
        if !prospects.is_empty() && self.arrivals.happens(0.35) {
            return self.arrivals.choice(&prospects);
        }
        let territory = self.staff.people[owner].territory.unwrap_or_default();
        let (name, industry) = self.names.special(&mut self.arrivals, territory);
        self.make_account(owner, name, industry, day)
    }

    /// Adds an account of a rep's territory.
    pub fn make_account(&mut self, owner: usize, name: String, industry: usize, day: i32) -> usize {
        let chance = &mut self.arrivals;
        let person = &self.staff.people[owner];
        let territory = person.territory.unwrap_or_default();
        let weights = if person.role == Role::SeniorRep { [0.4, 0.36, 0.24] } else { [0.5, 0.36, 0.14] };
        self.segment_turns.resize_with(self.staff.people.len(), Turns::default);
        let segment = Segment::ALL[self.segment_turns[owner].next(chance, &weights)];
        let step = [10.0, 50.0, 500.0][segment as usize];
        let employees =
            ((chance.lognormal([60.0, 480.0, 4_200.0][segment as usize], 0.6) / step).round() * step).max(5.0) as i32;
        let minute = if day < self.span.live {
            720
        } else {
            selling::minute_of_work(territory, chance.unit() * 0.5) / 240 * 240
        };
        let siblings: Vec<usize> = (0..self.accounts.len())
            .filter(|other| self.accounts[*other].territory == territory && !self.accounts[*other].is_test)
            .collect();
        let parent = if chance.happens(0.05) && !siblings.is_empty() { Some(chance.choice(&siblings)) } else { None };
        self.accounts.push(Account {
            number: 1_200 + 5 * self.accounts.len() as u64,
            country: names::country(chance, territory, &name),
            name,
            parent,
            industry,
            segment,
            employees,
            territory,
            owner,
            created_at: self.calendar.moment(day, minute),
            first_won_on: None,
            churned_on: None,
            is_test: false,
            is_touched: true,
            line: String::new(),
        });
        self.accounts.len() - 1
    }

    /// Begins a deal; it is entered into the CRM at once, or weeks late.
    pub fn begin(&mut self, opening: Opening, day: i32) -> usize {
        let position = self.draft(opening, day);
        let deal = &mut self.deals[position];
        let is_walk_in =
            deal.segment == Segment::Smb && deal.deal_type != DealType::Renewal && deal.chance.happens(0.05);
        let is_late = !is_walk_in && deal.chance.happens(0.06);
        let delay = deal.chance.whole(15, 40);
        if is_walk_in {
            deal.phase = Phase::Agreed { sign_on: day, record_on: day };
        }
        if is_late {
            self.later(day + delay, Errand::Enter(position));
        } else {
            self.enter(position, day);
        }
        self.foresee_mishaps(position, day);
        position
    }

    /// A new deal that the CRM does not know yet.
    pub fn draft(&mut self, opening: Opening, day: i32) -> usize {
        let Opening { account, deal_type, source, product } = opening;
        let position = self.deals.len();
        let mut chance = Chance::new([self.seed, DEALS, position as u64]);
        let of = &self.accounts[account];
        let (segment, territory, owner) = (of.segment, of.territory, of.owner);
        let currency = if of.first_won_on.is_some() || deal_type != DealType::New {
            // A customer keeps paying in the currency of his first deal.
            let first = self.deals.iter().find(|deal| deal.account == account);
            first.map_or_else(|| market::currency(&mut chance, territory, of.country), |deal| deal.currency)
        } else {
            market::currency(&mut chance, territory, of.country)
        };
        let price = self.market.price(&mut chance, segment, product, deal_type, currency, day);
        let attacked = day >= self.market.quillon_attacks_on;
        let competitor = match chance.weighted(&[0.5, if attacked { 0.34 } else { 0.16 }, 0.18, 0.16]) {
            0 => None,
            other => Some(Competitor::ALL[other - 1]),
        };
        let quality = chance.normal();
        let subject = subject(&mut chance, deal_type, product, self.calendar.year(day));
        let mut deal = Deal {
            number: 0,
            account,
            name: format!("{} — {subject}", names::without_form(&of.name)),
            stage: if deal_type == DealType::Renewal { Stage::Qualified } else { Stage::Discovery },
            amount: None,
            currency,
            probability: None,
            close_on: day,
            deal_type,
            next_step: "",
            source,
            category: Category::Pipeline,
            owner,
            territory,
            created_on: day,
            created_at: 0,
            last_activity_on: None,
            stage_changed_at: 0,
            qualified_on: (deal_type == DealType::Renewal).then_some(day),
            product,
            segment,
            lost_reason: None,
            competitor_is_known: false,
            is_disqualified: false,
            fate: Fate::Kept,
            is_test: false,
            phase: Phase::Undecided,
            quality,
            competitor: competitor.filter(|_| deal_type != DealType::Renewal || quality < 0.0),
            price,
            stage_entered_on: day,
            entered_on: None,
            closed_on: None,
            true_cause: None,
            probability_at_creation: 0.0,
            outcome_on: None,
            chance,
            is_touched: false,
            line: String::new(),
        };
        let scene = self.scene();
        deal.created_at = selling::moment(&mut deal, day, &scene);
        deal.stage_changed_at = deal.created_at;
        deal.probability_at_creation = selling::true_probability(&deal, day, &scene);
        estimate::open(&mut deal, day, &scene);
        self.deals.push(deal);
        self.running.push(position);
        position
    }

    /// Enters a deal into the CRM, unless it is there.
    pub fn enter(&mut self, position: usize, day: i32) {
        let deal = &mut self.deals[position];
        if deal.entered_on.is_none() {
            self.last_deal_number += deal.chance.whole(1, 4) as u64;
            deal.number = self.last_deal_number;
            deal.entered_on = Some(day);
            deal.is_touched = true;
            self.entered.push(position);
        }
    }
}

/// What a customer of the segment buys.
pub fn product(chance: &mut Chance, segment: Segment) -> Product {
    let weights = match segment {
        Segment::Smb => [0.36, 0.08, 0.41, 0.15],
        Segment::MidMarket => [0.42, 0.23, 0.2, 0.15],
        Segment::Enterprise => [0.38, 0.41, 0.09, 0.12],
    };
    Product::ALL[chance.weighted(&weights)]
}

fn subject(chance: &mut Chance, deal_type: DealType, product: Product, year: i32) -> String {
    let product = product.text();
    match deal_type {
        DealType::Renewal => format!("{product} renewal {}", year + 1),
        DealType::Expansion => format!("{product} {}", chance.choice(&["expansion", "expansion", "add-on, phase 2"])),
        DealType::New => {
            format!("{product} {}", chance.choice(&["rollout", "rollout", "rollout", "pilot", "\"lab refresh\""]))
        }
    }
}
