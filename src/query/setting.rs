//! `setting('silent_days')` and the tables of the schema `setting`: what a company decides, as SQL sees it.
//!
//! A call is replaced in the parsed statement by the value that it stands for before the statement is planned, so that it
//! may stand wherever a value may, as in `current_date - setting('silent_days')`, and that plans see a constant. Which
//! settings a statement asks for is known without their values: what it makes is told apart by those that it asks for alone.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::sql::sqlparser::ast::{
    Array, CastKind, DataType as SqlType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, TypedString, UnaryOperator, Value as Literal, ValueWithSpan, Visit, VisitMut, Visitor,
    VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::from;
use super::given::Given;
use super::sql::Sql;
use crate::error::{Error, Result};
use crate::problem::{self, Problem};
use crate::project::setting::{ALL, Column, Decimal, Setting, Type, Value, Values, find};

/// The name of the function, and the schema of the tables.
pub const NAME: &str = "setting";

/// The setting whose table has this name, with its schema.
pub fn table(relation: &str) -> Option<&'static Setting> {
    let name = relation.strip_prefix(NAME)?.strip_prefix('.')?;
    find(name).filter(|setting| setting.is_table())
}

/// The setting that is no table, of which this would be the name if it were one.
pub fn scalar(relation: &str) -> Option<&'static str> {
    let name = relation.strip_prefix(NAME)?.strip_prefix('.')?;
    find(name).filter(|setting| !setting.is_table()).map(|setting| setting.name)
}

/// The settings that are tables, by their names with the schema.
pub fn tables() -> impl Iterator<Item = (String, &'static Setting)> {
    ALL.iter().filter(|setting| setting.is_table()).map(|setting| (format!("{NAME}.{}", setting.name), setting))
}

/// The name that a call asks for, and where it stands.
pub fn asked(call: &Function, sql: &Sql) -> std::result::Result<(String, Span), Problem> {
    name(call).ok_or_else(|| {
        let place = sql.place_of(from::span_of(&call.name));
        Problem::error(place, format!("the function {NAME} takes the name of a setting as a text"))
            .help(format!("write it as in {NAME}('silent_days')"))
    })
}

fn name(call: &Function) -> Option<(String, Span)> {
    let FunctionArguments::List(list) = &call.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(ValueWithSpan { value, span })))] =
        list.args.as_slice()
    else {
        return None;
    };
    match value {
        Literal::SingleQuotedString(name) => Some((name.to_lowercase(), *span)),
        _ => None,
    }
}

/// The settings that calls in a statement ask for; what is wrong with a call is told where the statement is parsed.
pub fn asked_in(statement: &impl Visit) -> BTreeSet<String> {
    struct Calls(BTreeSet<String>);

    impl Visitor for Calls {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            if let Expr::Function(call) = expression
                && from::parts(&call.name) == NAME
                && let Some((name, _)) = name(call)
            {
                self.0.insert(name);
            }
            ControlFlow::Continue(())
        }
    }

    let mut calls = Calls(BTreeSet::new());
    let _ = statement.visit(&mut calls);
    calls.0
}

/// Puts values in the place of the calls that ask for them.
pub fn put_in(written: &mut impl VisitMut, sql: &Sql, values: &Values) -> std::result::Result<(), Problem> {
    match written.visit(&mut PutIn { sql, values }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(found) => Err(*found),
    }
}

struct PutIn<'a> {
    sql: &'a Sql,
    values: &'a Values,
}

impl VisitorMut for PutIn<'_> {
    type Break = Box<Problem>;

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(call) = expression else { return ControlFlow::Continue(()) };
        if from::parts(&call.name) != NAME {
            return ControlFlow::Continue(());
        }
        let span = from::span_of(&call.name);
        let put = asked(call, self.sql).and_then(|(name, at)| {
            let value = self.values.get(&name).and_then(|value| literal(value, span));
            value.ok_or_else(|| self.unknown(&name, at))
        });
        match put {
            Ok(literal) => {
                *expression = literal;
                ControlFlow::Continue(())
            }
            Err(found) => ControlFlow::Break(found.into()),
        }
    }
}

impl PutIn<'_> {
    fn unknown(&self, name: &str, at: Span) -> Problem {
        // A call that stands in a metric's formula has lost its place in the SELECT that it became.
        let place = match at.start.line {
            0 => self.sql.place_of_word(name).unwrap_or_else(|| self.sql.start()),
            _ => self.sql.place_of(at),
        };
        if find(name).is_some() {
            return Problem::error(place, format!("the setting `{name}` is a table"))
                .help(format!("read it in FROM, as {NAME}.{name}"));
        }
        let names = self.values.names();
        let help = match problem::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "forecastle settings lists them; one of your own stands under `settings: {{own: ...}}` in the pipeline, and is asked for as {NAME}('own.big_deal')"
            ),
        };
        Problem::error(place, format!("there is no setting `{name}`")).help(help)
    }
}

