//! Functions of the user's own: `CREATE FUNCTION` in `sql/function/`, one to a file.
//!
//! ```sql
//! CREATE FUNCTION size_band(amount DECIMAL(18,4)) RETURNS TEXT
//! RETURN CASE WHEN amount < 10000 THEN 'small' WHEN amount < 100000 THEN 'middle' ELSE 'large' END
//! ```
//!
//! A function is an expression over its arguments: it reads no tables and is no aggregate. It may call others, but not
//! itself. It is typed when a session opens, over the types that it declares, and so are its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, Result as EngineResult, exec_err, plan_err};
use datafusion::error::DataFusionError;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, EmptyRelation, Expr as Planned, ExprSchemable, LogicalPlan, LogicalPlanBuilder, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    CreateFunction, CreateFunctionBody, Expr, ExprWithAlias as SQLExprWithAlias, FunctionReturnType, Query, Spanned,
    Statement as SqlStatement, Visit, Visitor,
};

use super::function::BUSINESS_DAYS;
use super::sql::Sql;
use super::{Selection, Settings, declared, from, setting, statement};
use crate::problem::{Place, Problem};
use crate::project::setting::Values;
use crate::sql_type;

/// A function as its file declares it.
#[derive(Debug, Clone)]
pub struct UserFunction {
    pub name: String,
    pub parameters: Vec<(String, DataType)>,
    pub returns: DataType,
    pub sql: Sql,
    body: Expr,
    /// Where its name stands.
    place: Place,
    /// The functions that it calls, and where.
    calls: Vec<(String, Place)>,
    /// The settings that it asks for.
    settings: BTreeSet<String>,
}

/// Functions by name.
pub type UserFunctions = BTreeMap<String, UserFunction>;

impl UserFunction {
    /// `size_band(amount DECIMAL(18, 4)) → TEXT`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> =
            self.parameters.iter().map(|(name, of)| format!("{name} {}", sql_type::of(of))).collect();
        format!("{}({}) → {}", self.name, parameters.join(", "), sql_type::of(&self.returns))
    }

    /// What it does, in the words that head its file.
    pub fn description(&self) -> String {
        let line = self.sql.text.lines().find_map(|line| line.trim().strip_prefix("--"));
        line.map(|line| line.trim().to_owned()).unwrap_or_default()
    }
}

/// What the answers of statements depend on through what they call: the user's own functions as the engine reads them, with
/// those that they call, the settings that all of them ask for, and the holidays where business days are counted.
pub fn code<'s>(
    functions: &UserFunctions,
    settings: &Settings,
    statements: impl IntoIterator<Item = &'s Selection>,
) -> String {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = Vec::new();
    for statement in statements {
        open.extend(statement.calls.iter().map(String::as_str));
        asked.extend(statement.settings.iter().map(String::as_str));
    }
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(
                functions.get(name).into_iter().flat_map(|of| of.calls.iter().map(|(called, _)| called.as_str())),
            );
        }
    }
    let own: Vec<&UserFunction> = reached.iter().filter_map(|name| functions.get(*name)).collect();
    let mut code: String = own.iter().map(|of| format!("{} {}\n", of.signature(), of.body)).collect();
    if reached.contains(BUSINESS_DAYS) {
        code += &format!("{:?}\n", settings.holidays);
    }
    asked.extend(own.iter().flat_map(|of| of.settings.iter().map(String::as_str)));
    code.extend(asked.into_iter().map(|name| format!("{name}: {:?}\n", settings.values.get(name))));
    code
}

/// Reads a file of `sql/function/`; `name` is the one that the file's own name gives.
pub fn parse(name: &str, sql: Sql) -> Result<UserFunction, Problem> {
    let form = "write CREATE FUNCTION name(argument TYPE, ...) RETURNS TYPE RETURN expression";
    let statements = statement::statements(&sql)?;
    let create = match statements.as_slice() {
        [Statement::Statement(inner)] => match inner.as_ref() {
            SqlStatement::CreateFunction(create) => create,
            _ => {
                return Err(
                    Problem::error(sql.start(), "a file of sql/function/ is a CREATE FUNCTION statement").help(form)
                );
            }
        },
        _ => return Err(Problem::error(sql.start(), "a file of sql/function/ holds one function").help(form)),
    };
    let place = sql.place_of(from::span_of(&create.name));
    let told = from::parts(&create.name);
    if told != name && told != format!("function.{name}") {
        return Err(Problem::error(place, format!("this file declares `{name}`, but the statement says `{told}`"))
            .help(format!("write CREATE FUNCTION {name}, or rename the file")));
    }
    let (parameters, returns, body) = parts(create, &place, &sql)?;
    let mut looking = Body { sql: &sql, calls: Vec::new(), settings: BTreeSet::new() };
    if let ControlFlow::Break(found) = Visit::visit(&body, &mut looking) {
        return Err(*found);
    }
    let Body { calls, settings, .. } = looking;
    Ok(UserFunction { name: name.to_owned(), parameters, returns, body, place, calls, settings, sql })
}

