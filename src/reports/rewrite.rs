//! A template's syntax tree made ready to run: operators become functions that know exact decimals and NULL,
//! plain text goes through the formatter (so that output is counted and capped), components learn their place,
//! and statements that have no place in a report are refused.

use std::ops::Range;

use minijinja::Value;
use minijinja::machinery::{Span, ast};

use super::operators;
use super::signature;

/// The keyword by which a component learns where it stands in the template, in bytes of the body.
pub const PLACE: &str = "@place";

/// The tree to run, and the statements that were refused: what they are, and where in the body.
pub struct Rewritten<'a> {
    pub tree: ast::Stmt<'a>,
    pub refused: Vec<(&'static str, Range<usize>)>,
}

/// Rewrites a whole template.
pub fn rewrite<'a>(tree: &ast::Stmt<'a>) -> Rewritten<'a> {
    let mut rewriter = Rewriter { refused: Vec::new() };
    let tree = rewriter.statement(tree);
    Rewritten { tree, refused: rewriter.refused }
}

/// The bytes of the body that a span covers.
pub fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

struct Rewriter {
    refused: Vec<(&'static str, Range<usize>)>,
}

impl Rewriter {
    fn statements<'a>(&mut self, statements: &[ast::Stmt<'a>]) -> Vec<ast::Stmt<'a>> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement<'a>(&mut self, statement: &ast::Stmt<'a>) -> ast::Stmt<'a> {
        use ast::Stmt;
        match statement {
            Stmt::Template(node) => {
                let children = self.statements(&node.children);
                Stmt::Template(ast::Spanned::new(ast::Template { children }, node.span()))
            }
            Stmt::EmitExpr(node) => {
                let expr = self.expression(&node.expr);
                Stmt::EmitExpr(ast::Spanned::new(ast::EmitExpr { expr }, node.span()))
            }
            Stmt::EmitRaw(node) => plain_text(node.raw, node.span()),
            Stmt::ForLoop(node) => {
                let node_new = ast::ForLoop {
                    target: self.expression(&node.target),
                    iter: self.expression(&node.iter),
                    filter_expr: node.filter_expr.as_ref().map(|expr| self.expression(expr)),
                    recursive: node.recursive,
                    body: self.statements(&node.body),
                    else_body: self.statements(&node.else_body),
                };
                Stmt::ForLoop(ast::Spanned::new(node_new, node.span()))
            }
            Stmt::IfCond(node) => {
                let node_new = ast::IfCond {
                    expr: self.expression(&node.expr),
                    true_body: self.statements(&node.true_body),
                    false_body: self.statements(&node.false_body),
                };
                Stmt::IfCond(ast::Spanned::new(node_new, node.span()))
            }
            Stmt::WithBlock(node) => {
                let assignments =
                    node.assignments.iter().map(|(to, from)| (self.expression(to), self.expression(from))).collect();
                let body = self.statements(&node.body);
                Stmt::WithBlock(ast::Spanned::new(ast::WithBlock { assignments, body }, node.span()))
            }
            Stmt::Set(node) => {
                let (target, expr) = (self.expression(&node.target), self.expression(&node.expr));
                Stmt::Set(ast::Spanned::new(ast::Set { target, expr }, node.span()))
            }
            Stmt::SetBlock(node) => {
                let node_new = ast::SetBlock {
                    target: self.expression(&node.target),
                    filter: node.filter.as_ref().map(|filter| self.expression(filter)),
                    body: self.statements(&node.body),
                };
                Stmt::SetBlock(ast::Spanned::new(node_new, node.span()))
            }
            Stmt::Macro(node) => Stmt::Macro(self.macro_node(node)),
            Stmt::CallBlock(node) => {
                let call = self.call(&node.call);
                let macro_decl = self.macro_node(&node.macro_decl);
                Stmt::CallBlock(ast::Spanned::new(ast::CallBlock { call, macro_decl }, node.span()))
            }
            Stmt::Do(node) => {
                let call = self.call(&node.call);
                Stmt::Do(ast::Spanned::new(ast::Do { call }, node.span()))
            }
            Stmt::AutoEscape(node) => self.refuse("autoescape", node.span()),
            Stmt::FilterBlock(node) => self.refuse("filter", node.span()),
            Stmt::Block(node) => self.refuse("block", node.span()),
            Stmt::Import(node) => self.refuse("import", node.span()),
            Stmt::FromImport(node) => self.refuse("from", node.span()),
            Stmt::Extends(node) => self.refuse("extends", node.span()),
            Stmt::Include(node) => self.refuse("include", node.span()),
        }
    }

    fn refuse<'a>(&mut self, name: &'static str, span: Span) -> ast::Stmt<'a> {
        self.refused.push((name, range(span)));
        plain_text("", span)
    }

    fn macro_node<'a>(&mut self, node: &ast::Spanned<ast::Macro<'a>>) -> ast::Spanned<ast::Macro<'a>> {
        let node_new = ast::Macro {
            name: node.name,
            args: self.expressions(&node.args),
            defaults: self.expressions(&node.defaults),
            body: self.statements(&node.body),
        };
        ast::Spanned::new(node_new, node.span())
    }

    fn expressions<'a>(&mut self, expressions: &[ast::Expr<'a>]) -> Vec<ast::Expr<'a>> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    fn optional<'a>(&mut self, expression: Option<&ast::Expr<'a>>) -> Option<ast::Expr<'a>> {
        expression.map(|expression| self.expression(expression))
    }

    fn expression<'a>(&mut self, expression: &ast::Expr<'a>) -> ast::Expr<'a> {
        use ast::Expr;
        match expression {
            Expr::Var(node) => Expr::Var(ast::Spanned::new(ast::Var { id: node.id }, node.span())),
            Expr::Const(node) => constant(node.value.clone(), node.span()),
            Expr::Slice(node) => {
                let node_new = ast::Slice {
                    expr: self.expression(&node.expr),
                    start: self.optional(node.start.as_ref()),
                    stop: self.optional(node.stop.as_ref()),
                    step: self.optional(node.step.as_ref()),
                };
                Expr::Slice(ast::Spanned::new(node_new, node.span()))
            }
            Expr::UnaryOp(node) => {
                let expr = self.expression(&node.expr);
                match node.op {
                    ast::UnaryOpKind::Not => {
                        let node_new = ast::UnaryOp { op: ast::UnaryOpKind::Not, expr };
                        Expr::UnaryOp(ast::Spanned::new(node_new, node.span()))
                    }
                    ast::UnaryOpKind::Neg => operator(operators::NEGATE, expr, None, node.span()),
                }
            }
            Expr::BinOp(node) => {
                let (left, right) = (self.expression(&node.left), self.expression(&node.right));
                match operators::of_binary(node.op) {
                    Some(name) => operator(name, left, Some(right), node.span()),
                    None => Expr::BinOp(ast::Spanned::new(ast::BinOp { op: node.op, left, right }, node.span())),
                }
            }
            Expr::Compare(node) => self.comparison(node),
            Expr::IfExpr(node) => {
                let node_new = ast::IfExpr {
                    test_expr: self.expression(&node.test_expr),
                    true_expr: self.expression(&node.true_expr),
                    false_expr: self.optional(node.false_expr.as_ref()),
                };
                Expr::IfExpr(ast::Spanned::new(node_new, node.span()))
            }
            Expr::Filter(node) => {
                let expr = self.optional(node.expr.as_ref());
                let args = self.arguments(&node.args);
                Expr::Filter(ast::Spanned::new(ast::Filter { name: node.name, expr, args }, node.span()))
            }
            Expr::Test(node) => {
                let expr = self.expression(&node.expr);
                let args = self.arguments(&node.args);
                Expr::Test(ast::Spanned::new(ast::Test { name: node.name, expr, args }, node.span()))
            }
            Expr::GetAttr(node) => {
                let expr = self.expression(&node.expr);
                Expr::GetAttr(ast::Spanned::new(ast::GetAttr { expr, name: node.name }, node.span()))
            }
            Expr::GetItem(node) => {
                let node_new = ast::GetItem {
                    expr: self.expression(&node.expr),
                    subscript_expr: self.expression(&node.subscript_expr),
                };
                Expr::GetItem(ast::Spanned::new(node_new, node.span()))
            }
            Expr::Call(node) => Expr::Call(self.call(node)),
            Expr::List(node) => {
                let items = self.expressions(&node.items);
                Expr::List(ast::Spanned::new(ast::List { items }, node.span()))
            }
            Expr::Tuple(node) => {
                let items = self.expressions(&node.items);
                Expr::Tuple(ast::Spanned::new(ast::Tuple { items }, node.span()))
            }
            Expr::Map(node) => {
                let (keys, values) = (self.expressions(&node.keys), self.expressions(&node.values));
                Expr::Map(ast::Spanned::new(ast::Map { keys, values }, node.span()))
            }
        }
    }

    /// `a < b < c` is `a < b and b < c`.
    fn comparison<'a>(&mut self, node: &ast::Spanned<ast::Compare<'a>>) -> ast::Expr<'a> {
        let mut left = &node.expr;
        let mut whole: Option<ast::Expr<'a>> = None;
        for step in &node.ops {
            let (from, to) = (self.expression(left), self.expression(&step.expr));
            let one = match operators::of_comparison(step.op) {
                Some(name) => operator(name, from, Some(to), node.span()),
                None => {
                    let ops = vec![ast::CompareOp { op: step.op, expr: to }];
                    ast::Expr::Compare(ast::Spanned::new(ast::Compare { expr: from, ops }, node.span()))
                }
            };
            whole = Some(match whole {
                None => one,
                Some(before) => {
                    let both = ast::BinOp { op: ast::BinOpKind::ScAnd, left: before, right: one };
                    ast::Expr::BinOp(ast::Spanned::new(both, node.span()))
                }
            });
            left = &step.expr;
        }
        whole.unwrap_or_else(|| self.expression(&node.expr))
    }

    fn call<'a>(&mut self, node: &ast::Spanned<ast::Call<'a>>) -> ast::Spanned<ast::Call<'a>> {
        let mut args = self.arguments(&node.args);
        if let ast::Expr::Var(name) = &node.expr
            && signature::find(name.id).is_some()
        {
            let place = Value::from(node.span().start_offset);
            args.push(ast::CallArg::Kwarg(PLACE, constant(place, node.span())));
        }
        let expr = self.expression(&node.expr);
        ast::Spanned::new(ast::Call { expr, args }, node.span())
    }

    fn arguments<'a>(&mut self, arguments: &[ast::CallArg<'a>]) -> Vec<ast::CallArg<'a>> {
        use ast::CallArg;
        arguments
            .iter()
            .map(|argument| match argument {
                CallArg::Pos(expr) => CallArg::Pos(self.expression(expr)),
                CallArg::Kwarg(name, expr) => CallArg::Kwarg(name, self.expression(expr)),
                CallArg::PosSplat(expr) => CallArg::PosSplat(self.expression(expr)),
                CallArg::KwargSplat(expr) => CallArg::KwargSplat(self.expression(expr)),
            })
            .collect()
    }
}

fn constant<'a>(value: Value, span: Span) -> ast::Expr<'a> {
    ast::Expr::Const(ast::Spanned::new(ast::Const { value }, span))
}

fn plain_text<'a>(text: &str, span: Span) -> ast::Stmt<'a> {
    let expr = constant(Value::from_safe_string(text.to_owned()), span);
    ast::Stmt::EmitExpr(ast::Spanned::new(ast::EmitExpr { expr }, span))
}

fn operator<'a>(name: &'static str, left: ast::Expr<'a>, right: Option<ast::Expr<'a>>, span: Span) -> ast::Expr<'a> {
    let args = right.into_iter().map(ast::CallArg::Pos).collect();
    ast::Expr::Filter(ast::Spanned::new(ast::Filter { name, expr: Some(left), args }, span))
}
