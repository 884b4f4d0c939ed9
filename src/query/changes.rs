//! What changed of a declared table, column by column, as a relation over its history.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::datasource::TableType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col};
use datafusion::physical_plan::ExecutionPlan;

use super::DeclaredTable;
use crate::lake;

/// The columns behind those of the key.
const BEHIND_KEY: [(&str, DataType); 5] = [
    ("changed_on", DataType::Date32),
    ("change", DataType::Utf8),
    ("column_name", DataType::Utf8),
    ("value_before", DataType::Utf8),
    ("value_after", DataType::Utf8),
];

/// One row is a change of a row: `added` and `gone` once, `changed` for each of its columns, with both values as text.
pub fn schema(table: &DeclaredTable) -> SchemaRef {
    let columns = lake::as_read(&table.schema());
    let mut fields: Vec<_> = table.key.iter().map(|at| Arc::clone(&columns.fields()[*at])).collect();
    fields.extend(BEHIND_KEY.map(|(name, data_type)| Arc::new(Field::new(name, data_type, true))));
    Arc::new(Schema::new(fields))
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
                let names = wanted.iter().map(|at| col(format!("\"{}\"", self.schema.field(*at).name())));
                LogicalPlanBuilder::from(plan).project(names)?.build()?
            }
            None => plan,
        };
        state.create_physical_plan(&plan).await
    }
}

/// Each version beside the one that ended when it began; what differs between the two as one row a column.
fn sql(table: &DeclaredTable) -> String {
    let history = lake::history_as_read(&table.schema());
    let columns = history.fields().len();
    let (from, to) = (history.field(columns - 2).name(), history.field(columns - 1).name());
    let key: Vec<&str> = table.key.iter().map(|at| table.columns[*at].name.as_str()).collect();
    let values = table.columns.iter().map(|column| column.name.as_str()).filter(|name| !key.contains(name));
    let values: Vec<&str> = values.collect();

    let joined = |parts: Vec<String>, by: &str| parts.join(by);
    let each = |names: &[&str], of: &dyn Fn(&str) -> String| names.iter().map(|name| of(name)).collect::<Vec<_>>();
    let mut paired = each(&key, &|name| format!("coalesce(now.\"{name}\", was.\"{name}\") AS \"{name}\""));
    paired.extend(each(&values, &|name| format!("was.\"{name}\" AS \"was {name}\", now.\"{name}\" AS \"now {name}\"")));
    let same_key = joined(each(&key, &|name| format!("now.\"{name}\" = was.\"{name}\"")), " AND ");
    let entry = |when: &str, change: &str, column: &str, before: &str, after: &str| {
        format!(
            "CASE WHEN {when} THEN named_struct('change', '{change}', 'name', CAST({column} AS TEXT), 'before', \
             CAST({before} AS TEXT), 'after', CAST({after} AS TEXT)) END"
        )
    };
    let mut entries = vec![
        entry("NOT had_before", "added", "NULL", "NULL", "NULL"),
        entry("NOT has_after", "gone", "NULL", "NULL", "NULL"),
    ];
    entries.extend(each(&values, &|name| {
        let differs = format!("had_before AND has_after AND \"was {name}\" IS DISTINCT FROM \"now {name}\"");
        entry(&differs, "changed", &format!("'{name}'"), &format!("\"was {name}\""), &format!("\"now {name}\""))
    }));
    let key = joined(each(&key, &|name| format!("\"{name}\"")), ", ");
    format!(
        "WITH pair AS (\n\
           SELECT {paired}, coalesce(now.\"{from}\", was.\"{to}\") AS changed_on,\n\
             was.\"{from}\" IS NOT NULL AS had_before, now.\"{from}\" IS NOT NULL AS has_after\n\
           FROM {name}_history AS now\n\
           FULL JOIN (SELECT * FROM {name}_history WHERE \"{to}\" IS NOT NULL) AS was\n\
             ON {same_key} AND now.\"{from}\" = was.\"{to}\"\n\
         ),\n\
         change AS (SELECT {key}, changed_on, unnest(make_array({entries})) AS entry FROM pair)\n\
         SELECT {key}, changed_on, entry['change'] AS change, entry['name'] AS column_name,\n\
           entry['before'] AS value_before, entry['after'] AS value_after\n\
         FROM change WHERE entry IS NOT NULL",
        paired = paired.join(", "),
        name = table.name,
        entries = entries.join(",\n"),
    )
}