type Parts = (Vec<(String, DataType)>, DataType, Expr);

fn parts(create: &CreateFunction, place: &Place, sql: &Sql) -> Result<Parts, Problem> {
    let known = "use TEXT, BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p, s), DATE or TIMESTAMP";
    let mut parameters: Vec<(String, DataType)> = Vec::new();
    for argument in create.args.iter().flatten() {
        let Some(name) = &argument.name else {
            return Err(Problem::error(place.clone(), "an argument has no name").help("write each as name TYPE"));
        };
        let at = place_of_argument(&name.value, create, sql).unwrap_or_else(|| place.clone());
        if argument.default_expr.is_some() || argument.mode.is_some() {
            return Err(Problem::error(at, "an argument is a name and a type").help("leave the rest out"));
        }
        let of = declared::arrow_type(&argument.data_type).ok_or_else(|| {
            Problem::error(at.clone(), format!("the type {} of `{name}` is not known here", argument.data_type))
                .help(known)
        })?;
        let name = name.value.to_lowercase();
        if parameters.iter().any(|(other, _)| *other == name) {
            return Err(
                Problem::error(at, format!("two arguments are named `{name}`")).help("name one of them otherwise")
            );
        }
        parameters.push((name, of));
    }
    let returns = match &create.return_type {
        Some(FunctionReturnType::DataType(of)) => declared::arrow_type(of).ok_or_else(|| {
            Problem::error(place.clone(), format!("the type {of} that the function returns is not known here"))
                .help(known)
        })?,
        _ => {
            return Err(Problem::error(place.clone(), "the function does not say what it returns")
                .help("write RETURNS and a type behind the arguments"));
        }
    };
    match &create.function_body {
        Some(CreateFunctionBody::Return(body)) => Ok((parameters, returns, body.clone())),
        _ => Err(Problem::error(place.clone(), "the function has no RETURN")
            .help("write RETURN and an expression at its end")),
    }
}

/// The parser gives no places of arguments: the word behind the function's name, then.
fn place_of_argument(name: &str, create: &CreateFunction, sql: &Sql) -> Option<Place> {
    sql.place_of_word_after(from::span_of(&create.name), name).or_else(|| sql.place_of_word(name))
}

/// What an expression calls; stops at what a function cannot do.
struct Body<'s> {
    sql: &'s Sql,
    calls: Vec<(String, Place)>,
    settings: BTreeSet<String>,
}

impl Visitor for Body<'_> {
    type Break = Box<Problem>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let found = Problem::error(self.sql.place_of(query.span()), "a function reads no tables");
        ControlFlow::Break(Box::new(found.help("give it what it needs as an argument")))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(call) = expression {
            let name = from::parts(&call.name);
            let place = self.sql.place_of(from::span_of(&call.name));
            if name == super::function::money::NAME {
                let found =
                    Problem::error(place, format!("`{name}` reads crm.fx_rate, and a function reads no tables"));
                return ControlFlow::Break(Box::new(
                    found.help("call it where the function is called, and give the amount as an argument"),
                ));
            }
            if name == setting::NAME {
                match setting::asked(call, self.sql) {
                    Ok((asked, _)) => drop(self.settings.insert(asked)),
                    Err(found) => return ControlFlow::Break(found.into()),
                }
            }
            self.calls.push((name, place));
        }
        ControlFlow::Continue(())
    }
}

