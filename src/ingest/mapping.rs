//! A source's `map` over an export's header: one expression for each mapped column of the declared table.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{DFSchema, ToDFSchema};
use datafusion::error::DataFusionError;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, ExprWithAlias, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Spanned, visit_expressions,
    visit_expressions_mut,
};

use jiff::tz::TimeZone;

use super::conform;
use super::function::{self, Ledger, ROW};
use crate::error::{Error, Result};
use crate::path;
use crate::problem::{self, Problem};
use crate::project::Source;
use crate::query::function::left_to_chance as left_to_chance_by_name;
use crate::query::{DeclaredColumn, DeclaredTable, Sql, sql_type};
use crate::yaml::Document;

/// A compiled `map`: evaluates batches of an export's text columns.
pub struct Mapping {
    ledger: Ledger,
    condition: Option<Arc<dyn PhysicalExpr>>,
    /// The rows of the table that a row of the export holds; mostly one.
    rows: Vec<MappedRow>,
    /// The header's names that the map reads.
    pub reads: Vec<String>,
    schema: Arc<Schema>,
}

/// What a row of the table is made of.
struct MappedRow {
    condition: Option<Arc<dyn PhysicalExpr>>,
    /// In the declared table's order; `None` for a column that the map leaves out.
    columns: Vec<Option<Arc<dyn PhysicalExpr>>>,
}

