//! The engine's types by the names that SQL has for them.

use arrow::datatypes::DataType;

/// A type by its name in SQL.
pub fn of(data_type: &DataType) -> String {
    in_text(&data_type.to_string())
}

/// A text of the engine with SQL's names in the place of its own types.
pub fn in_text(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 {
            told.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        rest = after;
        if matches!(word, "List" | "LargeList")
            && let Some((item, after)) = in_parentheses(rest)
        {
            told.push_str(&in_text(item.trim_start_matches("non-null ")));
            told.push_str("[]");
            rest = after;
            continue;
        }
        told.push_str(match word {
            "Utf8" | "Utf8View" | "LargeUtf8" => "TEXT",
            "Boolean" => "BOOLEAN",
            "Date32" | "Date64" => "DATE",
            "Int8" | "Int16" | "Int32" | "UInt8" | "UInt16" => "INTEGER",
            "Int64" | "UInt32" | "UInt64" => "BIGINT",
            "Float32" | "Float64" => "DOUBLE",
            "Interval" => "INTERVAL",
            "Time32" | "Time64" => "TIME",
            "Timestamp" => "TIMESTAMP",
            "Null" => "NULL",
            "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => "DECIMAL",
            other => other,
        });
        // How exact a moment is, or which interval, is the engine's own affair.
        if matches!(word, "Timestamp" | "Interval" | "Time32" | "Time64")
            && let Some((_, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'))
        {
            rest = after;
        }
    }
    told
}

/// What stands in the parentheses that a text begins with, and what follows them.
fn in_parentheses(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('(')?;
    let mut open = 1;
    let end = inside.find(|c: char| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open == 0
    })?;
    Some((&inside[..end], &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_sql() {
        assert_eq!(in_text("Utf8, Date32"), "TEXT, DATE");
        assert_eq!(in_text("Decimal128(18, 4)"), "DECIMAL(18, 4)");
        assert_eq!(in_text("cannot cast Timestamp(µs) to Interval(MonthDayNano)"), "cannot cast TIMESTAMP to INTERVAL");
        assert_eq!(of(&DataType::Boolean), "BOOLEAN");
        assert_eq!(in_text("(Int64, List(Decimal128(2, 1)), Utf8)"), "(BIGINT, DECIMAL(2, 1)[], TEXT)");
        assert_eq!(of(&DataType::new_list(DataType::Float64, true)), "DOUBLE[]");
        assert_eq!(of(&DataType::new_list(DataType::new_list(DataType::Utf8, false), true)), "TEXT[][]");
    }
}