/// Registers the functions, each after those that it calls; gives all that is wrong with them.
///
/// One with a mistake is registered by what it declares, so that its callers are not told of it too.
pub fn register(state: &mut SessionState, functions: &UserFunctions, values: &Values) -> EngineResult<Vec<Problem>> {
    let (order, mut problems) = order(functions);
    for function in order {
        let name = &function.name;
        let is_taken = state.scalar_functions().contains_key(name)
            || state.aggregate_functions().contains_key(name)
            || state.window_functions().contains_key(name)
            || state.table_functions().contains_key(name);
        if is_taken {
            let found = Problem::error(function.place.clone(), format!("there is a function `{name}` already"));
            problems.push(found.help("name yours otherwise: its file and its statement"));
            continue;
        }
        let body = plan(state, function, values).map_err(|found| problems.push(found)).ok();
        state.register_udf(Arc::new(ScalarUDF::from(Function::new(function, body))))?;
    }
    Ok(problems)
}

/// The functions with those that each calls before it; what calls itself is a problem, and left out.
fn order(functions: &UserFunctions) -> (Vec<&UserFunction>, Vec<Problem>) {
    let mut ordered: Vec<&UserFunction> = Vec::new();
    let mut problems = Vec::new();
    let mut waiting: BTreeSet<&str> = functions.keys().map(String::as_str).collect();
    loop {
        let is_free =
            |name: &&&str| functions[**name].calls.iter().all(|(called, _)| !waiting.contains(called.as_str()));
        let free: Vec<&str> = waiting.iter().filter(is_free).copied().collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            waiting.remove(name);
            ordered.push(&functions[name]);
        }
    }
    for name in &waiting {
        let Some(circle) = circle(name, functions) else { continue };
        // A circle is told once, at the first of its functions.
        if circle.iter().all(|(other, _)| *other >= *name) {
            let names: Vec<String> = circle.iter().map(|(called, _)| format!("`{called}`")).collect();
            let found = Problem::error(
                circle[0].1.clone(),
                format!("`{name}` calls itself: it calls {}", names.join(", which calls ")),
            );
            problems.push(found.help("a function cannot call itself; take one of the calls out"));
        }
    }
    (ordered, problems)
}

/// The shortest way by which a function calls itself, each call with its place.
fn circle<'f>(name: &str, functions: &'f UserFunctions) -> Option<Vec<(&'f str, &'f Place)>> {
    let calls = |of: &str| {
        functions.get(of).into_iter().flat_map(|of| of.calls.iter().map(|(called, place)| (called.as_str(), place)))
    };
    let mut ways: Vec<Vec<(&str, &Place)>> = calls(name).map(|call| vec![call]).collect();
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let (last, _) = way[way.len() - 1];
            if last == name {
                return Some(way);
            }
            if seen.insert(last) {
                longer.extend(calls(last).map(|call| [way.clone(), vec![call]].concat()));
            }
        }
        ways = longer;
    }
    None
}

/// The expression as the engine evaluates it, over a row of the arguments.
fn plan(state: &SessionState, function: &UserFunction, values: &Values) -> Result<Arc<dyn PhysicalExpr>, Problem> {
    let told = |error: &DataFusionError| function.sql.problem(error);
    let arguments = DFSchema::try_from(Arc::unwrap_or_clone(schema(function))).map_err(|error| told(&error))?;
    let mut written = function.body.clone();
    setting::put_in(&mut written, &function.sql, values)?;
    let body = state.create_logical_expr_from_sql_expr(SQLExprWithAlias { expr: written, alias: None }, &arguments);
    let body = body.map_err(|error| told(&error))?;
    let gathers = |of: &Planned| Ok(matches!(of, Planned::AggregateFunction(_) | Planned::WindowFunction(_)));
    if body.exists(gathers).map_err(|error| told(&error))? {
        let at = function.sql.place_of(function.body.span());
        let found = Problem::error(at, "a function sees one row at a time, and here many are gathered");
        return Err(found.help("aggregate where the function is called, and give the result as an argument"));
    }
    let nothing =
        LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema: Arc::new(arguments.clone()) });
    let typed = LogicalPlanBuilder::from(nothing).project([body]).and_then(LogicalPlanBuilder::build);
    let typed = typed.and_then(|plan| state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {}));
    let typed = typed.map_err(|error| told(&error))?;
    let Some(body) = typed.expressions().into_iter().next() else {
        return Err(told(&DataFusionError::Plan("no value".to_owned())));
    };
    let gives = body.get_type(&arguments).map_err(|error| told(&error))?;
    if !fits(&gives, &function.returns) {
        let (gives, returns) = (sql_type::of(&gives), sql_type::of(&function.returns));
        let at = function.sql.place_of(function.body.span());
        let found = Problem::error(at, format!("the expression gives {gives}, but the function RETURNS {returns}"));
        return Err(found.help(format!("write RETURNS {gives}, or CAST(... AS {returns})")));
    }
    let body = if gives == function.returns {
        body
    } else {
        body.cast_to(&function.returns, &arguments).map_err(|error| told(&error))?
    };
    state.create_physical_expr(body, &arguments).map_err(|error| told(&error))
}

