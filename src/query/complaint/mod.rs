//! What the engine complains of, in the words of the product: what is wrong, what to do, and where to look.
//!
//! The engine speaks of its own types, settings and signatures; a person who wrote SQL knows none of them.

mod phrase;

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, Diagnostic, SchemaError, Span};
use datafusion::error::DataFusionError;
use datafusion::functions_window::all_default_window_functions;

use super::folder;
use super::function;
use super::metric;
use super::session::MEMORY;
use crate::{problem, sql_type};
pub use phrase::window_in_condition;

/// A complaint about a piece of SQL.
#[derive(Debug, PartialEq, Eq)]
pub struct Complaint {
    /// One line.
    pub message: String,
    pub help: Option<String>,
    pub at: At,
}

/// Where in the SQL a complaint belongs.
#[derive(Debug, PartialEq, Eq)]
pub enum At {
    /// Between two positions, each a line and a column from 1; the end is exclusive.
    Between((u64, u64), (u64, u64)),
    /// The word that begins at a line and a column from 1.
    Position(u64, u64),
    /// The first of these words that stands in the SQL, at its first place.
    First(Vec<String>),
    /// A word, at its last place.
    Last(String),
    /// An operator, if it stands in the SQL once.
    Operator(String),
    Start,
    End,
}

/// Words that a statement is built of; a mistyped one is where a parser stops.
const KEYWORDS: [&str; 30] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "OUTER",
    "FULL",
    "CROSS",
    "UNION",
    "WITH",
    "WINDOW",
    "DISTINCT",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "BETWEEN",
    "FILTER",
    "WITHIN",
    "PARTITION",
    "INTERVAL",
    "CREATE",
    "PRIMARY",
];

/// Rewords what the engine says.
pub fn of(error: &DataFusionError) -> Complaint {
    let root = error.find_root();
    if let Some(diagnostic) = error.diagnostic() {
        let found = phrase::of(&diagnostic.message).map(|found| match between(diagnostic.span) {
            At::Start => found,
            at => Complaint { at, ..found },
        });
        return found.unwrap_or_else(|| of_diagnostic(diagnostic, root));
    }
    if let DataFusionError::SchemaError(error, _) = root
        && let Some(found) = of_name(error, root)
    {
        return found;
    }
    match root {
        DataFusionError::ArrowError(error, _) => Complaint { message: of_values(error), help: None, at: At::Start },
        DataFusionError::ResourcesExhausted(_) => Complaint {
            message: format!("it needs more than the {MEMORY} of memory that the SQL of a run may use"),
            help: Some("read less, aggregate sooner, or take a part of it into a model of its own".to_owned()),
            at: At::Start,
        },
        DataFusionError::Execution(message) => {
            Complaint { message: lower_first(&without_values(message)), help: None, at: At::Start }
        }
        _ => of_text(&clean(&root.to_string())),
    }
}

/// What went wrong with values, without them: they are a customer's data.
fn of_values(error: &ArrowError) -> String {
    match error {
        ArrowError::DivideByZero => "a division by zero".to_owned(),
        ArrowError::ArithmeticOverflow(_) => "a number became too large for its type".to_owned(),
        ArrowError::CastError(message) => {
            if let Some((_, of)) = message.rsplit_once(" out of range ") {
                return format!("a number is too large for {}", sql_type::in_text(of));
            }
            let to = message.rsplit_once(" to value of ").or_else(|| message.rsplit_once(" to type "));
            let to = to.map(|(_, to)| sql_type::in_text(to.trim_end_matches(" type")));
            let is_type = |to: &String| to.chars().next().is_some_and(char::is_uppercase) && !to.contains(['\'', '"']);
            to.filter(is_type)
                .map_or_else(|| "a value cannot be cast".to_owned(), |to| format!("a value cannot be cast to {to}"))
        }
        other => lower_first(&without_values(&clean(&other.to_string()))),
    }
}

