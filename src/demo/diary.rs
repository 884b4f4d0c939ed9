//! What people do all day: calls, mails, meetings and demos for deals and leads, and the hours that go elsewhere.

use super::calendar::Calendar;
use super::chance::Chance;
use super::csv;
use super::deal::{Deal, Phase};
use super::ids::Entity;
use super::picklist::Stage;
use super::selling::{Scene, minute_of_work};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Call,
    Email,
    Meeting,
    Demo,
    Task,
    Admin,
    Training,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    NotStarted,
    Completed,
    Deferred,
}

#[derive(Debug)]
pub struct Task {
    pub number: u64,
    pub subject: &'static str,
    pub kind: Kind,
    pub direction: &'static str,
    /// A position among the staff.
    pub owner: usize,
    /// Positions among the deals, the leads and the accounts.
    pub deal: Option<usize>,
    pub lead: Option<usize>,
    pub account: Option<usize>,
    pub start: i64,
    pub minutes: i32,
    pub status: Status,
    pub is_selling: bool,
    pub outcome: &'static str,
    /// Not exported as it is.
    pub is_changed: bool,
}

pub const HEADER: &str = "Id,Subject,Type,Direction__c,OwnerId,WhatId,WhoId,AccountId,StartDateTime,DurationMinutes__c,Status,\
    IsClosed,IsSelling__c,Outcome__c";

impl Task {
    /// Adds the line of the export, as `HEADER` names its fields.
    pub fn render(&self, table: &mut csv::Table, calendar: &Calendar, owner_id: &str, links: [&str; 3]) {
        let [deal_id, lead_id, account_id] = links;
        table.push([
            Entity::Task.id(self.number).as_str(),
            self.subject,
            ["Call", "Email", "Meeting", "Demo", "Task", "Admin", "Training"][self.kind as usize],
            self.direction,
            owner_id,
            deal_id,
            lead_id,
            account_id,
            &calendar.moment_text(self.start),
            &self.minutes.to_string(),
            ["Not Started", "Completed", "Deferred"][self.status as usize],
            csv::flag(self.status == Status::Completed),
            csv::flag(self.is_selling),
            self.outcome,
        ]);
    }
}

/// All tasks so far, in the order of their entry.
#[derive(Debug, Default)]
pub struct Diary {
    pub tasks: Vec<Task>,
}

impl Diary {
    /// A workday's activity of a deal, if there is one; gives day and position of the task when it is planned for later.
    pub fn work_on(&mut self, position: usize, deal: &mut Deal, day: i32, scene: &Scene<'_>) -> Option<(i32, usize)> {
        let of_stage = [0.18, 0.18, 0.17, 0.13, 0.19][deal.stage as usize % 5];
        let of_segment = [1.15, 0.85, 0.75][deal.segment as usize];
        let of_phase = if matches!(deal.phase, Phase::Refused { .. }) { 0.25 } else { 1.0 };
        let of_owner = 0.5 + 0.5 * scene.staff.people[deal.owner].diligence;
        let rate = of_stage * of_segment * of_phase * of_owner * super::chance::exp(0.18 * deal.quality);
        if !deal.chance.happens(rate) {
            return None;
        }
        let kinds = [Kind::Call, Kind::Email, Kind::Meeting, Kind::Demo, Kind::Task];
        let weights = match deal.stage {
            Stage::Discovery => [0.42, 0.38, 0.16, 0.0, 0.04],
            Stage::Qualified => [0.26, 0.3, 0.36, 0.03, 0.05],
            Stage::Demo => [0.16, 0.26, 0.26, 0.26, 0.06],
            Stage::Trial => [0.3, 0.3, 0.28, 0.04, 0.08],
            _ => [0.36, 0.3, 0.28, 0.0, 0.06],
        };
        let kind = kinds[deal.chance.weighted(&weights)];
        self.enter(position, deal, kind, day, scene)
    }