/// Whether a value becomes one of the declared type by itself: a number of another kind does, unless it would be cut off.
fn fits(gives: &DataType, returns: &DataType) -> bool {
    gives == returns
        || gives.is_null()
        || (gives.is_numeric() && returns.is_numeric() && (gives.is_integer() || !returns.is_integer()))
}

fn schema(function: &UserFunction) -> SchemaRef {
    Arc::new(Schema::new(
        function.parameters.iter().map(|(name, of)| Field::new(name, of.clone(), true)).collect::<Vec<_>>(),
    ))
}

/// A user's function as the engine calls it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: String,
    signature: Signature,
    returns: DataType,
    arguments: SchemaRef,
    /// None, if it has a mistake, which is told at its file.
    body: Option<Arc<dyn PhysicalExpr>>,
}

impl Function {
    fn new(of: &UserFunction, body: Option<Arc<dyn PhysicalExpr>>) -> Self {
        let signature = match of.parameters.as_slice() {
            [] => Signature::nullary(Volatility::Immutable),
            _ => Signature::user_defined(Volatility::Immutable),
        };
        Self { name: of.name.clone(), signature, returns: of.returns.clone(), arguments: schema(of), body }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> EngineResult<DataType> {
        Ok(self.returns.clone())
    }

    fn coerce_types(&self, given: &[DataType]) -> EngineResult<Vec<DataType>> {
        let takes = self.arguments.fields();
        if given.len() == takes.len() && given.iter().zip(takes).all(|(given, takes)| fits(given, takes.data_type())) {
            return Ok(takes.iter().map(|takes| takes.data_type().clone()).collect());
        }
        let takes: Vec<String> =
            takes.iter().map(|of| format!("{} {}", of.name(), sql_type::of(of.data_type()))).collect();
        plan_err!("it takes ({})", takes.join(", "))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> EngineResult<ColumnarValue> {
        let Some(body) = &self.body else { return exec_err!("the function {} has a mistake", self.name) };
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|value| value.into_array(rows)).collect::<EngineResult<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.arguments), columns, &options)?;
        body.evaluate(&batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SourceFile;
    use crate::query::Session;
    use crate::query::function::reference::tests::{answer, settings};

    fn parsed(name: &str, text: &str) -> Result<UserFunction, Problem> {
        parse(name, Sql::file(&SourceFile::new(format!("sql/function/{name}.sql"), text)))
    }

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let mut functions = UserFunctions::new();
        for (name, text) in files {
            match parsed(name, text) {
                Ok(function) => drop(functions.insert((*name).to_owned(), function)),
                Err(found) => return vec![format!("{}: {}", found.place, found.message)],
            }
        }
        let session = Session::open(&settings(), &functions).unwrap();
        session.function_problems().iter().map(|found| format!("{}: {}", found.place, found.message)).collect()
    }

