//! Every node of a plan that the project's SQL can make.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use datafusion::datasource::empty::EmptyTable;

use super::*;
use crate::calendar::{Calendar, Month};
use crate::problem::SourceFile;
use crate::query::past::{Past, Versions};
use crate::query::{Session, Settings, Sql, UserFunctions, statement};

fn table(columns: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, of)| ArrowField::new(*name, of.clone(), true)).collect::<Vec<_>>()))
}

/// crm.deal, crm.rep and crm.note, of which the last has a list and a struct.
fn session() -> Session {
    let settings = Settings {
        day: "2026-11-21".parse().unwrap(),
        calendar: Calendar { year_starts: Month::January },
        timezone: jiff::tz::TimeZone::UTC,
        currency: "USD".to_owned(),
        holidays: Arc::default(),
        values: Arc::default(),
    };
    let session = Session::open(&settings, &UserFunctions::new()).unwrap();
    let deal = table(&[
        ("deal_id", DataType::Utf8),
        ("rep_id", DataType::Utf8),
        ("stage", DataType::Utf8),
        ("amount", DataType::Decimal128(18, 4)),
        ("closed_on", DataType::Date32),
    ]);
    let rep = table(&[("rep_id", DataType::Utf8), ("team", DataType::Utf8), ("boss_id", DataType::Utf8)]);
    let item = Arc::new(ArrowField::new("item", DataType::Utf8, true));
    let inner = vec![ArrowField::new("a", DataType::Int64, true), ArrowField::new("b", DataType::Int64, true)];
    let note =
        table(&[("deal_id", DataType::Utf8), ("tags", DataType::List(item)), ("pair", DataType::Struct(inner.into()))]);
    for (name, schema) in [("crm.deal", &deal), ("crm.rep", &rep), ("crm.note", &note)] {
        session.register(name, Arc::new(EmptyTable::new(Arc::clone(schema)))).unwrap();
        session.register_past(name, Past { schema: Arc::clone(schema), versions: Versions::Nowhere });
    }
    session
}

/// A line for each column, `column <- input (how), …`, and one for the rows.
async fn traced(text: &str) -> Vec<String> {
    let sql = Sql::file(&SourceFile::new("test.sql", text));
    let session = session();
    let plan = session
        .check(&statement::parse(&sql).unwrap(), &sql)
        .await
        .unwrap_or_else(|found| panic!("{}", found.render(false)));
    let lineage = trace(&plan);
    let told = |inputs: &Inputs| {
        inputs.iter().map(|(field, how)| format!("{field} ({})", how.word())).collect::<Vec<_>>().join(", ")
    };
    let mut lines: Vec<String> =
        lineage.columns.iter().map(|(column, inputs)| format!("{column} <- {}", told(inputs))).collect();
    lines.push(format!("rows <- {}", told(&lineage.rows)));
    lines
}

/// The same without `crm.` and what every statement has.
async fn short(text: &str) -> Vec<String> {
    let lines = traced(text).await;
    lines.into_iter().map(|line| line.replace("crm.", "").trim_end().to_owned()).collect()
}

#[tokio::test]
async fn a_column_is_itself_or_computed_under_any_alias() {
    assert_eq!(
        traced("SELECT d.deal_id, amount * 2 AS twice, CAST(amount AS DOUBLE) AS rough, 'x' AS fixed, current_date AS today, upper(stage) || deal_id AS told FROM crm.deal AS d").await,
        [
            "deal_id <- crm.deal.deal_id (identity)",
            "twice <- crm.deal.amount (transformation)",
            "rough <- crm.deal.amount (transformation)",
            "fixed <- ",
            "today <- ",
            "told <- crm.deal.deal_id (transformation), crm.deal.stage (transformation)",
            "rows <- rows of crm.deal (identity)",
        ]
    );
}

#[tokio::test]
async fn a_star_is_every_column_and_an_unused_one_leaves_no_trace() {
    assert_eq!(
        short("SELECT s.team FROM (SELECT * FROM crm.rep) AS s").await,
        ["team <- rep.team (identity)", "rows <- rows of rep (identity)"]
    );
}

#[tokio::test]
async fn a_case_computes_from_its_values_and_is_chosen_by_its_conditions() {
    assert_eq!(
        short("SELECT CASE WHEN stage = 'won' THEN amount ELSE 0 END AS won, CASE rep_id WHEN 'a' THEN stage END AS s FROM crm.deal").await,
        [
            "won <- deal.amount (transformation), deal.stage (conditional)",
            "s <- deal.rep_id (conditional), deal.stage (transformation)",
            "rows <- rows of deal (identity)",
        ]
    );
}

