//! The world the company sells into: how long stages last, how likely they are passed, seasons, prices, exchange rates.
//! The true chances differ on purpose from the default probabilities of the stages: those are too low early and too
//! high late.

use super::Span;
use super::calendar::Calendar;
use super::chance::{Chance, exp, ln, logistic};
use super::deal::Deal;
use super::picklist::{Competitor, Currency, DealType, Product, Segment, Source, Stage};
use super::staff::{DACH, Staff, UK};

/// Mean days in each open stage of a mid-sized new deal that moves on.
pub const TYPICAL_DAYS: [i32; 5] = [14, 17, 20, 28, 18];

/// The chance that a verbal agreement holds.
pub const AGREEMENT_HOLDS: f64 = 0.97;

/// One published exchange rate.
#[derive(Debug)]
pub struct Rate {
    pub currency: Currency,
    pub is_plan: bool,
    pub start: i32,
    /// The day on which the CRM's administrator enters it.
    pub known_from: i32,
    /// Millionths of a dollar for one unit.
    pub micros: i64,
}

#[derive(Debug)]
pub struct Market {
    pub rates: Vec<Rate>,
    /// From this day on, Quillon Metrology sells a cheaper product.
    pub quillon_attacks_on: i32,
}

impl Market {
    pub fn new(span: &Span, calendar: &Calendar, seed: u64) -> Self {
        let mut chance = Chance::new([seed, 2, 0]);
        let mut rates = Vec::new();
        for (currency, level) in [(Currency::Eur, 1.09), (Currency::Gbp, 1.27)] {
            let mut spot: f64 = level;
            let mut start = calendar.year_start(span.start);
            while start <= span.last + 31 {
                if calendar.month(start) == 1 {
                    let micros = (spot * 200.0).round() as i64 * 5_000;
                    rates.push(Rate { currency, is_plan: true, start, known_from: start - 17, micros });
                }
                if start >= span.live {
                    let micros = (spot * 10_000.0).round() as i64 * 100;
                    rates.push(Rate { currency, is_plan: false, start, known_from: start, micros });
                }
                spot *= 1.0 + 0.012 * chance.normal();
                start = calendar.month_end(start) + 1;
            }
        }
        Self { rates, quillon_attacks_on: span.first + (span.last - span.first) * 13 / 20 }
    }

    /// Millionths of a dollar for one unit, at the plan rate of the day.
    pub fn plan_micros(&self, currency: Currency, day: i32) -> i64 {
        let known = self.rates.iter().rev().find(|rate| rate.is_plan && rate.currency == currency && rate.start <= day);
        known.map_or(1_000_000, |rate| rate.micros)
    }

    /// Cents of a currency in cents of dollars, at the plan rate of the day.
    pub fn dollars(&self, currency: Currency, cents: i64, day: i32) -> i64 {
        cents * self.plan_micros(currency, day) / 1_000_000
    }

    /// The chance of passing the stage when it ends, instead of losing the deal.
    pub fn chance_of_passing(&self, stage: Stage, deal: &Deal, staff: &Staff, day: i32) -> f64 {
        let level = [1.55, 1.68, 1.5, 1.4, 0.86][stage as usize % 5];
        let of_type = [-0.1, 0.35, 1.3][deal.deal_type as usize];
        let of_source = match deal.source {
            Source::Web => -0.1,
            Source::Referral => 0.4,
            Source::TradeShow => -0.15,
            Source::Outbound => -0.3,
            Source::Partner => 0.15,
            Source::ExistingCustomer => 0.0,
        };
        let of_competitor = match deal.competitor {
            None => 0.1,
            Some(Competitor::Quillon) if day >= self.quillon_attacks_on => -0.75,
            Some(Competitor::Quillon) => -0.25,
            Some(Competitor::Vantreo) => -0.2,
            Some(Competitor::Oberfeld) => -0.05,
        };
        let of_segment = [0.05, 0.0, -0.05][deal.segment as usize];
        let of_product = [0.05, -0.1, 0.05, 0.1][deal.product as usize];
        let of_ramp = if staff.capacity(deal.owner, day) < 0.95 { -0.3 } else { 0.0 };
        let of_skill = ln(staff.people[deal.owner].skill);
        let fit = of_type + of_source + of_competitor + of_segment + of_product + of_ramp;
        logistic(level + fit + of_skill + 0.42 * deal.quality)
    }

