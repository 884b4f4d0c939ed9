//! A component's arguments at run time: takes what a template passed, gives typed values or an error that names
//! the argument.

use std::sync::Arc;

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, Value};

use super::fault::fault;
use super::format::{Scale, Unit};
use super::number::Number;
use super::rewrite::PLACE;
use super::signature::{Argument, Role, Signature};
use super::table::{Cell, Table};
use super::{print, value};
use crate::problem::did_you_mean;

/// A column of a component's data.
pub struct Named {
    /// Its position in the query.
    pub column: usize,
    /// As the query names it.
    pub name: String,
    /// As a reader calls it.
    pub label: String,
}

/// The arguments of one call.
pub struct Arguments {
    pub signature: &'static Signature,
    /// Where the call stands, in bytes of the template's body.
    pub place: usize,
    first: Option<Value>,
    given: Vec<(&'static str, Value)>,
}

impl Arguments {
    /// Takes a call's arguments apart; an unknown keyword, one too many and one missing are errors.
    pub fn read(signature: &'static Signature, Rest(first): Rest<Value>, keywords: &Kwargs) -> Result<Self, Error> {
        let name = signature.name;
        let wanted = usize::from(signature.first.is_some());
        if first.len() < wanted {
            return Err(fault(format!("`{name}` begins with its data: `{name}(a_query, …)`")));
        }
        if first.len() > wanted {
            return Err(fault(format!("`{name}` takes keyword arguments: write `name=value`")));
        }
        let mut given = Vec::new();
        let mut place = 0;
        for keyword in keywords.args() {
            let value: Value = keywords.peek(keyword)?;
            if keyword == PLACE {
                place = value.as_usize().unwrap_or_default();
                continue;
            }
            let Some(argument) = signature.keyword(keyword) else { return Err(fault(unknown(signature, keyword))) };
            if value.is_undefined() {
                return Err(fault(format!("`{keyword}` of `{name}` is undefined")));
            }
            given.push((argument.name, value));
        }
        for Argument { name: argument, required, .. } in signature.keywords() {
            if *required && !given.iter().any(|(name, _)| name == argument) {
                return Err(fault(format!("`{name}` needs `{argument}=`")));
            }
        }
        if let Some((missing, beside)) = signature.lacking(|argument| given.iter().any(|(name, _)| *name == argument)) {
            return Err(fault(format!("`{name}` needs `{missing}=` beside `{beside}=`")));
        }
        Ok(Self { signature, place, first: first.into_iter().next(), given })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(self.signature.keyword(name).is_some(), "`{name}` is not in the signature");
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    fn unfit(&self, name: &str, wanted: &str, value: &Value) -> Error {
        value::unfit(&format!("`{name}` of `{}`", self.signature.name), wanted, value)
    }

    /// The query's name and rows that stand first.
    pub fn table(&self) -> Result<(Arc<str>, Arc<Table>), Error> {
        let first = self.first.as_ref().ok_or_else(|| fault("a component without data"))?;
        value::to_table(first)
            .ok_or_else(|| value::unfit(&format!("`{}`", self.signature.name), "a query's rows", first))
    }

    /// The text that stands first.
    pub fn first_text(&self) -> Result<String, Error> {
        let first = self.first.as_ref().ok_or_else(|| fault("a component without a text"))?;
        print::words(first).map(|text| text.trim().to_owned())
    }

    /// A text; NULL and nothing are both `None`.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.get(name) {
            Some(value) if !value.is_none() => print::words(value).map(|text| Some(text.trim().to_owned())),
            _ => Ok(None),
        }
    }

