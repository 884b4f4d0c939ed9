//! What can be wrong with a template, found without data: takes the tree and the columns of each query, gives
//! problems with their places.

mod call;
mod expression;
mod scope;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};

use super::filters::FUNCTIONS;
use super::rewrite::range;
use super::signature::COMPONENTS;
use super::table::{Column, Kind};
use super::template::Template;
use super::tile::{Tile, Tiles};
use crate::problem::Problem;
use scope::Scopes;
use types::Type;

/// What a template can name.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The columns of each query, as the front matter names it.
    pub queries: &'a BTreeMap<String, Vec<Column>>,
    /// Queries with a mistake, which is told elsewhere: nothing can be said of their columns.
    pub broken: &'a BTreeSet<String>,
    /// What the run gives beside the queries.
    pub variables: &'a BTreeMap<String, Kind>,
    /// The ids of the glossary.
    pub definitions: &'a BTreeSet<String>,
    /// The query that makes the report's pages: it is used, though the template may not name it.
    pub each: Option<&'a str>,
}

/// Finds unknown names, columns, keywords and definitions, values of the wrong kind, and (as warnings) queries that
/// nothing uses; in the order of the file.
pub fn check(template: &Template, known: Known<'_>) -> Vec<Problem> {
    look(template, known).0
}

/// The tiles of a page, and what each reads.
pub fn tiles(template: &Template, known: Known<'_>) -> Vec<Tile> {
    look(template, known).1
}

fn look(template: &Template, known: Known<'_>) -> (Vec<Problem>, Vec<Tile>) {
    let tree = match template.tree() {
        Ok(tree) => tree,
        Err(error) => return (vec![super::fault::problem(&error, &template.source, &template.body)], Vec::new()),
    };
    let mut checker = Checker {
        template,
        known,
        scopes: Scopes::default(),
        used: BTreeSet::new(),
        tiles: Tiles::default(),
        problems: Vec::new(),
    };
    checker.names();
    checker.statement(&tree);
    checker.unused();
    let Checker { mut problems, tiles, .. } = checker;
    crate::problem::sort(&mut problems);
    (problems, tiles.finish())
}