#[tokio::test]
async fn filters_groups_and_order_decide_about_all_rows() {
    assert_eq!(
        short("SELECT stage, sum(amount) AS amount FROM crm.deal WHERE closed_on IS NULL GROUP BY stage HAVING max(rep_id) > 'a' ORDER BY stage").await,
        [
            "stage <- deal.stage (identity)",
            "amount <- deal.amount (aggregation)",
            "rows <- rows of deal (aggregation), deal.closed_on (filter), deal.rep_id (filter), deal.stage (group by), deal.stage (sort)",
        ]
    );
}

#[tokio::test]
async fn an_aggregate_without_columns_counts_rows_and_its_own_filter_is_its_own() {
    assert_eq!(
        short("SELECT count(*) AS deals, count(*) FILTER (WHERE stage = 'won') AS won, sum(1) AS ones, first_value(deal_id ORDER BY closed_on) AS first FROM crm.deal").await,
        [
            "deals <- rows of deal (aggregation)",
            "won <- rows of deal (aggregation), deal.stage (filter)",
            "ones <- rows of deal (aggregation)",
            "first <- deal.closed_on (sort), deal.deal_id (aggregation)",
            "rows <- rows of deal (aggregation)",
        ]
    );
}

#[tokio::test]
async fn grouping_sets_give_their_columns_and_the_mark_of_the_set() {
    assert_eq!(
        short("SELECT stage, rep_id, grouping(stage) AS is_total, count(*) AS deals FROM crm.deal GROUP BY ROLLUP (stage, rep_id)").await,
        [
            "stage <- deal.stage (identity)",
            "rep_id <- deal.rep_id (identity)",
            "is_total <- deal.stage (aggregation)",
            "deals <- rows of deal (aggregation)",
            "rows <- rows of deal (aggregation), deal.rep_id (group by), deal.stage (group by)",
        ]
    );
}

#[tokio::test]
async fn joins_decide_by_what_they_compare() {
    assert_eq!(
        short("SELECT d.amount, r.team FROM crm.deal AS d LEFT JOIN crm.rep AS r ON r.rep_id = d.rep_id AND r.team <> d.stage").await,
        [
            "amount <- deal.amount (identity)",
            "team <- rep.team (identity)",
            "rows <- rows of deal (identity), deal.rep_id (join), deal.stage (join), rows of rep (identity), rep.rep_id (join), rep.team (join)",
        ]
    );
    assert_eq!(
        short("SELECT amount, team FROM crm.deal CROSS JOIN crm.rep").await,
        [
            "amount <- deal.amount (identity)",
            "team <- rep.team (identity)",
            "rows <- rows of deal (identity), rows of rep (identity)"
        ]
    );
}

#[tokio::test]
async fn using_gives_one_column_for_the_two() {
    assert_eq!(
        short("SELECT rep_id, team FROM crm.deal JOIN crm.rep USING (rep_id)").await,
        [
            "rep_id <- deal.rep_id (identity)",
            "team <- rep.team (identity)",
            "rows <- rows of deal (identity), deal.rep_id (join), rows of rep (identity), rep.rep_id (join)",
        ]
    );
    let star = short("SELECT * FROM crm.deal FULL JOIN crm.rep USING (rep_id)").await;
    assert_eq!(star.len(), 5 + 3 - 1 + 1, "the column stands there once: {star:?}");
    let natural = short("SELECT team FROM crm.deal NATURAL JOIN crm.rep").await;
    assert_eq!(
        natural[1],
        "rows <- rows of deal (identity), deal.rep_id (join), rows of rep (identity), rep.rep_id (join)"
    );
}

#[tokio::test]
async fn of_a_semi_or_anti_join_the_other_side_only_decides() {
    assert_eq!(
        short("SELECT deal_id FROM crm.deal AS d LEFT ANTI JOIN (SELECT rep_id FROM crm.rep WHERE team = 'x') AS r ON r.rep_id = d.rep_id").await,
        [
            "deal_id <- deal.deal_id (identity)",
            "rows <- rows of deal (identity), deal.rep_id (join), rows of rep (join), rep.rep_id (join), rep.team (filter)",
        ]
    );
}

