//! Checks: rules whose rows are offenders.

use serde::{Deserialize, Serialize};

use crate::lake::TableName;
use crate::problem::Problem;
use crate::project::{CheckHeader, Gravity, ProjectFile};
use crate::query::{Checked, Selection, Shorthands, Sql, statement};

use super::model;

/// A rule; the rows that its SELECT gives are its offenders.
#[derive(Debug, Clone)]
pub struct Check {
    /// `sales.deal/unique(deal_id)` for a rule of a model's front matter, `check.orphan` for a file.
    pub name: String,
    pub description: Option<String>,
    pub gravity: Gravity,
    pub subject: Subject,
    pub sql: Sql,
    pub selection: Selection,
    /// For a rule that looks at one row at a time: the condition that offenders meet. Such rules of a model are counted
    /// in one pass over it.
    pub condition: Option<String>,
    /// For a rule that holds one number against those of the days before: its SELECT gives that number.
    pub measure: Option<Measure>,
    /// The column of its model that must hold days or moments for it: the engine would read a number as days since 1970.
    pub day_column: Option<String>,
    /// The columns of its model that a rule asks nothing of but that they are there; it needs no plan to be found right.
    pub needs_only: Option<Vec<String>>,
}

/// How a number may differ from the median of the days before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Rows; not more than a share of the median below or above it.
    RowCount { drop: Option<f64>, grow: Option<f64> },
    /// The share of rows with NULL in a column; not above the median by more than so much.
    NullShare { rise: f64 },
}

/// What a check is about: what depends on it waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Model(TableName),
    /// Every relation that its SELECT reads.
    WhatItReads,
}

impl Check {
    /// The tables that are held back when the check fails as an error.
    pub fn guards(&self, table: &str) -> bool {
        match &self.subject {
            Subject::Model(model) => model.to_string() == table,
            Subject::WhatItReads => self.selection.relations.iter().any(|relation| relation.name == table),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckOutcome {
    pub check: String,
    pub severity: Gravity,
    /// How many rows break the rule; 1, if a number does that is held against those of the days before.
    pub offenders: u64,
    /// That number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// In what it differs from those of the days before, if it breaks the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl CheckOutcome {
    pub fn is_passed(&self) -> bool {
        self.offenders == 0
    }

    /// Whether it stops what depends on what it checked.
    pub fn stops(&self) -> bool {
        !self.is_passed() && self.severity == Gravity::Error
    }
}

/// Reads a file of `sql/check/`.
pub fn parse(
    name: &TableName,
    file: &ProjectFile,
    shorthands: Shorthands<'_>,
    checked: &Checked,
) -> Result<Check, Vec<Problem>> {
    let (header, _) = model::header::<CheckHeader>(file)?;
    let sql = Sql::file(&file.source);
    let selection = statement::parse_known(&sql, shorthands, checked).map_err(|found| vec![found])?;
    let CheckHeader { description, severity, .. } = header;
    Ok(Check {
        name: name.to_string(),
        description,
        gravity: severity,
        subject: Subject::WhatItReads,
        sql,
        selection,
        condition: None,
        measure: None,
        day_column: None,
        needs_only: None,
    })
}
