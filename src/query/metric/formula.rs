//! What the SELECT of a metric says: columns of rows that add up, or an expression over other metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, ObjectNamePart, Query, Select, SelectItem, SetExpr, Statement as SqlStatement, TableFactor, Visit,
    VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{Days, METRIC};
use crate::problem::{self, Problem};
use crate::query::from;
use crate::query::statement;
use crate::query::{Selection, Sql};

/// The function of a formula that looks back from a period's last day.
const TRAILING: &str = "trailing";

/// A metric over other metrics.
#[derive(Debug, Clone)]
pub struct Formula {
    /// Over the parts, each of which stands in it as `part` names it.
    pub value: Expr,
    /// What `value` is the ratio of, where the metric is written so.
    pub ratio: Option<(Expr, Expr)>,
    pub parts: Vec<Part>,
}

/// A base metric in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub metric: String,
    /// Its rows are those of so many days up to a period's last one.
    pub trailing: Option<Days>,
}

/// The column that holds a part; no name that a person writes unquoted has a blank.
pub fn part(at: usize) -> String {
    format!("part {at}")
}

/// A metric's SELECT as it is written.
#[derive(Debug, Clone)]
pub enum Written {
    /// Rows with a `value`, or with a `numerator` and a `denominator`.
    Rows {
        is_ratio: bool,
    },
    /// The expressions of a derived metric.
    Value(Box<Expr>),
    Ratio(Box<(Expr, Expr)>),
}

impl Written {
    pub fn is_derived(&self) -> bool {
        !matches!(self, Self::Rows { .. })
    }
}

/// A metric before the others are known.
#[derive(Debug, Clone)]
pub struct Draft {
    pub sql: Sql,
    pub written: Written,
    pub is_semi_additive: bool,
}

/// Reads the SELECT of a metric's file.
pub fn parse(id: &str, sql: &Sql) -> Result<(Selection, Written), Problem> {
    if statement::may_name(&sql.text, METRIC) {
        refuse_calls(sql)?;
    }
    let (selection, statement) = statement::parse_tree(sql)?;
    let reads = selection.relations.iter().find(|relation| relation.name.starts_with(&format!("{METRIC}.")));
    if let Some(relation) = reads {
        return Err(Problem::error(relation.place.clone(), "a metric is not made of the rows of another one").help(
            "name other metrics in a SELECT without FROM: SELECT won_amount AS numerator, quota AS denominator",
        ));
    }
    let query = query(&statement).ok_or_else(|| Problem::error(sql.start(), "only a SELECT can stand here"))?;
    let Some(select) = first_select(&query.body) else {
        return Err(Problem::error(sql.start(), "a metric is a SELECT"));
    };
    let of = |name: &str| outputs(select).into_iter().find(|(output, ..)| output == name);
    let (value, numerator, denominator) = (of("value"), of("numerator"), of("denominator"));
    let place = |output: &Option<(String, Span, Expr)>| {
        output.as_ref().map_or_else(|| sql.start(), |(_, span, _)| sql.place_of(*span))
    };
    let is_derived = select.from.is_empty();
    match (value, numerator, denominator) {
        (None, None, None) => Err(Problem::error(sql.start(), format!("the metric `{id}` gives no figure"))
            .help("name a column of this SELECT `value`, or two `numerator` and `denominator`: ... amount AS value")),
        (None, numerator @ Some(_), None) => {
            Err(Problem::error(place(&numerator), "a `numerator` needs a `denominator`")
                .help("add one, as in 1 AS denominator for a share of the rows, or name this column `value`"))
        }
        (None, None, denominator) => Err(Problem::error(place(&denominator), "a `denominator` needs a `numerator`")
            .help("add one, as in CASE WHEN status = 'won' THEN 1 ELSE 0 END AS numerator")),
        (Some(_), None, None) if !is_derived => Ok((selection, Written::Rows { is_ratio: false })),
        (None, Some(_), Some(_)) if !is_derived => Ok((selection, Written::Rows { is_ratio: true })),
        (Some((.., value)), None, None) => Ok((selection, Written::Value(Box::new(value)))),
        (None, Some((.., numerator)), Some((.., denominator))) => {
            Ok((selection, Written::Ratio(Box::new((numerator, denominator)))))
        }
        (value @ Some(_), ..) => {
            Err(Problem::error(place(&value), "a metric has a `value`, or a `numerator` and a `denominator`, not both")
                .help("leave `value` out: it is the ratio of the sums of the two"))
        }
    }
}

