//! The nightly export: what the CRM and the systems beside it hold at the end of a day, as the files of one folder. Most
//! files of the CRM hold everything; tasks, leads and submissions only what is new or changed since the export before.

use std::fs;
use std::path::Path;

use super::beside::Beside;
use super::books::Tally;
use super::csv::{self, Table};
use super::deal::{Fate, Links};
use super::ids::Entity;
use super::market::TYPICAL_DAYS;
use super::picklist::Stage;
use super::staff::TERRITORIES;
use super::world::World;
use super::{account, calls, deal, diary, lead};
use crate::error::{Doing, Result};

/// What has been exported so far.
#[derive(Debug, Default)]
pub struct Exporter {
    pub files: usize,
    pub bytes: u64,
    pub previous: Option<i32>,
    submissions: usize,
    beside: Beside,
    /// The books at the end of each exported day.
    pub states: Vec<(i32, [Tally; 3], [Tally; 3])>,
}

impl Exporter {
    /// Writes all files of a day into `exports/<day>`.
    pub fn export(&mut self, exports: &Path, world: &mut World, day: i32) -> Result<()> {
        let folder = exports.join(world.calendar.text(day));
        fs::create_dir_all(&folder).doing("create the folder", &folder)?;
        world.relabel(self.previous, day);
        let submissions = submissions(world, self.submissions);
        self.submissions = world.submissions.len();
        let deals = deals(world, day);
        let accounts = accounts(world);
        let tables = [
            ("Opportunity", deals, "\u{feff}"),
            ("Account", accounts, ""),
            ("User", people(world, day), ""),
            ("Territory2", territories(), ""),
            ("OpportunityStage", stages(), ""),
            ("Quota", quotas(world, day), ""),
            ("CurrencyRate", rates(world, day), ""),
            ("Task", tasks(world), ""),
            ("Lead", leads(world), ""),
            ("ForecastSubmission", submissions, ""),
            ("ExclusionList", exclusions(world), ""),
        ];
        let beside = self.beside.tables(world, self.previous, day).into_iter();
        for (name, table, mark) in tables.into_iter().chain(beside.map(|(name, table)| (name, table, ""))) {
            self.bytes += table.write(&folder.join(format!("{name}.csv.gz")), mark)?;
            self.files += 1;
        }
        self.states.push((day, world.books.all, world.books.counted));
        self.previous = Some(day);
        Ok(())
    }
}

fn person_id(world: &World, position: usize) -> String {
    Entity::Person.id(world.staff.people[position].number)
}

fn territory_id(position: usize) -> String {
    Entity::Territory.id(position as u64 + 1)
}

fn deals(world: &mut World, day: i32) -> Table {
    let commit_label = world.commit_label(day);
    let mut table = Table::new(deal::HEADER);
    for place in 0..world.entered.len() {
        let position = world.entered[place];
        let deal = &world.deals[position];
        if !deal.is_exported() {
            continue;
        }
        if deal.line.is_empty() {
            let merged_into = match deal.fate {
                Fate::Merged(survivor) => world.deals[survivor].id(),
                _ => String::new(),
            };
            let line = deal.render(&Links {
                calendar: &world.calendar,
                account_id: &world.accounts[deal.account].id(),
                owner_id: &person_id(world, deal.owner),
                territory_id: &territory_id(deal.territory),
                merged_into_id: &merged_into,
                commit_label,
            });
            world.deals[position].line = line;
        }
        table.push_line(&world.deals[position].line);
    }
    table
}

fn accounts(world: &mut World) -> Table {
    let mut table = Table::new(account::HEADER);
    for position in 0..world.accounts.len() {
        let account = &world.accounts[position];
        if account.is_touched {
            let parent_id = account.parent.map(|parent| world.accounts[parent].id()).unwrap_or_default();
            let line = account.render(&world.calendar, &parent_id, &person_id(world, account.owner));
            world.accounts[position].line = line;
            world.accounts[position].is_touched = false;
        }
        table.push_line(&world.accounts[position].line);
    }
    table
}

fn people(world: &World, day: i32) -> Table {
    let mut table =
        Table::new("Id,Name,Email,ManagerId,UserRole,Team__c,Territory2Id,Hired_On__c,Ramp_Months__c,IsActive");
    for (position, person) in world.staff.people.iter().enumerate().filter(|(_, person)| person.hired_on <= day) {
        table.push([
            person_id(world, position).as_str(),
            &person.name,
            &person.email,
            &person.manager.map(|manager| person_id(world, manager)).unwrap_or_default(),
            person.role.text(),
            person.team.map_or("", |team| TERRITORIES[team].name),
            &person.territory.map(territory_id).unwrap_or_default(),
            world.calendar.text(person.hired_on),
            &person.ramp_months.to_string(),
            csv::flag(person.left_on.is_none_or(|left_on| day < left_on)),
        ]);
    }
    table
}