/// A value as SQL has it, where the call stood; `None` for a table.
fn literal(value: &Value, span: Span) -> Option<Expr> {
    let of = |value: Literal| Expr::Value(ValueWithSpan { value, span });
    let text = |text: &str| of(Literal::SingleQuotedString(text.to_owned()));
    let number = |digits: String| match digits.strip_prefix('-') {
        // The parser has no negative numbers; in parentheses it is one operand.
        Some(positive) => Expr::Nested(Box::new(Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr: Box::new(of(Literal::Number(positive.to_owned(), false))),
        })),
        None => of(Literal::Number(digits, false)),
    };
    Some(match value {
        Value::Whole(whole) => number(whole.to_string()),
        // Of one type, however many decimals the value has at the moment.
        Value::Decimal(decimal) => Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(number(decimal.to_string())),
            data_type: SqlType::Decimal(ExactNumberInfo::PrecisionAndScale(18, 6)),
            array: false,
            format: None,
        },
        Value::Text(content) => text(content),
        Value::Flag(flag) => of(Literal::Boolean(*flag)),
        Value::Day(day) => Expr::TypedString(TypedString {
            data_type: SqlType::Date,
            value: ValueWithSpan { value: Literal::SingleQuotedString(day.to_string()), span },
            uses_odbc_syntax: false,
        }),
        Value::Weekdays(week) => Expr::Array(Array { elem: week.names().map(text).collect(), named: false }),
        Value::Rows(_) => return None,
    })
}

/// The columns of a setting that is a table.
pub fn schema(setting: &Setting) -> SchemaRef {
    let field = |column: &Column| Field::new(column.name, data_type(column.of), true);
    Arc::new(Schema::new(setting.columns().iter().map(field).collect::<Vec<_>>()))
}

/// The type that a value of a setting has in SQL.
pub fn data_type(of: Type) -> DataType {
    match of {
        Type::Whole { .. } => DataType::Int64,
        Type::Share => DataType::Decimal128(7, 6),
        Type::Ratio => DataType::Decimal128(18, 6),
        Type::Money => DataType::Decimal128(18, 4),
        Type::Text | Type::OneOf(_) => DataType::Utf8,
    }
}

/// The tables with their rows, by name.
pub fn filled(values: &Values) -> Result<Vec<(String, Arc<dyn TableProvider>)>> {
    let tables = tables().map(|(name, setting)| {
        let Value::Rows(rows) = values.of(setting) else { return Ok(None) };
        let schema = schema(setting);
        let columns = schema.fields().iter().enumerate();
        let columns = columns.map(|(at, field)| array(rows.iter().map(|row| row[at].as_ref()), field.data_type()));
        let batch = columns.collect::<std::result::Result<_, _>>();
        let batch = batch.and_then(|columns| RecordBatch::try_new(Arc::clone(&schema), columns));
        let batch = batch.map_err(|error| Error::failed(format!("could not make {name}: {error}")))?;
        let given = Given::new(schema);
        given.set(Some(batch));
        Ok(Some((name, Arc::new(given) as Arc<dyn TableProvider>)))
    });
    tables.filter_map(Result::transpose).collect()
}

fn array<'v>(
    values: impl Iterator<Item = Option<&'v Value>>,
    of: &DataType,
) -> std::result::Result<ArrayRef, arrow::error::ArrowError> {
    Ok(match of {
        DataType::Int64 => {
            let whole = |value: &Value| if let Value::Whole(whole) = value { Some(*whole) } else { None };
            Arc::new(values.map(|value| value.and_then(whole)).collect::<Int64Array>())
        }
        DataType::Decimal128(precision, scale) => {
            let digits = |value: &Value| match value {
                Value::Decimal(Decimal { digits, .. }) => Some(*digits),
                _ => None,
            };
            let all = values.map(|value| value.and_then(digits)).collect::<Decimal128Array>();
            Arc::new(all.with_precision_and_scale(*precision, *scale)?)
        }
        _ => {
            let text = |value: &'v Value| if let Value::Text(text) = value { Some(text.as_str()) } else { None };
            Arc::new(values.map(|value| value.and_then(text)).collect::<StringArray>())
        }
    })
}