/// A call of `metric` in a metric, for which there is a shorter way.
fn refuse_calls(sql: &Sql) -> Result<(), Problem> {
    struct Calls(Option<Span>);
    impl Visitor for Calls {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            let name = match factor {
                TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => name,
                _ => return ControlFlow::Continue(()),
            };
            if from::parts(name) == METRIC {
                self.0 = Some(from::span_of(name));
            }
            ControlFlow::Continue(())
        }
    }
    let statements = statement::statements(sql)?;
    let mut calls = Calls(None);
    if let Some(query) = statements.first().and_then(query) {
        let _ = Visit::visit(query, &mut calls);
    }
    match calls.0 {
        Some(span) => Err(Problem::error(sql.place_of(span), "a metric does not call metric(...)")
            .help("name other metrics in a SELECT without FROM: SELECT won_amount AS numerator, quota AS denominator")),
        None => Ok(()),
    }
}

pub fn query(statement: &Statement) -> Option<&Query> {
    let Statement::Statement(inner) = statement else { return None };
    match inner.as_ref() {
        SqlStatement::Query(query) => Some(query),
        _ => None,
    }
}

/// The SELECT that names the columns.
fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// The columns that a SELECT names, with the place of each name.
fn outputs(select: &Select) -> Vec<(String, Span, Expr)> {
    let output = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((alias.value.to_lowercase(), alias.span, expr.clone())),
        SelectItem::UnnamedExpr(expr) => {
            let name = match expr {
                Expr::Identifier(name) => name,
                Expr::CompoundIdentifier(parts) => parts.last()?,
                _ => return None,
            };
            Some((name.value.to_lowercase(), name.span, expr.clone()))
        }
        _ => None,
    };
    select.projection.iter().filter_map(output).collect()
}

/// A derived metric over base metrics, those that it names replaced by what they are made of themselves.
///
/// `None` stands for a mistake that is told elsewhere.
pub fn resolve(
    id: &str,
    drafts: &BTreeMap<String, Draft>,
    broken: &BTreeSet<String>,
) -> Result<Formula, Option<Problem>> {
    let mut parts = Vec::new();
    let written = inline(&mut vec![id.to_owned()], drafts, broken, None, &mut parts)?;
    let (value, ratio) = match written {
        Written::Value(value) => (*value, None),
        Written::Ratio(of) => (ratio(of.0.clone(), of.1.clone()), Some(*of)),
        Written::Rows { .. } => return Err(None),
    };
    Ok(Formula { value, ratio, parts })
}

/// The expressions of the last metric of `way` with the metrics that they name replaced.
fn inline(
    way: &mut Vec<String>,
    drafts: &BTreeMap<String, Draft>,
    broken: &BTreeSet<String>,
    trailing: Option<Days>,
    parts: &mut Vec<Part>,
) -> Result<Written, Option<Problem>> {
    let id = way.last().cloned().unwrap_or_default();
    let Some(draft) = drafts.get(&id) else { return Err(None) };
    let mut visitor = Inline { sql: &draft.sql, way, drafts, broken, trailing, parts };
    let mut replaced = |mut expression: Expr| match VisitMut::visit(&mut expression, &mut visitor) {
        ControlFlow::Continue(()) => Ok(expression),
        ControlFlow::Break(found) => Err(found.map(|found| *found)),
    };
    Ok(match draft.written.clone() {
        Written::Value(value) => Written::Value(Box::new(replaced(*value)?)),
        Written::Ratio(of) => {
            let (numerator, denominator) = *of;
            Written::Ratio(Box::new((replaced(numerator)?, replaced(denominator)?)))
        }
        rows @ Written::Rows { .. } => rows,
    })
}