    /// The chance that the stage ends on a workday.
    pub fn chance_of_ending(&self, deal: &Deal, calendar: &Calendar, day: i32) -> f64 {
        let workdays = f64::from(TYPICAL_DAYS[deal.stage as usize % 5]) * 5.0 / 7.0;
        let of_segment = [0.6, 1.0, 1.6][deal.segment as usize];
        let of_type = [1.0, 0.85, 0.75][deal.deal_type as usize];
        let pace = exp(0.15 * deal.quality);
        (pace * season(calendar, day, deal.territory) / (workdays * of_segment * of_type)).min(0.9)
    }

    /// A price in cents of the currency: by segment, product and type, rounded as offers are.
    pub fn price(
        &self,
        chance: &mut Chance,
        segment: Segment,
        product: Product,
        deal_type: DealType,
        currency: Currency,
        day: i32,
    ) -> i64 {
        let median = [62_000.0, 112_000.0, 205_000.0][segment as usize];
        let of_product = [1.0, 1.25, 0.75, 0.6][product as usize];
        let of_type = [1.0, 0.7, 0.6][deal_type as usize];
        let dollars = chance.lognormal(median * of_product * of_type, 0.34);
        round_price(dollars * 1e8 / self.plan_micros(currency, day) as f64)
    }
}

/// What a customer of the territory pays in.
pub fn currency(chance: &mut Chance, territory: usize, country: &str) -> Currency {
    match (territory, country) {
        (UK, "Ireland") | (DACH, _) => Currency::Eur,
        (UK, _) if chance.happens(0.85) => Currency::Gbp,
        _ => Currency::Usd,
    }
}

/// Cents rounded to 100 (below 20,000), 500 (below 100,000) or 1,000 units.
pub fn round_price(cents: f64) -> i64 {
    let step = match cents {
        small if small < 2e6 => 1e4,
        middling if middling < 1e7 => 5e4,
        _ => 1e5,
    };
    ((cents / step).round() * step) as i64
}

/// How fast buyers move: slow in August (slowest in EMEA) and at the year's end, fast in a quarter's last weeks.
pub fn season(calendar: &Calendar, day: i32, territory: usize) -> f64 {
    let (month, of_month) = (calendar.month(day), calendar.of_month(day));
    let is_emea = matches!(territory, UK | DACH);
    if (month, of_month) >= (12, 22) || (month, of_month) <= (1, 4) {
        return 0.2;
    }
    let of_month_factor = match (month, is_emea) {
        (8, true) => 0.45,
        (8, false) => 0.75,
        (7, true) => 0.85,
        _ => 1.0,
    };
    let left = calendar.quarter_end(day) - day;
    let elapsed = day - calendar.quarter_start(day);
    let of_quarter = if left < 24 {
        if month == 12 { 1.7 } else { 1.3 }
    } else if elapsed < 14 {
        0.8
    } else {
        1.0
    };
    of_month_factor * of_quarter
}

/// How much more a rep begins with the years, as the company gets known: a tenth less than the mean at the beginning, a
/// tenth more at the end.
pub fn growth(span: &Span, day: i32) -> f64 {
    0.9 + 0.2 * f64::from(day - span.start) / f64::from(span.last - span.start + 1)
}

/// How many deals and leads begin: as `season`, without the quarter's rhythm.
pub fn season_of_creation(calendar: &Calendar, day: i32) -> f64 {
    match (calendar.month(day), calendar.of_month(day)) {
        (12, 20..) | (1, ..=3) => 0.25,
        (8, _) => 0.65,
        (1 | 3 | 9 | 10, _) => 1.15,
        _ => 1.0,
    }
}
