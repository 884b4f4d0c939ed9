//! The components that a template may call, and every argument they take: read by the checker before a run, and by
//! the components themselves, so that the two cannot differ.

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A query's result, or rows chosen from one by filters.
    Table,
    /// Anything that has words.
    Text,
    /// One number, or NULL.
    Value,
    /// True or false.
    Flag,
    /// A whole number, zero or more.
    Count,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// The id of a definition in the glossary.
    Definition,
    /// The name of a column of the first argument; whether it must hold numbers.
    Column { number: bool },
    /// The name of a column of numbers, or a list of such, or a map of such to their labels.
    Columns,
    /// A list of columns to show, each a name or a map with the keys of `COLUMN_KEYS`.
    Shown,
    /// `(table, 'column')`, or a list of numbers.
    Trend,
}

/// A keyword argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    pub name: &'static str,
    pub role: Role,
    pub required: bool,
}

/// A component.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: &'static str,
    /// What stands first, without a keyword.
    pub first: Option<Role>,
    own: &'static [Argument],
    /// What it takes as others do.
    shared: &'static [Argument],
    /// Optional arguments that say nothing one without the other.
    pub together: &'static [&'static [&'static str]],
}

impl Signature {
    pub fn keywords(&self) -> impl Iterator<Item = &'static Argument> + Clone {
        self.own.iter().chain(self.shared)
    }

    pub fn keyword(&self, name: &str) -> Option<&'static Argument> {
        self.keywords().find(|argument| argument.name == name)
    }

    /// The first argument that was left out though others that it belongs to are there: it, and one of these.
    pub fn lacking(&self, is_given: impl Fn(&str) -> bool) -> Option<(&'static str, &'static str)> {
        self.together.iter().find_map(|group| {
            let given = group.iter().find(|name| is_given(name))?;
            let missing = group.iter().find(|name| !is_given(name))?;
            Some((*missing, *given))
        })
    }
}

/// The component of a name.
pub fn find(name: &str) -> Option<&'static Signature> {
    COMPONENTS.iter().find(|signature| signature.name == name)
}

/// The keys of a column in `table(..., columns=[{...}])`.
pub const COLUMN_KEYS: [&str; 8] = ["column", "label", "format", "unit", "digits", "align", "good", "total"];

/// How a table's column may be written.
pub const COLUMN_FORMATS: [&str; 11] =
    ["text", "num", "money", "pct", "pp", "signed", "date", "week", "month", "quarter", "year"];

pub const GOOD: [&str; 3] = ["up", "down", "none"];
pub const GRAINS: [&str; 5] = super::calendar::Grain::NAMES;
pub const NOTICE_KINDS: [&str; 4] = ["info", "good", "warn", "bad"];
/// The quarters of `quadrant`.
pub const CORNERS: [&str; 4] = ["top_left", "top_right", "bottom_left", "bottom_right"];
pub const ALIGNMENTS: [&str; 2] = ["left", "right"];

const NUMBER: Role = Role::Column { number: true };
const ANY: Role = Role::Column { number: false };

const fn may(name: &'static str, role: Role) -> Argument {
    Argument { name, role, required: false }
}

const fn must(name: &'static str, role: Role) -> Argument {
    Argument { name, role, required: true }
}

/// What every chart takes.
const CHART: [Argument; 8] = [
    must("message", Role::Text),
    may("who", Role::Text),
    may("measure", Role::Text),
    may("unit", Role::Text),
    may("when", Role::Text),
    may("digits", Role::Count),
    may("definition", Role::Definition),
    may("id", Role::Text),
];

/// What a chart takes whose measures have units of their own.
const UNITLESS: [Argument; 7] = [CHART[0], CHART[1], CHART[2], CHART[4], CHART[5], CHART[6], CHART[7]];

