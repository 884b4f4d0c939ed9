//! What buyers decide: each open stage ends on some day, and the deal then passes it or is refused. Given the stage, the
//! chance to win is the product of the chances to pass what is left, whatever the season; that is the truth the forecasts
//! can be held against (leaving aside the rare steps back, deletions and reopenings).

use super::Span;
use super::calendar::Calendar;
use super::deal::{Deal, Phase};
use super::market::{self, AGREEMENT_HOLDS, Market};
use super::picklist::{Category, Competitor, DealType, LostReason, Segment, Stage};
use super::staff::{APAC, DACH, Staff, UK, WEST};

/// What deals happen in.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub span: &'a Span,
    pub calendar: &'a Calendar,
    pub staff: &'a Staff,
    pub market: &'a Market,
}

/// What happened to a deal on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Moved,
    Agreed,
    Refused,
    Won,
    Lost,
}

/// The true chance that a deal not yet closed is won.
pub fn true_probability(deal: &Deal, day: i32, scene: &Scene<'_>) -> f64 {
    match deal.phase {
        Phase::Refused { .. } => 0.0,
        Phase::Agreed { .. } => AGREEMENT_HOLDS,
        Phase::Closed => f64::from(u8::from(deal.stage == Stage::Won)),
        Phase::Undecided => {
            let ahead = Stage::OPEN.into_iter().filter(|stage| *stage >= deal.stage);
            ahead.fold(AGREEMENT_HOLDS, |product, stage| {
                product * scene.market.chance_of_passing(stage, deal, scene.staff, day)
            })
        }
    }
}

/// Lets a day pass for a deal that is not closed.
pub fn live(deal: &mut Deal, day: i32, scene: &Scene<'_>) -> Option<Turn> {
    match deal.phase {
        Phase::Undecided => decide(deal, day, scene),
        Phase::Agreed { sign_on, record_on } if day >= record_on => {
            if deal.chance.happens(AGREEMENT_HOLDS) {
                record_win(deal, sign_on, day, scene);
                Some(Turn::Won)
            } else {
                refuse(deal, day, scene);
                Some(Turn::Refused)
            }
        }
        Phase::Refused { record_on } if day >= record_on => {
            record_loss(deal, day, scene);
            Some(Turn::Lost)
        }
        _ => None,
    }
}

fn decide(deal: &mut Deal, day: i32, scene: &Scene<'_>) -> Option<Turn> {
    let ending = scene.market.chance_of_ending(deal, scene.calendar, day);
    if day - deal.stage_entered_on < 2 || !deal.chance.happens(ending) {
        return None;
    }
    if deal.stage >= Stage::Demo && deal.chance.happens(0.03) {
        move_to(deal, deal.stage.before(), day, scene);
        return Some(Turn::Moved);
    }
    let mut may_skip = deal.segment == Segment::Smb || deal.deal_type != DealType::New;
    loop {
        let passing = scene.market.chance_of_passing(deal.stage, deal, scene.staff, day);
        if !deal.chance.happens(passing) {
            refuse(deal, day, scene);
            return Some(Turn::Refused);
        }
        if deal.stage == Stage::FinalDecision {
            agree(deal, day, scene);
            return Some(Turn::Agreed);
        }
        move_to(deal, deal.stage.next(), day, scene);
        if !may_skip || !deal.chance.happens(0.15) {
            return Some(Turn::Moved);
        }
        may_skip = false;
    }
}

/// Puts the deal into a stage, as the CRM records it.
pub fn move_to(deal: &mut Deal, stage: Stage, day: i32, scene: &Scene<'_>) {
    deal.stage = stage;
    deal.stage_entered_on = day;
    deal.stage_changed_at = moment(deal, day, scene).max(deal.created_at);
    if stage >= Stage::Qualified && stage != Stage::Lost && deal.qualified_on.is_none() {
        deal.qualified_on = Some(day);
    }
    deal.is_touched = true;
}

/// The buyer says yes; paper gets signed soon, or in the last days of a quarter that is near its end.
fn agree(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    let calendar = scene.calendar;
    let quarter_end = calendar.workday_until(calendar.quarter_end(day));
    let at_the_end = quarter_end - deal.chance.whole(0, 7) * deal.chance.whole(0, 1);
    let soon = day + deal.chance.whole(1, 12);
    let waits = quarter_end - day <= 45 && deal.chance.happens(0.66);
    let sign_on =
        calendar.workday_from(if waits { at_the_end.max(day + 1).min(quarter_end.max(day + 1)) } else { soon });
    let delay = if deal.chance.happens(0.1) { deal.chance.whole(1, 5) } else { 0 };
    deal.phase = Phase::Agreed { sign_on, record_on: calendar.workday_from(sign_on + delay) };
    deal.competitor_is_known |= deal.competitor.is_some() && deal.chance.happens(0.5);
}