/// A message without what it quotes and without its numbers.
fn without_values(message: &str) -> String {
    let unquoted: Vec<&str> = message.split(['\'', '"']).step_by(2).collect();
    let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let words = unquoted.join("…");
    words.split(' ').map(|word| if has_digit(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

fn between(span: Option<Span>) -> At {
    span.map_or(At::Start, |span| At::Between((span.start.line, span.start.column), (span.end.line, span.end.column)))
}

/// A column that is not there, or there twice, where the engine tells no more of it: in NOT, HAVING and ORDER BY.
fn of_name(error: &SchemaError, root: &DataFusionError) -> Option<Complaint> {
    let at = |field: &Column| match field.spans().first() {
        Some(span) => between(Some(span)),
        None => At::First(vec![field.name.clone()]),
    };
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            let Column { name, relation, .. } = field.as_ref();
            Some(no_column(root, name, relation.as_ref().map(ToString::to_string).as_deref(), at(field)))
        }
        SchemaError::AmbiguousReference { field } => Some(ambiguous(&field.name, &[], at(field))),
        _ => None,
    }
}

fn no_column(root: &DataFusionError, name: &str, relation: Option<&str>, at: At) -> Complaint {
    if let Some(relation) = relation
        && let Some(known) = relations(root)
        && !known.iter().any(|known| known == relation || last_part(known) == relation)
    {
        let help = problem::did_you_mean(relation, known.iter().map(String::as_str));
        return Complaint { message: format!("there is no `{relation}` in FROM here"), help: Some(help), at };
    }
    let message = match relation {
        Some(relation) => format!("`{relation}` has no column `{name}`"),
        None => format!("there is no column `{name}`"),
    };
    Complaint { message, help: columns(root, name, relation), at }
}

/// The column that an error does not find, where it was named without its table.
pub fn missing_column(error: &DataFusionError) -> Option<&str> {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, .. } if field.relation.is_none() => Some(&field.name),
            _ => None,
        },
        _ => None,
    }
}

/// A column that several tables have; `possible` are its whole names.
fn ambiguous(name: &str, possible: &[String], at: At) -> Complaint {
    let help = match possible.len() {
        0 | 1 => format!("write the table's name or alias before it, as in `d.{name}`"),
        _ => format!("write which one: {}", possible.join(" or ")),
    };
    Complaint { message: format!("`{name}` is a column of several tables"), help: Some(help), at }
}

fn of_diagnostic(diagnostic: &Diagnostic, root: &DataFusionError) -> Complaint {
    let at = between(diagnostic.span);
    let words: Vec<&str> = quoted(&diagnostic.message).collect();
    let notes = || diagnostic.notes.iter().map(|note| note.message.as_str());
    let message = diagnostic.message.as_str();
    if let ["column", "not", "found"] = without_quoted(message).as_slice() {
        return no_column(root, words.first().copied().unwrap_or_default(), None, at);
    }
    if let (["column", "not", "found", "in"], [name, relation]) = (without_quoted(message).as_slice(), words.as_slice())
    {
        return no_column(root, name, Some(relation), at);
    }
    if let (["column", "is", "ambiguous"], [name]) = (without_quoted(message).as_slice(), words.as_slice()) {
        let possible: Vec<String> =
            notes().filter_map(|note| Some(format!("`{}`", note.strip_prefix("possible column ")?))).collect();
        return ambiguous(name, &possible, at);
    }
    if let (["table", "not", "found"], [name]) = (without_quoted(message).as_slice(), words.as_slice()) {
        return Complaint { message: format!("there is no table or model `{name}`"), help: None, at };
    }
    if let (["Invalid", "function"], [name]) = (without_quoted(message).as_slice(), words.as_slice()) {
        let near = notes().find_map(|note| quoted(note).next());
        return no_function(name, near, at);
    }
    if message.contains("must appear in GROUP BY") {
        let name = words.first().map_or("", |name| last_part(name));
        return Complaint {
            message: format!("`{name}` stands neither in GROUP BY nor in an aggregate"),
            help: Some("add it to GROUP BY, or take one value of it with min() or max()".to_owned()),
            at,
        };
    }
    if message == "expressions have incompatible types" {
        return incompatible(diagnostic, root, at);
    }
    if let Some(operation) = message.strip_suffix(" queries have different number of columns") {
        let counts: Vec<&str> =
            notes().filter_map(|note| note.split(' ').find(|word| word.parse::<usize>().is_ok())).collect();
        return Complaint {
            message: format!("the sides of {operation} have {} columns", counts.join(" and ")),
            help: Some("give each side the same columns in the same order".to_owned()),
            at: At::First(operation.split(' ').next().map(str::to_owned).into_iter().collect()),
        };
    }
    if let Some(found) = syntax(message, Some(&at)) {
        return found;
    }
    let help = diagnostic.helps.first().map(|help| help.message.as_str()).or_else(|| notes().next());
    Complaint {
        message: lower_first(&sql_type::in_text(message)),
        help: help.map(|help| lower_first(&sql_type::in_text(help))),
        at,
    }
}

