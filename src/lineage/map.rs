//! What a declared table's columns come from in a source's export, as its map is written.

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::{Expr, Visit, Visitor, visit_expressions};
use std::ops::ControlFlow;

use super::{Direct, Field, How, Indirect, Inputs, Lineage};
use crate::project::Source;

/// Traces every mapped column to columns of the export, which is called `export`.
pub fn trace(source: &Source, export: &str) -> Lineage {
    let written = source.map.iter().chain(source.rows.iter().flat_map(|row| &row.map));
    let mut columns: Vec<(String, Inputs)> = Vec::new();
    for (column, text) in written {
        let inputs = value(text, export);
        match columns.iter_mut().find(|(known, _)| known == column) {
            Some((_, known)) => known.extend(inputs),
            None => columns.push((column.clone(), inputs)),
        }
    }
    columns.sort();
    let mut rows = Inputs::from([(Field::rows(export), How::Direct(Direct::Identity))]);
    for condition in source.condition.iter().chain(source.rows.iter().filter_map(|row| row.condition.as_ref())) {
        rows.extend(value(condition, export).into_iter().map(|(field, _)| (field, How::Indirect(Indirect::Filter))));
    }
    Lineage { columns, rows }
}

/// A value of a map: a header, or an expression over headers. What is no expression can only be a header.
fn value(text: &str, export: &str) -> Inputs {
    let parsed = DFParserBuilder::new(text).build().and_then(|mut parser| parser.parse_into_expr());
    match parsed {
        Ok(parsed) => {
            let how = match parsed.expr {
                Expr::Identifier(_) => How::Direct(Direct::Identity),
                _ => How::Direct(Direct::Transformation),
            };
            let mut reads = Reads { conditions: conditions(&parsed.expr), how, export, inputs: Inputs::new() };
            let _ = Visit::visit(&parsed.expr, &mut reads);
            reads.inputs
        }
        Err(_) => Inputs::from([(Field::column(export, text.trim()), How::Direct(Direct::Identity))]),
    }
}

/// Gathers the headers that an expression names.
struct Reads<'e> {
    /// Identifiers that stand in the condition of a CASE, as the parser found them.
    conditions: Vec<Expr>,
    how: How,
    export: &'e str,
    inputs: Inputs,
}

impl Visitor for Reads<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if let Expr::Identifier(name) = expression {
            let is_condition = self.conditions.iter().any(|condition| match condition {
                Expr::Identifier(other) => other.span == name.span,
                _ => false,
            });
            let how = if is_condition { How::Indirect(Indirect::Conditional) } else { self.how };
            self.inputs.insert((Field::column(self.export, &name.value), how));
        }
        ControlFlow::Continue(())
    }
}

/// Every identifier within the conditions of a CASE.
fn conditions(expression: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    let _ = visit_expressions(expression, |part: &Expr| {
        if let Expr::Case { operand, conditions, .. } = part {
            for condition in operand.iter().map(AsRef::as_ref).chain(conditions.iter().map(|when| &when.condition)) {
                let _ = visit_expressions(condition, |inner: &Expr| {
                    if matches!(inner, Expr::Identifier(_)) {
                        found.push(inner.clone());
                    }
                    ControlFlow::<()>::Continue(())
                });
            }
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        value(text, "export").into_iter().map(|(field, how)| format!("{field} {}", how.word())).collect()
    }

    #[test]
    fn a_header_is_taken_as_it_is_and_an_expression_changes_what_it_names() {
        assert_eq!(told("Id"), ["export.Id identity"]);
        assert_eq!(told("Deal Name"), ["export.Deal Name identity"]);
        assert_eq!(told("number(Amount) / 100"), ["export.Amount transformation"]);
        assert_eq!(told("'USD'"), [""; 0]);
        assert_eq!(
            told("CASE WHEN is_true(IsWon) THEN \"Close Date\" ELSE CASE Stage WHEN 'x' THEN Stage END END"),
            [
                "export.Close Date transformation",
                "export.IsWon conditional",
                "export.Stage transformation",
                "export.Stage conditional"
            ]
        );
    }
}
