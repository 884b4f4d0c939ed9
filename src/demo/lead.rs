//! A lead: from its first sign to a deal or to nothing. Its whole course is drawn when it comes in and becomes known step
//! by step.

use super::calendar::Calendar;
use super::chance::Chance;
use super::csv;
use super::ids::Entity;
use super::picklist::Source;

#[derive(Debug)]
pub struct Lead {
    pub number: u64,
    pub name: String,
    pub company: String,
    /// A position in `INDUSTRIES`.
    pub industry: usize,
    pub source: Source,
    /// A position among the staff; `territory` one in `TERRITORIES`.
    pub owner: usize,
    pub territory: usize,
    pub status: &'static str,
    pub created_at: i64,
    pub first_response_at: Option<i64>,
    pub first_engaged_at: Option<i64>,
    pub mql_on: Option<i32>,
    pub sql_on: Option<i32>,
    pub converted_on: Option<i32>,
    /// A position among the deals.
    pub deal: Option<usize>,
    pub disqualified_reason: &'static str,
    /// Not exported as it is.
    pub is_changed: bool,
}

/// What happens to a lead next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Respond { minute: i32 },
    Engage { minute: i32 },
    Market,
    Accept,
    Convert,
    Disqualify,
}

pub const HEADER: &str = "Id,Name,Company,LeadSource,OwnerId,Status,CreatedDate,FirstResponseAt__c,FirstEngagedAt__c,MQL_On__c,\
    SQL_On__c,ConvertedDate,ConvertedOpportunityId,DisqualifiedReason__c";

impl Lead {
    /// Adds the line of the export, as `HEADER` names its fields.
    pub fn render(&self, table: &mut csv::Table, calendar: &Calendar, owner_id: &str, deal_id: &str) {
        let day = |day: Option<i32>| day.map_or("", |day| calendar.text(day));
        let moment = |at: Option<i64>| at.map(|at| calendar.moment_text(at)).unwrap_or_default();
        table.push([
            Entity::Lead.id(self.number).as_str(),
            &self.name,
            &self.company,
            self.source.text(),
            owner_id,
            self.status,
            &calendar.moment_text(self.created_at),
            &moment(self.first_response_at),
            &moment(self.first_engaged_at),
            day(self.mql_on),
            day(self.sql_on),
            day(self.converted_on),
            deal_id,
            self.disqualified_reason,
        ]);
    }
}

/// The course of a lead that comes in at a minute of a day: steps and their days, in order. Quick answers engage more.
pub fn course(
    chance: &mut Chance,
    calendar: &Calendar,
    day: i32,
    minute: i32,
    source: Source,
    diligence: f64,
) -> Vec<(i32, Step)> {
    let mut steps = Vec::new();
    let later =
        |chance: &mut Chance, from: i32, mean: f64| calendar.workday_from(from + 1 + chance.exponential(mean) as i32);
    if chance.happens(0.1 / diligence) {
        // Never answered; somebody tidies up weeks later.
        if chance.happens(0.7) {
            steps.push((later(chance, day + 20, 25.0), Step::Disqualify));
        }
        return steps;
    }
    let wait = match chance.weighted(&[0.12 * diligence, 0.88]) {
        0 => chance.between(1.0, 5.0),
        _ => chance.lognormal(150.0 / diligence, 1.5),
    } as i32;
    let (answered_on, answer) = if minute + wait < 23 * 60 {
        (day, Step::Respond { minute: minute + wait })
    } else {
        let days = 1 + (wait / 1440).min(9);
        (calendar.workday_from(day + days), Step::Respond { minute: 8 * 60 + wait % 240 })
    };
    steps.push((answered_on, answer));
    let eagerness = match wait {
        ..60 => 0.14,
        60..1440 => 0.04,
        _ => -0.12,
    };
    let of_source = match source {
        Source::Partner => 0.06,
        Source::Outbound => -0.05,
        _ => 0.0,
    };
    let mut on = answered_on;
    let stations = [(0.66 + eagerness, 2.0), (0.74, 4.0), (0.7 + of_source, 6.0), (0.8 + of_source, 7.0)];
    for (station, (passes, mean)) in stations.into_iter().enumerate() {
        if !chance.happens(passes) {
            if chance.happens(0.8) {
                steps.push((later(chance, on + 3, 14.0), Step::Disqualify));
            }
            return steps;
        }
        on = later(chance, on, mean);
        steps.push((
            on,
            match station {
                0 => Step::Engage { minute: 9 * 60 + chance.whole(0, 480) / 15 * 15 },
                1 => Step::Market,
                2 => Step::Accept,
                _ => Step::Convert,
            },
        ));
    }
    steps
}
