//! Declared tables: what `CREATE TABLE` in `sql/<schema>/<table>.sql` says, read from the parsed statement.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ColumnDef, ColumnOption, CreateTable, DataType as SqlType, ExactNumberInfo, Expr, Spanned,
    Statement as SqlStatement, TableConstraint, Value,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use crate::lake::TableName;
use crate::problem::{self, Place, Problem};
use crate::query::sql::Sql;
use crate::query::statement;

/// A table that exports fill, as its file declares it.
#[derive(Debug, Clone)]
pub struct DeclaredTable {
    pub name: TableName,
    pub columns: Vec<DeclaredColumn>,
    /// Positions of the primary key's columns, in the key's order.
    pub key: Vec<usize>,
    pub sql: Sql,
}

#[derive(Debug, Clone)]
pub struct DeclaredColumn {
    pub name: String,
    pub data_type: DataType,
    pub is_required: bool,
    /// For an enumeration: the values that it may take.
    pub allowed: Vec<String>,
    pub comment: Option<String>,
    /// Where it is named.
    pub place: Place,
}

impl DeclaredTable {
    /// The columns as Arrow sees them, in declared order.
    pub fn schema(&self) -> SchemaRef {
        let fields =
            self.columns.iter().map(|column| Field::new(&column.name, column.data_type.clone(), !column.is_required));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    pub fn column(&self, name: &str) -> Option<&DeclaredColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The columns of `<table>_reject`; one row is a row of an export that could not be taken.
pub fn reject_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("file", DataType::Utf8, false),
        // As in the file, from 1.
        Field::new("line", DataType::UInt64, false),
        Field::new("column_name", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, false),
        // What was read of the row: header to text, as JSON.
        Field::new("fields", DataType::Utf8, false),
    ]))
}

/// Whether a file declares a table (and is no model).
pub fn is_declaration(sql: &Sql) -> bool {
    let place = sql.start();
    place.source.text[place.span].eq_ignore_ascii_case("create")
}

/// Reads a declaration.
pub fn parse(name: TableName, sql: Sql) -> Result<DeclaredTable, Problem> {
    let statements = statement::statements(&sql)?;
    let [Statement::Statement(inner)] = statements.as_slice() else {
        return Err(Problem::error(sql.start(), "a declared table is one CREATE TABLE statement")
            .help("keep one statement to a file"));
    };
    let SqlStatement::CreateTable(create) = inner.as_ref() else {
        return Err(Problem::error(sql.start(), "a declared table is a CREATE TABLE statement")
            .help("a table that exports fill is declared with CREATE TABLE; a model's file is only its SELECT"));
    };
    let told = create.name.to_string().to_lowercase();
    let at_name = || {
        create
            .name
            .0
            .last()
            .and_then(|part| part.as_ident())
            .map_or_else(|| sql.start(), |name| sql.place_of(name.span))
    };
    if told != name.table() && told != name.to_string() {
        return Err(Problem::error(at_name(), format!("this file declares `{name}`, but the statement says `{told}`"))
            .help(format!("write CREATE TABLE {}", name.table())));
    }
    if create.query.is_some() {
        return Err(Problem::error(sql.start(), "CREATE TABLE AS is neither a declared table nor a model")
            .help("a model's file is only its SELECT"));
    }
    let mut columns = create.columns.iter().map(|column| declare(column, &sql)).collect::<Result<Vec<_>, _>>()?;
    let twice = columns.iter().enumerate().find(|(at, column)| columns[..*at].iter().any(|of| of.name == column.name));
    if let Some((_, column)) = twice {
        return Err(Problem::error(column.place.clone(), format!("`{name}` has two columns `{}`", column.name))
            .help("leave one of them out, or name it otherwise"));
    }
    let key = constraints(create, &mut columns, &sql)?;
    for position in &key {
        columns[*position].is_required = true;
    }
    if key.is_empty() {
        return Err(Problem::error(at_name(), format!("`{name}` has no primary key"))
            .help("add `PRIMARY KEY (...)`: rows are told apart by it from day to day"));
    }
    Ok(DeclaredTable { name, columns, key, sql })
}

fn declare(column: &ColumnDef, sql: &Sql) -> Result<DeclaredColumn, Problem> {
    let place = sql.place_of(column.name.span);
    let name = column.name.value.to_lowercase();
    let data_type = arrow_type(&column.data_type).ok_or_else(|| {
        let written = column.data_type.to_string();
        let place = sql.place_of_word_after(column.name.span, &written).unwrap_or_else(|| place.clone());
        Problem::error(place, format!("the type {} of `{name}` is not known here", column.data_type))
            .help("use TEXT, BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p, s), DATE or TIMESTAMP")
    })?;
    let mut declared = DeclaredColumn {
        name,
        data_type,
        is_required: false,
        allowed: Vec::new(),
        comment: None,
        place: place.clone(),
    };
    for option in &column.options {
        match &option.option {
            ColumnOption::NotNull => declared.is_required = true,
            ColumnOption::Null => {}
            ColumnOption::Comment(text) => declared.comment = Some(text.clone()),
            ColumnOption::Check(check) => {
                let (of, values) = enumeration(&check.expr)
                    .filter(|(of, _)| *of == declared.name)
                    .ok_or_else(|| not_an_enumeration(&check.expr, sql))?;
                debug_assert_eq!(of, declared.name);
                declared.allowed = values;
            }
            // A key on one column may stand beside it.
            ColumnOption::PrimaryKey(_) => {}
            other => {
                return Err(Problem::error(place, format!("`{other}` has no meaning for a declared table"))
                    .help("leave it out"));
            }
        }
    }
    Ok(declared)
}