/// Two types that no operator takes together.
fn incompatible(diagnostic: &Diagnostic, root: &DataFusionError, at: At) -> Complaint {
    let types: Vec<&str> = diagnostic.notes.iter().filter_map(|note| note.message.strip_prefix("has type ")).collect();
    let told: Vec<String> = types.iter().map(|name| sql_type::in_text(name)).collect();
    let root = root.to_string();
    let operator = match types.as_slice() {
        [left, right] => root
            .split_once(&format!("{left} "))
            .and_then(|(_, rest)| rest.split_once(&format!(" {right}")))
            .map(|(operator, _)| operator),
        _ => None,
    };
    let message = match operator {
        Some(operator) => format!("`{operator}` does not take {}", told.join(" and ")),
        None => format!("{} do not go together", told.join(" and ")),
    };
    let spans = diagnostic.notes.iter().filter_map(|note| note.span);
    let whole = spans.reduce(|whole, next| Span { start: whole.start.min(next.start), end: whole.end.max(next.end) });
    let at = match (whole, operator) {
        (Some(whole), _) => between(Some(whole)),
        (None, Some(operator)) if at == At::Start => At::Operator(operator.to_owned()),
        _ => at,
    };
    Complaint { message, help: Some("give one of them the type of the other, as in CAST(x AS DATE)".to_owned()), at }
}

/// The help for a column that is not there: the nearest of those that are.
fn columns(root: &DataFusionError, name: &str, relation: Option<&str>) -> Option<String> {
    let DataFusionError::SchemaError(error, _) = root else { return None };
    let SchemaError::FieldNotFound { valid_fields, .. } = error.as_ref() else { return None };
    let of_relation = |field: &&datafusion::common::Column| match (relation, &field.relation) {
        (Some(wanted), Some(relation)) => relation.to_string() == wanted || relation.table() == wanted,
        _ => true,
    };
    let mut names: Vec<&str> = valid_fields.iter().filter(of_relation).map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| problem::did_you_mean(name, names))
}

/// The names of the relations whose columns could have been meant, if there are any.
fn relations(root: &DataFusionError) -> Option<Vec<String>> {
    let DataFusionError::SchemaError(error, _) = root else { return None };
    let SchemaError::FieldNotFound { valid_fields, .. } = error.as_ref() else { return None };
    let mut names: Vec<String> =
        valid_fields.iter().filter_map(|field| Some(field.relation.as_ref()?.to_string())).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then_some(names)
}

