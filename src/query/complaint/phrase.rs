//! Single sentences of the engine, each in the words of the product.

use super::{At, Complaint, last_part, quoted};
use crate::sql_type;

/// The complaint that a sentence stands for, if it is one of these.
pub(super) fn of(message: &str) -> Option<Complaint> {
    unknown_syntax(message).or_else(|| of_columns(message)).or_else(|| of_types(message)).or_else(|| of_shape(message))
}

fn complaint(message: impl Into<String>, help: &str, at: At) -> Complaint {
    Complaint { message: message.into(), help: Some(help.to_owned()), at }
}

fn first(word: &str) -> At {
    At::First(vec![word.to_owned()])
}

/// What stands between two texts.
fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inner, _)| inner))
}

/// SQL of other engines, which the parser takes and the planner tells as a tree.
fn unknown_syntax(message: &str) -> Option<Complaint> {
    let lower = message.to_lowercase();
    if lower.starts_with("unsupported ast node") || lower.starts_with("unsupported sqlexpr") {
        let node = message
            .split([' ', ':'])
            .find(|word| word.starts_with(char::is_uppercase) && !["Unsupported", "AST", "SQL"].contains(word));
        let (word, help) = match node.unwrap_or_default() {
            "Pivot" => {
                ("PIVOT", "write a column for each value, as in sum(amount) FILTER (WHERE stage = 'Won') AS won")
            }
            "Unpivot" => ("UNPIVOT", "put one SELECT for each column together with UNION ALL"),
            "RLike" => ("REGEXP", "write regexp_like(text, pattern)"),
            "Convert" => ("CONVERT", "write CAST(x AS type)"),
            _ => {
                let help = "look for a form of another database; `forecastle functions` lists what can be called";
                return Some(complaint("this form of SQL is not known here", help, At::Start));
            }
        };
        return Some(complaint(format!("{word} is not known here"), help, first(word)));
    }
    if message == "TOP" {
        return Some(complaint("TOP is not known here", "write LIMIT behind all of the statement", first("TOP")));
    }
    if let Some(parts) = message.strip_prefix("compound identifier: ").or(message.strip_prefix("Compound identifier: "))
    {
        let names: Vec<&str> = quoted(parts).collect();
        let at = names.first().map_or(At::Start, |name| first(name));
        let help = "write schema.table.column, or the table's alias and the column";
        return Some(complaint(format!("`{}` has too many parts", names.join(".")), help, at));
    }
    if lower.starts_with("dot access not supported") {
        let field = between(message, "value: \"", "\"").unwrap_or_default();
        let help = format!("write it in brackets, as in value['{field}']");
        return Some(complaint("a field of a value is not taken with a point", &help, first(field)));
    }
    if lower.starts_with("unexpected eof while in a multi-line comment") {
        return Some(complaint("a comment is not closed", "end it with */", At::End));
    }
    if lower.starts_with("expected close delimiter '\"'") {
        let help = "a name ends with `\"`; look for the quote that has no partner, perhaps on an earlier line";
        return Some(complaint("a name in quotes is not closed", help, At::End));
    }
    None
}

/// Columns by their number, and those that are not there where they are needed.
fn of_columns(message: &str) -> Option<Complaint> {
    let by_number = |number: &str, most: &str| {
        let (noun, range) = if most == "1" { ("column", "1".to_owned()) } else { ("columns", format!("1 to {most}")) };
        let help = format!("write {range}, or the column's name");
        let said = format!("there is no column {number} to go by: the SELECT has {most} {noun}");
        Some(complaint(said, &help, At::Last(number.to_owned())))
    };
    if let Some(rest) = message.strip_prefix("Cannot find column with position ") {
        return by_number(rest.split(' ').next()?, rest.rsplit(' ').next()?.trim_end_matches('.'));
    }
    if let Some(rest) = message.strip_prefix("Order by column out of bounds, specified: ") {
        return by_number(rest.split(',').next()?, rest.rsplit(' ').next()?);
    }
    if let Some(column) = between(message, "For SELECT DISTINCT, ORDER BY expressions ", " must appear in select list")
    {
        let name = last_part(column);
        let help = "add it to the SELECT, or sort by a column that is there";
        let said = format!("SELECT DISTINCT does not give `{name}`, by which the rows are to be sorted");
        return Some(complaint(said, help, At::Last(name.to_owned())));
    }
    if message.starts_with("Too many columns! The subquery should only return one column") {
        let help = "name the one column that is meant";
        let at = At::Last("select".to_owned());
        return Some(complaint("a subquery in the place of a value has one column", help, at));
    }
    if message.starts_with("Inconsistent data length across values list: ") {
        let numbers: Vec<&str> = message.split(' ').filter(|word| word.parse::<usize>().is_ok()).collect();
        let [got, _, wanted] = numbers[..] else { return None };
        let said = format!("a row of VALUES has {got}, and the first one has {wanted}");
        return Some(complaint(said, "give each row as many values, NULL where there is none", first("values")));
    }
    if let Some(name) = between(message, "WITH query name \"", "\" specified more than once") {
        let said = format!("two queries of WITH are named `{name}`");
        return Some(complaint(said, "name one of them otherwise", At::Last(name.to_owned())));
    }
    if let Some(rest) = message.strip_prefix("Source table contains ") {
        let counts: Vec<&str> = rest.split(' ').filter(|word| word.parse::<usize>().is_ok()).collect();
        let [has, named] = counts[..] else { return None };
        let said = format!("an alias names {named} columns, and there are {has}");
        return Some(complaint(said, "name each column behind the alias, or none", At::Start));
    }
    if let Some(name) = between(message, "The window ", " is not defined") {
        let help = format!("define it behind HAVING, as in WINDOW {name} AS (PARTITION BY stage ORDER BY created_on)");
        return Some(complaint(format!("there is no window `{name}`"), &help, first(name)));
    }
    None
}