struct Checker<'a> {
    template: &'a Template,
    known: Known<'a>,
    scopes: Scopes<'a>,
    used: BTreeSet<&'a str>,
    tiles: Tiles,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let range = super::fault::widen(self.template.text(), range);
        let problem = Problem::error(self.template.place(range), message);
        let help = help.into();
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    /// The columns of a query.
    fn columns(&self, query: &str) -> &'a [Column] {
        self.known.queries.get(query).map_or(&[], Vec::as_slice)
    }

    /// A query must not hide a component or a function.
    fn names(&mut self) {
        let own = COMPONENTS.iter().map(|signature| signature.name).chain(FUNCTIONS);
        let taken: Vec<&str> = own.filter(|name| self.known.queries.contains_key(*name)).collect();
        for name in taken {
            let range = self.query_range(name);
            let problem =
                Problem::error(self.template.source.place(range), format!("`{name}` is the name of a component"));
            self.problems.push(problem.help("give the query another name"));
        }
    }

    fn unused(&mut self) {
        let known = self.known;
        let is_used = |query: &str| self.used.contains(query) || known.each == Some(query);
        let unused: Vec<&String> = known.queries.keys().filter(|query| !is_used(query)).collect();
        for query in unused {
            let place = self.template.source.place(self.query_range(query));
            let problem = Problem::warning(place, format!("nothing uses the query `{query}`"));
            self.problems.push(problem.help("remove it, or use its rows"));
        }
    }

    /// Where the front matter names a query; the template's first byte when it does not.
    fn query_range(&self, query: &str) -> Range<usize> {
        let front = &self.template.source.text[..self.template.body.start];
        let mut start = 0;
        for line in front.split_inclusive('\n') {
            let trimmed = line.trim_start();
            if trimmed.strip_prefix(query).is_some_and(|rest| rest.starts_with(':')) {
                let at = start + line.len() - trimmed.len();
                return at..at + query.len();
            }
            start += line.len();
        }
        self.template.body.start..self.template.body.start
    }

    fn statements(&mut self, statements: &[Stmt<'a>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn scoped(&mut self, work: impl FnOnce(&mut Self)) {
        self.scopes.push();
        work(self);
        self.scopes.pop();
    }

    fn statement(&mut self, statement: &Stmt<'a>) {
        match statement {
            Stmt::Template(node) => self.statements(&node.children),
            Stmt::EmitExpr(node) => self.printed(&node.expr),
            Stmt::ForLoop(node) => {
                let items = self.expression(&node.iter).item();
                self.scoped(|checker| {
                    checker.scopes.set("loop", Type::Any);
                    checker.assign(&node.target, items);
                    if let Some(filter) = &node.filter_expr {
                        checker.expression(filter);
                    }
                    checker.statements(&node.body);
                });
                self.scoped(|checker| checker.statements(&node.else_body));
            }
            Stmt::IfCond(node) => {
                self.expression(&node.expr);
                self.statements(&node.true_body);
                self.statements(&node.false_body);
            }
            Stmt::WithBlock(node) => self.scoped(|checker| {
                for (target, value) in &node.assignments {
                    let value = checker.expression(value);
                    checker.assign(target, value);
                }
                checker.statements(&node.body);
            }),
            Stmt::Set(node) => {
                let value = self.expression(&node.expr);
                self.assign(&node.target, value);
            }
            Stmt::SetBlock(node) => {
                if let Some(filter) = &node.filter {
                    self.expression(filter);
                }
                self.scoped(|checker| checker.statements(&node.body));
                self.assign(&node.target, Type::Cell(Some(Kind::Text)));
            }
            Stmt::Macro(node) => {
                self.scopes.set(node.name, Type::Any);
                self.macro_body(node);
            }
            Stmt::CallBlock(node) => {
                self.call(&node.call);
                self.macro_body(&node.macro_decl);
            }
            Stmt::Do(node) => {
                self.call(&node.call);
            }
            // The rest is text, or has been refused by `Template::parse`.
            _ => {}
        }
    }

    fn macro_body(&mut self, node: &ast::Macro<'a>) {
        self.scoped(|checker| {
            checker.scopes.set("caller", Type::Any);
            for default in &node.defaults {
                checker.expression(default);
            }
            for argument in &node.args {
                checker.assign(argument, Type::Any);
            }
            checker.statements(&node.body);
        });
    }

    fn assign(&mut self, target: &Expr<'a>, value: Type<'a>) {
        match target {
            Expr::Var(node) => self.scopes.set(node.id, value),
            Expr::List(node) => node.items.iter().for_each(|item| self.assign(item, Type::Any)),
            Expr::Tuple(node) => node.items.iter().for_each(|item| self.assign(item, Type::Any)),
            other => {
                self.expression(other);
            }
        }
    }

    fn printed(&mut self, expr: &Expr<'a>) {
        let value = self.expression(expr);
        if let Type::Table(_) | Type::Rows(_) | Type::Row(_) = value {
            let help = "print one of its columns, or give it to a component such as `table(…)`";
            self.error(range(expr.span()), format!("{} cannot be printed", value.words()), help);
        }
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'a>]) {
        for argument in arguments {
            match argument {
                ast::CallArg::Pos(expr)
                | ast::CallArg::Kwarg(_, expr)
                | ast::CallArg::PosSplat(expr)
                | ast::CallArg::KwargSplat(expr) => {
                    self.expression(expr);
                }
            }
        }
    }

    /// The stretch of a name within the expression that holds it, the last such.
    fn named(&self, name: &str, within: Range<usize>) -> Range<usize> {
        let text = self.template.text().get(within.clone()).unwrap_or_default();
        match text.rfind(name) {
            Some(at) => within.start + at..within.start + at + name.len(),
            None => within,
        }
    }
}
