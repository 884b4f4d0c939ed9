//! What reps write into an open deal: expected close, amount, probability, category, next step. They see the stage and
//! their own hopes, not the truth, and do not always keep it up to date.

use super::deal::{Deal, Phase};
use super::picklist::{Category, Stage};
use super::selling::{Scene, usual_days_left};

const NEXT_STEPS: [[&str; 3]; 5] = [
    ["Intro call", "Find the budget holder", "Call back"],
    ["Book demo with \"core team\"", "Site visit", "Collect samples\nAgree criteria"],
    ["Demo for QA, production", "Send quote", "Reference call"],
    ["Ship trial unit", "Mid-trial review", "Extend trial?\nAsk for loan agreement"],
    ["Redlines with legal", "PO expected", "Price approval, CFO"],
];

/// Fills in a new deal.
pub fn open(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    deal.close_on = likely_close(deal, day, 1.0, scene);
    let knows_price = deal.chance.happens(0.88);
    // A first guess is off, more often too high.
    let guess = deal.price as f64 * deal.chance.lognormal(1.08, 0.22);
    deal.amount = knows_price.then(|| super::market::round_price(guess));
    judge(deal, scene);
}

/// Revises a deal that changed its stage.
pub fn revise(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    revise_price(deal);
    judge(deal, scene);
    deal.competitor_is_known |= deal.competitor.is_some() && deal.stage >= Stage::Demo && deal.chance.happens(0.4);
    let likely = likely_close(deal, day, 0.9, scene);
    let pull = likely < deal.close_on - 20 && deal.chance.happens(0.55);
    let push = likely > deal.close_on + 20 && deal.chance.happens(0.35);
    if pull || push {
        deal.close_on = likely;
    }
}

fn revise_price(deal: &mut Deal) {
    if deal.stage >= Stage::Demo && deal.chance.happens(0.3) {
        let change = if deal.stage == Stage::FinalDecision {
            deal.chance.between(0.82, 0.98)
        } else {
            deal.chance.between(0.85, 1.35)
        };
        deal.price = super::market::round_price(deal.price as f64 * change);
    }
    // The offer that goes out in the trial at the latest makes the CRM's amount right.
    let is_quoted = deal.stage >= Stage::Trial || deal.chance.happens(0.45);
    if is_quoted && !(deal.amount.is_none() && deal.chance.happens(0.15)) {
        deal.amount = Some(deal.price);
    }
    deal.is_touched = true;
}

/// Category, probability and next step as the owner sees the deal.
pub fn judge(deal: &mut Deal, scene: &Scene<'_>) {
    let owner = &scene.staff.people[deal.owner];
    let signals = match deal.phase {
        Phase::Agreed { .. } => 1.2,
        Phase::Refused { .. } => -0.4,
        _ => 0.0,
    };
    let hope = deal.stage as i32 as f64 + 2.2 * owner.honesty_bias + 0.4 * deal.chance.normal() + signals;
    deal.category = match hope {
        none if none < -0.5 => Category::Omitted,
        weak if weak < 1.5 => Category::Pipeline,
        fair if fair < 2.5 => Category::BestCase,
        good if good < 3.5 => Category::MostLikely,
        _ => Category::Commit,
    };
    let default = deal.stage.default_probability();
    deal.probability = match deal.chance.weighted(&[0.06, 0.16, 0.78]) {
        0 => None,
        1 => {
            let shift = 12.0 * deal.chance.normal() + 40.0 * owner.honesty_bias;
            Some(((f64::from(default) + shift) / 5.0).round().clamp(1.0, 19.0) as u8 * 5)
        }
        _ => Some(default),
    };
    let is_kept = deal.chance.happens(0.3 + 0.45 * owner.diligence);
    deal.next_step = if is_kept { deal.chance.choice(&NEXT_STEPS[deal.stage as usize % 5]) } else { "" };
    deal.is_touched = true;
}

/// A day of keeping an open deal: dates that cannot hold get pushed, sometimes late, sometimes not at all.
pub fn tend(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    let calendar = scene.calendar;
    if let Phase::Agreed { sign_on, .. } = deal.phase {
        if deal.close_on != sign_on && deal.chance.happens(0.35) {
            deal.close_on = sign_on;
            judge(deal, scene);
        }
        return;
    }
    let owner = &scene.staff.people[deal.owner];
    let left = deal.close_on - day;
    let quarter_end = calendar.quarter_end(day);
    let is_last_call = quarter_end - day <= 3 && deal.close_on <= quarter_end;
    let is_clean_up = day - calendar.quarter_start(day) < 9 && left < 0;
    let push = match left {
        _ if is_last_call => 0.16,
        _ if is_clean_up => 0.16 * owner.diligence,
        ..0 => 0.07 * owner.diligence,
        0..=5 => 0.04,
        6..=30 if usual_days_left(deal) > 1.6 * f64::from(left) + 20.0 => 0.012 * owner.diligence,
        _ => 0.0,
    };
    if deal.chance.happens(push) {
        deal.close_on = likely_close(deal, day, 0.75, scene).max(day + 7);
        deal.is_touched = true;
        if deal.chance.happens(0.3) {
            judge(deal, scene);
        }
    } else if deal.chance.happens(0.008) {
        judge(deal, scene);
    }
}

/// When the owner thinks the deal will close: the usual days, shortened by hope, and then rounded as people round.
fn likely_close(deal: &mut Deal, day: i32, factor: f64, scene: &Scene<'_>) -> i32 {
    let hope = 1.0 - 0.5 * scene.staff.people[deal.owner].honesty_bias;
    let days = usual_days_left(deal) * factor * hope * deal.chance.lognormal(0.88, 0.28);
    let likely = day + (days as i32).clamp(5, 540);
    let calendar = scene.calendar;
    let rounded = match deal.chance.weighted(&[0.28, 0.32, 0.4]) {
        0 => calendar.workday_until(calendar.quarter_end(likely - 40)),
        1 => calendar.workday_until(calendar.month_end(likely - 14)),
        _ => calendar.workday_from(likely),
    };
    rounded.max(calendar.workday_from(day + 3))
}
