//! The data behind a chart or table, for files that hold data: the columns of the query that it shows, with every row and
//! every digit, whatever the page has room for.

use std::sync::Arc;

use minijinja::Error;

use super::arguments::{Arguments, Named};
use super::format::Unit;
use super::number::Number;
use super::table::{Cell, Kind, Table};

/// The columns of a query's rows that a chart or table shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// None twice.
    pub fields: Vec<Field>,
    pub table: Arc<Table>,
    /// Whether the sums of the fields belong below.
    pub has_total: bool,
}

/// One of these columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As the query names it.
    pub name: String,
    /// As a reader calls it.
    pub label: String,
    /// Its position in the query.
    pub column: usize,
    /// What its numbers are counted in.
    pub unit: Unit,
    /// Whether its numbers are differences.
    pub is_difference: bool,
    /// So many decimals, where the report chose them.
    pub digits: Option<u8>,
    pub total: Option<Number>,
}

impl Sheet {
    /// The columns that a component's arguments name. Their numbers are in `unit`, but numbers of cases (`n`), and what has a
    /// unit of its own (`x_unit` beside `x`).
    pub fn of(arguments: &Arguments, unit: &Unit) -> Result<Self, Error> {
        let (_, table) = arguments.table()?;
        let mut sheet = Self { fields: Vec::new(), table: Arc::clone(&table), has_total: false };
        for (argument, Named { column, name, label }) in arguments.named_columns(&table)? {
            let unit = match arguments.signature.keyword(&format!("{argument}_unit")) {
                Some(own) => Unit::parse(&arguments.text(own.name)?.unwrap_or_default()),
                None if argument == "n" => Unit::Plain(String::new()),
                None => unit.clone(),
            };
            sheet.add(Field { name, label, column, unit, is_difference: false, digits: None, total: None });
        }
        Ok(sheet)
    }

    /// Adds a column, if it is not there.
    pub fn add(&mut self, field: Field) {
        if self.fields.iter().all(|known| known.name != field.name) {
            self.fields.push(field);
        }
    }

    /// What a field holds; nothing is known of it, where a filter has left no rows.
    pub fn kind(&self, field: &Field) -> Option<Kind> {
        self.table.columns.get(field.column).map(|column| column.kind)
    }

    /// The cells of a field, top to bottom.
    pub fn cells<'s>(&'s self, field: &'s Field) -> impl Iterator<Item = &'s Cell> {
        self.table.rows.iter().map(|row| &row[field.column])
    }
}
