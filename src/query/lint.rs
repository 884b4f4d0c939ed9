//! What a statement says that the planner lets pass and nobody can have meant: a condition that is never true, a join
//! without one, a share that is always 0, a common table expression that nothing reads. And what the planner does not let
//! pass, but tells without a place.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Cte, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select, SelectItem, SetExpr,
    Spanned, TableFactor, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::Sql;
use crate::problem::Problem;

/// The remarks on a statement as it was written, before anything was put into it.
pub fn statement(query: &Query, sql: &Sql) -> Vec<Problem> {
    let mut linter = Linter { sql, scopes: Vec::new(), named: Vec::new(), found: Vec::new() };
    let _: ControlFlow<()> = query.visit(&mut linter);
    let Linter { named, mut found, .. } = linter;
    let read: BTreeSet<String> = names_read(query).iter().map(folded).collect();
    let unread = named.into_iter().filter(|name| !read.contains(&folded(name)));
    found.extend(unread.map(|name| {
        let message = format!("nothing reads `{}`", name.value);
        Problem::warning(sql.place_of(name.span), message).help("read it in FROM, or leave it out")
    }));
    found.sort_by_key(|problem| problem.place.span.start);
    found
}

struct Linter<'s> {
    sql: &'s Sql,
    /// The common table expressions of each query that is being looked at, outermost first.
    scopes: Vec<Vec<Ident>>,
    /// Those of all.
    named: Vec<Ident>,
    found: Vec<Problem>,
}

impl Linter<'_> {
    fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Problem::warning(self.sql.place_of(span), message).help(help));
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Problem::error(self.sql.place_of(span), message).help(help));
    }

    /// A common table expression of the name that an outer one has, which could be read here.
    fn hides(&mut self, name: &Ident) {
        let outer = self.scopes.iter().flatten().find(|outer| folded(outer) == folded(name));
        // Of those that are declared further down nothing is seen.
        let Some(outer) = outer.filter(|outer| outer.span.start < name.span.start) else { return };
        let (line, _) = self.sql.place_of(outer.span).line_column();
        let message = format!("`{}` is the name of an outer query already, in line {line}", name.value);
        self.refuse(name.span, message, "give one of them another name");
    }

    /// A common table expression that reads itself, though nothing says that it may.
    fn reads_itself(&mut self, table: &Cte) {
        let name = &table.alias.name;
        if let Some(read) = names_read(&table.query).iter().find(|read| folded(read) == folded(name)) {
            let help =
                format!("a query that reads itself is one of WITH RECURSIVE: `WITH RECURSIVE {} AS …`", read.value);
            self.refuse(read.span, format!("`{}` cannot be read here", read.value), help);
        }
    }

    /// More or fewer names than columns, where the columns are counted without a plan.
    fn names_others(&mut self, table: &Cte) {
        let SetExpr::Select(select) = table.query.body.as_ref() else { return };
        let is_one = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
        let (names, columns) = (&table.alias.columns, select.projection.len());
        let Some(last) = names.last() else { return };
        if names.len() != columns && select.projection.iter().all(is_one) {
            let at = names.get(columns).unwrap_or(last).name.span;
            let given = if names.len() == 1 { "name is" } else { "names are" };
            let message = format!("{} {given} given to columns, of which there are {columns}", names.len());
            self.refuse(at, message, "name each column, or none");
        }
    }
}