    /// One number; NULL and nothing are both `None`.
    pub fn number(&self, name: &str) -> Result<Option<Number>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value::to_cell(value) {
            Some(Cell::Null) => Ok(None),
            Some(cell) => match Number::of_cell(&cell) {
                Some(number) => Ok(Some(number)),
                None => Err(self.unfit(name, "a number", value)),
            },
            None => Err(self.unfit(name, "a number", value)),
        }
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            Some(value) if value.kind() == ValueKind::Bool => Ok(Some(value.is_true())),
            Some(value) if !value.is_none() => Err(self.unfit(name, "true or false", value)),
            _ => Ok(None),
        }
    }

    pub fn count(&self, name: &str) -> Result<Option<usize>, Error> {
        match self.get(name) {
            Some(value) if !value.is_none() => {
                value.as_usize().map(Some).ok_or_else(|| self.unfit(name, "a whole number", value))
            }
            _ => Ok(None),
        }
    }

    /// One of an argument's words, as its signature lists them.
    pub fn choice(&self, name: &str) -> Result<Option<&'static str>, Error> {
        let Some(value) = self.get(name).filter(|value| !value.is_none()) else { return Ok(None) };
        let Some(Role::Choice(choices)) = self.signature.keyword(name).map(|argument| argument.role) else {
            return Err(fault(format!("`{name}` has no choices")));
        };
        let text = value.as_str().unwrap_or_default();
        choices
            .iter()
            .find(|choice| **choice == text)
            .copied()
            .map(Some)
            .ok_or_else(|| fault(format!("`{name}` of `{}` is one of {}", self.signature.name, listed(choices))))
    }

    /// The position of the column that an argument names.
    pub fn column(&self, name: &str, table: &Table) -> Result<Option<usize>, Error> {
        match self.get(name).filter(|value| !value.is_none()) {
            Some(value) => {
                let column = value.as_str().ok_or_else(|| self.unfit(name, "a column's name", value))?;
                let Some(Role::Column { number }) = self.signature.keyword(name).map(|argument| argument.role) else {
                    return Err(fault(format!("`{name}` names no column")));
                };
                self.position(name, column, number, table).map(Some)
            }
            None => Ok(None),
        }
    }

    /// The column that a required argument names.
    pub fn needed_column(&self, name: &str, table: &Table) -> Result<usize, Error> {
        self.column(name, table)?.ok_or_else(|| fault(format!("`{}` needs `{name}=`", self.signature.name)))
    }

    /// The columns that an argument names.
    pub fn columns(&self, name: &str, table: &Table) -> Result<Vec<Named>, Error> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let named = |column: &str, label: String| -> Result<Named, Error> {
            Ok(Named { column: self.position(name, column, true, table)?, name: column.to_owned(), label })
        };
        if let Some(column) = value.as_str() {
            return Ok(vec![named(column, label_of(column))?]);
        }
        let mut columns = Vec::new();
        for key in value.try_iter()? {
            let column = key.as_str().ok_or_else(|| self.unfit(name, "columns' names", value))?;
            let label = match value.kind() {
                ValueKind::Map => print::words(&value.get_item(&key)?)?,
                _ => label_of(column),
            };
            columns.push(named(column, label)?);
        }
        Ok(columns)
    }

    /// Every column that the call names, with the argument that does, in the order of the signature.
    pub fn named_columns(&self, table: &Table) -> Result<Vec<(&'static str, Named)>, Error> {
        let mut found = Vec::new();
        for argument in self.signature.keywords() {
            let named = match (argument.role, self.get(argument.name).and_then(Value::as_str)) {
                (Role::Columns, _) => self.columns(argument.name, table)?,
                (Role::Column { .. }, Some(name)) => {
                    let column = self.needed_column(argument.name, table)?;
                    vec![Named { column, name: name.to_owned(), label: label_of(name) }]
                }
                _ => continue,
            };
            found.extend(named.into_iter().map(|named| (argument.name, named)));
        }
        Ok(found)
    }

    /// The list behind an argument, as it was given.
    pub fn list(&self, name: &str) -> Result<Option<Vec<Value>>, Error> {
        match self.get(name).filter(|value| !value.is_none()) {
            Some(value) if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) => {
                value.try_iter().map(|items| Some(items.collect()))
            }
            Some(value) => Err(self.unfit(name, "a list", value)),
            None => Ok(None),
        }
    }

    /// The numbers of a trend: a table's column, or a list.
    pub fn trend(&self, name: &str) -> Result<Option<Vec<Option<Number>>>, Error> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        if let [rows, column] = items.as_slice()
            && let Some((_, table)) = value::to_table(rows)
        {
            let column = column.as_str().ok_or_else(|| self.unfit(name, "a table and a column's name", column))?;
            let position = self.position(name, column, true, &table)?;
            return Ok(Some(table.rows.iter().map(|row| Number::of_cell(&row[position])).collect()));
        }
        let numbers = items.iter().map(|item| match value::to_cell(item) {
            Some(Cell::Null) => Ok(None),
            Some(cell) => Number::of_cell(&cell).map(Some).ok_or_else(|| self.unfit(name, "numbers", item)),
            None => Err(self.unfit(name, "numbers", item)),
        });
        numbers.collect::<Result<_, _>>().map(Some)
    }

    /// The scale for all of `numbers`, in the unit and with the digits that the call names.
    pub fn scale(&self, numbers: impl IntoIterator<Item = Number>) -> Result<Scale, Error> {
        let unit = Unit::parse(&self.text("unit")?.unwrap_or_default());
        let digits = self.count("digits")?.map(|digits| u8::try_from(digits.min(6)).unwrap_or(6));
        Ok(Scale::fit(unit, numbers, digits))
    }

    fn position(&self, name: &str, column: &str, number: bool, table: &Table) -> Result<usize, Error> {
        if table.columns.is_empty() {
            // A filter that chose no row leaves nothing to know the columns by; no row will be read.
            return Ok(0);
        }
        let Some(position) = table.position(column) else {
            let help = did_you_mean(column, table.columns.iter().map(|column| column.name.as_str()));
            let call = self.signature.name;
            return Err(fault(format!("`{name}` of `{call}`: the query has no column `{column}`: {help}")));
        };
        if number && !table.columns[position].kind.is_number() {
            return Err(fault(format!(
                "`{name}` of `{}` takes a column of numbers; `{column}` holds {}",
                self.signature.name,
                table.columns[position].kind.words()
            )));
        }
        Ok(position)
    }
}

/// What is said of a keyword that a component does not know.
pub fn unknown(signature: &Signature, keyword: &str) -> String {
    let help = did_you_mean(keyword, signature.keywords().map(|argument| argument.name));
    format!("`{}` has no argument `{keyword}`: {help}", signature.name)
}

/// `a`, `b` or `c`, each in backticks.
pub fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A column's name as a heading: `won_amount` is `Won amount`.
pub fn label_of(column: &str) -> String {
    let spaced = column.replace('_', " ");
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => spaced,
    }
}