    /// One activity of a deal, done or planned; gives what `work_on` gives.
    pub fn enter(
        &mut self,
        position: usize,
        deal: &mut Deal,
        kind: Kind,
        day: i32,
        scene: &Scene<'_>,
    ) -> Option<(i32, usize)> {
        let is_planned = matches!(kind, Kind::Meeting | Kind::Demo) && deal.chance.happens(0.4);
        let on = if is_planned { scene.calendar.workday_from(day + deal.chance.whole(2, 9)) } else { day };
        let place = (deal.owner, deal.territory);
        let mut task = draft(&mut deal.chance, kind, on, place, scene);
        task.number = self.next_number();
        task.deal = Some(position);
        task.account = Some(deal.account);
        if is_planned {
            task.status = Status::NotStarted;
            task.outcome = "";
        } else {
            deal.last_activity_on = Some(day);
            deal.is_touched = true;
        }
        self.tasks.push(task);
        is_planned.then(|| (on, self.tasks.len() - 1))
    }

    /// The day of a planned task has come.
    pub fn hold(&mut self, task: usize, takes_place: bool) {
        let task = &mut self.tasks[task];
        task.status = if takes_place { Status::Completed } else { Status::Deferred };
        task.outcome = if takes_place { "Held" } else { "No show" };
        task.is_changed = true;
    }

    /// An activity of a lead's owner.
    pub fn reach_out(&mut self, chance: &mut Chance, lead: usize, place: (usize, usize), day: i32, scene: &Scene<'_>) {
        let kind = chance.choice(&[Kind::Call, Kind::Call, Kind::Email]);
        let mut task = draft(chance, kind, day, place, scene);
        task.number = self.next_number();
        task.lead = Some(lead);
        self.tasks.push(task);
    }

    /// What else a rep's day holds.
    pub fn keep_house(&mut self, chance: &mut Chance, place: (usize, usize), day: i32, scene: &Scene<'_>) {
        let kind = match chance.weighted(&[0.05, 0.01, 0.01, 0.93]) {
            0 => Kind::Admin,
            1 => Kind::Training,
            2 => Kind::Task,
            _ => return,
        };
        let mut task = draft(chance, kind, day, place, scene);
        task.number = self.next_number();
        self.tasks.push(task);
    }

    fn next_number(&self) -> u64 {
        self.tasks.last().map_or(70_000, |task| task.number + 1)
    }
}

/// A completed activity without its links; `place` is owner and territory.
fn draft(chance: &mut Chance, kind: Kind, day: i32, place: (usize, usize), scene: &Scene<'_>) -> Task {
    let (owner, territory) = place;
    let (subjects, minutes): (&[&'static str], &[i32]) = match kind {
        Kind::Call => (&["Call", "Follow-up call", "Check-in"], &[5, 10, 15, 20, 30]),
        Kind::Email => (&["Email", "Follow-up email", "Email: quote, data sheets"], &[5, 10, 15]),
        Kind::Meeting => (&["Meeting", "On-site meeting", "Review meeting"], &[30, 45, 60, 90]),
        Kind::Demo => (&["Demo", "Live demo, remote"], &[45, 60, 90, 120]),
        Kind::Task => (&["Prepare quote", "Update records"], &[15, 30, 45, 60]),
        Kind::Admin => (&["CRM upkeep", "Expenses", "Internal meeting"], &[120, 180, 240, 300]),
        Kind::Training => (&["Product training", "Onboarding"], &[120, 240, 420]),
    };
    let subject = chance.choice(subjects);
    let (directions, outcomes): (&[&'static str], &[&'static str]) = match kind {
        Kind::Call => {
            (&["Outbound", "Outbound", "Outbound", "Inbound"], &["Connected", "Connected", "No answer", "Left message"])
        }
        Kind::Email => (&["Outbound", "Outbound", "Inbound"], &["Replied", ""]),
        Kind::Meeting | Kind::Demo => (&["Outbound", "Outbound", "Outbound", "Inbound"], &["Held"]),
        _ => (&[""], &[""]),
    };
    let direction = chance.choice(directions);
    let outcome = match (kind, direction) {
        (Kind::Call, "Inbound") => "Connected",
        (Kind::Email, "Inbound") => "Replied",
        _ => chance.choice(outcomes),
    };
    let minute = minute_of_work(territory, chance.unit()) / 15 * 15;
    Task {
        number: 0,
        subject,
        kind,
        direction,
        owner,
        deal: None,
        lead: None,
        account: None,
        start: scene.calendar.moment(day, minute),
        minutes: chance.choice(minutes),
        status: Status::Completed,
        is_selling: !matches!(kind, Kind::Admin | Kind::Training) && subject != "Update records",
        outcome,
        is_changed: true,
    }
}
