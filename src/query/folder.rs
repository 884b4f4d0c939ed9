//! `models('forecast_method', columns => ['day', 'forecast'])`: the models of a folder, one below the other.
//!
//! As a function in FROM it stands for the rows of every model of a schema, with the model's name in the column `model`
//! before the columns that are named: a file put into the folder is read wherever the folder is. Each of its models must
//! have those columns; what else it has is left.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, ObjectName, ObjectNamePart, Query, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::from::{self, texts};
use super::{Sql, statement};
use crate::problem::{self, Problem};

/// The name of the function.
pub const MODELS: &str = "models";
const COLUMNS: &str = "columns";
/// The column that tells the model.
const MODEL: &str = "model";
const EXAMPLE: &str = "write models('forecast_method', columns => ['day', 'forecast'])";

/// The models of each schema.
pub type Folders = BTreeMap<String, BTreeSet<String>>;

/// Replaces the calls in a statement by the SELECTs that they stand for.
pub fn expand(query: &mut Query, sql: &Sql, folders: &Folders) -> Result<(), Problem> {
    let folders = Expand { sql, folders };
    from::replace(query, MODELS, |span, arguments| Ok((MODELS.to_owned(), folders.select(span, arguments)?)))
}

struct Expand<'a> {
    sql: &'a Sql,
    folders: &'a Folders,
}

impl Expand<'_> {
    fn select(&self, span: Span, arguments: &[FunctionArg]) -> Result<Query, Problem> {
        let wrong = |message: &str| Problem::error(self.sql.place_of(span), message).help(EXAMPLE);
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(schema)), FunctionArg::Named { name, arg, .. }] = arguments
        else {
            return Err(wrong("the function models takes a schema as a text, and columns"));
        };
        let FunctionArgExpr::Expr(columns) = arg else {
            return Err(wrong("the function models takes a schema as a text, and columns"));
        };
        if !name.value.eq_ignore_ascii_case(COLUMNS) {
            let message = format!("the function models has no argument `{}`", name.value);
            return Err(Problem::error(self.sql.place_of(name.span), message).help(EXAMPLE));
        }
        let (schema, place) = match texts(schema).as_deref() {
            Some([(schema, span)]) => (schema.to_owned(), self.sql.place_of(*span)),
            _ => return Err(wrong("the function models takes a schema as a text, and columns")),
        };
        let columns: Vec<(String, Span)> = texts(columns).filter(|named| !named.is_empty()).ok_or_else(|| {
            Problem::error(self.sql.place_of(name.span), "`columns` takes a list of texts").help(EXAMPLE)
        })?;
        let Some(models) = self.folders.get(&schema) else {
            let known: Vec<&str> = self.folders.keys().map(String::as_str).collect();
            let found = Problem::error(place, format!("there is no folder with models of the schema `{schema}`"));
            return Err(found.help(problem::did_you_mean(&schema, known)));
        };
        let of_all = models.iter().map(|model| one(&schema, model, &columns)).collect::<Vec<_>>();
        let mut query = statement::written(&of_all.join("\nUNION ALL\n"), MODELS)?;
        let columns = columns.into_iter().collect();
        let _ = VisitMut::visit(&mut query, &mut Place { span, columns });
        Ok(query)
    }
}

/// The SELECT of one model.
fn one(schema: &str, model: &str, columns: &[(String, Span)]) -> String {
    // With its model before it, a column that one of them lacks is told with that.
    let columns: Vec<String> =
        columns.iter().map(|(column, _)| format!("{}.{}", quoted(model), quoted(column))).collect();
    format!("SELECT '{model}' AS {MODEL}, {} FROM {}.{}", columns.join(", "), quoted(schema), quoted(model))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Gives each name the place that a person wrote it at, the models that of the call.
struct Place {
    span: Span,
    columns: BTreeMap<String, Span>,
}

impl VisitorMut for Place {
    type Break = ();

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match expression {
            Expr::CompoundIdentifier(names) => {
                let column = names.last().and_then(|name| self.columns.get(&name.value)).copied();
                names.iter_mut().for_each(|name| name.span = column.unwrap_or(self.span));
            }
            Expr::Value(value) => value.span = self.span,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        for part in &mut relation.0 {
            if let ObjectNamePart::Identifier(name) = part {
                name.span = self.span;
            }
        }
        ControlFlow::Continue(())
    }
}