fn territories() -> Table {
    let mut table = Table::new("Id,Name,ParentTerritory2Id,Region__c");
    for (position, territory) in TERRITORIES.iter().enumerate() {
        let parent_id = territory.parent.map(territory_id).unwrap_or_default();
        table.push([territory_id(position).as_str(), territory.name, &parent_id, territory.region]);
    }
    table
}

fn stages() -> Table {
    let mut table = Table::new(
        "Pipeline__c,MasterLabel,SortOrder,IsClosed,IsWon,DefaultProbability,ForecastCategoryName,TypicalDays__c",
    );
    for (position, stage) in Stage::ALL.into_iter().enumerate() {
        table.push([
            "Sales",
            stage.text(),
            &(position + 1).to_string(),
            csv::flag(stage.is_closed()),
            csv::flag(stage == Stage::Won),
            &stage.default_probability().to_string(),
            stage.default_category().text("Commit"),
            &TYPICAL_DAYS.get(position).map(i32::to_string).unwrap_or_default(),
        ]);
    }
    table
}

fn quotas(world: &World, day: i32) -> Table {
    let mut table = Table::new("Id,Scope__c,ScopeId__c,Metric__c,PeriodStart__c,PeriodEnd__c,Amount,CurrencyIsoCode");
    for quota in world.quotas.iter().filter(|quota| quota.known_from <= day && day < quota.known_until) {
        table.push([
            Entity::Quota.id(quota.number).as_str(),
            quota.scope.text(),
            &quota.scope.id(|rep| person_id(world, rep)),
            "bookings",
            world.calendar.text(quota.period_start),
            world.calendar.text(quota.period_end),
            &csv::money(quota.amount),
            "USD",
        ]);
    }
    table
}

fn rates(world: &World, day: i32) -> Table {
    let mut table = Table::new("FromIsoCode,ToIsoCode,RateType,StartDate,ConversionRate");
    for rate in world.market.rates.iter().filter(|rate| rate.known_from <= day) {
        table.push([
            rate.currency.text(),
            "USD",
            if rate.is_plan { "plan" } else { "spot" },
            world.calendar.text(rate.start),
            &format!("{}.{:06}", rate.micros / 1_000_000, rate.micros % 1_000_000),
        ]);
    }
    table
}

fn tasks(world: &mut World) -> Table {
    let mut table = Table::new(diary::HEADER);
    let World { calendar, staff, accounts, deals, leads, diary, .. } = world;
    for task in diary.tasks.iter_mut().filter(|task| task.is_changed) {
        task.is_changed = false;
        let deal_id = task.deal.map(|deal| deals[deal].id()).unwrap_or_default();
        let lead_id = task.lead.map(|lead| Entity::Lead.id(leads[lead].number)).unwrap_or_default();
        let account_id = task.account.map(|account| accounts[account].id()).unwrap_or_default();
        let owner_id = Entity::Person.id(staff.people[task.owner].number);
        task.render(&mut table, calendar, &owner_id, [&deal_id, &lead_id, &account_id]);
    }
    table
}

fn leads(world: &mut World) -> Table {
    let mut table = Table::new(lead::HEADER);
    let World { calendar, staff, deals, leads, .. } = world;
    for lead in leads.iter_mut().filter(|lead| lead.is_changed) {
        lead.is_changed = false;
        let deal_id = lead.deal.map(|deal| deals[deal].id()).unwrap_or_default();
        lead.render(&mut table, calendar, &Entity::Person.id(staff.people[lead.owner].number), &deal_id);
    }
    table
}

fn submissions(world: &World, exported: usize) -> Table {
    let mut table = Table::new(calls::HEADER);
    for submission in &world.submissions[exported..] {
        submission.render(&mut table, &world.calendar, &person_id(world, submission.rep));
    }
    table
}

fn exclusions(world: &World) -> Table {
    let mut table = Table::new("Entity,EntityId,ValidFrom,ValidTo,Reason");
    for exclusion in &world.exclusions {
        let valid_from = world.calendar.text(exclusion.valid_from);
        table.push([exclusion.entity, &exclusion.id, valid_from, "", exclusion.reason]);
    }
    table
}
