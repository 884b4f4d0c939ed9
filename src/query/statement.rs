//! SQL as a parsed statement: one SELECT, read-only by construction, and the relations that it reads.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, GroupByExpr, ObjectName, Query, Select, SelectItem, SetExpr, Statement as SqlStatement,
    TableFactor, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, Tokenizer};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::checked::Checked;
use super::past;
use crate::problem::{Place, Problem, Severity, SourceFile};
use crate::query::constant;
use crate::query::folder::{self, Folders};
use crate::query::from::{self, Call};
use crate::query::function::call;
use crate::query::lint;
use crate::query::metric::{self, Metrics};
use crate::query::setting;
use crate::query::sql::Sql;

/// Nested deeper, a statement is refused instead of exhausting the stack.
const MAX_DEPTH: usize = 100;

/// One SELECT that can be parsed.
#[derive(Debug, Clone)]
pub struct Selection {
    tree: Tree,
    /// The functions that it calls, in lower case.
    pub calls: BTreeSet<String>,
    /// The relations that it reads, without its own common table expressions, in lower case as `schema.table`.
    pub relations: Vec<Relation>,
    /// The settings that it asks for, those that are tables among them.
    pub settings: BTreeSet<String>,
    /// What it says that nobody can have meant.
    pub warnings: Vec<Problem>,
}

/// Where a statement's tree comes from.
#[derive(Debug, Clone)]
enum Tree {
    /// What the text alone does not tell: shorthands were filled in.
    Held(Box<Statement>),
    /// A tree takes many times the room of its text, and most are needed once or never: whoever needs it parses it.
    Written(Sql),
}

/// What a text without shorthands reads and calls.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reading {
    calls: BTreeSet<String>,
    settings: BTreeSet<String>,
    /// Each with its place in the text, and the function in FROM that looks into it.
    relations: Vec<(String, Range<usize>, Option<String>)>,
    /// Each with its place in the text, and its help.
    warnings: Vec<(Range<usize>, String, Option<String>)>,
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
    /// A statement that stands in no text.
    pub fn made(statement: SqlStatement, calls: BTreeSet<String>, relations: Vec<Relation>) -> Self {
        let settings = setting::asked_in(&statement);
        let statement = Statement::Statement(Box::new(statement));
        Self { tree: Tree::Held(Box::new(statement)), calls, relations, settings, warnings: Vec::new() }
    }

    /// The parsed statement; one that was just parsed is not parsed again.
    pub fn statement_over(&self, checked: &Checked) -> Statement {
        let held = match &self.tree {
            Tree::Written(sql) => checked.take(&sql.text),
            Tree::Held(_) => None,
        };
        held.unwrap_or_else(|| self.statement())
    }

    /// The parsed statement.
    pub fn statement(&self) -> Statement {
        match &self.tree {
            Tree::Held(statement) => statement.as_ref().clone(),
            Tree::Written(sql) => {
                let parsed = parsed(sql, Shorthands::NONE);
                parsed.expect("it was parsed before, when it was found what it reads").statement
            }
        }
    }

    /// What two statements have in common if they are the same.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        match &self.tree {
            // The tree and not its text: where a shorthand was filled in, two trees may have the same text.
            Tree::Held(statement) => match statement.as_ref() {
                Statement::Statement(statement) => (0, statement).hash(hasher),
                other => (1, other.to_string()).hash(hasher),
            },
            Tree::Written(sql) => (2, &sql.text).hash(hasher),
        }
    }

    /// What a statement reads; `None`, if shorthands were filled in.
    fn reading(&self) -> Option<Reading> {
        let Tree::Written(_) = &self.tree else { return None };
        let relation = |of: &Relation| (of.name.clone(), of.place.span.clone(), of.function.map(str::to_owned));
        let warning = |of: &Problem| (of.place.span.clone(), of.message.clone(), of.help.clone());
        Some(Reading {
            calls: self.calls.clone(),
            settings: self.settings.clone(),
            relations: self.relations.iter().map(relation).collect(),
            warnings: self.warnings.iter().map(warning).collect(),
        })
    }

    /// The statement of a text, by what was found before that it reads.
    fn read(reading: Reading, sql: &Sql) -> Option<Self> {
        let relation = |(name, span, function): (String, Range<usize>, Option<String>)| {
            let function = match function {
                Some(named) => Some(past::ALL.into_iter().find(|known| *known == named)?),
                None => None,
            };
            Some(Relation { name, place: sql.place(span), function })
        };
        let Reading { calls, settings, relations, warnings } = reading;
        let relations = relations.into_iter().map(relation).collect::<Option<Vec<_>>>()?;
        let warning = |(span, message, help)| Problem { help, ..Problem::warning(sql.place(span), message) };
        let warnings = warnings.into_iter().map(warning).collect();
        Some(Self { tree: Tree::Written(sql.clone()), calls, relations, settings, warnings })
    }

    /// The SQL of those of the answer's columns, so many in all, that were given no name; `None` for the others.
    pub fn unnamed_columns(&self, count: usize) -> Vec<Option<String>> {
        let statement = self.statement();
        let items = projection(&statement).unwrap_or_default();
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
}