impl Visitor for Linter<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut names = Vec::new();
        for (with, table) in query.with.iter().flat_map(|with| with.cte_tables.iter().map(move |table| (with, table))) {
            self.hides(&table.alias.name);
            self.names_others(table);
            if !with.recursive {
                self.reads_itself(table);
            }
            names.push(table.alias.name.clone());
        }
        self.named.extend(names.iter().cloned());
        self.scopes.push(names);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for join in select.from.iter().flat_map(|from| &from.joins) {
            if is_without_condition(&join.join_operator) {
                let message = "this JOIN has no condition: each row meets every row of the other side";
                self.warn(name_of(&join.relation), message, "write ON …, or CROSS JOIN where that is meant");
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Divide, right } if is_count(left) && is_count(right) => {
                let message = "whole numbers divide into a whole number: 1 / 2 is 0";
                self.warn(expr.span(), message, "write ratio(a, b), which gives 0.5, and NULL where b is 0");
            }
            Expr::BinaryOp { left, op, right } => {
                if let (Some(meant), Some(null)) = (comparison(op), null(left).or_else(|| null(right))) {
                    self.warn(null, format!("`{op}` with NULL is never true"), format!("write {meant}"));
                }
            }
            Expr::InList { list, negated, .. } => {
                if let Some(null) = list.iter().find_map(null) {
                    let (message, help) = match negated {
                        true => ("NOT IN is never true with a NULL in its list", "leave NULL out of the list"),
                        false => ("IN never finds a NULL", "leave NULL out of the list and add OR … IS NULL"),
                    };
                    self.warn(null, message, help);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// What FROM names without a schema.
fn names_read(query: &Query) -> Vec<Ident> {
    struct Read(Vec<Ident>);

    impl Visitor for Read {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            if let TableFactor::Table { name: ObjectName(parts), .. } = factor
                && let [only] = parts.as_slice()
            {
                self.0.extend(only.as_ident().cloned());
            }
            ControlFlow::Continue(())
        }
    }

    let mut read = Read(Vec::new());
    let _ = query.visit(&mut read);
    read.0
}

/// What to write in place of a comparison with NULL.
fn comparison(operator: &BinaryOperator) -> Option<&'static str> {
    match operator {
        BinaryOperator::Eq => Some("IS NULL"),
        BinaryOperator::NotEq => Some("IS NOT NULL"),
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            Some("IS NULL or IS NOT NULL")
        }
        _ => None,
    }
}

fn is_without_condition(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Join(JoinConstraint::None)
            | JoinOperator::Inner(JoinConstraint::None)
            | JoinOperator::Left(JoinConstraint::None)
            | JoinOperator::LeftOuter(JoinConstraint::None)
            | JoinOperator::Right(JoinConstraint::None)
            | JoinOperator::RightOuter(JoinConstraint::None)
            | JoinOperator::FullOuter(JoinConstraint::None)
    )
}

/// Where a relation of FROM is named.
fn name_of(relation: &TableFactor) -> Span {
    match relation {
        TableFactor::Table { name, .. } => name.span(),
        TableFactor::Derived { alias: Some(alias), .. } => alias.name.span,
        other => other.span(),
    }
}

/// Whether an expression is a count and nothing else.
fn is_count(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_count(inner),
        Expr::Function(function) => function.over.is_none() && function.name.to_string().eq_ignore_ascii_case("count"),
        _ => false,
    }
}

/// Where NULL is written.
fn null(expr: &Expr) -> Option<Span> {
    match expr {
        Expr::Value(value) if value.value == Value::Null => Some(value.span),
        Expr::Nested(inner) => null(inner),
        _ => None,
    }
}

