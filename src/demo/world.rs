//! The company as it lives: everything it has, and one workday after another. A day first does what was to be done that
//! day, then lets leads and deals come in, then moves every running deal, then closes the books.

use std::collections::BTreeMap;

use super::account::Account;
use super::arrivals;
use super::books::Books;
use super::calendar::Calendar;
use super::calls::{self, Submission};
use super::chance::Chance;
use super::deal::{Deal, Fate, Phase};
use super::diary::{Diary, Kind};
use super::exclusions::Exclusion;
use super::lead::Lead;
use super::market::Market;
use super::mishaps::Errand;
use super::names::Names;
use super::picklist::{Category, DealType, Product, Stage};
use super::quota::{self, Quota};
use super::selling::{self, Scene, Turn};
use super::staff::Staff;
use super::turns::{Flow, Turns};
use super::{Options, Span, estimate};

/// Streams of chance by what they are for; the numbers 1 and 2 are those of staff and market.
const ARRIVALS: u64 = 3;
const OFFICE: u64 = 4;
pub const DEALS: u64 = 5;
pub const LEADS: u64 = 6;

#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub span: Span,
    pub calendar: Calendar,
    pub staff: Staff,
    pub market: Market,
    pub quotas: Vec<Quota>,
    pub accounts: Vec<Account>,
    /// In the order of their beginning; some are not in the CRM yet.
    pub deals: Vec<Deal>,
    /// The deals in the order of their entry into the CRM, which is the order of their ids.
    pub entered: Vec<usize>,
    pub leads: Vec<Lead>,
    pub diary: Diary,
    pub submissions: Vec<Submission>,
    pub exclusions: Vec<Exclusion>,
    pub books: Books,
    pub names: Names,
    /// What comes in.
    pub arrivals: Chance,
    /// What people do apart from deals and leads.
    pub office: Chance,
    /// Who gets the next lead, deal and expansion, and which segment each rep's next account has.
    pub lead_turns: Turns,
    pub deal_turns: Turns,
    pub expansion_turns: Turns,
    pub segment_turns: Vec<Turns>,
    /// Leads, deals and expansions to come.
    pub flows: [Flow; 3],
    /// How many deals are to begin on a workday for each unit of the reps' capacity.
    pub deals_per_capacity: f64,
    /// Deals that still move, in the order of their beginning.
    pub running: Vec<usize>,
    pub agenda: BTreeMap<i32, Vec<Errand>>,
    pub last_deal_number: u64,
}

impl World {
    pub fn new(options: &Options, span: Span) -> Self {
        // Hire dates reach back, expected closes forward.
        let calendar = Calendar::covering(span.start - 1_900, span.last + 800);
        let seed = options.seed;
        let staff = Staff::new(options.reps as usize, &span, &calendar, seed);
        let market = Market::new(&span, &calendar, seed);
        let total_weight: f64 =
            (span.start..=span.last).map(|day| arrivals::weight(&calendar, &staff, &span, day)).sum();
        let quotas = quota::plan(&span, &calendar, &staff, f64::from(options.deals) / total_weight);
        let mut world = Self {
            seed,
            calendar,
            staff,
            market,
            quotas,
            accounts: Vec::new(),
            deals: Vec::new(),
            entered: Vec::new(),
            leads: Vec::new(),
            diary: Diary::default(),
            submissions: Vec::new(),
            exclusions: Vec::new(),
            books: Books::default(),
            names: Names::default(),
            lead_turns: Turns::default(),
            deal_turns: Turns::default(),
            expansion_turns: Turns::default(),
            segment_turns: Vec::new(),
            flows: <[Flow; 3]>::default(),
            arrivals: Chance::new([seed, ARRIVALS, 0]),
            office: Chance::new([seed, OFFICE, 0]),
            deals_per_capacity: f64::from(options.deals) / total_weight,
            running: Vec::new(),
            agenda: BTreeMap::new(),
            last_deal_number: 5_000,
            span,
        };
        world.schedule_the_known();
        world
    }

    /// Lets a day pass; nothing happens on weekends.
    pub fn live(&mut self, day: i32) {
        if !self.calendar.is_workday(day) {
            return;
        }
        self.run_errands(day);
        self.receive(day);
        self.sell(day);
        self.keep_house(day);
        if self.calendar.is_monday(day) {
            let Self { deals, running, submissions, office, calendar, staff, market, .. } = self;
            let open = running.iter().map(|position| &deals[*position]).filter(|deal| deal.is_open());
            calls::submit(submissions, office, day, open, (calendar, staff, market));
        }
        self.close_books();
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene { span: &self.span, calendar: &self.calendar, staff: &self.staff, market: &self.market }
    }

