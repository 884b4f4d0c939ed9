//! The settings that the shipped SQL asks for.

use super::{Column, Kind, Setting, Type};

/// In the order in which they are listed.
pub static ALL: [Setting; 20] = [
    one("thin_sample", DEALS, "cases", "30", "A figure made of fewer cases than this is marked as thin."),
    one(
        "trailing_days",
        DAYS,
        "days",
        "365",
        "Days that trailing figures, such as velocity and a customer's year, look back.",
    ),
    one(
        "cohort_days",
        DAYS,
        "days",
        "180",
        "Days that a deal has to be won in to count in the win rate of its cohort.",
    ),
    one(
        "silent_days",
        DAYS,
        "days",
        "30",
        "An open deal without an activity for more days than this is silent: a fault of hygiene.",
    ),
    one(
        "far_close_days",
        DAYS,
        "days",
        "730",
        "An expected close further ahead than this is not plausible: a fault of hygiene.",
    ),
    one("pushes_at_risk", COUNT, "pushes", "2", "A deal whose expected close was pushed so many times is at risk."),
    one(
        "age_percentile",
        Type::Share,
        "",
        "0.9",
        "A deal older than this share of won deals ever became, in its stage, is at risk.",
    ),
    one(
        "lead_answer_minutes",
        MINUTES,
        "minutes",
        "5",
        "A lead that was answered in fewer minutes than this was answered in time.",
    ),
    one("lead_handover_score", POINTS, "points", "20", "A lead with at least so many points is handed over to sales."),
    one(
        "lead_mature_days",
        DAYS,
        "days",
        "90",
        "A lead younger than this is not counted in the conversion of its score band: it has not had the time.",
    ),
    one(
        "rfm_days",
        DAYS,
        "days",
        "730",
        "Days that the recency, frequency and money of a customer's purchases look back.",
    ),
    one("rfm_customers", COUNT, "customers", "5", "With fewer customers than this they are not ranked in fifths."),
    one("tool_days", DAYS, "days", "28", "Days that the adoption of a tool looks back."),
    one(
        "ramp_months",
        MONTHS,
        "months",
        "0",
        "Months that someone new is still ramping up, where crm.rep does not say it.",
    ),
    one(
        "coverage_periods",
        COUNT,
        "periods",
        "8",
        "Past periods, eleven at most, that leading figures are held against.",
    ),
    Setting {
        name: "working_days",
        kind: Kind::Weekdays,
        unit: None,
        default: "[monday..friday]",
        description: "The days of a week on which people work; `holidays` are days off among them.",
    },
    Setting {
        name: "stage_probability",
        kind: Kind::Table {
            columns: &[
                column(
                    "pipeline",
                    Type::Text,
                    false,
                    "Pipeline of the stage, as crm.stage names it; left out, the stages of that name in all pipelines",
                ),
                column("stage", Type::Text, true, "Stage, as deals carry it"),
                column("probability", Type::Share, true, "Chance that a deal in the stage is won"),
            ],
            key: &["pipeline", "stage"],
        },
        unit: None,
        default: "[]",
        description: "Chances of winning a deal by its stage, in place of what crm.stage says.",
    },
    Setting {
        name: "lead_rule",
        kind: Kind::Table {
            columns: &[
                column("type", Type::Text, true, "Type of a lead's event, as crm.lead_event names it"),
                column("points", POINTS, true, "Points that such an event adds to the lead's score, or takes off it"),
            ],
            key: &["type"],
        },
        unit: None,
        default: "\
            [{type: pricing_page, points: 10}, {type: email_click, points: 3}, {type: email_open, points: 1}, \
            {type: persona_fit, points: 5}, {type: wrong_company_details, points: -5}]",
        description: "Points of a lead's events, which add up to its score.",
    },
    Setting {
        name: "lead_band",
        kind: Kind::Table {
            columns: &[
                column("name", Type::Text, true, "Name of the band, as it is shown"),
                column(
                    "from_score",
                    POINTS,
                    false,
                    "Score from which the band reaches up to the next one; left out, from the lowest score there is",
                ),
            ],
            key: &["from_score"],
        },
        unit: None,
        default: "\
            [{name: below 0}, {name: 0 to 9, from_score: 0}, {name: 10 to 19, from_score: 10}, \
            {name: 20 to 29, from_score: 20}, {name: 30 and more, from_score: 30}]",
        description: "Bands of lead scores, whose conversions are held against each other.",
    },
    Setting {
        name: "commission_plan",
        kind: Kind::Table {
            columns: &[
                column("role", Type::Text, true, "Role the plan is for, as crm.rep names it"),
                column(
                    "from_attainment",
                    Type::Ratio,
                    true,
                    "Quota attainment from which the tier pays; 100% is the whole quota",
                ),
                column("rate", Type::Share, true, "Commission as a share of the base"),
                column(
                    "base",
                    Type::OneOf(&["revenue", "target"]),
                    true,
                    "What the rate is applied to: won revenue or the target",
                ),
                column(
                    "mode",
                    Type::OneOf(&["cliff", "marginal", "retroactive"]),
                    true,
                    "cliff pays once the tier is reached, marginal on what lies within the tier, retroactive on everything once the tier is reached",
                ),
                column("cap", Type::Money, false, "Most that the tier pays in a period; left out, there is no cap"),
            ],
            key: &["role", "from_attainment"],
        },
        unit: None,
        default: "[]",
        description: "Tiers of the commission of a role, for a CRM that tells none in crm.commission_plan.",
    },
];

/// The setting of this name.
pub fn find(name: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.name == name)
}

/// Ten years: no figure of a sales team looks back further.
const DAYS: Type = Type::Whole { min: 1, max: 3660 };
const DEALS: Type = Type::Whole { min: 1, max: 10_000 };
const COUNT: Type = Type::Whole { min: 1, max: 100 };
/// Up to a week.
const MINUTES: Type = Type::Whole { min: 1, max: 10_080 };
const MONTHS: Type = Type::Whole { min: 0, max: 60 };
const POINTS: Type = Type::Whole { min: -10_000, max: 10_000 };

const fn one(
    name: &'static str,
    of: Type,
    unit: &'static str,
    default: &'static str,
    description: &'static str,
) -> Setting {
    Setting { name, kind: Kind::One(of), unit: if unit.is_empty() { None } else { Some(unit) }, default, description }
}

const fn column(name: &'static str, of: Type, is_required: bool, description: &'static str) -> Column {
    Column { name, of, is_required, description }
}