fn no_function(name: &str, near: Option<&str>, at: At) -> Complaint {
    if let Some((message, help)) = function::left_to_chance(name) {
        return Complaint { message, help: Some(help.to_owned()), at };
    }
    if is_window_function(name) {
        let help =
            format!("write what it goes over behind it, as in {name}() OVER (PARTITION BY team ORDER BY created_on)");
        return Complaint { message: format!("`{name}` needs OVER"), help: Some(help), at };
    }
    if name.eq_ignore_ascii_case(metric::METRIC) {
        let help = "write SELECT value FROM metric('win_rate', by => ['team'])".to_owned();
        return Complaint { message: "`metric` stands in FROM".to_owned(), help: Some(help), at };
    }
    if name.eq_ignore_ascii_case(folder::MODELS) {
        let help = "write SELECT * FROM models('forecast_method', columns => ['day', 'forecast'])".to_owned();
        return Complaint { message: "`models` stands in FROM".to_owned(), help: Some(help), at };
    }
    // The engine offers one, however far off it is.
    let near = near.and_then(|near| problem::nearest(name, [near]));
    let help = near.map_or_else(
        || "`forecastle functions` lists those of the field; others are those of DataFusion".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Complaint { message: format!("there is no function `{name}`"), help: Some(help), at }
}

fn is_window_function(name: &str) -> bool {
    all_default_window_functions().iter().any(|window| window.name().eq_ignore_ascii_case(name))
}

fn of_text(message: &str) -> Complaint {
    if let Some(found) = phrase::of(message)
        .or_else(|| syntax(message, None))
        .or_else(|| signature(message))
        .or_else(|| same_name(message))
        .or_else(|| same_relation(message))
    {
        return found;
    }
    if message.contains("ecursion limit") || message.contains("RecursionLimitExceeded") {
        let help = "take a part of it into a model of its own".to_owned();
        return Complaint { message: "the statement is nested too deep".to_owned(), help: Some(help), at: At::Start };
    }
    if message.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        let help = "put the condition into HAVING, behind GROUP BY".to_owned();
        return Complaint {
            message: "an aggregate cannot stand in WHERE".to_owned(),
            help: Some(help),
            at: At::First(vec!["where".to_owned()]),
        };
    }
    if let Some(name) = message.strip_prefix("Invalid function ").and_then(|rest| quoted(rest).next()) {
        return no_function(name, None, At::First(vec![name.to_owned()]));
    }
    let (message, at) = match line_and_column(message) {
        Some((before, line, column)) => (before, At::Position(line, column)),
        // What the functions of the product say of themselves.
        None if message.starts_with("the function ") => {
            let name = message.split(' ').nth(2).unwrap_or_default().to_owned();
            (message, At::First(vec![name]))
        }
        None => {
            let mut words: Vec<String> =
                quoted(message).filter(|word| !word.contains(' ')).map(|word| last_part(word).to_owned()).collect();
            words.extend(
                message
                    .split("function ")
                    .nth(1)
                    .and_then(|rest| rest.split([' ', '(', ',']).next())
                    .map(str::to_owned),
            );
            (message, At::First(words))
        }
    };
    let (message, help) = match message.split_once("Did you mean ") {
        Some((before, hint)) => {
            let hint = hint.lines().next().unwrap_or_default();
            (before.trim_end_matches(['.', ' ', '\n']), Some(format!("did you mean {hint}")))
        }
        None => (message, None),
    };
    Complaint { message: lower_first(&sql_type::in_text(message)), help, at }
}

/// What a parser says: `Expected: X, found: Y at Line: 1, Column: 2`.
fn syntax(message: &str, told: Option<&At>) -> Option<Complaint> {
    let (before, place) = match line_and_column(message) {
        Some((before, line, column)) => (before, Some((line, column))),
        None => (message, None),
    };
    let at = || match (told, place) {
        (Some(At::Between(start, end)), _) => At::Between(*start, *end),
        (_, Some((line, column))) => At::Position(line, column),
        _ => At::Start,
    };
    if before.starts_with("Unterminated string literal") {
        let help =
            "a text ends with `'`; look for the quote that has no partner, perhaps on an earlier line".to_owned();
        return Some(Complaint { message: "a text is not closed".to_owned(), help: Some(help), at: at() });
    }
    let (expected, found) = before.strip_prefix("Expected: ")?.split_once(", found: ")?;
    let expected = match expected {
        "end of statement" => "the end of the statement".to_owned(),
        token if !token.is_empty() && token.chars().all(|c| c.is_ascii_punctuation()) => format!("`{token}`"),
        words => words.to_owned(),
    };
    if found == "EOF" {
        let help = if expected == "`)`" { "close the parenthesis" } else { "finish the statement" };
        let message = format!("expected {expected}, but the SQL ends here");
        return Some(Complaint { message, help: Some(help.to_owned()), at: At::End });
    }
    let help = match keyword(found) {
        Some(near) => format!("did you mean `{near}`?"),
        None if expected == "`)`" => "close the parenthesis before it".to_owned(),
        None => LOOK_BEFORE.to_owned(),
    };
    Some(Complaint { message: format!("expected {expected}, found `{found}`"), help: Some(help), at: at() })
}

/// The help where no more can be told than where the parser stopped.
pub const LOOK_BEFORE: &str = "look before it: a comma, an operator or a word is missing or too many";

