//! What changed of a declared table, column by column, as a relation over its history.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::datasource::TableType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident};
use datafusion::physical_plan::ExecutionPlan;

use super::DeclaredTable;
use crate::lake;

/// The name of the changed column; the other one where the key has a column `column_name` itself.
const COLUMN_NAME: [&str; 2] = ["column_name", "changed_column"];

/// One row is a change of a row: `added` and `gone` once, `changed` for each of its columns, with both values as text.
pub fn schema(table: &DeclaredTable) -> SchemaRef {
    let columns = lake::as_read(&table.schema());
    let mut fields: Vec<_> = table.key.iter().map(|at| Arc::clone(&columns.fields()[*at])).collect();
    let behind_key = [
        ("changed_on", DataType::Date32),
        ("change", DataType::Utf8),
        (column_name(table), DataType::Utf8),
        ("value_before", DataType::Utf8),
        ("value_after", DataType::Utf8),
    ];
    fields.extend(behind_key.map(|(name, data_type)| Arc::new(Field::new(name, data_type, true))));
    Arc::new(Schema::new(fields))
}

fn column_name(table: &DeclaredTable) -> &'static str {
    let is_in_key = table.key.iter().any(|at| table.columns[*at].name == COLUMN_NAME[0]);
    COLUMN_NAME[usize::from(is_in_key)]
}

/// A table's changes; planned when somebody reads it.
#[derive(Debug)]
pub struct Changes {
    schema: SchemaRef,
    sql: String,
}

impl Changes {
    /// Over the relation `<table>_history`, which is to be registered too.
    pub fn new(table: &DeclaredTable) -> Self {
        Self { schema: schema(table), sql: sql(table) }
    }
}

#[async_trait]
impl TableProvider for Changes {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(state) = session.as_any().downcast_ref::<SessionState>() else {
            return plan_err!("changes cannot be read in this session");
        };
        let plan = state.create_logical_plan(&self.sql).await?;
        let plan = match projection {
            Some(wanted) => {
                let names = wanted.iter().map(|at| ident(self.schema.field(*at).name()));
                LogicalPlanBuilder::from(plan).project(names)?.build()?
            }
            None => plan,
        };
        state.create_physical_plan(&plan).await
    }
}

/// Each version beside the one that ended when it began; what differs between the two as one row a column.
///
/// Whatever a table calls its columns, they are told from those that are put beside them here.
fn sql(table: &DeclaredTable) -> String {
    let history = lake::history_as_read(&table.schema());
    let columns = history.fields().len();
    let (from, to) = (history.field(columns - 2).name(), history.field(columns - 1).name());
    let key: Vec<&str> = table.key.iter().map(|at| table.columns[*at].name.as_str()).collect();
    let values = table.columns.iter().map(|column| column.name.as_str()).filter(|name| !key.contains(name));
    let values: Vec<&str> = values.collect();

    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let own = |name: &str| quoted(&format!("forecastle.{name}"));
    let was = |name: &str| own(&format!("was.{name}"));
    let now = |name: &str| own(&format!("now.{name}"));
    let (had_before, has_after, entry) = (own("had_before"), own("has_after"), own("entry"));
    let each = |names: &[&str], of: &dyn Fn(&str) -> String| names.iter().map(|name| of(name)).collect::<Vec<_>>();
    let mut paired = each(&key, &|name| format!("coalesce(now.{0}, was.{0}) AS {0}", quoted(name)));
    paired.extend(each(&values, &|name| format!("was.{0} AS {1}, now.{0} AS {2}", quoted(name), was(name), now(name))));
    let same_key = each(&key, &|name| format!("now.{0} = was.{0}", quoted(name))).join(" AND ");
    let made = |when: &str, change: &str, column: &str, before: &str, after: &str| {
        format!(
            "CASE WHEN {when} THEN named_struct('change', '{change}', 'name', CAST({column} AS TEXT), 'before', \
             CAST({before} AS TEXT), 'after', CAST({after} AS TEXT)) END"
        )
    };
    let mut entries = vec![
        made(&format!("NOT {had_before}"), "added", "NULL", "NULL", "NULL"),
        made(&format!("NOT {has_after}"), "gone", "NULL", "NULL", "NULL"),
    ];
    entries.extend(each(&values, &|name| {
        let (was, now) = (was(name), now(name));
        let differs = format!("{had_before} AND {has_after} AND {was} IS DISTINCT FROM {now}");
        made(&differs, "changed", &format!("'{}'", name.replace('\'', "''")), &was, &now)
    }));
    format!(
        "WITH pair AS (\n\
           SELECT {paired}, coalesce(now.{from}, was.{to}) AS changed_on,\n\
             was.{from} IS NOT NULL AS {had_before}, now.{from} IS NOT NULL AS {has_after}\n\
           FROM {name}_history AS now\n\
           FULL JOIN (SELECT * FROM {name}_history WHERE {to} IS NOT NULL) AS was\n\
             ON {same_key} AND now.{from} = was.{to}\n\
         ),\n\
         change AS (SELECT {key}, changed_on, unnest(make_array({entries})) AS {entry} FROM pair)\n\
         SELECT {key}, changed_on, {entry}['change'] AS change, {entry}['name'] AS {column_name},\n\
           {entry}['before'] AS value_before, {entry}['after'] AS value_after\n\
         FROM change WHERE {entry} IS NOT NULL",
        paired = paired.join(", "),
        name = table.name,
        key = each(&key, &quoted).join(", "),
        entries = entries.join(",\n"),
        column_name = column_name(table),
    )
}