pub static COMPONENTS: [Signature; 14] = [
    Signature {
        name: "kpi",
        first: None,
        own: &[
            must("label", Role::Text),
            must("value", Role::Value),
            may("unit", Role::Text),
            may("digits", Role::Count),
            may("target", Role::Value),
            may("target_label", Role::Text),
            may("previous", Role::Value),
            may("previous_label", Role::Text),
            may("good", Role::Choice(&GOOD)),
            may("n", Role::Value),
            may("low", Role::Value),
            may("high", Role::Value),
            may("thin", Role::Flag),
            may("trend", Role::Trend),
            may("definition", Role::Definition),
        ],
        shared: &[],
        together: &[&["low", "high"]],
    },
    Signature {
        name: "columns",
        first: Some(Role::Table),
        own: &[
            must("x", ANY),
            must("actual", NUMBER),
            may("plan", NUMBER),
            may("previous", NUMBER),
            may("forecast", NUMBER),
            may("previous_label", Role::Text),
            may("grain", Role::Choice(&GRAINS)),
            may("good", Role::Choice(&GOOD)),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[],
    },
    Signature {
        name: "bars",
        first: Some(Role::Table),
        own: &[
            must("category", ANY),
            must("value", NUMBER),
            may("previous", NUMBER),
            may("previous_label", Role::Text),
            may("plan", NUMBER),
            may("n", NUMBER),
            may("low", NUMBER),
            may("high", NUMBER),
            may("reference", Role::Value),
            may("reference_label", Role::Text),
            may("good", Role::Choice(&GOOD)),
            may("limit", Role::Count),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[&["low", "high"]],
    },
    Signature {
        name: "line",
        first: Some(Role::Table),
        own: &[
            must("x", ANY),
            must("y", Role::Columns),
            may("plan", NUMBER),
            may("previous", NUMBER),
            may("previous_label", Role::Text),
            may("forecast", NUMBER),
            may("low", NUMBER),
            may("high", NUMBER),
            may("grain", Role::Choice(&GRAINS)),
            may("zero", Role::Flag),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[&["low", "high"]],
    },
    Signature {
        name: "waterfall",
        first: Some(Role::Table),
        own: &[must("label", ANY), must("value", NUMBER), may("kind", ANY), may("good", Role::Choice(&GOOD))],
        shared: &CHART,
        together: &[],
    },
    Signature {
        name: "fan",
        first: Some(Role::Table),
        own: &[
            must("x", ANY),
            must("actual", NUMBER),
            must("forecast", NUMBER),
            must("low", NUMBER),
            must("high", NUMBER),
            must("interval", Role::Text),
            may("inner_low", NUMBER),
            may("inner_high", NUMBER),
            may("inner_interval", Role::Text),
            may("plan", NUMBER),
            may("grain", Role::Choice(&GRAINS)),
            may("zero", Role::Flag),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[&["inner_low", "inner_high", "inner_interval"]],
    },
    Signature {
        name: "heat",
        first: Some(Role::Table),
        own: &[
            must("row", ANY),
            must("column", ANY),
            must("value", NUMBER),
            may("n", NUMBER),
            may("grain", Role::Choice(&GRAINS)),
            may("min", Role::Value),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[],
    },
    Signature {
        name: "reliability",
        first: Some(Role::Table),
        own: &[
            must("predicted", NUMBER),
            must("observed", NUMBER),
            must("n", NUMBER),
            must("low", NUMBER),
            must("high", NUMBER),
        ],
        shared: &UNITLESS,
        together: &[],
    },
    Signature {
        name: "bullet",
        first: Some(Role::Table),
        own: &[
            must("category", ANY),
            must("actual", NUMBER),
            must("plan", NUMBER),
            may("ranges", Role::Columns),
            may("good", Role::Choice(&GOOD)),
            may("limit", Role::Count),
            may("max", Role::Value),
        ],
        shared: &CHART,
        together: &[],
    },
    Signature {
        name: "quadrant",
        first: Some(Role::Table),
        own: &[
            must("label", ANY),
            must("x", NUMBER),
            must("y", NUMBER),
            must("x_split", Role::Value),
            must("y_split", Role::Value),
            must("x_measure", Role::Text),
            must("y_measure", Role::Text),
            may("x_unit", Role::Text),
            may("y_unit", Role::Text),
            must("top_left", Role::Text),
            must("top_right", Role::Text),
            must("bottom_left", Role::Text),
            must("bottom_right", Role::Text),
            may("bad", Role::Choice(&CORNERS)),
        ],
        shared: &UNITLESS,
        together: &[],
    },
    Signature {
        name: "funnel",
        first: Some(Role::Table),
        own: &[must("stage", ANY), must("value", NUMBER), may("previous", NUMBER), may("previous_label", Role::Text)],
        shared: &CHART,
        together: &[],
    },
    Signature {
        name: "table",
        first: Some(Role::Table),
        own: &[
            may("columns", Role::Shown),
            may("message", Role::Text),
            may("who", Role::Text),
            may("measure", Role::Text),
            may("unit", Role::Text),
            may("when", Role::Text),
            may("total", Role::Flag),
            may("limit", Role::Count),
            may("definition", Role::Definition),
            may("id", Role::Text),
        ],
        shared: &[],
        together: &[],
    },
    Signature {
        name: "banner",
        first: Some(Role::Text),
        own: &[may("kind", Role::Choice(&NOTICE_KINDS))],
        shared: &[],
        together: &[],
    },
    Signature {
        name: "freshness",
        first: Some(Role::Table),
        own: &[
            must("source", ANY),
            must("day", ANY),
            may("age", NUMBER),
            may("rows", NUMBER),
            may("stale", ANY),
            may("id", Role::Text),
        ],
        shared: &[],
        together: &[],
    },
];
