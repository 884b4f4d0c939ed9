//! What goes otherwise than planned, and whatever else has a day: late entries, deletions, duplicates and their merging,
//! corrections, reopened deals, renewals, people who leave and those who take over, test records.

use super::arrivals::Opening;
use super::deal::{Deal, Fate, Phase};
use super::estimate;
use super::lead::Step;
use super::picklist::{DealType, Source, Stage};
use super::selling::{self, Scene};
use super::world::World;

/// Something to be done on a day; the numbers are positions among deals, tasks, leads and staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    Enter(usize),
    Hold(usize),
    Lead(usize, Step),
    Renew(usize),
    /// The row goes without a trace.
    Vanish(usize),
    /// The row stays, marked.
    Delete(usize),
    Duplicate(usize),
    Merge {
        duplicate: usize,
        survivor: usize,
    },
    Reopen(usize),
    CorrectAmount(usize),
    CorrectDate(usize),
    Reassign(usize),
    Leave {
        rep: usize,
    },
    Join {
        rep: usize,
    },
    Test {
        closes: bool,
    },
    CloseTest(usize),
    Exclude(usize),
    ExcludeLead,
}

impl World {
    /// Puts on the agenda what is certain from the beginning: people coming and going, test records.
    pub fn schedule_the_known(&mut self) {
        let staff: Vec<(usize, i32, Option<i32>)> = self
            .staff
            .reps()
            .map(|rep| (rep, self.staff.people[rep].hired_on, self.staff.people[rep].left_on))
            .collect();
        for (rep, hired_on, left_on) in staff {
            if hired_on > self.span.start {
                self.later(hired_on + 14, Errand::Join { rep });
            }
            if let Some(left_on) = left_on {
                // His deals wait for a new owner for a while, as they do.
                self.later(left_on + 10, Errand::Leave { rep });
            }
        }
        let (first, last) = (self.span.first, self.span.last);
        for (day, closes) in [(first - 60, false), (first + 91, true), (last - 130, false)] {
            if (self.span.start..=last).contains(&day) {
                self.later(day, Errand::Test { closes });
            }
        }
        self.later(first + 40, Errand::ExcludeLead);
    }

    /// Draws what will happen to a new deal besides selling.
    pub fn foresee_mishaps(&mut self, position: usize, day: i32) {
        let chance = &mut self.deals[position].chance;
        let errand = match chance.weighted(&[0.03, 0.025, 0.03, 0.03, 0.885]) {
            0 => Errand::Vanish(position),
            1 => Errand::Delete(position),
            2 => Errand::Duplicate(position),
            3 => Errand::Reassign(position),
            _ => return,
        };
        let days = match errand {
            Errand::Duplicate(_) => chance.whole(2, 12),
            _ => chance.whole(6, 60),
        };
        self.later(day + days, errand);
    }