    #[test]
    fn what_a_function_cannot_be_is_told_at_its_place() {
        for (text, wanted) in [
            ("SELECT 1", "1:1: a file of sql/function/ is a CREATE FUNCTION statement"),
            ("CREATE FUNCTION g() RETURNS INT RETURN 1", "1:17: this file declares `f`, but the statement says `g`"),
            ("CREATE FUNCTION f(a POINT) RETURNS INT RETURN 1", "1:19: the type POINT of `a` is not known here"),
            ("CREATE FUNCTION f(a INT, A INT) RETURNS INT RETURN 1", "1:19: two arguments are named `a`"),
            ("CREATE FUNCTION f(a INT) RETURN a", "1:17: the function does not say what it returns"),
            ("CREATE FUNCTION f(a INT) RETURNS INT RETURN (SELECT 1)", "1:46: a function reads no tables"),
            ("CREATE FUNCTION f(a INT) RETURNS INT RETURN b + 1", "1:45: there is no column `b`"),
            ("CREATE FUNCTION f(a INT) RETURNS INT RETURN uper(a)", "1:45: there is no function `uper`"),
            (
                "CREATE FUNCTION f(a INT) RETURNS BIGINT RETURN 1 + sum(a)",
                "1:48: a function sees one row at a time, and here many are gathered",
            ),
            (
                "CREATE FUNCTION f(a INT) RETURNS DATE RETURN upper('x')",
                "1:46: the expression gives TEXT, but the function RETURNS DATE",
            ),
            (
                "CREATE FUNCTION f(a DOUBLE) RETURNS INT RETURN a / 2",
                "1:48: the expression gives DOUBLE, but the function RETURNS INTEGER",
            ),
            ("CREATE FUNCTION f(a INT) RETURNS INT RETURN f(a)", "1:45: `f` calls itself: it calls `f`"),
        ] {
            assert_eq!(told(&[("f", text)]), [format!("sql/function/f.sql:{wanted}")], "{text}");
        }
        assert_eq!(
            told(&[
                ("a", "CREATE FUNCTION a(x INT) RETURNS INT RETURN b(x)"),
                ("b", "CREATE FUNCTION b(x INT) RETURNS INT RETURN a(x) + 1"),
                ("c", "CREATE FUNCTION c(x INT) RETURNS INT RETURN x"),
            ]),
            ["sql/function/a.sql:1:45: `a` calls itself: it calls `b`, which calls `a`"]
        );
        let taken = told(&[("wape", "CREATE FUNCTION wape(x INT) RETURNS INT RETURN x")]);
        assert_eq!(taken, ["sql/function/wape.sql:1:17: there is a function `wape` already"]);
    }

    #[tokio::test]
    async fn a_function_computes_and_is_typed_where_it_is_called() {
        let files = [
            (
                "net",
                "-- What remains of an amount.\nCREATE FUNCTION net(amount DECIMAL(18,4), rate DOUBLE) RETURNS DECIMAL(18,4) RETURN amount * (1 - rate)",
            ),
            (
                "band",
                "CREATE FUNCTION band(amount DECIMAL(18,4)) RETURNS TEXT RETURN CASE WHEN net(amount, 0.5) < 100 THEN 'small' ELSE 'large' END",
            ),
            (
                "year_so_far",
                "CREATE FUNCTION year_so_far() RETURNS INTEGER RETURN days_between(period_start(current_date, 'year'), current_date)",
            ),
        ];
        let functions: UserFunctions =
            files.iter().map(|(name, text)| ((*name).to_owned(), parsed(name, text).unwrap())).collect();
        assert_eq!(functions["net"].signature(), "net(amount DECIMAL(18, 4), rate DOUBLE) → DECIMAL(18, 4)");
        assert_eq!(functions["net"].description(), "What remains of an amount.");
        let answered =
            async |sql: &str| answer(&functions, sql).await.map(|(of, texts)| (sql_type::of(&of), texts.join(" ")));
        for (sql, of, texts) in [
            ("SELECT net(x, 0.25) FROM (VALUES (100), (NULL), (0.0002)) AS t (x)", "DECIMAL(18, 4)", "75.0000  0.0002"),
            (
                "SELECT band(x) FROM (VALUES (100), (200)) AS t (x) WHERE band(x) <> 'none' GROUP BY band(x), x ORDER BY x",
                "TEXT",
                "small large",
            ),
            ("SELECT sum(net(x, 0)) FROM (VALUES (1), (2)) AS t (x)", "DECIMAL(28, 4)", "3.0000"),
            ("SELECT year_so_far()", "INTEGER", "293"),
            ("SELECT year_so_far() + x FROM (VALUES (1), (2)) AS t (x)", "BIGINT", "294 295"),
        ] {
            assert_eq!(answered(sql).await, Ok((of.to_owned(), texts.to_owned())), "{sql}");
        }
        assert_eq!(
            answered("SELECT net('x', 1)").await.unwrap_err(),
            "test.sql:1:8: `net` does not take (TEXT, BIGINT)"
        );
        assert_eq!(answered("SELECT bnad(1)").await.unwrap_err(), "test.sql:1:8: there is no function `bnad`");
    }
}
