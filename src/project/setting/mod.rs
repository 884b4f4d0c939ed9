//! Settings: the thresholds and rules that a company decides without touching SQL, under `settings:` in a pipeline.
//!
//! Each shipped one is declared once, in `shipped`: its type, unit, allowed range, default and description. From there
//! come the reader of YAML, the JSON Schema, the literal or table that SQL sees, and the list that a person is shown. What
//! stands under `own:` is the user's, typed by how it is written.

mod listed;
mod number;
mod read;
mod schema;
mod shipped;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

pub use listed::{Listed, listed, short};
pub use number::Decimal;
pub use shipped::{ALL, find};

use crate::day::Day;
use crate::holiday::Week;

/// What stands before the name of a user's own setting, in YAML as a key and in SQL.
pub const OWN: &str = "own";

/// A shipped setting, as it is declared.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    /// What it counts, where it counts something.
    pub unit: Option<&'static str>,
    /// As a person would write it in YAML.
    pub default: &'static str,
    /// What it decides, in a sentence.
    pub description: &'static str,
}

#[derive(Debug)]
pub enum Kind {
    One(Type),
    /// The days of a week on which people work.
    Weekdays,
    /// Rows, no two of which agree in all columns of the key.
    Table {
        columns: &'static [Column],
        key: &'static [&'static str],
    },
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub of: Type,
    /// Without it, a row that leaves the column out has NULL there.
    pub is_required: bool,
    pub description: &'static str,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Whole {
        min: i64,
        max: i64,
    },
    /// From 0 to 1, with six decimals.
    Share,
    /// As a share, but without an end: 120 % of a quota.
    Ratio,
    /// Not negative, with four decimals.
    Money,
    Text,
    OneOf(&'static [&'static str]),
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Whole(i64),
    Decimal(Decimal),
    Text(String),
    Flag(bool),
    Day(Day),
    Weekdays(Week),
    /// In the order of the columns; `None` is NULL.
    Rows(Vec<Vec<Option<Value>>>),
}

/// What a pipeline, or a file of tests, says of settings; the others are at their defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Values {
    shipped: BTreeMap<&'static str, Value>,
    own: BTreeMap<String, Value>,
}

impl Setting {
    /// The value where nothing else is said.
    pub fn default(&self) -> &Value {
        static DEFAULTS: LazyLock<BTreeMap<&'static str, Value>> =
            LazyLock::new(|| ALL.iter().map(|setting| (setting.name, read::default(setting))).collect());
        &DEFAULTS[self.name]
    }

    /// The columns of a table; none, of any other setting.
    pub fn columns(&self) -> &'static [Column] {
        match &self.kind {
            Kind::Table { columns, .. } => columns,
            _ => &[],
        }
    }

    /// What may be written for it, in words.
    pub fn allowed(&self) -> String {
        read::allowed(self)
    }

    /// A value of it as JSON, rows with the names of their columns.
    pub fn json(&self, value: &Value) -> Json {
        let Value::Rows(rows) = value else { return value.json() };
        let row = |row: &Vec<Option<Value>>| -> Json {
            let said = self.columns().iter().zip(row).filter_map(|(column, value)| Some((column, value.as_ref()?)));
            said.map(|(column, value)| (column.name.to_owned(), value.json())).collect::<Map<_, _>>().into()
        };
        rows.iter().map(row).collect()
    }

    pub fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table { .. })
    }
}

impl Value {
    /// The value as JSON.
    pub fn json(&self) -> Json {
        match self {
            Self::Whole(number) => (*number).into(),
            Self::Decimal(number) => serde_json::from_str(&number.shortened().to_string()).unwrap_or_default(),
            Self::Text(text) => text.as_str().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Day(day) => day.to_string().into(),
            Self::Weekdays(week) => week.names().collect(),
            Self::Rows(rows) => rows
                .iter()
                .map(|row| row.iter().map(|cell| cell.as_ref().map(Self::json).unwrap_or_default()).collect::<Json>())
                .collect(),
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Whole(_) => "a whole number",
            Self::Decimal(_) => "a number with decimals",
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Day(_) => "a day",
            Self::Weekdays(_) => "days of a week",
            Self::Rows(_) => "a table",
        }
    }
}

impl Values {
    /// The value of a setting, by the name that SQL has for it: `silent_days`, or `own.big_deal`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match name.strip_prefix(OWN).and_then(|rest| rest.strip_prefix('.')) {
            Some(own) => self.own.get(own),
            None => find(name).map(|setting| self.of(setting)),
        }
    }

    /// The value of a shipped setting.
    pub fn of(&self, setting: &'static Setting) -> &Value {
        self.shipped.get(setting.name).unwrap_or_else(|| setting.default())
    }

    /// Whether a shipped setting is said, be it as its default is.
    pub fn says(&self, setting: &Setting) -> bool {
        self.shipped.contains_key(setting.name)
    }

    /// The user's own settings, by their names without `own.`.
    pub fn own(&self) -> &BTreeMap<String, Value> {
        &self.own
    }

    /// Every name that `setting('...')` takes.
    pub fn names(&self) -> Vec<String> {
        let shipped = ALL.iter().filter(|setting| !setting.is_table()).map(|setting| setting.name.to_owned());
        shipped.chain(self.own.keys().map(|name| format!("{OWN}.{name}"))).collect()
    }

    /// The days of a week on which people work.
    pub fn working_days(&self) -> Week {
        match self.get("working_days") {
            Some(Value::Weekdays(week)) => *week,
            _ => Week::default(),
        }
    }

    /// The user's own settings, and the shipped ones at their defaults.
    pub fn only_own(&self) -> Self {
        Self { shipped: BTreeMap::new(), own: self.own.clone() }
    }

    /// These, with others in their place where they say something.
    pub fn with(&self, others: &Self) -> Self {
        let mut values = self.clone();
        values.shipped.extend(others.shipped.clone());
        values.own.extend(others.own.clone());
        values
    }
}