/// The keyword that a word was meant to be.
pub fn keyword(word: &str) -> Option<&'static str> {
    let is_one = KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word));
    if is_one || word.len() < 3 {
        return None;
    }
    // A letter is left out at the end more often than another one is written.
    let begins = |keyword: &&str| keyword.len() == word.len() + 1 && keyword[..word.len()].eq_ignore_ascii_case(word);
    word.is_ascii().then(|| KEYWORDS.into_iter().find(begins)).flatten().or_else(|| problem::nearest(word, KEYWORDS))
}

/// A function that is given what it does not take.
fn signature(message: &str) -> Option<Complaint> {
    let after = |words: &str| message.split_once(words).map(|(_, rest)| rest);
    if let Some(call) = after("argument types '").and_then(|rest| rest.split_once('\'')).map(|(call, _)| call) {
        let (name, given) = call.split_once('(')?;
        let given = given.strip_suffix(')').unwrap_or(given);
        let candidates: Vec<String> =
            after("Candidate functions:").map(|rest| candidates(rest, name)).unwrap_or_default();
        // What a function says itself of what it takes.
        let itself =
            after("coercion failed with: Error during planning: ").and_then(|rest| rest.split_once(". No function"));
        let help = match candidates.as_slice() {
            [] if itself.is_some_and(|(takes, _)| takes.starts_with("it takes ")) => {
                itself.map_or("", |(takes, _)| takes).to_owned()
            }
            [] if ["coalesce", "nvl", "ifnull", "nullif", "greatest", "least"].contains(&name) => {
                "give it values of one type, cast where needed, as in CAST(x AS DATE)".to_owned()
            }
            // One value: it is of the wrong type, or others are missing.
            [] if !given.replace(", ", ",").split(['(', ')']).step_by(2).any(|outer| outer.contains(',')) => {
                format!(
                    "cast it where needed, as in CAST(x AS DOUBLE); `forecastle functions {name}` tells what it takes"
                )
            }
            [] => format!("`forecastle functions {name}` tells how many it takes, and of which types"),
            several => format!("it takes {}", several.join(" or ")),
        };
        let message = match given {
            "" => format!("`{name}` needs arguments"),
            given => format!("`{name}` does not take ({})", sql_type::in_text(given)),
        };
        return Some(Complaint { message, help: Some(help), at: At::First(vec![name.to_owned()]) });
    }
    let name = after("Function '")?.split_once('\'').map(|(name, _)| name)?;
    let given = after("(DataType: ")?.split_once(')').map(|(given, _)| sql_type::in_text(given))?;
    let help = "give it values of other types, cast where needed, as in CAST(x AS DOUBLE)".to_owned();
    let message = format!("`{name}` does not take {given}");
    Some(Complaint { message, help: Some(help), at: At::First(vec![name.to_owned()]) })
}

/// The argument lists that a function takes, where they can be told in SQL's words.
fn candidates(listed: &str, name: &str) -> Vec<String> {
    let lists = listed.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')'));
    let told: Vec<String> = lists.map(|list| format!("({})", sql_type::in_text(list))).collect();
    let is_plain =
        |list: &String| list.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "(), ".contains(c));
    if told.len() <= 3 && told.iter().all(is_plain) { told } else { Vec::new() }
}

/// Two columns of one SELECT with one name.
fn same_name(message: &str) -> Option<Complaint> {
    let rest = message.strip_prefix("Projections require unique expression names")?;
    let second = rest.split('"').nth(3)?;
    let name = second.rsplit(" AS ").next().map(last_part).unwrap_or_default().to_owned();
    let help = "give one of them another name with AS".to_owned();
    Some(Complaint { message: format!("two columns are named `{name}`"), help: Some(help), at: At::Last(name) })
}

/// Two relations of one FROM with one name.
fn same_relation(message: &str) -> Option<Complaint> {
    let (relation, column) =
        message.strip_prefix("Schema contains duplicate qualified field name ")?.rsplit_once('.')?;
    let name = last_part(relation).to_owned();
    Some(Complaint {
        message: format!(
            "two relations of one FROM are called `{name}`, and both have a column `{}`",
            last_part(column)
        ),
        help: Some("give each an alias of its own, as in crm.deal AS was".to_owned()),
        at: At::First(vec![name]),
    })
}