/// Replaces the names of metrics by parts, and `/` by a division that an empty denominator does not break.
struct Inline<'a> {
    sql: &'a Sql,
    way: &'a mut Vec<String>,
    drafts: &'a BTreeMap<String, Draft>,
    broken: &'a BTreeSet<String>,
    trailing: Option<Days>,
    parts: &'a mut Vec<Part>,
}

type Stop = Option<Box<Problem>>;

impl Inline<'_> {
    fn stop<T>(&self, span: Span, message: String, help: impl Into<String>) -> Result<T, Stop> {
        Err(Some(Box::new(Problem::error(self.sql.place_of(span), message).help(help))))
    }

    /// What stands in place of a metric's name.
    fn metric(&mut self, name: &Ident, trailing: Option<Days>) -> Result<Expr, Stop> {
        let id = name.value.to_lowercase();
        if let Some(at) = self.way.iter().position(|known| *known == id) {
            return self.circle(&self.way[at..], name.span);
        }
        let Some(draft) = self.drafts.get(&id) else {
            if self.broken.contains(&id) {
                return Err(None);
            }
            let ids: Vec<&str> = self.drafts.keys().chain(self.broken).map(String::as_str).collect();
            return self.stop(name.span, format!("there is no metric `{id}`"), problem::did_you_mean(&id, ids));
        };
        let trailing = trailing.or_else(|| self.trailing.clone());
        if trailing.is_some() && draft.is_semi_additive {
            let message = format!("`{id}` is the state of a day: it has no trailing days");
            return self.stop(name.span, message, "name it without trailing()");
        }
        if draft.written.is_derived() {
            self.way.push(id);
            let inlined = inline(self.way, self.drafts, self.broken, trailing, self.parts);
            self.way.pop();
            let value = match inlined.map_err(|found| found.map(Box::new))? {
                Written::Value(value) => *value,
                Written::Ratio(of) => ratio(of.0, of.1),
                Written::Rows { .. } => return Err(None),
            };
            let mut nested = Expr::Nested(Box::new(value));
            unplace(&mut nested);
            return Ok(nested);
        }
        let wanted = Part { metric: id, trailing };
        let at = self.parts.iter().position(|part| *part == wanted).unwrap_or_else(|| {
            self.parts.push(wanted);
            self.parts.len() - 1
        });
        Ok(Expr::Identifier(Ident { value: part(at), quote_style: Some('"'), span: name.span }))
    }

    /// Metrics that are made of each other; told once, at the first of them by name.
    fn circle<T>(&self, around: &[String], span: Span) -> Result<T, Stop> {
        let is_told_here = around.iter().min() == self.way.first() && self.way.len() == around.len();
        if !is_told_here {
            return Err(None);
        }
        let mut names: Vec<&str> = around.iter().map(String::as_str).collect();
        names.push(names[0]);
        // The place is that of the name that closes the circle; in a circle of several it is in another file.
        let place = match around {
            [_] => self.sql.place_of(span),
            [first, second, ..] => {
                let sql = &self.drafts[first].sql;
                sql.place_of_word(second).unwrap_or_else(|| sql.start())
            }
            [] => self.sql.start(),
        };
        let message = match around {
            [one] => format!("the metric `{one}` is made of itself"),
            _ => format!("metrics are made of each other in a circle: {}", names.join(" of ")),
        };
        Err(Some(Box::new(
            Problem::error(place, message).help("make one of them of rows, by a FROM, or of other metrics"),
        )))
    }

    /// `trailing(win_rate, 365)`.
    fn trailing(&mut self, function: &Function) -> Result<Expr, Stop> {
        let span = from::span_of(&function.name);
        let given: Vec<&Expr> = match &function.args {
            FunctionArguments::List(list) => list.args.iter().filter_map(argument).collect(),
            _ => Vec::new(),
        };
        let [Expr::Identifier(name), days] = given.as_slice() else {
            let help = "write it as in trailing(win_rate, 365)";
            return self.stop(span, "trailing takes a metric and a number of days".to_owned(), help);
        };
        let days = Days::read(days, span, self.sql, "trailing(win_rate, 365)");
        self.metric(name, Some(days.map_err(|found| Some(Box::new(found)))?))
    }
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    }
}

