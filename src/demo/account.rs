//! An account: a customer or prospect, and its line in the export.

use super::calendar::Calendar;
use super::csv;
use super::ids::Entity;
use super::names::INDUSTRIES;
use super::picklist::Segment;
use super::staff::TERRITORIES;

#[derive(Debug)]
pub struct Account {
    pub number: u64,
    pub name: String,
    /// A position among the accounts.
    pub parent: Option<usize>,
    /// A position in `INDUSTRIES`.
    pub industry: usize,
    pub segment: Segment,
    pub employees: i32,
    pub country: &'static str,
    /// A position in `TERRITORIES`.
    pub territory: usize,
    /// A position among the staff.
    pub owner: usize,
    pub created_at: i64,
    pub first_won_on: Option<i32>,
    pub churned_on: Option<i32>,
    pub is_test: bool,
    pub is_touched: bool,
    pub line: String,
}

pub const HEADER: &str = "Id,Name,ParentId,Industry,Segment__c,NumberOfEmployees,BillingCountry,Region__c,Territory2Id,OwnerId,\
    CreatedDate,First_Won_On__c,Churned_On__c";

impl Account {
    pub fn id(&self) -> String {
        Entity::Account.id(self.number)
    }

    /// The line of the export, as `HEADER` names its fields.
    pub fn render(&self, calendar: &Calendar, parent_id: &str, owner_id: &str) -> String {
        let day = |day: Option<i32>| day.map_or("", |day| calendar.text(day));
        csv::line([
            self.id().as_str(),
            &self.name,
            parent_id,
            INDUSTRIES[self.industry],
            self.segment.text(),
            &self.employees.to_string(),
            self.country,
            TERRITORIES[self.territory].region,
            &Entity::Territory.id(self.territory as u64 + 1),
            owner_id,
            &calendar.moment_text(self.created_at),
            day(self.first_won_on),
            day(self.churned_on),
        ])
    }
}