fn of_types(message: &str) -> Option<Complaint> {
    if let Some(types) = between(message, "There isn't a common type to coerce ", " in LIKE expression") {
        let said = format!("LIKE does not take {}", sql_type::in_text(types));
        return Some(complaint(
            said,
            "it compares texts; cast the other, as in CAST(amount AS TEXT) LIKE '5%'",
            first("like"),
        ));
    }
    if let Some(name) = message.strip_prefix("Unsupported SQL type ") {
        let help = "there are TEXT, BIGINT, INTEGER, DOUBLE, DECIMAL(18, 4), BOOLEAN, DATE, TIMESTAMP and TIME";
        return Some(complaint(format!("there is no type `{name}`"), help, first(name)));
    }
    if message.starts_with("unnest() can only be applied to ") {
        return Some(complaint(
            "`unnest` takes a list",
            "make one of a text with string_to_array(text, ',')",
            first("unnest"),
        ));
    }
    for word in ["LIMIT", "OFFSET"] {
        if message.starts_with(&format!("Expected {word} to be an integer")) {
            return Some(complaint(format!("{word} takes a whole number"), "write one without quotes", first(word)));
        }
    }
    if let Some(rest) = message.strip_prefix("Cannot create filter with non-boolean predicate ") {
        let is = rest
            .rsplit_once(" returning ")
            .map_or_else(String::new, |(_, of)| format!(", and this is {}", sql_type::in_text(of)));
        let said = format!("a condition is TRUE or FALSE{is}");
        let at = At::First(["where", "having", "qualify", "on"].map(str::to_owned).to_vec());
        return Some(complaint(said, "compare it with something, as in stage = 'Won'", at));
    }
    None
}

/// What stands where it cannot be computed.
fn of_shape(message: &str) -> Option<Complaint> {
    if message.starts_with("Aggregate function calls cannot be nested") {
        let help = "compute the inner one in a subquery or in WITH, and aggregate what it gives";
        let at = At::First(["sum", "avg", "max", "min", "count", "median"].map(str::to_owned).to_vec());
        return Some(complaint("an aggregate cannot stand in another one", help, at));
    }
    if let Some(expression) = message.strip_prefix("Physical plan does not support logical expression ") {
        if expression.starts_with("WindowFunction") {
            return Some(window_in_condition(None));
        }
        let help =
            "write it as a JOIN; to take one of several rows, use min(), max() or first_value() in place of LIMIT";
        return Some(complaint(
            "a subquery that reads from around it cannot be computed in this form",
            help,
            At::Start,
        ));
    }
    None
}

/// A window function in WHERE or HAVING.
pub fn window_in_condition(name: Option<&str>) -> Complaint {
    let called = name.map_or_else(|| "a window function".to_owned(), |name| format!("the window function `{name}`"));
    let help = "put the condition into QUALIFY, behind WHERE, GROUP BY and HAVING";
    complaint(
        format!("{called} cannot stand in a condition: windows come after WHERE and HAVING"),
        help,
        name.map_or(At::Start, first),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_the_parser_is_never_shown() {
        let told = of(
            "Unsupported ast node in sqltorel: RLike { negated: false, expr: Identifier(Ident { value: \"stage\" }) }",
        );
        assert_eq!(told.map(|told| told.message).as_deref(), Some("REGEXP is not known here"));
        let told = of("Unsupported ast node Pivot { table: Table { name: ObjectName([Identifier(Ident)]) } }");
        assert_eq!(told.map(|told| told.message).as_deref(), Some("PIVOT is not known here"));
        let told = of("Unsupported ast node in sqltorel: Lambda { params: One(Ident) }");
        assert_eq!(told.map(|told| told.message).as_deref(), Some("this form of SQL is not known here"));
    }

    #[test]
    fn a_column_by_number_is_told_with_how_many_there_are() {
        let told = of("Order by column out of bounds, specified: 5, max: 1").unwrap();
        assert_eq!(told.message, "there is no column 5 to go by: the SELECT has 1 column");
        let told = of("Cannot find column with position 3 in SELECT clause. Valid columns: 1 to 2").unwrap();
        assert_eq!(told.help.as_deref(), Some("write 1 to 2, or the column's name"));
    }
}
