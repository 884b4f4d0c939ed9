//! What the marketing system sees leads do: mails opened, pages visited, and what it looks up of them. Leads that come further
//! do more; those that became deals go on reading mails, and some visits belong to no lead that the CRM knows.

use super::super::chance::Chance;
use super::super::ids::Entity;
use super::super::lead::Lead;
use super::super::picklist::Source;
use super::{SIGNALS, Table, Window, World, chance};

const HEADER: &str = "EventId,LeadId,EventType,OccurredAt";
const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
/// Nothing is seen of a lead so long after its last step.
const FORGOTTEN: i32 = 60;

const OPEN: &str = "Email Open";
const CLICK: &str = "Email Click";
const PRICING: &str = "Pricing Page";
const WEBINAR: &str = "Webinar";
const FIT: &str = "Persona Fit";
const WRONG: &str = "Wrong Company Details";

pub fn export(world: &World, window: Window) -> Table {
    let mut table = Table::new(HEADER);
    let calendar = &world.calendar;
    let is_new = |at: i64| {
        at < calendar.moment(window.to, 24 * 60)
            && (window.from < world.span.start || at >= calendar.moment(window.from, 0))
    };
    for lead in &world.leads {
        let known_step = lead.converted_on.or(lead.sql_on).or(lead.mql_on);
        let last_step = known_step.unwrap_or_else(|| lead.created_at.div_euclid(86_400) as i32 + FORGOTTEN);
        if last_step < window.from.saturating_sub(FORGOTTEN) {
            continue;
        }
        // Nobody took in the company of every fiftieth lead as the marketing system knows it.
        let known_as = Entity::Lead.id(lead.number + u64::from(lead.number % 100 == 64));
        for (place, of_step) in steps(world, lead).into_iter().enumerate() {
            for (nth, (at, kind)) in of_step.into_iter().enumerate().filter(|(_, (at, _))| is_new(*at)) {
                let id = format!("EV{}{place}{nth}", lead.number);
                table.push([&*id, &known_as, kind, &calendar.moment_text(at)]);
            }
        }
    }
    table
}

/// The events that each step of a lead brings with it, of the steps it has taken.
fn steps(world: &World, lead: &Lead) -> [Vec<(i64, &'static str)>; 6] {
    let noon = |day: i32| world.calendar.moment(day, 12 * 60);
    let begun = [
        Some(lead.created_at),
        lead.first_response_at,
        lead.first_engaged_at,
        lead.mql_on.map(noon),
        lead.sql_on.map(noon),
        lead.converted_on.map(noon),
    ];
    std::array::from_fn(|step| match begun[step] {
        Some(at) => of_step(step, at, lead.source, &mut chance(world, SIGNALS, lead.number * 8 + step as u64)),
        None => Vec::new(),
    })
}

fn of_step(step: usize, at: i64, source: Source, chance: &mut Chance) -> Vec<(i64, &'static str)> {
    let mut events = Vec::new();
    let mut may = |kind: &'static str, likely: f64, mean: f64| {
        if chance.happens(likely) {
            events.push((at + MINUTE as i64 + chance.exponential(mean) as i64, kind));
        }
    };
    match step {
        0 => {
            may(FIT, if source == Source::Partner { 0.75 } else { 0.5 }, 2.0 * MINUTE);
            may(WRONG, 0.13, 3.0 * MINUTE);
            may(OPEN, 0.6, 5.0 * DAY);
            may(OPEN, 0.4, 15.0 * DAY);
        }
        1 => may(OPEN, 0.6, 4.0 * HOUR),
        2 => {
            may(CLICK, 0.6, 6.0 * HOUR);
            may(PRICING, 0.5, DAY);
        }
        3 => may(PRICING, 0.4, 2.0 * DAY),
        4 => {
            may(PRICING, 0.45, 2.0 * DAY);
            may(WEBINAR, 0.25, 3.0 * DAY);
        }
        _ => {
            may(OPEN, 0.5, 10.0 * DAY);
            may(PRICING, 0.3, 10.0 * DAY);
        }
    }
    events
}