/// Applies the table's constraints; gives the key's positions.
fn constraints(create: &CreateTable, columns: &mut [DeclaredColumn], sql: &Sql) -> Result<Vec<usize>, Problem> {
    let mut key = Vec::new();
    for (position, column) in create.columns.iter().enumerate() {
        if column.options.iter().any(|option| matches!(option.option, ColumnOption::PrimaryKey(_))) {
            key.push(position);
        }
    }
    for constraint in &create.constraints {
        match constraint {
            TableConstraint::PrimaryKey(primary) => {
                for part in &primary.columns {
                    let name = part.column.expr.to_string().to_lowercase();
                    match columns.iter().position(|column| column.name == name) {
                        Some(position) => key.push(position),
                        None => return Err(no_column("the primary key", &name, &part.column.expr, columns, sql)),
                    }
                }
            }
            TableConstraint::Check(check) => {
                let (of, values) = enumeration(&check.expr).ok_or_else(|| not_an_enumeration(&check.expr, sql))?;
                match columns.iter_mut().find(|column| column.name == of) {
                    Some(column) => column.allowed = values,
                    None => return Err(no_column("a CHECK", &of, &check.expr, columns, sql)),
                }
            }
            other => {
                return Err(Problem::error(sql.start(), format!("`{other}` has no meaning for a declared table"))
                    .help("leave it out"));
            }
        }
    }
    Ok(key)
}

fn no_column(what: &str, name: &str, expr: &Expr, columns: &[DeclaredColumn], sql: &Sql) -> Problem {
    Problem::error(sql.place_of(expr.span()), format!("{what} names `{name}`, which is no column"))
        .help(problem::did_you_mean(name, columns.iter().map(|column| column.name.as_str())))
}

fn not_an_enumeration(expr: &Expr, sql: &Sql) -> Problem {
    Problem::error(sql.place_of(expr.span()), "a declared table's CHECK lists the values of a column")
        .help("write CHECK (status IN ('open', 'won')); other rules are checks in sql/check/")
}

/// The column and values of `column IN ('a', 'b')`.
fn enumeration(expr: &Expr) -> Option<(String, Vec<String>)> {
    let Expr::InList { expr, list, negated: false } = expr else { return None };
    let Expr::Identifier(column) = expr.as_ref() else { return None };
    let values = list.iter().map(|value| match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    });
    Some((column.value.to_lowercase(), values.collect::<Option<Vec<_>>>()?))
}

/// The engine's type for the text of one that a declared column can have.
pub fn type_of(text: &str) -> Option<DataType> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).ok()?;
    let written = parser.parse_data_type().ok()?;
    (parser.peek_token().token == Token::EOF).then(|| arrow_type(&written))?
}

/// The engine's type for one of those that a declared column can have.
pub fn arrow_type(sql: &SqlType) -> Option<DataType> {
    Some(match sql {
        SqlType::Text | SqlType::Varchar(_) | SqlType::String(_) => DataType::Utf8,
        SqlType::Boolean | SqlType::Bool => DataType::Boolean,
        SqlType::Int(None) | SqlType::Integer(None) => DataType::Int32,
        SqlType::BigInt(None) => DataType::Int64,
        SqlType::Double(_) | SqlType::DoublePrecision => DataType::Float64,
        SqlType::Date => DataType::Date32,
        SqlType::Timestamp(None, _) => DataType::Timestamp(TimeUnit::Microsecond, None),
        SqlType::Decimal(ExactNumberInfo::PrecisionAndScale(precision, scale))
        | SqlType::Numeric(ExactNumberInfo::PrecisionAndScale(precision, scale)) => {
            let (precision, scale) = (u8::try_from(*precision).ok()?, i8::try_from(*scale).ok()?);
            let fits = (1..=38).contains(&precision)
                && scale >= 0
                && u8::try_from(scale).is_ok_and(|scale| scale <= precision);
            fits.then_some(DataType::Decimal128(precision, scale))?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SourceFile;

    fn declared(text: &str) -> Result<DeclaredTable, Problem> {
        parse("crm.deal".parse().unwrap(), Sql::file(&SourceFile::new("sql/crm/deal.sql", text)))
    }

    #[test]
    fn a_declaration_gives_types_keys_enumerations_and_comments() {
        let table = declared(
            "-- One row is a deal.\nCREATE TABLE deal (deal_id TEXT COMMENT 'id', amount DECIMAL(18,4), status TEXT NOT NULL CHECK (status IN ('open', 'won')), PRIMARY KEY (deal_id))",
        )
        .unwrap();
        assert_eq!(table.key, [0]);
        assert!(table.columns[0].is_required);
        assert_eq!(table.columns[1].data_type, DataType::Decimal128(18, 4));
        assert_eq!(table.columns[2].allowed, ["open", "won"]);
        assert_eq!(table.columns[0].comment.as_deref(), Some("id"));
    }

    #[test]
    fn a_table_without_a_key_or_with_an_unknown_type_is_refused() {
        assert!(declared("CREATE TABLE deal (deal_id TEXT)").unwrap_err().message.contains("no primary key"));
        assert!(
            declared("CREATE TABLE deal (deal_id GEOMETRY, PRIMARY KEY (deal_id))")
                .unwrap_err()
                .message
                .contains("not known here")
        );
        assert!(
            declared("CREATE TABLE account (deal_id TEXT, PRIMARY KEY (deal_id))")
                .unwrap_err()
                .message
                .contains("declares `crm.deal`")
        );
        let twice = declared("CREATE TABLE deal (deal_id TEXT, Deal_ID TEXT, PRIMARY KEY (deal_id))").unwrap_err();
        assert_eq!((twice.message.as_str(), twice.place.span), ("`crm.deal` has two columns `deal_id`", 33..40));
    }
}