    /// Does everything that is due.
    pub fn run_errands(&mut self, day: i32) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= day) {
            for errand in entry.remove() {
                self.run(errand, day);
            }
        }
    }

    fn run(&mut self, errand: Errand, day: i32) {
        match errand {
            Errand::Enter(deal) => self.enter(deal, day),
            Errand::Hold(task) => self.hold(task, day),
            Errand::Lead(lead, step) => self.advance_lead(lead, step, day),
            Errand::Renew(deal) => self.renew(deal, day),
            Errand::Vanish(deal) => self.remove(deal, Fate::Vanished, day),
            Errand::Delete(deal) => self.remove(deal, Fate::Deleted, day),
            Errand::Duplicate(deal) => self.duplicate(deal, day),
            Errand::Merge { duplicate, survivor } => self.merge(duplicate, survivor, day),
            Errand::Reopen(deal) => self.reopen(deal, day),
            Errand::CorrectAmount(deal) => self.correct_amount(deal),
            Errand::CorrectDate(deal) => self.correct_date(deal, day),
            Errand::Reassign(deal) => self.reassign(deal, day),
            Errand::Leave { rep } => self.hand_over_all(rep, day),
            Errand::Join { rep } => self.hand_over_some(rep, day),
            Errand::Test { closes } => self.enter_test(closes, day),
            Errand::CloseTest(deal) => self.close_test(deal, day),
            Errand::Exclude(deal) => self.exclude(deal),
            Errand::ExcludeLead => self.exclude_lead(),
        }
    }

    fn hold(&mut self, task: usize, day: i32) {
        let takes_place = match self.diary.tasks[task].deal {
            Some(position) => {
                let deal = &mut self.deals[position];
                let takes_place = deal.is_open() && deal.chance.happens(0.87);
                if takes_place {
                    deal.last_activity_on = Some(day);
                    deal.is_touched = true;
                }
                takes_place
            }
            None => true,
        };
        self.diary.hold(task, takes_place);
    }

    fn renew(&mut self, of: usize, day: i32) {
        let Deal { account, product, .. } = self.deals[of];
        if self.deals[of].fate == Fate::Kept && self.accounts[account].churned_on.is_none() {
            let source = Source::ExistingCustomer;
            self.begin(Opening { account, deal_type: DealType::Renewal, source, product }, day);
        }
    }

    /// A deal that runs or was lost goes; one that was won stays.
    fn remove(&mut self, position: usize, fate: Fate, day: i32) {
        let deal = &mut self.deals[position];
        if deal.fate == Fate::Kept && deal.entered_on.is_some() && deal.stage != Stage::Won {
            deal.fate = fate;
            deal.outcome_on = Some(day);
            deal.is_touched = true;
        }
    }

    /// Somebody enters the same deal again.
    fn duplicate(&mut self, of: usize, day: i32) {
        let Deal { account, deal_type, source, product, .. } = self.deals[of];
        if !self.deals[of].is_open() {
            return;
        }
        let copy = self.draft(Opening { account, deal_type, source, product }, day);
        self.enter(copy, day);
        // Nobody works on a duplicate.
        self.running.retain(|position| *position != copy);
        let other_owner =
            self.office.happens(0.5).then(|| self.staff.successor(&mut self.office, self.deals[of].owner, day));
        let days = self.office.whole(5, 45);
        let deal = &mut self.deals[copy];
        deal.probability_at_creation = 0.0;
        deal.phase = Phase::Refused { record_on: i32::MAX };
        deal.owner = other_owner.unwrap_or(deal.owner);
        self.later(day + days, Errand::Merge { duplicate: copy, survivor: of });
    }

    /// The duplicate goes into the deal it repeats, or simply goes if that is gone.
    fn merge(&mut self, duplicate: usize, survivor: usize, day: i32) {
        let fate = if self.deals[survivor].fate == Fate::Kept { Fate::Merged(survivor) } else { Fate::Deleted };
        let deal = &mut self.deals[duplicate];
        deal.fate = fate;
        deal.outcome_on = Some(day);
        deal.is_touched = true;
    }

    fn reopen(&mut self, position: usize, day: i32) {
        let Self { span, calendar, staff, market, deals, running, .. } = self;
        let scene = Scene { span, calendar, staff, market };
        let deal = &mut deals[position];
        if deal.fate != Fate::Kept || !deal.is_lost() {
            return;
        }
        if !staff.sells(deal.owner, day) {
            deal.owner = staff.successor(&mut deal.chance, deal.owner, day);
        }
        let stage = deal.chance.choice(&[Stage::Qualified, Stage::Demo, Stage::Trial]);
        selling::move_to(deal, stage, day, &scene);
        deal.phase = Phase::Undecided;
        deal.lost_reason = None;
        deal.true_cause = None;
        deal.closed_on = None;
        deal.outcome_on = None;
        deal.quality += 0.5;
        estimate::open(deal, day, &scene);
        deal.amount = Some(deal.price);
        running.push(position);
        running.sort_unstable();
    }

    fn correct_amount(&mut self, position: usize) {
        let deal = &mut self.deals[position];
        let change = deal.chance.between(-0.12, 0.06);
        deal.amount = Some((deal.price as f64 * (1.0 + change) / 100.0).round() as i64 * 100 + 50);
        deal.is_touched = true;
    }

    fn correct_date(&mut self, position: usize, day: i32) {
        let deal = &mut self.deals[position];
        let days = deal.chance.whole(-9, 9);
        deal.close_on = self.calendar.workday_until((deal.close_on + days).clamp(deal.created_on, day));
        deal.is_touched = true;
    }

    fn reassign(&mut self, position: usize, day: i32) {
        let deal = &mut self.deals[position];
        if deal.is_open() {
            deal.owner = self.staff.successor(&mut deal.chance, deal.owner, day);
            deal.is_touched = true;
        }
    }

    /// The accounts and open deals of someone who leaves go to his colleagues.
    fn hand_over_all(&mut self, rep: usize, day: i32) {
        for account in
            (0..self.accounts.len()).filter(|account| self.accounts[*account].owner == rep).collect::<Vec<_>>()
        {
            let to = self.staff.successor(&mut self.office, rep, day);
            self.hand_over(account, rep, to);
        }
        for position in 0..self.deals.len() {
            if self.deals[position].owner == rep && !self.deals[position].stage.is_closed() {
                self.deals[position].owner = self.accounts[self.deals[position].account].owner;
                self.deals[position].is_touched = true;
            }
        }
    }

    /// Someone new gets a few accounts with open deals from the colleagues of his territory.
    fn hand_over_some(&mut self, rep: usize, day: i32) {
        let territory = self.staff.people[rep].territory;
        let mut accounts: Vec<usize> = (self.running.iter())
            .filter(|position| self.deals[**position].is_open() && !self.deals[**position].is_test)
            .map(|position| self.deals[*position].account)
            .filter(|account| Some(self.accounts[*account].territory) == territory)
            .collect();
        accounts.dedup();
        for account in accounts.into_iter().step_by(2).take(5) {
            let from = self.accounts[account].owner;
            if self.staff.sells(rep, day) && from != rep {
                self.hand_over(account, from, rep);
            }
        }
    }

    fn hand_over(&mut self, account: usize, from: usize, to: usize) {
        self.accounts[account].owner = to;
        self.accounts[account].is_touched = true;
        for deal in self.deals.iter_mut().filter(|deal| deal.account == account && deal.owner == from) {
            if !deal.stage.is_closed() && deal.fate == Fate::Kept {
                deal.owner = to;
                deal.is_touched = true;
            }
        }
    }
}
