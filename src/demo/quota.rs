//! Targets: what the company expects of each rep and quarter, given how many deals it counts on, and what it therefore asks
//! of teams and of itself.

use super::Span;
use super::calendar::Calendar;
use super::market;
use super::staff::{Role, Staff, TEAMS, TERRITORIES};

/// Dollars of wins that the company plans for each created deal.
const PLANNED_PER_DEAL: f64 = 31_000.0;
/// What somebody new begins is not won before.
const DAYS_TO_FIRST_WINS: i32 = 75;

#[derive(Debug)]
pub struct Quota {
    pub number: u64,
    pub scope: Scope,
    pub period_start: i32,
    /// The last day.
    pub period_end: i32,
    /// Cents of US dollars.
    pub amount: i64,
    /// The first day on which the CRM shows it, and the first on which it does not any more.
    pub known_from: i32,
    pub known_until: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A position among the staff.
    Rep(usize),
    /// A position in `TERRITORIES`.
    Team(usize),
    Company,
}

/// The targets of all quarters from the first to the last year, in the order in which they are entered.
pub fn plan(span: &Span, calendar: &Calendar, staff: &Staff, deals_per_capacity: f64) -> Vec<Quota> {
    let mut quotas = Vec::new();
    let mut start = calendar.year_start(span.first);
    while start <= calendar.quarter_end(span.last) + 250 {
        let end = calendar.quarter_end(start);
        let known_from = calendar.year_start(start) - 20;
        let of_quarter = [0.9, 1.0, 0.92, 1.15][((calendar.month(start) - 1) / 3) as usize % 4];
        let mut teams = [0_i64; 3];
        for rep in staff.reps() {
            let person = &staff.people[rep];
            let from = person.hired_on.max(start);
            if from > end {
                continue;
            }
            let weight: f64 = (from..=end)
                .filter(|day| calendar.is_workday(*day))
                .map(|day| {
                    let ramped = ramped(person.ramp_months, day - person.hired_on - DAYS_TO_FIRST_WINS);
                    market::season_of_creation(calendar, day) * market::growth(span, day) * ramped
                })
                .sum();
            let of_role = if person.role == Role::SeniorRep { 1.08 } else { 0.97 };
            let dollars = PLANNED_PER_DEAL * deals_per_capacity * weight * of_quarter * of_role;
            let amount = ((dollars / 5_000.0).round() as i64).max(1) * 500_000;
            if let Some(team) = TEAMS.iter().position(|team| person.team == Some(*team)) {
                teams[team] += amount;
            }
            quotas.push(Quota {
                number: 0,
                scope: Scope::Rep(rep),
                period_start: from,
                period_end: end,
                amount,
                known_from: known_from.max(person.hired_on),
                known_until: person.left_on.filter(|left_on| *left_on < from).unwrap_or(i32::MAX),
            });
        }
        let mut company = 0;
        for (team, sum) in TEAMS.into_iter().zip(teams).filter(|(_, sum)| *sum > 0) {
            let amount = sum * 9 / 10 / 500_000 * 500_000;
            company += amount;
            quotas.push(whole_quarter(Scope::Team(team), start, end, amount, known_from));
        }
        quotas.push(whole_quarter(Scope::Company, start, end, company * 19 / 20 / 500_000 * 500_000, known_from));
        start = end + 1;
    }
    quotas.sort_by_key(|quota| quota.known_from);
    for (position, quota) in quotas.iter_mut().enumerate() {
        quota.number = 300 + position as u64;
    }
    quotas
}

fn whole_quarter(scope: Scope, start: i32, end: i32, amount: i64, known_from: i32) -> Quota {
    Quota { number: 0, scope, period_start: start, period_end: end, amount, known_from, known_until: i32::MAX }
}

fn ramped(ramp_months: i32, days: i32) -> f64 {
    (0.3 + 0.7 * f64::from(days) / f64::from(ramp_months.max(1) * 30)).clamp(0.3, 1.0)
}

impl Scope {
    pub fn text(self) -> &'static str {
        match self {
            Self::Rep(_) => "rep",
            Self::Team(_) => "team",
            Self::Company => "company",
        }
    }

    /// The id the export names the scope by; `rep_id` is asked only for a rep.
    pub fn id(self, rep_id: impl Fn(usize) -> String) -> String {
        match self {
            Self::Rep(rep) => rep_id(rep),
            Self::Team(team) => TERRITORIES[team].name.to_owned(),
            Self::Company => "company".to_owned(),
        }
    }
}
