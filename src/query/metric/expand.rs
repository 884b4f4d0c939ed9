//! Calls of `metric(...)` replaced in a parsed statement by the SELECT that each stands for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, FunctionArg, ObjectName, Query, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::call::{self, Asked, Slice};
use super::write::{self, Draft};
use super::{METRIC, Metrics, formula};
use crate::problem::Problem;
use crate::query::{Sql, from, statement};

/// A metric that a statement calls, and where.
#[derive(Debug, Clone)]
pub struct Called {
    /// The metric's view.
    pub view: String,
    pub span: Span,
}

/// Replaces the calls in a statement; gives the views that they read, those of derived metrics with those of their parts.
pub fn expand(query: &mut Query, sql: &Sql, metrics: &Metrics) -> Result<Vec<Called>, Problem> {
    let mut calls = Expand { sql, metrics, called: Vec::new() };
    from::replace(query, METRIC, |span, arguments| calls.select(span, arguments))?;
    Ok(calls.called)
}

/// The SELECT of a metric's total. The expressions of a derived metric keep their places in its file.
pub fn total(id: &str, metrics: &Metrics) -> Option<Query> {
    let slice = Slice::total(metrics.known.get(id)?);
    written(&slice, metrics, true).ok()
}

struct Expand<'a> {
    sql: &'a Sql,
    metrics: &'a Metrics,
    called: Vec<Called>,
}

impl Expand<'_> {
    /// The SELECT that a call stands for, with the metric's id.
    fn select(&mut self, span: Span, arguments: &[FunctionArg]) -> Result<(String, Query), Problem> {
        match call::read(self.sql, span, arguments, self.metrics)? {
            Asked::Slice(slice) => {
                let parts = self.metrics.parts(slice.metric);
                let target = slice.metric.header.target.as_ref().and_then(|target| self.metrics.known.get(target));
                let of_target = target.into_iter().flat_map(|target| {
                    let parts = self.metrics.parts(target).into_iter().map(|part| part.metric);
                    parts.chain([target.id.clone()])
                });
                let read = parts.into_iter().map(|part| part.metric).chain([slice.metric.id.clone()]);
                let is_compared = slice.compare.contains(&call::Compare::Target);
                let read: Vec<String> = read.chain(of_target.filter(|_| is_compared)).collect();
                self.called.extend(read.iter().map(|id| Called { view: format!("{METRIC}.{id}"), span }));
                Ok((slice.metric.id.clone(), written(&slice, self.metrics, false)?))
            }
            Asked::Broken(id) => {
                // Never planned: whatever reads it waits until it is mended.
                let view = format!("{METRIC}.{id}");
                let query = parsed(&format!("SELECT * FROM {view}"))?;
                self.called.push(Called { view, span });
                Ok((id, query))
            }
        }
    }
}

/// The SELECT of a slice with what a person wrote filled in.
fn written(slice: &Slice<'_>, metrics: &Metrics, keeps_places: bool) -> Result<Query, Problem> {
    let draft = Draft::new(slice, metrics);
    let mut query = parsed(&draft.select())?;
    let mut given: BTreeMap<String, Expr> = BTreeMap::new();
    let nested = |expression: &Expr| Expr::Nested(Box::new(expression.clone()));
    given.extend(slice.condition.as_ref().map(|condition| (write::WHERE.to_owned(), condition.clone())));
    given.extend(slice.from.as_ref().map(|day| (write::FROM.to_owned(), day.clone())));
    given.extend(slice.to.as_ref().map(|day| (write::TO.to_owned(), day.clone())));
    for (at, piece) in draft.pieces.iter().enumerate() {
        if let Some((condition, _)) = piece.level.and_then(|level| piece.base.levels.get(level)) {
            let mut condition = condition.clone();
            formula::unplace(&mut condition);
            given.insert(write::level(at), condition);
        }
    }
    for (at, figure) in draft.figures.iter().enumerate() {
        let Some(formula) = figure.formula else { continue };
        let mut expressions = vec![("value", &formula.value)];
        if let Some((numerator, denominator)) = &formula.ratio {
            expressions.extend([("numerator", numerator), ("denominator", denominator)]);
        }
        for window in draft.windows() {
            for (of, expression) in &expressions {
                let mut expression = nested(expression);
                if !keeps_places {
                    formula::unplace(&mut expression);
                }
                let pieces = figure.pieces.iter().enumerate();
                let names = pieces.map(|(part, piece)| (formula::part(part), write::piece_column(*piece, window)));
                rename(&mut expression, &names.collect());
                given.insert(write::expression(at, of, window), expression);
            }
        }
    }
    fill(&mut query, &given);
    Ok(query)
}

fn parsed(text: &str) -> Result<Query, Problem> {
    let mut query = statement::written(text, METRIC)?;
    unplace(&mut query);
    Ok(query)
}

/// Takes the places off a SELECT that stands in no file.
fn unplace(query: &mut Query) {
    struct Unplace;
    impl VisitorMut for Unplace {
        type Break = ();

        fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
            formula::unplace_one(expression);
            ControlFlow::Continue(())
        }

        fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
            formula::unplace_name(relation);
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(query, &mut Unplace);
}

fn rename(expression: &mut Expr, names: &BTreeMap<String, String>) {
    struct Rename<'a>(&'a BTreeMap<String, String>);
    impl VisitorMut for Rename<'_> {
        type Break = ();

        fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
            if let Expr::Identifier(name) = expression
                && let Some(renamed) = self.0.get(&name.value)
            {
                name.value.clone_from(renamed);
            }
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(expression, &mut Rename(names));
}

/// Puts expressions in the place of the names that stand for them.
fn fill(query: &mut Query, given: &BTreeMap<String, Expr>) {
    struct Fill<'a>(&'a BTreeMap<String, Expr>);
    impl VisitorMut for Fill<'_> {
        type Break = ();

        fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
            if let Expr::Identifier(name) = expression
                && let Some(filled) = self.0.get(&name.value)
            {
                *expression = filled.clone();
            }
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(query, &mut Fill(given));
}
