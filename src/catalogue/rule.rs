//! The rules of a model's front matter, each as the SELECT whose rows are its offenders.

use std::fmt::Display;
use std::sync::Arc;

use crate::lake::TableName;
use crate::path;
use crate::problem::Problem;
use crate::project::{Between, ColumnCheck, RowCount};
use crate::query::{Checked, Shorthands, Sql, statement};
use crate::yaml::Document;

use super::check::{Check, Measure, Subject};

/// What a rule asks, in SQL.
#[derive(Default)]
struct Asked {
    /// What stands behind the model in the check's name: `unique(deal_id)`.
    label: String,
    /// Its rows are offenders; of a measure it gives one row with one number.
    text: String,
    /// For a rule that looks at one row at a time: what offenders meet.
    condition: Option<String>,
    measure: Option<Measure>,
    /// A column that must hold days.
    day_column: Option<String>,
    /// For a rule that any column can be asked: which.
    needs_only: Option<Vec<String>>,
}

/// Reads the rule at an index of `checks`.
pub fn check(
    model: &TableName,
    rule: &ColumnCheck,
    document: &Arc<Document>,
    index: usize,
    checked: &Checked,
) -> Result<Check, Problem> {
    let here = path!["checks", index].to_vec();
    let wrong = |(message, help): (String, &str)| Problem::error(document.place(&here), message).help(help);
    let Asked { label, text, condition, measure, day_column, needs_only } = asked(model, rule).map_err(wrong)?;
    // The engine's complaints about this SQL are about the rule: they are shown there. An expression stands in it last.
    let sql = match rule.expression.as_deref().and_then(|own| Some((text.rfind(own)?, own.len()))) {
        Some((at, length)) => {
            Sql::around(&text, at..at + length, document, path!["checks", index, "expression"].to_vec())
        }
        None => Sql::rule(&text, document, here.clone()),
    };
    // Of what a person wrote in it the places are told, which a text alone does not give.
    let selection = match rule.expression {
        Some(_) => statement::parse(&sql)?,
        None => statement::parse_known(&sql, Shorthands::NONE, checked)?,
    };
    Ok(Check {
        name: format!("{model}/{label}"),
        description: None,
        gravity: rule.severity,
        subject: Subject::Model(model.clone()),
        sql,
        selection,
        condition,
        measure,
        day_column,
        needs_only,
    })
}

fn asked(model: &TableName, rule: &ColumnCheck) -> Result<Asked, (String, &'static str)> {
    let mut found = [
        rule.unique.as_deref().map(|columns| unique(model, columns)),
        rule.not_null.as_deref().map(|columns| not_null(model, columns)),
        rule.between.as_ref().map(|rule| between(model, rule)),
        rule.accepted.as_ref().map(|rule| {
            let values: Vec<String> = rule.values.iter().map(|value| literal(value)).collect();
            let condition = format!("{} NOT IN ({})", quoted(&rule.column), values.join(", "));
            Ok(of_row(model, format!("accepted({})", rule.column), condition))
        }),
        rule.expression.as_ref().map(|condition| {
            // In brackets and with the end of its line: a comment cannot take the bracket.
            Ok(of_row(model, format!("expression({condition})"), format!("NOT ({condition}\n)")))
        }),
        rule.references.as_ref().map(|rule| {
            let (column, key) = (quoted(&rule.column), quoted(rule.key.as_ref().unwrap_or(&rule.column)));
            let known = format!("SELECT {key} FROM {} WHERE {key} IS NOT NULL", rule.table);
            Ok(Asked {
                label: format!("references({})", rule.column),
                text: format!("SELECT * FROM {model} WHERE {column} IS NOT NULL AND {column} NOT IN ({known})"),
                ..Asked::default()
            })
        }),
        rule.freshness.as_ref().map(|rule| {
            let newest = format!("max(CAST({} AS DATE))", quoted(&rule.column));
            let stale = format!("{newest} IS NULL OR days_between({newest}, current_date) > {}", rule.days);
            Ok(Asked {
                label: format!("freshness({})", rule.column),
                text: format!("SELECT {newest} AS newest FROM {model} HAVING {stale}"),
                day_column: Some(rule.column.to_lowercase()),
                ..Asked::default()
            })
        }),
        rule.row_count.as_ref().map(|rule| row_count(model, rule)),
        rule.null_share.as_ref().map(|rule| {
            let column = quoted(&rule.column);
            let share = format!("CAST(count(*) - count({column}) AS DOUBLE) / CAST(nullif(count(*), 0) AS DOUBLE)");
            Ok(Asked {
                label: format!("null_share({})", rule.column),
                text: format!("SELECT {share} AS measured FROM {model}"),
                measure: Some(Measure::NullShare { rise: rule.rise.0 }),
                ..Asked::default()
            })
        }),
    ]
    .into_iter()
    .flatten();
    match (found.next(), found.next()) {
        (Some(asked), None) => asked,
        _ => Err((
            "a check needs exactly one rule".to_owned(),
            "write one of `unique: [..]`, `not_null: [..]`, `between: {column, min, max}`, `accepted: {column, values}`, \
             `references: {column, table, key}`, `expression: ..`, `freshness: {column, days}`, \
             `row_count: {min, max, drop, grow}`, `null_share: {column, rise}`",
        )),
    }
}