impl VisitorMut for Inline<'_> {
    type Break = Stop;

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        let replaced = match expression {
            Expr::Function(function) if from::parts(&function.name) == TRAILING => {
                let function = function.clone();
                self.trailing(&function)
            }
            Expr::CompoundIdentifier(names) => {
                let span = names.iter().map(|name| name.span).reduce(|whole, next| whole.union(&next));
                let written = names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".");
                let help = match names.as_slice() {
                    [schema, id] if schema.value.eq_ignore_ascii_case(METRIC) => format!("write `{}`", id.value),
                    _ => "name metrics here; a base metric has a FROM".to_owned(),
                };
                self.stop(span.unwrap_or_else(Span::empty), format!("`{written}` is no metric"), help)
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                let help = "make what the subquery gives a metric, and name it here";
                self.stop(Span::empty(), "a derived metric reads metrics and no tables".to_owned(), help)
            }
            _ => return ControlFlow::Continue(()),
        };
        match replaced {
            Ok(replaced) => {
                *expression = replaced;
                ControlFlow::Continue(())
            }
            Err(stop) => ControlFlow::Break(stop),
        }
    }

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        let replaced = match expression {
            // What was put in already.
            Expr::Identifier(name) if name.quote_style.is_some() && name.value.starts_with("part ") => {
                return ControlFlow::Continue(());
            }
            Expr::Identifier(name) => {
                let name = name.clone();
                self.metric(&name, None)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Divide, right } => {
                Ok(ratio(left.as_ref().clone(), right.as_ref().clone()))
            }
            _ => return ControlFlow::Continue(()),
        };
        match replaced {
            Ok(replaced) => {
                *expression = replaced;
                ControlFlow::Continue(())
            }
            Err(stop) => ControlFlow::Break(stop),
        }
    }
}

/// `ratio(a, b)`: NULL where nothing is divided by, and whole numbers are not cut off.
fn ratio(numerator: Expr, denominator: Expr) -> Expr {
    let argument = |expression| FunctionArg::Unnamed(FunctionArgExpr::Expr(expression));
    let list = FunctionArgumentList {
        duplicate_treatment: None,
        args: vec![argument(numerator), argument(denominator)],
        clauses: Vec::new(),
    };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new("ratio")]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Takes the places off an expression that goes into another file: they would point anywhere there.
pub fn unplace(expression: &mut Expr) {
    struct Unplace;
    impl VisitorMut for Unplace {
        type Break = ();

        fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
            unplace_one(expression);
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(expression, &mut Unplace);
}

/// Takes the place off one expression, and leaves those within it.
pub fn unplace_one(expression: &mut Expr) {
    match expression {
        Expr::Identifier(name) => name.span = Span::empty(),
        Expr::CompoundIdentifier(names) => names.iter_mut().for_each(|name| name.span = Span::empty()),
        Expr::Value(value) => value.span = Span::empty(),
        Expr::Function(function) => unplace_name(&mut function.name),
        _ => {}
    }
}

pub fn unplace_name(name: &mut ObjectName) {
    for part in &mut name.0 {
        if let ObjectNamePart::Identifier(name) = part {
            name.span = Span::empty();
        }
    }
}