/// The SELECT list that names the answer's columns.
fn projection(statement: &Statement) -> Option<&[SelectItem]> {
    let Statement::Statement(statement) = statement else { return None };
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

fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_column(inner),
        _ => matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)),
    }
}

/// What a call in FROM may stand for: other SQL, which is put in its place before anything else is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Shorthands<'a> {
    pub metrics: &'a Metrics,
    pub folders: &'a Folders,
}

impl Shorthands<'static> {
    /// None is known.
    pub const NONE: Self = Self { metrics: &Metrics::NONE, folders: &Folders::new() };
}

/// Parses SQL that must be one SELECT and knows no shorthands.
pub fn parse(sql: &Sql) -> Result<Selection, Problem> {
    parse_over(sql, Shorthands::NONE)
}

/// Parses SQL that must be one SELECT, and puts in the place of each shorthand what it stands for.
pub fn parse_over(sql: &Sql, shorthands: Shorthands<'_>) -> Result<Selection, Problem> {
    let (mut selection, statement) = parse_tree_over(sql, shorthands)?;
    if may_be_short(&sql.text) {
        selection.tree = Tree::Held(Box::new(statement));
    }
    Ok(selection)
}

/// As `parse`, and gives the tree as well.
pub fn parse_tree(sql: &Sql) -> Result<(Selection, Statement), Problem> {
    parse_tree_over(sql, Shorthands::NONE)
}

fn parse_tree_over(sql: &Sql, shorthands: Shorthands<'_>) -> Result<(Selection, Statement), Problem> {
    let Parsed { statement, calls, relations, settings, warnings } = parsed(sql, shorthands)?;
    Ok((Selection { tree: Tree::Written(sql.clone()), calls, relations, settings, warnings }, statement))
}

/// As `parse_over`; what is known from before of what a text reads is not looked for again. The text is a file, or made
/// from a rule: places in it are places of what a person wrote.
pub fn parse_known(sql: &Sql, shorthands: Shorthands<'_>, checked: &Checked) -> Result<Selection, Problem> {
    let known = if may_be_short(&sql.text) { None } else { checked.reading(&sql.text) };
    if let Some(selection) = known.and_then(|reading| Selection::read(reading, sql)) {
        return Ok(selection);
    }
    if may_be_short(&sql.text) {
        return parse_over(sql, shorthands);
    }
    let (selection, tree) = parse_tree_over(sql, shorthands)?;
    if let Some(reading) = selection.reading() {
        checked.read(&sql.text, &reading);
    }
    checked.hold(&sql.text, tree);
    Ok(selection)
}

/// Finds out what files read, beside each other: `parse_known` knows it then. What is wrong with one is told there.
pub async fn read_ahead(files: Vec<Sql>, checked: &Arc<Checked>) {
    /// Fewer are not worth a task.
    const TOGETHER: usize = 16;
    let unknown: Vec<Sql> =
        files.into_iter().filter(|sql| !may_be_short(&sql.text) && !checked.has_read(&sql.text)).collect();
    let mut running = JoinSet::new();
    for some in unknown.chunks(TOGETHER) {
        let (some, checked) = (some.to_vec(), Arc::clone(checked));
        running.spawn(async move {
            for sql in &some {
                let _ = parse_known(sql, Shorthands::NONE, &checked);
            }
        });
    }
    running.join_all().await;
}

