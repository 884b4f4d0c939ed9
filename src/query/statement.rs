//! SQL as a parsed statement: one SELECT, read-only by construction, and the relations that it reads.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, ObjectName, Query, Select, SelectItem, SetExpr, Statement as SqlStatement, TableFactor,
    VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, Tokenizer};

use crate::problem::{Place, Problem};
use crate::query::constant;
use crate::query::from::{self, Call};
use crate::query::function::call;
use crate::query::metric::{self, Metrics};
use crate::query::sql::Sql;

/// Nested deeper, a statement is refused instead of exhausting the stack.
const MAX_DEPTH: usize = 100;

/// One parsed SELECT.
#[derive(Debug, Clone)]
pub struct Selection {
    pub statement: Statement,
    /// The functions that it calls, in lower case.
    pub calls: BTreeSet<String>,
    /// The relations that it reads, without its own common table expressions, in lower case as `schema.table`.
    pub relations: Vec<Relation>,
}

/// A relation that a statement reads, and where it is first named.
#[derive(Debug, Clone)]
pub struct Relation {
    pub name: String,
    pub place: Place,
    /// The function in FROM that looks into it, where that is how it is named; it is a table's history then.
    pub function: Option<&'static str>,
}

impl Selection {
    /// The SQL of those of the answer's columns, so many in all, that were given no name; `None` for the others.
    pub fn unnamed_columns(&self, count: usize) -> Vec<Option<String>> {
        let items = self.projection().unwrap_or_default();
        let sql = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) if !is_column(expr) => Some(expr.to_string()),
            _ => None,
        };
        let is_several =
            |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        let mut columns = vec![None; count];
        // How many columns a star stands for is not looked at: those before the first and behind the last are known.
        let before = items.iter().take_while(|item| !is_several(item)).count();
        let behind =
            if before == items.len() { 0 } else { items.iter().rev().take_while(|item| !is_several(item)).count() };
        let is_known = if before == items.len() { before == count } else { before + behind <= count };
        if is_known {
            columns.iter_mut().zip(items).take(before).for_each(|(column, item)| *column = sql(item));
            columns
                .iter_mut()
                .rev()
                .zip(items.iter().rev())
                .take(behind)
                .for_each(|(column, item)| *column = sql(item));
        }
        columns
    }

    /// The SELECT list that names the answer's columns.
    fn projection(&self) -> Option<&[SelectItem]> {
        let Statement::Statement(statement) = &self.statement else { return None };
        let SqlStatement::Query(query) = statement.as_ref() else { return None };
        let mut body = query.body.as_ref();
        loop {
            body = match body {
                SetExpr::Select(select) => return Some(&select.projection),
                SetExpr::Query(query) => query.body.as_ref(),
                // The first SELECT names the columns of all.
                SetExpr::SetOperation { left, .. } => left.as_ref(),
                _ => return None,
            };
        }
    }
}

fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_column(inner),
        _ => matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)),
    }
}

/// Parses SQL that must be one SELECT and knows no metrics.
pub fn parse(sql: &Sql) -> Result<Selection, Problem> {
    parse_over(sql, &Metrics::default())
}

/// Parses SQL that must be one SELECT, and puts in the place of each `metric(...)` what it stands for.
pub fn parse_over(sql: &Sql, metrics: &Metrics) -> Result<Selection, Problem> {
    let mut statements = statements(sql)?;
    if statements.len() > 1 {
        let place = second_statement(sql).unwrap_or_else(|| sql.start());
        return Err(Problem::error(place, "a second statement begins here").help("keep one statement to a file"));
    }
    let Some(mut statement) = statements.pop() else {
        return Err(Problem::error(sql.start(), "there is no statement").help("write a SELECT"));
    };
    let Statement::Statement(inner) = &mut statement else { return Err(not_a_select(sql)) };
    let SqlStatement::Query(query) = inner.as_mut() else { return Err(not_a_select(sql)) };
    let called = metric::expand(query, sql, metrics)?;
    let names = called.iter().map(|called| (called.view.clone(), called.span)).collect();
    let mut guard = Guard { sql, names, functions: Vec::new(), calls: BTreeSet::new() };
    if let ControlFlow::Break(problem) = VisitMut::visit(query, &mut guard) {
        return Err(*problem);
    }
    let Guard { names, functions, calls, .. } = guard;
    let (tables, _) = resolve_table_references(&statement, true).map_err(|error| sql.problem(&error))?;
    let is_function = |name: &String| functions.iter().any(|function| function.name == name);
    let mut relations: Vec<Relation> = tables
        .into_iter()
        .map(|table| {
            let name = match table.schema() {
                Some(schema) => format!("{schema}.{}", table.table()),
                None => table.table().to_owned(),
            };
            let place = names
                .iter()
                .find(|(known, _)| *known == name)
                .map_or_else(|| sql.start(), |(_, span)| sql.place_of(*span));
            Relation { name, place, function: None }
        })
        .filter(|relation| !is_function(&relation.name))
        .chain(functions.iter().filter_map(|function| function.reads.clone()))
        .collect();
    // A derived metric is read by way of what it is made of: with a mistake in it nothing can be said of its readers.
    for called in called {
        if relations.iter().all(|relation| relation.name != called.view) {
            relations.push(Relation { name: called.view, place: sql.place_of(called.span), function: None });
        }
    }
    Ok(Selection { statement, calls, relations })
}

