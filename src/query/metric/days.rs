//! How many days a figure looks back: so many as are written, or as a setting says.

use std::fmt;

use datafusion::sql::sqlparser::ast::{Expr, Value};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::problem::Problem;
use crate::query::sql::Sql;
use crate::query::{from, setting};

/// A number of days, as SQL has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    Written(u32),
    /// What the setting of this name is when the statement is planned.
    Setting(String),
}

impl Days {
    /// The longest time that anything looks back.
    const MOST: u32 = 3660;

    /// Reads `365` or `setting('trailing_days')`, in the place `at` where what is read has none; `help` tells how else it may
    /// be written.
    pub fn read(written: &Expr, at: Span, sql: &Sql, help: &str) -> Result<Self, Problem> {
        let wrong = |span, message: &str| {
            Problem::error(sql.place_of(span), message)
                .help(format!("write a whole number of days from 1 to {}, as in {help}", Self::MOST))
        };
        match written {
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => match number.parse() {
                    Ok(days) if (1..=Self::MOST).contains(&days) => Ok(Self::Written(days)),
                    _ => Err(wrong(value.span, "these are no days to look back")),
                },
                _ => Err(wrong(value.span, "these are no days to look back")),
            },
            Expr::Function(call) if from::parts(&call.name) == setting::NAME => {
                setting::asked(call, sql).map(|(name, _)| Self::Setting(name))
            }
            _ => Err(wrong(at, "what looks back takes a number of days")),
        }
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(days) => write!(f, "{days}"),
            Self::Setting(name) => write!(f, "{}('{}')", setting::NAME, name.replace('\'', "''")),
        }
    }
}