#[tokio::test]
async fn unions_come_from_all_of_their_parts_by_position() {
    assert_eq!(
        short("SELECT deal_id AS id FROM crm.deal UNION ALL SELECT rep_id FROM crm.rep").await,
        [
            "id <- deal.deal_id (identity), rep.rep_id (identity)",
            "rows <- rows of deal (identity), rows of rep (identity)"
        ]
    );
    assert_eq!(
        short("SELECT rep_id FROM crm.deal UNION SELECT rep_id FROM crm.rep").await,
        [
            "rep_id <- deal.rep_id (identity), rep.rep_id (identity)",
            "rows <- rows of deal (aggregation), deal.rep_id (group by), rows of rep (aggregation), rep.rep_id (group by)",
        ]
    );
    let except = short("SELECT rep_id FROM crm.deal EXCEPT SELECT boss_id FROM crm.rep").await;
    assert_eq!(except[0], "rep_id <- deal.rep_id (identity)");
    assert!(except[1].contains("rep.boss_id (join)"), "{except:?}");
}

#[tokio::test]
async fn windows_compute_from_their_arguments_and_look_by_partition_and_order() {
    assert_eq!(
        short("SELECT row_number() OVER (PARTITION BY rep_id ORDER BY closed_on) AS n, lag(amount) OVER (ORDER BY closed_on) AS before, sum(amount) OVER (PARTITION BY rep_id) AS total, count(*) OVER () AS all_rows FROM crm.deal").await,
        [
            "n <- deal.closed_on (window), deal.rep_id (window)",
            "before <- deal.amount (transformation), deal.closed_on (window)",
            "total <- deal.amount (aggregation), deal.rep_id (window)",
            "all_rows <- rows of deal (aggregation)",
            "rows <- rows of deal (identity)",
        ]
    );
    assert_eq!(
        short("SELECT deal_id FROM crm.deal QUALIFY row_number() OVER (PARTITION BY rep_id ORDER BY amount DESC) = 1")
            .await,
        [
            "deal_id <- deal.deal_id (identity)",
            "rows <- rows of deal (identity), deal.amount (filter), deal.rep_id (filter)",
        ]
    );
}

#[tokio::test]
async fn a_scalar_subquery_is_a_value_with_what_decides_about_it() {
    assert_eq!(
        short("SELECT deal_id, (SELECT max(r.team) FROM crm.rep AS r WHERE r.rep_id = d.rep_id) AS team FROM crm.deal AS d").await,
        [
            "deal_id <- deal.deal_id (identity)",
            "team <- deal.rep_id (filter), rep.rep_id (filter), rep.team (aggregation)",
            "rows <- rows of deal (identity)",
        ]
    );
}

#[tokio::test]
async fn in_and_exists_filter_by_what_they_ask() {
    assert_eq!(
        short("SELECT deal_id FROM crm.deal WHERE rep_id IN (SELECT rep_id FROM crm.rep WHERE team = 'x')").await,
        [
            "deal_id <- deal.deal_id (identity)",
            "rows <- rows of deal (identity), deal.rep_id (filter), rep.rep_id (filter), rep.team (filter)",
        ]
    );
    assert_eq!(
        short("SELECT deal_id, stage IN ('a', rep_id) AS listed FROM crm.deal AS d WHERE NOT EXISTS (SELECT 1 FROM crm.rep AS r WHERE r.boss_id = d.rep_id)").await,
        [
            "deal_id <- deal.deal_id (identity)",
            "listed <- deal.rep_id (transformation), deal.stage (transformation)",
            "rows <- rows of deal (identity), deal.rep_id (filter), rows of rep (filter), rep.boss_id (filter)",
        ]
    );
    let any = short("SELECT deal_id FROM crm.deal WHERE rep_id = ANY (SELECT rep_id FROM crm.rep)").await;
    assert_eq!(any[1], "rows <- rows of deal (identity), deal.rep_id (filter), rep.rep_id (filter)");
}

#[tokio::test]
async fn a_query_within_a_query_within_a_query_sees_the_outermost() {
    assert_eq!(
        short("SELECT d.deal_id FROM crm.deal AS d WHERE EXISTS (SELECT 1 FROM crm.rep AS r WHERE r.rep_id = d.rep_id AND r.team IN (SELECT n.deal_id FROM crm.note AS n WHERE n.deal_id = r.boss_id))").await,
        [
            "deal_id <- deal.deal_id (identity)",
            "rows <- rows of deal (identity), deal.rep_id (filter), note.deal_id (filter), rows of rep (filter), rep.boss_id (filter), rep.rep_id (filter), rep.team (filter)",
        ]
    );
}

#[tokio::test]
async fn a_common_table_is_looked_through_however_often_it_is_read() {
    assert_eq!(
        short("WITH a AS (SELECT rep_id, sum(amount) AS amount FROM crm.deal GROUP BY rep_id), b AS (SELECT rep_id, amount / 2 AS half FROM a) SELECT b.half, a.amount FROM a JOIN b ON a.rep_id = b.rep_id").await,
        [
            "half <- deal.amount (aggregation)",
            "amount <- deal.amount (aggregation)",
            "rows <- rows of deal (aggregation), deal.rep_id (join), deal.rep_id (group by)",
        ]
    );
}