/// Every statement of a text.
pub fn statements(sql: &Sql) -> Result<Vec<Statement>, Problem> {
    let parsed = DFParserBuilder::new(sql.text.as_str())
        .with_recursion_limit(MAX_DEPTH)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| sql.problem(&error))?;
    Ok(parsed.into())
}

/// The place of the first token past a semicolon.
fn second_statement(sql: &Sql) -> Option<Place> {
    let tokens = Tokenizer::new(&GenericDialect {}, &sql.text).tokenize_with_location().ok()?;
    let mut past = tokens.iter().skip_while(|token| token.token != Token::SemiColon);
    past.find(|token| !matches!(token.token, Token::SemiColon | Token::Whitespace(_) | Token::EOF))
        .map(|token| sql.place_of(token.span))
}

fn not_a_select(sql: &Sql) -> Problem {
    Problem::error(sql.start(), "only a SELECT can stand here")
        .help("SQL in a project reads; what it gives is written by the program")
}

/// Refuses what the planner would accept and the product must not run.
struct Guard<'s> {
    sql: &'s Sql,
    names: Vec<(String, Span)>,
    functions: Vec<Call>,
    calls: BTreeSet<String>,
}

impl Guard<'_> {
    fn refuse(&self, span: Span, message: &str, help: &str) -> ControlFlow<Box<Problem>> {
        ControlFlow::Break(Box::new(Problem::error(self.sql.place_of(span), message).help(help)))
    }

    fn call(&mut self, name: &mut ObjectName, arguments: &mut [FunctionArg]) -> ControlFlow<Box<Problem>> {
        match from::call(self.sql, name, arguments) {
            Ok(call) => {
                self.functions.push(call);
                ControlFlow::Continue(())
            }
            Err(found) => ControlFlow::Break(Box::new(found)),
        }
    }
}

impl VisitorMut for Guard<'_> {
    type Break = Box<Problem>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if !query.locks.is_empty() {
            return self.refuse(Span::empty(), "FOR UPDATE locks nothing here", "leave it out");
        }
        if let SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) = query.body.as_ref() {
            return ControlFlow::Break(Box::new(not_a_select(self.sql)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if select.into.is_some() {
            return self.refuse(
                Span::empty(),
                "SELECT INTO writes a table",
                "leave INTO out: a model's file is its table's name",
            );
        }
        from::named_twice(select, self.sql).map_or(ControlFlow::Continue(()), |found| ControlFlow::Break(found.into()))
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(function) = expression {
            self.calls.insert(from::parts(&function.name));
        }
        constant::check(expression, self.sql)
            .or_else(|| call::complete(expression, self.sql))
            .map_or(ControlFlow::Continue(()), |found| ControlFlow::Break(found.into()))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            // The planner would read the current table and say nothing.
            TableFactor::Table { name, version: Some(_), .. } => self.refuse(
                from::span_of(name),
                "FOR SYSTEM_TIME AS OF is not read",
                "write as_of('crm.deal', DATE '2026-09-30') in place of the table",
            ),
            TableFactor::Table { name, sample: Some(_), .. } => self.refuse(
                from::span_of(name),
                "TABLESAMPLE is left to chance",
                "leave it out: the same day gives the same answer",
            ),
            TableFactor::Table { name, args: Some(arguments), .. } => self.call(name, &mut arguments.args),
            TableFactor::Function { name, args, .. } => self.call(name, args),
            TableFactor::Table { name, .. } => {
                self.names.push((from::parts(name), from::span_of(name)));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SourceFile;

    fn sql(text: &str) -> Sql {
        Sql::file(&SourceFile::new("sql/x/y.sql", text))
    }

    #[test]
    fn a_statement_tells_what_it_reads_without_its_own_names() {
        let read =
            parse(&sql("WITH a AS (SELECT * FROM crm.deal) SELECT * FROM a JOIN Sales.Deal USING (deal_id)")).unwrap();
        let names: Vec<&str> = read.relations.iter().map(|relation| relation.name.as_str()).collect();
        assert_eq!(names, ["crm.deal", "sales.deal"]);
        assert_eq!(read.relations[1].place.to_string(), "sql/x/y.sql:1:57");
    }

    #[test]
    fn nothing_but_a_read_only_select_passes() {
        for text in [
            "INSERT INTO a VALUES (1)",
            "CREATE TABLE a (b INT)",
            "COPY a TO 'x.csv'",
            "SET x = 1",
            "SHOW ALL",
            "DROP TABLE a",
            "SELECT 1; SELECT 2",
            "CREATE EXTERNAL TABLE a STORED AS CSV LOCATION 'x'",
            "SELECT * INTO b FROM a",
            "SELECT * FROM a FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-01 00:00:00'",
            "SELECT * FROM a TABLESAMPLE (10 ROWS)",
            "SELECT * FROM a FOR UPDATE",
            "EXPLAIN SELECT 1",
            "WITH x AS (INSERT INTO a VALUES (1)) SELECT * FROM x",
            "",
        ] {
            assert!(parse(&sql(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_syntax_error_has_its_line_and_column() {
        let found = parse(&sql("SELECT a,\n  FROM crm.deal WHERE")).unwrap_err();
        assert!(found.place.to_string().starts_with("sql/x/y.sql:2:"), "{}", found.place);
    }
}