fn unique(model: &TableName, columns: &[String]) -> Result<Asked, (String, &'static str)> {
    let listed = listed("unique", columns)?;
    Ok(Asked {
        label: format!("unique({})", columns.join(", ")),
        text: format!("SELECT {listed}, count(*) AS occurrences FROM {model} GROUP BY {listed} HAVING count(*) > 1"),
        needs_only: Some(columns.to_vec()),
        ..Asked::default()
    })
}

fn not_null(model: &TableName, columns: &[String]) -> Result<Asked, (String, &'static str)> {
    listed("not_null", columns)?;
    let conditions: Vec<String> = columns.iter().map(|column| format!("{} IS NULL", quoted(column))).collect();
    let asked = of_row(model, format!("not_null({})", columns.join(", ")), conditions.join(" OR "));
    Ok(Asked { needs_only: Some(columns.to_vec()), ..asked })
}

fn between(model: &TableName, rule: &Between) -> Result<Asked, (String, &'static str)> {
    let column = quoted(&rule.column);
    let (min, max) = (rule.min.as_ref(), rule.max.as_ref());
    in_order("between", min.map(|min| (min, min.as_f64())), max.map(|max| (max, max.as_f64())))?;
    let below = min.map(|min| format!("{column} < {min}"));
    let above = max.map(|max| format!("{column} > {max}"));
    let bounds: Vec<String> = below.into_iter().chain(above).collect();
    match bounds.is_empty() {
        true => Err(("`between` needs a bound".to_owned(), "add `min:` or `max:`")),
        false => Ok(of_row(model, format!("between({})", rule.column), bounds.join(" OR "))),
    }
}

/// Bounds, as they are written and as numbers, between which something lies.
fn in_order<T: Display, N: PartialOrd>(
    rule: &str,
    min: Option<(T, N)>,
    max: Option<(T, N)>,
) -> Result<(), (String, &'static str)> {
    match (min, max) {
        (Some((min, least)), Some((max, most))) if least > most => {
            Err((format!("`{rule}` lets nothing pass: `min: {min}` is above `max: {max}`"), "change them over"))
        }
        _ => Ok(()),
    }
}

fn row_count(model: &TableName, rule: &RowCount) -> Result<Asked, (String, &'static str)> {
    in_order("row_count", rule.min.map(|min| (min, min)), rule.max.map(|max| (max, max)))?;
    let below = rule.min.map(|min| format!("count(*) < {min}"));
    let above = rule.max.map(|max| format!("count(*) > {max}"));
    let bounds: Vec<String> = below.into_iter().chain(above).collect();
    let share = |share: Option<crate::project::Share>| share.map(|share| share.0);
    let (drop, grow) = (share(rule.drop), share(rule.grow));
    let label = "row_count".to_owned();
    match (bounds.is_empty(), drop.is_none() && grow.is_none()) {
        (true, true) => Err(("`row_count` needs a bound".to_owned(), "add `min:`, `max:`, `drop:` or `grow:`")),
        (false, false) => Err((
            "`row_count` is held against fixed bounds or against the days before, and this says both".to_owned(),
            "write two checks, one with `min:` and `max:`, the other with `drop:` and `grow:`",
        )),
        (false, true) => Ok(Asked {
            label,
            text: format!("SELECT count(*) AS row_count FROM {model} HAVING {}", bounds.join(" OR ")),
            ..Asked::default()
        }),
        (true, false) => Ok(Asked {
            label: "row_count(median)".to_owned(),
            text: format!("SELECT CAST(count(*) AS DOUBLE) AS measured FROM {model}"),
            measure: Some(Measure::RowCount { drop, grow }),
            ..Asked::default()
        }),
    }
}

/// A rule that looks at one row at a time.
fn of_row(model: &TableName, label: String, condition: String) -> Asked {
    let text = format!("SELECT * FROM {model} WHERE {condition}");
    Asked { label, text, condition: Some(condition), ..Asked::default() }
}

fn listed(kind: &str, columns: &[String]) -> Result<String, (String, &'static str)> {
    match columns.is_empty() {
        true => Err((format!("`{kind}` names no column"), "name at least one")),
        false => Ok(columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")),
    }
}

fn quoted(column: &str) -> String {
    format!("\"{}\"", column.to_lowercase().replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