#[tokio::test]
async fn a_recursive_query_comes_from_both_of_its_terms() {
    assert_eq!(
        short("WITH RECURSIVE chain AS (SELECT rep_id, boss_id, 1 AS depth FROM crm.rep WHERE team = 'x' UNION ALL SELECT c.rep_id, r.boss_id, c.depth + 1 FROM chain AS c JOIN crm.rep AS r ON r.rep_id = c.boss_id) SELECT rep_id, boss_id, depth FROM chain").await,
        [
            "rep_id <- rep.rep_id (identity)",
            "boss_id <- rep.boss_id (identity)",
            "depth <-",
            "rows <- rows of rep (identity), rep.boss_id (join), rep.rep_id (join), rep.team (filter)",
        ]
    );
    // What moves from column to column with each step is found too.
    assert_eq!(
        short("WITH RECURSIVE t AS (SELECT rep_id AS a, team AS b, boss_id AS c FROM crm.rep UNION ALL SELECT b, c, a FROM t) SELECT a FROM t").await[0],
        "a <- rep.boss_id (identity), rep.rep_id (identity), rep.team (identity)"
    );
}

#[tokio::test]
async fn unnested_lists_multiply_rows_and_structs_give_their_parts() {
    assert_eq!(
        short("SELECT deal_id, unnest(tags) AS tag FROM crm.note").await,
        [
            "deal_id <- note.deal_id (identity)",
            "tag <- note.tags (transformation)",
            "rows <- rows of note (identity), note.tags (join)",
        ]
    );
    assert_eq!(
        short("SELECT unnest(pair), pair['a'] AS a FROM crm.note").await.last().unwrap(),
        "rows <- rows of note (identity)"
    );
    assert_eq!(short("SELECT pair['a'] + 1 AS a FROM crm.note").await[0], "a <- note.pair (transformation)");
}

#[tokio::test]
async fn distinct_rows_are_told_apart_by_all_columns_and_distinct_on_by_some() {
    assert_eq!(
        short("SELECT DISTINCT stage FROM crm.deal").await,
        ["stage <- deal.stage (identity)", "rows <- rows of deal (aggregation), deal.stage (group by)"]
    );
    assert_eq!(
        short("SELECT DISTINCT ON (stage) stage, deal_id FROM crm.deal ORDER BY stage, closed_on").await,
        [
            "stage <- deal.stage (identity)",
            "deal_id <- deal.deal_id (identity)",
            "rows <- rows of deal (aggregation), deal.closed_on (sort), deal.stage (group by), deal.stage (sort)",
        ]
    );
}

#[tokio::test]
async fn values_series_and_limits_come_from_nothing() {
    assert_eq!(short("SELECT x FROM (VALUES (1), (2)) AS t (x) LIMIT 1").await, ["x <-", "rows <-"]);
    assert_eq!(short("SELECT value FROM generate_series(1, 3)").await, ["value <-", "rows <-"]);
    assert_eq!(short("SELECT 1 AS one").await, ["one <-", "rows <-"]);
}

#[tokio::test]
async fn the_past_of_a_table_comes_from_its_history() {
    assert_eq!(
        short("SELECT a.amount, was.stage FROM crm.deal AS a JOIN as_of('crm.deal', DATE '2026-09-30') AS was USING (deal_id)").await,
        [
            "amount <- deal.amount (identity)",
            "stage <- deal_history.stage (identity)",
            "rows <- rows of deal (identity), deal.deal_id (join), rows of deal_history (transformation), deal_history.deal_id (join)",
        ]
    );
    assert_eq!(
        short("SELECT day, sum(amount) AS amount FROM each('crm.deal', every => 'week') GROUP BY day").await,
        [
            "day <- rows of deal_history (transformation)",
            "amount <- deal_history.amount (aggregation)",
            "rows <- rows of deal_history (aggregation), rows of deal_history (group by)",
        ]
    );
}

#[tokio::test]
async fn a_lateral_query_sees_what_stands_before_it() {
    let lateral = short("SELECT d.deal_id, l.team FROM crm.deal AS d CROSS JOIN LATERAL (SELECT r.team FROM crm.rep AS r WHERE r.rep_id = d.rep_id) AS l").await;
    assert_eq!(
        lateral,
        [
            "deal_id <- deal.deal_id (identity)",
            "team <- rep.team (identity)",
            "rows <- rows of deal (identity), deal.rep_id (filter), rows of rep (identity), rep.rep_id (filter)",
        ]
    );
}
