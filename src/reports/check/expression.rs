//! Expressions: each name in them is looked up, and what they may be is worked out.

use std::ops::Range;

use minijinja::machinery::ast::{self, Expr};

use super::Checker;
use super::types::{self, Type};
use crate::problem::did_you_mean;
use crate::reports::filters::{FILTERS, FUNCTIONS, ROW_FILTERS, TESTS};
use crate::reports::rewrite::range;
use crate::reports::signature;
use crate::reports::table::Kind;

impl<'a> Checker<'a> {
    pub fn expression(&mut self, expr: &Expr<'a>) -> Type<'a> {
        match expr {
            Expr::Var(node) => self.variable(node.id, range(node.span())),
            Expr::Const(node) => types::of_value(&node.value),
            Expr::Slice(node) => {
                for part in [&node.start, &node.stop, &node.step].into_iter().flatten() {
                    self.expression(part);
                }
                match self.expression(&node.expr) {
                    Type::Table(query) | Type::Rows(query) => Type::Rows(query),
                    other => other,
                }
            }
            Expr::UnaryOp(node) => {
                let value = self.expression(&node.expr);
                if matches!(node.op, ast::UnaryOpKind::Not) { Type::Cell(Some(Kind::Bool)) } else { value }
            }
            Expr::BinOp(node) => {
                self.expression(&node.left);
                self.expression(&node.right);
                match node.op {
                    ast::BinOpKind::Concat => Type::Cell(Some(Kind::Text)),
                    _ => Type::Any,
                }
            }
            Expr::Compare(node) => {
                self.expression(&node.expr);
                for step in &node.ops {
                    self.expression(&step.expr);
                }
                Type::Cell(Some(Kind::Bool))
            }
            Expr::IfExpr(node) => {
                self.expression(&node.test_expr);
                let yes = self.expression(&node.true_expr);
                let no = node.false_expr.as_ref().map(|expr| self.expression(expr));
                if no == Some(yes) { yes } else { Type::Any }
            }
            Expr::Filter(node) => self.filter(node),
            Expr::Test(node) => {
                self.expression(&node.expr);
                self.arguments(&node.args);
                if !TESTS.contains(&node.name) {
                    let help = did_you_mean(node.name, TESTS);
                    self.error(
                        self.named(node.name, range(node.span())),
                        format!("there is no test `{}`", node.name),
                        help,
                    );
                }
                Type::Cell(Some(Kind::Bool))
            }
            Expr::GetAttr(node) => {
                let value = self.expression(&node.expr);
                let place = self.named(node.name, range(node.span()));
                self.attribute(value, node.name, place)
            }
            Expr::GetItem(node) => {
                let value = self.expression(&node.expr);
                let key = self.expression(&node.subscript_expr);
                match (value, types::text(&node.subscript_expr)) {
                    (Type::Row(_), Some(name)) => self.attribute(value, name, range(node.subscript_expr.span())),
                    (Type::Table(query) | Type::Rows(query), None) if key != Type::Cell(Some(Kind::Text)) => {
                        Type::Row(query)
                    }
                    (Type::Table(_), Some(name)) => self.attribute(value, name, range(node.subscript_expr.span())),
                    _ => Type::Any,
                }
            }
            Expr::Call(node) => self.call(node),
            Expr::List(node) => {
                node.items.iter().for_each(|item| {
                    self.expression(item);
                });
                Type::Any
            }
            Expr::Tuple(node) => {
                node.items.iter().for_each(|item| {
                    self.expression(item);
                });
                Type::Any
            }
            Expr::Map(node) => {
                node.keys.iter().chain(&node.values).for_each(|item| {
                    self.expression(item);
                });
                Type::Any
            }
        }
    }

    fn variable(&mut self, name: &'a str, place: Range<usize>) -> Type<'a> {
        if let Some(found) = self.scopes.get(name) {
            return found;
        }
        if self.known.queries.contains_key(name) {
            self.used.insert(name);
            return Type::Table(name);
        }
        if self.known.broken.contains(name) {
            return Type::Any;
        }
        if let Some(kind) = self.known.variables.get(name) {
            return Type::Cell(Some(*kind));
        }
        if FUNCTIONS.contains(&name) || signature::find(name).is_some() {
            return Type::Any;
        }
        let known = self.known;
        let names = known.queries.keys().chain(known.broken).chain(known.variables.keys()).map(String::as_str);
        let help = did_you_mean(name, names.chain(self.scopes.names()).collect::<Vec<_>>());
        self.error(place, format!("`{name}` is neither a query nor a variable"), help);
        Type::Any
    }

    fn attribute(&mut self, value: Type<'a>, name: &str, place: Range<usize>) -> Type<'a> {
        match value {
            Type::Row(query) => {
                let columns = self.columns(query);
                match columns.iter().find(|column| column.name == name) {
                    Some(column) => {
                        self.tiles.read(query, Some(name));
                        Type::Cell(Some(column.kind))
                    }
                    None => {
                        let help = did_you_mean(name, columns.iter().map(|column| column.name.as_str()));
                        self.error(place, format!("the query `{query}` has no column `{name}`"), help);
                        Type::Any
                    }
                }
            }
            Type::Table(query) | Type::Rows(query) => {
                let help = format!("take a row first, as in `{query}[0].{name}`, or loop over its rows");
                self.error(place, format!("`{query}` is a table and has no column of its own"), help);
                Type::Any
            }
            Type::Cell(Some(kind)) => {
                self.error(place, format!("{} has no `{name}`", kind.words()), "");
                Type::Any
            }
            Type::Cell(None) | Type::Any => Type::Any,
        }
    }

    fn filter(&mut self, node: &ast::Spanned<ast::Filter<'a>>) -> Type<'a> {
        let value = node.expr.as_ref().map_or(Type::Any, |expr| self.expression(expr));
        self.arguments(&node.args);
        let place = self.named(node.name, range(node.span()));
        if !FILTERS.contains(&node.name) {
            let help = did_you_mean(node.name, FILTERS);
            self.error(place, format!("there is no filter `{}`", node.name), help);
            return Type::Any;
        }
        if let (Some(column), Some(query)) = (types::attribute_of(node), value.query()) {
            if self.columns(query).iter().any(|known| known.name == column) {
                self.tiles.read(query, Some(column));
            } else {
                let help = did_you_mean(column, self.columns(query).iter().map(|column| column.name.as_str()));
                self.error(place.clone(), format!("the query `{query}` has no column `{column}`"), help);
            }
        }
        if let ("length" | "count", Some(query)) = (node.name, value.query()) {
            self.tiles.read(query, None);
        }
        match (node.name, value) {
            ("num" | "money" | "pct" | "pp" | "signed" | "abs", Type::Cell(Some(kind))) if !kind.is_number() => {
                self.error(place, format!("`{}` takes a number, not {}", node.name, kind.words()), "");
                Type::Cell(Some(Kind::Text))
            }
            ("period", Type::Cell(Some(kind))) if kind != Kind::Day => {
                self.error(place, format!("`period` takes a day, not {}", kind.words()), "");
                Type::Cell(Some(Kind::Text))
            }
            (name, Type::Table(query) | Type::Rows(query)) if ROW_FILTERS.contains(&name) => Type::Rows(query),
            ("first" | "last", Type::Table(query) | Type::Rows(query)) => Type::Row(query),
            ("length" | "count", _) => Type::Cell(Some(Kind::Int)),
            ("num" | "money" | "pct" | "pp" | "signed" | "date" | "period" | "join" | "upper" | "lower", _) => {
                Type::Cell(Some(Kind::Text))
            }
            _ => Type::Any,
        }
    }
}