/// Whether a text may call what stands for other SQL: what it means then depends on that, too.
pub fn may_be_short(text: &str) -> bool {
    may_name(text, metric::METRIC) || may_name(text, folder::MODELS)
}

/// Whether a name stands in a text, in letters of any size.
pub fn may_name(text: &str, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    let (small, large) = (name[0], name[0].to_ascii_uppercase());
    let mut begins = memchr::memchr2_iter(small, large, text);
    begins.any(|at| text.get(at..at + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)))
}

/// The SELECT that the program wrote for a function in FROM; a mistake in it is ours.
pub fn written(text: &str, function: &str) -> Result<Query, Problem> {
    let sql = Sql::file(&SourceFile::new(format!("<{function}>"), text));
    if let Some(Statement::Statement(statement)) = statements(&sql)?.pop()
        && let SqlStatement::Query(query) = *statement
    {
        return Ok(*query);
    }
    let found = Problem::error(sql.start(), format!("`{function}` was written as no SELECT"));
    Err(found.help("report this as a bug of the program"))
}

struct Parsed {
    statement: Statement,
    calls: BTreeSet<String>,
    relations: Vec<Relation>,
    settings: BTreeSet<String>,
    warnings: Vec<Problem>,
}

fn parsed(sql: &Sql, shorthands: Shorthands<'_>) -> Result<Parsed, Problem> {
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
    let warnings = lint::statement(query, sql);
    if let Some(wrong) = warnings.iter().find(|found| found.severity == Severity::Error) {
        return Err(wrong.clone());
    }
    let called = metric::expand(query, sql, shorthands.metrics)?;
    folder::expand(query, sql, shorthands.folders)?;
    let names = called.iter().map(|called| (called.view.clone(), called.span)).collect();
    let mut guard = Guard { sql, names, functions: Vec::new(), calls: BTreeSet::new(), settings: BTreeSet::new() };
    if let ControlFlow::Break(problem) = VisitMut::visit(query, &mut guard) {
        return Err(*problem);
    }
    let Guard { names, functions, calls, mut settings, .. } = guard;
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
    let tables = relations.iter().filter_map(|relation| setting::table(&relation.name));
    settings.extend(tables.map(|table| table.name.to_owned()));
    Ok(Parsed { statement, calls, relations, settings, warnings })
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
    settings: BTreeSet<String>,
}

impl Guard<'_> {
    fn refuse(&self, span: Span, message: &str, help: &str) -> ControlFlow<Box<Problem>> {
        ControlFlow::Break(Box::new(Problem::error(self.sql.place_of(span), message).help(help)))
    }

    /// Of what the parser gives no span.
    fn refuse_word(&self, word: &str, message: &str, help: &str) -> ControlFlow<Box<Problem>> {
        let place = self.sql.place_of_word(word).unwrap_or_else(|| self.sql.start());
        ControlFlow::Break(Box::new(Problem::error(place, message).help(help)))
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
            return self.refuse_word("for", "FOR UPDATE locks nothing here", "leave it out");
        }
        if let SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) = query.body.as_ref() {
            return ControlFlow::Break(Box::new(not_a_select(self.sql)));
        }
        let limited = query.limit_clause.as_ref().and_then(|clause| constant::check_limit(clause, self.sql));
        limited.map_or(ControlFlow::Continue(()), |found| ControlFlow::Break(found.into()))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        let (GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers)) = &select.group_by;
        // The planner would pass over them.
        if let Some(modifier) = modifiers.first() {
            let written = modifier.to_string();
            let word = written.split(' ').nth(1).unwrap_or_default();
            let help = "write GROUP BY ROLLUP (stage), CUBE (...) or GROUPING SETS ((stage), ())";
            return self.refuse_word(word, &format!("{written} is not known here"), help);
        }
        if select.into.is_some() {
            return self.refuse_word(
                "into",
                "SELECT INTO writes a table",
                "leave INTO out: a model's file is its table's name",
            );
        }
        from::named_twice(select, self.sql).map_or(ControlFlow::Continue(()), |found| ControlFlow::Break(found.into()))
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(function) = expression {
            let name = from::parts(&function.name);
            if name == setting::NAME {
                match setting::asked(function, self.sql) {
                    Ok((asked, _)) => drop(self.settings.insert(asked)),
                    Err(found) => return ControlFlow::Break(found.into()),
                }
            }
            self.calls.insert(name);
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