/// A name as it is compared: in lower case, unless it was quoted.
fn folded(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use crate::problem::SourceFile;
    use crate::query::{Sql, statement};

    fn warnings(text: &str) -> Vec<String> {
        let sql = Sql::file(&SourceFile::new("test.sql".to_owned(), text.to_owned()));
        let told = statement::parse(&sql).unwrap().warnings;
        told.iter().map(|found| format!("{}: {}", found.place.line_column().1, found.message)).collect()
    }

    fn refused(text: &str) -> String {
        let sql = Sql::file(&SourceFile::new("test.sql".to_owned(), text.to_owned()));
        let found = statement::parse(&sql).unwrap_err();
        format!("{}: {}", found.place.line_column().1, found.message)
    }

    #[test]
    fn a_comparison_with_null_is_never_true() {
        assert_eq!(
            warnings("SELECT 1 FROM crm.deal WHERE owner_id = NULL OR NULL <> stage OR amount > (NULL)"),
            ["41: `=` with NULL is never true", "49: `<>` with NULL is never true", "76: `>` with NULL is never true"]
        );
        assert_eq!(
            warnings("SELECT 1 FROM crm.deal WHERE stage NOT IN ('a', NULL) OR stage IN (NULL)"),
            ["49: NOT IN is never true with a NULL in its list", "68: IN never finds a NULL"]
        );
        assert_eq!(
            warnings("SELECT NULL AS a, coalesce(stage, NULL), CASE WHEN stage IS NULL THEN NULL END FROM crm.deal"),
            Vec::<String>::new()
        );
        assert_eq!(warnings("SELECT 1 FROM crm.deal WHERE stage IS DISTINCT FROM NULL"), Vec::<String>::new());
    }

    #[test]
    fn only_what_is_recursive_reads_itself() {
        assert_eq!(
            refused("WITH a AS (SELECT 1), n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM N) SELECT * FROM n, a"),
            "71: `N` cannot be read here"
        );
        // Done, it may be read by whoever comes after it.
        let fine = "WITH a AS (WITH n AS (SELECT 1 AS i) SELECT i FROM n), m AS (SELECT * FROM a) SELECT * FROM m, a";
        assert_eq!(warnings(fine), Vec::<String>::new());
    }

    #[test]
    fn a_join_has_a_condition() {
        assert_eq!(
            warnings("SELECT 1 FROM crm.deal AS d JOIN crm.account AS a LEFT JOIN (SELECT 1) AS b"),
            [
                "34: this JOIN has no condition: each row meets every row of the other side",
                "75: this JOIN has no condition: each row meets every row of the other side",
            ]
        );
        let fine = "SELECT 1 FROM a JOIN b ON a.x = b.x JOIN c USING (x) NATURAL JOIN d CROSS JOIN e, f";
        assert_eq!(warnings(fine), Vec::<String>::new());
    }

    #[test]
    fn a_share_of_counts_is_no_whole_number() {
        assert_eq!(
            warnings("SELECT count(*) FILTER (WHERE status = 'won') / (count(*)) AS rate FROM crm.deal"),
            ["8: whole numbers divide into a whole number: 1 / 2 is 0"]
        );
        assert_eq!(warnings("SELECT count(*) / 2, count(*) / 2.0, sum(x) / count(*) FROM t"), Vec::<String>::new());
    }

    #[test]
    fn a_common_table_expression_is_read_and_hides_no_other() {
        assert_eq!(warnings("WITH a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a"), ["23: nothing reads `b`"]);
        assert_eq!(
            refused("WITH a AS (SELECT 1), b AS (WITH A AS (SELECT 2) SELECT * FROM a) SELECT * FROM a, b"),
            "34: `A` is the name of an outer query already, in line 1"
        );
        assert_eq!(
            refused("WITH a (x, y, z) AS (SELECT 1, 2) SELECT * FROM a"),
            "15: 3 names are given to columns, of which there are 2"
        );
        assert_eq!(
            refused("WITH a (x) AS (SELECT 1, 2) SELECT * FROM a"),
            "9: 1 name is given to columns, of which there are 2"
        );
        assert_eq!(
            warnings("WITH a (x) AS (SELECT * FROM t), b (x) AS (SELECT 1) SELECT * FROM a, b"),
            Vec::<String>::new()
        );
        let fine = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3), m AS (SELECT * FROM N) \
                    SELECT * FROM m WHERE i IN (SELECT i FROM n)";
        assert_eq!(warnings(fine), Vec::<String>::new());
        // A table of a schema is another one.
        assert_eq!(warnings("WITH deal AS (SELECT 1) SELECT * FROM crm.deal"), ["6: nothing reads `deal`"]);
    }
}