/// The buyer says no; reps take their time to say so in the CRM, often until the quarter is over.
pub fn refuse(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    let unfit = [0.4, 0.2, 0.0, 0.0, 0.0][deal.stage as usize % 5];
    deal.true_cause = Some(if deal.deal_type == DealType::New && deal.chance.happens(unfit) {
        LostReason::NotAFit
    } else {
        cause(deal, day, scene)
    });
    let diligence = scene.staff.people[deal.owner].diligence;
    let lag = deal.chance.exponential(30.0 / diligence).min(150.0) as i32;
    let left = scene.calendar.quarter_end(day) - day;
    let hides = left < 25 && deal.stage >= Stage::Demo && deal.chance.happens(0.45);
    let record_on = if hides { day + left + deal.chance.whole(1, 11) } else { day + lag };
    deal.phase = Phase::Refused { record_on: scene.calendar.workday_from(record_on) };
}

fn cause(deal: &mut Deal, day: i32, scene: &Scene<'_>) -> LostReason {
    let attacked = deal.competitor == Some(Competitor::Quillon) && day >= scene.market.quillon_attacks_on;
    let competitor = if deal.competitor.is_some() { 2.2 } else { 0.0 };
    let price = if attacked { 2.6 } else { 0.8 };
    LostReason::LOST[deal.chance.weighted(&[price, competitor, 1.7, 0.9, 0.8, 0.5])]
}

/// Closes the deal as won; `sign_on` may lie before the day on which it is entered.
pub fn record_win(deal: &mut Deal, sign_on: i32, day: i32, scene: &Scene<'_>) {
    move_to(deal, Stage::Won, day, scene);
    if deal.chance.happens(0.35) {
        let discount = deal.chance.choice(&[0.03, 0.05, 0.05, 0.075, 0.1, 0.125]);
        deal.price = (deal.price as f64 * (1.0 - discount) / 100.0).round() as i64 * 100;
    }
    deal.amount = Some(deal.price);
    deal.probability = Some(100);
    deal.category = Category::Closed;
    close(deal, sign_on.max(deal.created_on), day);
}

fn record_loss(deal: &mut Deal, day: i32, scene: &Scene<'_>) {
    move_to(deal, Stage::Lost, day, scene);
    let diligence = scene.staff.people[deal.owner].diligence;
    if deal.chance.happens(if diligence < 0.9 { 0.3 } else { 0.08 }) {
        deal.amount = Some(0);
    }
    deal.probability = Some(0);
    deal.category = Category::Omitted;
    deal.is_disqualified = deal.true_cause == Some(LostReason::NotAFit);
    deal.lost_reason = entered_reason(deal);
    deal.competitor_is_known |= deal.competitor.is_some() && deal.chance.happens(0.6);
    close(deal, day, day);
}

fn close(deal: &mut Deal, closed_on: i32, day: i32) {
    deal.close_on = closed_on;
    deal.next_step = "";
    deal.phase = Phase::Closed;
    deal.closed_on = Some(closed_on);
    deal.outcome_on = Some(day);
    if deal.chance.happens(0.8) {
        deal.last_activity_on = Some(day);
    }
}

/// What the rep enters as the reason: often the price, which is nobody's fault.
fn entered_reason(deal: &mut Deal) -> Option<LostReason> {
    let cause = deal.true_cause?;
    if cause == LostReason::NotAFit {
        return Some(cause);
    }
    match deal.chance.weighted(&[0.1, 0.27, 0.08, 0.55]) {
        0 => None,
        1 => Some(LostReason::Price),
        2 => Some(deal.chance.choice(&LostReason::LOST)),
        _ => Some(cause),
    }
}

/// A moment of the day at which the deal's owner is at work; records from before the CRM went live stand at noon.
pub fn moment(deal: &mut Deal, day: i32, scene: &Scene<'_>) -> i64 {
    if day < scene.span.live {
        return scene.calendar.moment(day, 12 * 60);
    }
    let minute = minute_of_work(deal.territory, deal.chance.unit()) / 30 * 30;
    scene.calendar.moment(day, minute)
}

/// The minute of New York's day at `share` of a territory's working day.
pub fn minute_of_work(territory: usize, share: f64) -> i32 {
    let (from, to) = match territory {
        WEST => (11, 21),
        UK => (4, 12),
        DACH => (3, 11),
        APAC => (18, 24),
        _ => (8, 18),
    };
    from * 60 + (share * f64::from((to - from) * 60)) as i32
}

/// The days a deal in this stage usually still takes.
pub fn usual_days_left(deal: &Deal) -> f64 {
    let days: i32 = market::TYPICAL_DAYS.iter().skip(deal.stage as usize).sum();
    f64::from(days + 10) * [0.6, 1.0, 1.6][deal.segment as usize] * [1.0, 0.85, 0.75][deal.deal_type as usize]
}