    /// Puts an errand on the first workday from `day` on.
    pub fn later(&mut self, day: i32, errand: Errand) {
        self.agenda.entry(self.calendar.workday_from(day)).or_default().push(errand);
    }

    /// What the CRM calls the commit on a day: the administrator renames it at a quarter's start in the first year.
    pub fn commit_label(&self, day: i32) -> &'static str {
        if day < self.relabelled_on() { "Forecast" } else { "Commit" }
    }

    fn relabelled_on(&self) -> i32 {
        self.calendar.quarter_end(self.span.first + 150) + 1
    }

    fn sell(&mut self, day: i32) {
        for position in self.running.clone() {
            let Self { span, calendar, staff, market, deals, diary, agenda, .. } = self;
            let scene = Scene { span, calendar, staff, market };
            let deal = &mut deals[position];
            let turn = selling::live(deal, day, &scene);
            if let Some(Turn::Moved | Turn::Agreed) = turn {
                estimate::revise(deal, day, &scene);
            }
            if deal.is_open() {
                estimate::tend(deal, day, &scene);
                let planned = if turn == Some(Turn::Moved) && deal.stage == Stage::Demo && deal.chance.happens(0.6) {
                    diary.enter(position, deal, Kind::Demo, day, &scene)
                } else {
                    diary.work_on(position, deal, day, &scene)
                };
                if let Some((on, task)) = planned {
                    agenda.entry(on).or_default().push(Errand::Hold(task));
                }
            }
            match turn {
                Some(Turn::Won) => self.after_win(position, day),
                Some(Turn::Lost) => self.after_loss(position, day),
                _ => {}
            }
        }
        let deals = &self.deals;
        self.running.retain(|position| deals[*position].phase != Phase::Closed && deals[*position].fate == Fate::Kept);
    }

    fn after_win(&mut self, position: usize, day: i32) {
        self.enter(position, day);
        let deal = &mut self.deals[position];
        let (account, closed_on) = (deal.account, deal.close_on);
        let renews = deal.product == Product::CalibrationPlan || deal.chance.happens(0.6);
        let renews_after = deal.chance.whole(270, 310);
        let corrects = deal.chance.happens(0.06).then(|| deal.chance.whole(5, 40));
        let redates = deal.chance.happens(0.05).then(|| deal.chance.whole(2, 15));
        let account = &mut self.accounts[account];
        account.first_won_on = account.first_won_on.or(Some(closed_on));
        account.churned_on = None;
        account.is_touched = true;
        if renews {
            self.later(closed_on + renews_after, Errand::Renew(position));
        }
        if let Some(days) = corrects {
            self.later(day + days, Errand::CorrectAmount(position));
        }
        if let Some(days) = redates {
            self.later(day + days, Errand::CorrectDate(position));
        }
    }

    fn after_loss(&mut self, position: usize, day: i32) {
        let deal = &mut self.deals[position];
        let reopens = (!deal.is_disqualified && deal.chance.happens(0.05)).then(|| deal.chance.whole(14, 80));
        let is_tidied_away = deal.chance.happens(0.015).then(|| deal.chance.whole(10, 120));
        if deal.deal_type == DealType::Renewal {
            let account = &mut self.accounts[deal.account];
            account.churned_on = Some(day);
            account.is_touched = true;
        }
        if let Some(days) = reopens {
            self.later(day + days, Errand::Reopen(position));
        } else if let Some(days) = is_tidied_away {
            self.later(day + days, Errand::Vanish(position));
        }
    }

    fn keep_house(&mut self, day: i32) {
        let Self { span, calendar, staff, market, diary, office, .. } = self;
        let scene = Scene { span, calendar, staff, market };
        for rep in staff.reps().filter(|rep| staff.sells(*rep, day)) {
            let territory = staff.people[rep].territory.unwrap_or_default();
            diary.keep_house(office, (rep, territory), day, &scene);
        }
    }

    /// Posts every deal that changed.
    fn close_books(&mut self) {
        for (position, deal) in self.deals.iter_mut().enumerate().filter(|(_, deal)| deal.is_touched) {
            let is_excluded = self.exclusions.iter().any(|exclusion| exclusion.deal == Some(position));
            self.books.post(position, deal, is_excluded);
            deal.is_touched = false;
            deal.line.clear();
        }
    }

    /// Makes the lines of deals in the commit be written anew when its label has changed since the export before.
    pub fn relabel(&mut self, previous_export: Option<i32>, day: i32) {
        if previous_export.is_some_and(|previous| self.commit_label(previous) != self.commit_label(day)) {
            for deal in self.deals.iter_mut().filter(|deal| deal.category == Category::Commit) {
                deal.line.clear();
            }
        }
    }
}