/// The expressions as they are evaluated: what depends on the run's day is told by its value.
impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.rows.iter().flat_map(|row| row.columns.iter().chain([&row.condition]));
        for expression in all.chain([&self.condition]) {
            match expression {
                Some(expression) => writeln!(f, "{expression}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// Where a source stands in its pipeline's file.
#[derive(Debug, Clone)]
pub struct Place {
    pub document: Arc<Document>,
    /// Its position under `sources`.
    pub index: usize,
}

impl Place {
    /// `row` is a position under `rows`; `None` is what holds for all of them.
    fn of_column(&self, row: Option<usize>, column: &str) -> Vec<crate::yaml::Segment> {
        match row {
            None => path!["sources", self.index, "map", column].to_vec(),
            Some(row) => path!["sources", self.index, "rows", row, "map", column].to_vec(),
        }
    }

    fn of_condition(&self, row: Option<usize>) -> Vec<crate::yaml::Segment> {
        match row {
            None => path!["sources", self.index, "where"].to_vec(),
            Some(row) => path!["sources", self.index, "rows", row, "where"].to_vec(),
        }
    }
}

/// A source's maps: what holds for all rows, and what for each of `rows`.
fn maps(source: &Source) -> impl Iterator<Item = (Option<usize>, &BTreeMap<String, String>)> {
    std::iter::once((None, &source.map)).chain(source.rows.iter().enumerate().map(|(at, row)| (Some(at), &row.map)))
}

/// All expressions of a source.
fn expressions(source: &Source, place: &Place) -> Vec<Sql> {
    let conditions = source.rows.iter().enumerate().map(|(at, row)| (Some(at), &row.condition));
    let conditions = std::iter::once((None, &source.condition)).chain(conditions);
    let conditions = conditions.filter_map(|(row, written)| Some((place.of_condition(row), written.as_ref()?)));
    let maps = maps(source).flat_map(|(row, map)| map.iter().map(move |of| (row, of)));
    let columns = maps.map(|(row, (column, written))| (place.of_column(row, column), written));
    columns.chain(conditions).map(|(path, written)| Sql::yaml(written, &place.document, path)).collect()
}

/// A call in an expression that gives another value each time: two loads of one export would differ.
fn left_to_chance(sql: &Sql) -> Option<Problem> {
    let mut parser = DFParserBuilder::new(sql.text.as_str()).build().ok()?;
    // What does not parse may be a header.
    let parsed = parser.parse_into_expr().ok()?;
    let found = visit_expressions(&parsed.expr, |part| match part {
        SqlExpr::Function(call) => match left_to_chance_by_name(&call.name.to_string()) {
            Some((said, help)) => ControlFlow::Break(Problem::error(sql.place_of(call.name.span()), said).help(help)),
            None => ControlFlow::Continue(()),
        },
        _ => ControlFlow::Continue(()),
    });
    found.break_value()
}

/// What is wrong with a `map` whatever the export holds: columns that the table has not, keys that are not
/// mapped, calls that are left to chance.
pub fn check(source: &Source, table: &DeclaredTable, place: &Place) -> Vec<Problem> {
    let mut problems: Vec<Problem> = expressions(source, place).iter().filter_map(left_to_chance).collect();
    for (row, map) in maps(source) {
        for column in map.keys() {
            let place = || place.document.key_place(&place.of_column(row, column));
            if table.column(column).is_none() {
                let names = table.columns.iter().map(|column| column.name.as_str());
                let found = Problem::error(place(), format!("{} has no column `{column}`", table.name));
                problems.push(found.help(problem::did_you_mean(column, names)));
            } else if row.is_some() && source.map.contains_key(column) {
                let found = Problem::error(place(), format!("`{column}` is mapped for all rows already"));
                problems.push(found.help("map it in one of the two places"));
            }
        }
    }
    for column in table.columns.iter().filter(|column| column.is_required && !source.map.contains_key(&column.name)) {
        let lacking: Vec<usize> = match source.rows.is_empty() {
            true => vec![0],
            false => (0..source.rows.len()).filter(|at| !source.rows[*at].map.contains_key(&column.name)).collect(),
        };
        for row in lacking {
            let at = match source.rows.is_empty() {
                true => path!["sources", place.index, "map"].to_vec(),
                false => path!["sources", place.index, "rows", row, "map"].to_vec(),
            };
            let said = format!("`{}` of {} must be mapped: it is required", column.name, table.name);
            let found = Problem::error(place.document.key_place(&at), said);
            problems.push(found.help(format!("add `{}: <header or expression>`", column.name)));
        }
    }
    problems
}

/// Compiles a `map` over a header, or tells everything that keeps it from it. `engine` is that of
/// `session::open_for_mapping`.
pub fn compile(
    source: &Source,
    table: &DeclaredTable,
    header: &[String],
    engine: &SessionState,
    zone: &TimeZone,
    place: &Place,
) -> Result<Mapping> {
    let bad = |error: DataFusionError| Error::failed(format!("the export's header cannot be read as columns: {error}"));
    let ledger = Ledger::default();
    let mut engine = engine.clone();
    for function in function::all(&ledger, zone) {
        engine.register_udf(Arc::new(function)).map_err(bad)?;
    }
    let mut fields: Vec<Field> = header.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    fields.push(Field::new(ROW, DataType::UInt32, false));
    let schema = Arc::new(Schema::new(fields));
    let scope = Scope {
        engine,
        header,
        schema: schema.as_ref().clone().to_dfschema().map_err(bad)?,
        arrow: Arc::clone(&schema),
    };

    if let Some(found) = unsplit(header, place) {
        return Err(Error::project(vec![found]));
    }
    let mut problems = check(source, table, place);
    let mut reads = Vec::new();
    let mut column = |row: Option<usize>, column: &DeclaredColumn, written: &str| {
        let sql = Sql::yaml(written, &place.document, place.of_column(row, &column.name));
        let expression = scope.compile(&sql, &mut reads)?;
        let given = expression.data_type(&schema).map_err(|error| sql.problem(&error))?;
        if conform::is_castable(&given, &column.data_type) {
            return Ok(expression);
        }
        let (name, wanted, given) = (&column.name, sql_type(&column.data_type), sql_type(&given));
        let found = Problem::error(
            place.document.place(&place.of_column(row, name)),
            format!("`{name}` of {} is {wanted}, but this gives {given}", table.name),
        );
        Err(found.help("change the expression, or cast what it gives"))
    };
    let mut compiled: Vec<Vec<Option<Arc<dyn PhysicalExpr>>>> = Vec::new();
    for (row, map) in maps(source) {
        let columns = table.columns.iter().map(|declared| {
            let written = map.get(&declared.name)?;
            column(row, declared, written).map_err(|found: Problem| problems.push(found)).ok()
        });
        compiled.push(columns.collect());
    }
    let mut condition = |row: Option<usize>, written: &Option<String>| {
        let sql = Sql::yaml(written.as_ref()?, &place.document, place.of_condition(row));
        let expression = scope.compile(&sql, &mut reads).map_err(|found| problems.push(found)).ok()?;
        if expression.data_type(&schema).ok() != Some(DataType::Boolean) {
            let at = place.document.place(&place.of_condition(row));
            let found = Problem::error(at, "`where` must be true or false for each row");
            problems.push(found.help("compare something in it, as in `Stage <> 'Test'`"));
        }
        Some(expression)
    };
    let of_all = condition(None, &source.condition);
    let conditions: Vec<_> =
        source.rows.iter().enumerate().map(|(row, held)| condition(Some(row), &held.condition)).collect();
    let shared = compiled.remove(0);
    let rows = match source.rows.is_empty() {
        true => vec![MappedRow { condition: None, columns: shared }],
        false => {
            let whole =
                |own: Vec<Option<_>>| own.into_iter().zip(&shared).map(|(own, all)| own.or_else(|| all.clone()));
            let rows = compiled.into_iter().zip(conditions);
            rows.map(|(own, condition)| MappedRow { condition, columns: whole(own).collect() }).collect()
        }
    };
    if !problems.is_empty() {
        problem::sort(&mut problems);
        return Err(Error::project(problems));
    }
    reads.sort();
    reads.dedup();
    Ok(Mapping { ledger, condition: of_all, rows, reads, schema })
}

/// An export whose columns were taken for one: it is separated by something else than its source says.
fn unsplit(header: &[String], place: &Place) -> Option<Problem> {
    let [only] = header else { return None };
    let (separator, written) = [(';', "';'"), ('\t', "tab"), ('|', "'|'"), (',', "','")]
        .into_iter()
        .find(|(separator, _)| only.contains(*separator))?;
    let at = place.document.key_place(&path!["sources", place.index, "csv"]);
    let found = Problem::error(
        at,
        format!("the export has a single column, whose name is full of `{}`", separator.escape_default()),
    );
    Some(found.help(format!("say what separates its columns: `delimiter: {written}`")))
}

/// What expressions of a map may read.
struct Scope<'h> {
    engine: SessionState,
    header: &'h [String],
    schema: DFSchema,
    arrow: Arc<Schema>,
}

impl Scope<'_> {
    fn compile(&self, sql: &Sql, reads: &mut Vec<String>) -> Result<Arc<dyn PhysicalExpr>, Problem> {
        let written = sql.text.trim();
        let parsed = if self.header.iter().any(|name| name == written) {
            ExprWithAlias { expr: SqlExpr::Identifier(Ident::with_quote('"', written)), alias: None }
        } else {
            let mut parser = DFParserBuilder::new(sql.text.as_str()).build().map_err(|error| sql.problem(&error))?;
            parser
                .parse_into_expr()
                .map_err(|error| self.no_column(sql, written).unwrap_or_else(|| sql.problem(&error)))?
        };
        self.refuse_other_rows(&parsed.expr, sql)?;
        self.note_reads(&parsed.expr, sql, reads)?;
        let mut expression = parsed;
        with_rows(&mut expression.expr);
        let state = &self.engine;
        let planned = state.create_logical_expr_from_sql_expr(expression, &self.schema).and_then(|planned| {
            let context = SimplifyContext::builder()
                .with_schema(Arc::new(self.schema.clone()))
                .with_config_options(Arc::clone(state.config_options()))
                .build();
            let simplifier = ExprSimplifier::new(context);
            let coerced = simplifier.coerce(planned, &self.schema)?;
            let simplified = simplifier.simplify(coerced)?;
            create_physical_expr(&simplified, &self.schema, state.execution_props(), &Default::default())
        });
        let expression = planned.map_err(|error| {
            let found = sql.problem(&error);
            // Columns of an export are texts.
            let is_of_text = found.message.contains("does not take") && found.message.contains("TEXT");
            if is_of_text { found.help("give a text to number(), day() or moment() first") } else { found }
        })?;
        expression.data_type(&self.arrow).map_err(|error| sql.problem(&error))?;
        Ok(expression)
    }

    /// Refuses what makes something of several rows, or reads others than the export's own.
    fn refuse_other_rows(&self, expression: &SqlExpr, sql: &Sql) -> Result<(), Problem> {
        let is_of_one = |name: &str| self.engine.udf(name).is_ok() && name != "unnest";
        let found = visit_expressions(expression, |part| {
            let (span, what) = match part {
                SqlExpr::Function(call) => {
                    let name = call.name.to_string().to_lowercase();
                    let is_aggregate = !is_of_one(&name) && (self.engine.udaf(&name).is_ok() || name == "unnest");
                    if !is_aggregate && call.over.is_none() {
                        return ControlFlow::Continue(());
                    }
                    (call.name.span(), format!("`{name}` is about several rows"))
                }
                SqlExpr::Subquery(_) | SqlExpr::Exists { .. } | SqlExpr::InSubquery { .. } => {
                    (part.span(), "a subquery reads other rows".to_owned())
                }
                _ => return ControlFlow::Continue(()),
            };
            let found = Problem::error(sql.place_of(span), format!("a map computes each row by itself: {what}"));
            ControlFlow::Break(found.help("compute it in a model, which reads the table that this source fills"))
        });
        match found {
            ControlFlow::Break(found) => Err(found),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    /// The columns that an expression reads, or the problem of one that the export does not have.
    fn note_reads(&self, expression: &SqlExpr, sql: &Sql, reads: &mut Vec<String>) -> Result<(), Problem> {
        let found = visit_expressions(expression, |part| {
            if let SqlExpr::Identifier(name) = part {
                match self.header.iter().find(|known| **known == name.value) {
                    Some(known) => reads.push(known.clone()),
                    None => return ControlFlow::Break(self.unknown(&name.value).place_at(sql, name)),
                }
            }
            ControlFlow::Continue(())
        });
        match found {
            ControlFlow::Break(found) => Err(found),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn unknown(&self, name: &str) -> Unknown {
        Unknown {
            message: format!("the export has no column `{name}`"),
            help: problem::did_you_mean(name, self.header.iter().map(String::as_str)),
        }
    }

    /// A text that is no expression may be a mistyped header with spaces in it.
    fn no_column(&self, sql: &Sql, written: &str) -> Option<Problem> {
        let is_name = !written.contains(['(', ')', '\'', '+', '*', '/', '=', '<', '>', '"']);
        is_name.then(|| {
            let Unknown { message, help } = self.unknown(written);
            Problem::error(sql.place(0..sql.text.len()), message).help(help)
        })
    }
}

struct Unknown {
    message: String,
    help: String,
}

impl Unknown {
    fn place_at(self, sql: &Sql, name: &Ident) -> Problem {
        let place = if name.span.start.line == 0 { sql.place(0..sql.text.len()) } else { sql.place_of(name.span) };
        Problem::error(place, self.message).help(self.help)
    }
}

/// Gives every call of a mapping function the row's number as a last argument.
fn with_rows(expression: &mut SqlExpr) {
    let _ = visit_expressions_mut(expression, |part| {
        if let SqlExpr::Function(call) = part
            && function::takes_row(&call.name.to_string().to_lowercase())
            && let FunctionArguments::List(arguments) = &mut call.args
        {
            let row = SqlExpr::Identifier(Ident::with_quote('"', ROW));
            arguments.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(row)));
        }
        ControlFlow::<()>::Continue(())
    });
}

/// A mapped column of a batch, not yet of the declared type.
pub struct Mapped {
    /// `None` for a column that the map leaves out.
    pub values: Option<ArrayRef>,
    /// Rows whose text did not fit, and what was wrong.
    pub unfit: Vec<(u32, &'static str)>,
}

impl Mapping {
    /// How many rows of the table a row of the export may hold.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Evaluates the columns of one of the rows that rows of the export hold; `wanted` chooses positions of the declared table.
    pub fn evaluate(
        &self,
        row: usize,
        batch: &RecordBatch,
        wanted: impl Iterator<Item = usize>,
    ) -> Result<Vec<Mapped>> {
        let batch = self.with_row_numbers(batch)?;
        let rows = batch.num_rows();
        let mut mapped = Vec::new();
        for position in wanted {
            let values = match &self.rows[row].columns[position] {
                Some(expression) => {
                    Some(expression.evaluate(&batch).and_then(|value| value.into_array(rows)).map_err(evaluation)?)
                }
                None => None,
            };
            mapped.push(Mapped { values, unfit: self.ledger.take() });
        }
        Ok(mapped)
    }

    /// Which rows the source's `where` lets through; `None` if there is no condition.
    pub fn condition(&self, batch: &RecordBatch) -> Result<Option<BooleanArray>> {
        self.is_true(self.condition.as_ref(), batch)
    }

    /// Which rows of the export hold one of the rows; `None` if all do.
    pub fn condition_of(&self, row: usize, batch: &RecordBatch) -> Result<Option<BooleanArray>> {
        self.is_true(self.rows[row].condition.as_ref(), batch)
    }

    fn is_true(&self, condition: Option<&Arc<dyn PhysicalExpr>>, batch: &RecordBatch) -> Result<Option<BooleanArray>> {
        let Some(condition) = condition else { return Ok(None) };
        let batch = self.with_row_numbers(batch)?;
        let values =
            condition.evaluate(&batch).and_then(|value| value.into_array(batch.num_rows())).map_err(evaluation)?;
        // A text that does not fit here rejects its row only if a mapped column needs it.
        self.ledger.take();
        // NULL is not true.
        Ok(Some(values.as_boolean().iter().map(|value| Some(value == Some(true))).collect()))
    }

    /// The batch under the compiled schema: columns that are not read are NULL, the row's number comes last.
    fn with_row_numbers(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut nothing: Option<ArrayRef> = None;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields().iter().filter(|field| field.name() != ROW) {
            let column = batch.column_by_name(field.name()).cloned();
            columns.push(
                column.unwrap_or_else(|| {
                    Arc::clone(nothing.get_or_insert_with(|| Arc::new(StringArray::new_null(rows))))
                }),
            );
        }
        let count = u32::try_from(rows).map_err(|_| Error::failed("a batch of an export is too long"))?;
        columns.push(Arc::new(UInt32Array::from_iter_values(0..count)));
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| Error::failed(format!("could not map the export: {error}")))
    }
}

/// The engine's message may hold a value, so only its kind is told.
fn evaluation(error: DataFusionError) -> Error {
    let kind = match error.find_root() {
        DataFusionError::ArrowError(..) => "a value does not fit the types of the expression",
        _ => "the engine refused the expression",
    };
    Error::failed(format!("could not evaluate the map: {kind}"))
        .help("give texts to number(), day() or moment() before computing with them")
}