/// The engine's message without its prefixes and without hints about its own settings.
fn clean(message: &str) -> String {
    let mut rest = message;
    for prefix in [
        "Internal error: ",
        "Error during planning: ",
        "SQL error: ",
        "Schema error: ",
        "External error: ",
        "This feature is not implemented: ",
        "ParserError(\"",
        "TokenizerError(\"",
        "Execution error: ",
        "Arrow error: ",
        "Optimizer rule 'type_coercion' failed",
        "type_coercion",
    ] {
        rest = rest.trim_start().strip_prefix(prefix).unwrap_or(rest);
    }
    rest.trim_end_matches("\")").split("\nbacktrace").next().unwrap_or(rest).replace("\\\"", "\"").trim().to_owned()
}

/// Splits ` at Line: 3, Column: 9` off a parser's message.
fn line_and_column(message: &str) -> Option<(&str, u64, u64)> {
    let at = message.find(" at Line: ").or_else(|| message.find(", Line: "))?;
    let rest = &message[at..];
    let number_after = |label: &str| {
        let digits = rest[rest.find(label)? + label.len()..].trim_start();
        digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse::<u64>().ok()
    };
    Some((&message[..at], number_after("Line: ")?, number_after("Column: ")?))
}

/// What stands between quotes of any kind.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split(['\'', '"', '`']).skip(1).step_by(2)
}

/// The words of a message that are not quoted.
fn without_quoted(message: &str) -> Vec<&str> {
    message.split('\'').step_by(2).flat_map(str::split_whitespace).collect()
}

/// `deal_id` of `crm.deal.deal_id`.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"')
}

fn lower_first(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let mut chars = text.chars();
    let is_abbreviation = text.chars().nth(1).is_some_and(char::is_uppercase);
    match chars.next() {
        Some(first) if !is_abbreviation => first.to_lowercase().collect::<String>() + chars.as_str(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> (String, String) {
        let Complaint { message, help, .. } = of_text(&clean(message));
        (message, help.unwrap_or_default())
    }

    #[test]
    fn a_parsers_complaint_names_what_stands_there_and_what_was_meant() {
        assert_eq!(
            told("SQL error: ParserError(\"Expected: end of statement, found: FORM at Line: 2, Column: 1\")"),
            ("expected the end of the statement, found `FORM`".to_owned(), "did you mean `FROM`?".to_owned())
        );
        assert_eq!(
            told("SQL error: ParserError(\"Expected: ), found: EOF at Line: 1, Column: 14\")"),
            ("expected `)`, but the SQL ends here".to_owned(), "close the parenthesis".to_owned())
        );
    }

    #[test]
    fn a_failure_over_values_tells_none_of_them() {
        let cast = |message: &str| of_values(&ArrowError::CastError(message.to_owned()));
        assert_eq!(cast("Cannot cast string 'Ann Smith' to value of Int32 type"), "a value cannot be cast to INTEGER");
        assert_eq!(cast("Can't cast value 4711 to type Date32"), "a value cannot be cast to DATE");
        assert_eq!(cast("value of 4711 is out of range Int32"), "a number is too large for INTEGER");
        assert_eq!(cast("Cannot cast 'to value of Ann' somehow"), "a value cannot be cast");
        assert_eq!(
            of_values(&ArrowError::ArithmeticOverflow("Overflow happened on: 4711 * 2".to_owned())),
            "a number became too large for its type"
        );
        assert_eq!(
            without_values("Error parsing timestamp from 'Ann' at 4711: wrong"),
            "Error parsing timestamp from … at … wrong"
        );
    }

    #[test]
    fn a_function_that_is_given_other_types_is_told_with_what_it_takes() {
        let engine = "Error during planning: Failed to coerce arguments to satisfy a call to 'days_between' function: coercion from Utf8, Date32 to the \
                      signature Exact(Date32, Date32) failed. No function matches the given name and argument types 'days_between(Utf8, Date32)'. You might \
                      need to add explicit type casts.\n\tCandidate functions:\n\tdays_between(Date32, Date32)";
        assert_eq!(
            told(engine),
            ("`days_between` does not take (TEXT, DATE)".to_owned(), "it takes (DATE, DATE)".to_owned())
        );
    }
}
