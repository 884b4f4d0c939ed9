//! A deal: what the CRM holds of it, what is true of it, and its line in the export.

use super::calendar::Calendar;
use super::chance::Chance;
use super::csv;
use super::ids::Entity;
use super::picklist::{Category, Competitor, Currency, DealType, LostReason, Product, Segment, Source, Stage};

/// Where a deal really is, whatever the CRM says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The buyer has not decided.
    Undecided,
    /// The buyer has said yes; it is signed on one day and entered into the CRM on that day or a later one.
    Agreed { sign_on: i32, record_on: i32 },
    /// The buyer has said no; the rep closes it on `record_on`.
    Refused { record_on: i32 },
    /// Closed in the CRM.
    Closed,
}

/// What becomes of a record besides being open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    /// Its row stays, marked as deleted.
    Deleted,
    /// Its row is gone.
    Vanished,
    /// Its row stays, marked as deleted, and names the deal it was merged into (a position among the deals).
    Merged(usize),
}

#[derive(Debug)]
pub struct Deal {
    /// 0 until the deal is entered into the CRM.
    pub number: u64,
    /// A position among the accounts.
    pub account: usize,
    pub name: String,
    pub stage: Stage,
    /// Cents of the currency.
    pub amount: Option<i64>,
    pub currency: Currency,
    pub probability: Option<u8>,
    pub close_on: i32,
    pub deal_type: DealType,
    pub next_step: &'static str,
    pub source: Source,
    pub category: Category,
    /// A position among the staff.
    pub owner: usize,
    /// A position in `TERRITORIES`.
    pub territory: usize,
    pub created_on: i32,
    pub created_at: i64,
    pub last_activity_on: Option<i32>,
    pub stage_changed_at: i64,
    pub qualified_on: Option<i32>,
    pub product: Product,
    pub segment: Segment,
    pub lost_reason: Option<LostReason>,
    pub competitor_is_known: bool,
    pub is_disqualified: bool,
    pub fate: Fate,
    pub is_test: bool,

    // What the CRM does not know.
    pub phase: Phase,
    /// How well the deal fits, standard normal.
    pub quality: f64,
    pub competitor: Option<Competitor>,
    /// What the offer would say, in cents; the CRM's amount may be empty or zeroed.
    pub price: i64,
    pub stage_entered_on: i32,
    pub entered_on: Option<i32>,
    pub closed_on: Option<i32>,
    pub true_cause: Option<LostReason>,
    pub probability_at_creation: f64,
    /// The day its fate or outcome came about.
    pub outcome_on: Option<i32>,
    pub chance: Chance,

    /// True when the CRM's record changed since it was last booked and written.
    pub is_touched: bool,
    pub line: String,
}

pub const HEADER: &str = "Id,IsDeleted,AccountId,Name,StageName,Amount,CurrencyIsoCode,Probability,CloseDate,Type,NextStep,\
    LeadSource,IsClosed,IsWon,ForecastCategoryName,OwnerId,Territory2Id,CreatedDate,LastActivityDate,LastStageChangeDate,\
    Qualified_On__c,Product__c,Segment__c,Lost_Reason__c,Competitor__c,Merged_Into__c,Disqualified__c";

/// What a deal's line needs from other records.
pub struct Links<'a> {
    pub calendar: &'a Calendar,
    pub account_id: &'a str,
    pub owner_id: &'a str,
    pub territory_id: &'a str,
    pub merged_into_id: &'a str,
    pub commit_label: &'static str,
}

impl Deal {
    /// Whether the CRM shows the deal as running.
    pub fn is_open(&self) -> bool {
        self.entered_on.is_some() && self.fate == Fate::Kept && !self.stage.is_closed()
    }

    /// Whether the export has a row for it.
    pub fn is_exported(&self) -> bool {
        self.entered_on.is_some() && self.fate != Fate::Vanished
    }

    pub fn is_lost(&self) -> bool {
        self.stage == Stage::Lost
    }

    pub fn id(&self) -> String {
        Entity::Deal.id(self.number)
    }

    /// The line of the export, as `HEADER` names its fields.
    pub fn render(&self, links: &Links<'_>) -> String {
        let Links { calendar, .. } = links;
        let day = |day: Option<i32>| day.map_or("", |day| calendar.text(day));
        csv::line([
            self.id().as_str(),
            csv::flag(self.fate != Fate::Kept),
            links.account_id,
            &self.name,
            self.stage.text(),
            &self.amount.map(csv::money).unwrap_or_default(),
            self.currency.text(),
            &self.probability.map(|percent| percent.to_string()).unwrap_or_default(),
            calendar.text(self.close_on),
            self.deal_type.text(),
            self.next_step,
            self.source.text(),
            csv::flag(self.stage.is_closed()),
            csv::flag(self.stage == Stage::Won),
            self.category.text(links.commit_label),
            links.owner_id,
            links.territory_id,
            &calendar.moment_text(self.created_at),
            day(self.last_activity_on),
            &calendar.moment_text(self.stage_changed_at),
            day(self.qualified_on),
            self.product.text(),
            self.segment.text(),
            self.lost_reason.map_or("", LostReason::text),
            self.competitor.filter(|_| self.competitor_is_known).map_or("", Competitor::text),
            links.merged_into_id,
            csv::flag(self.is_disqualified),
        ])
    }
}
