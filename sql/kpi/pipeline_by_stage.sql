/* ---
description: Open pipeline by stage, as it is and weighted by probability (pipeline_value, weighted_pipeline)
materialize: table
checks:
  - unique: [pipeline, stage]
  - not_null: [pipeline, stage, deals, amount]
  - between: {column: mean_probability, min: 0, max: 1}
--- */
-- One row is an open stage of a pipeline, also when no deal stands in it.
WITH stage AS (
  SELECT pipeline, stage, rank FROM crm.stage WHERE kind = 'open'
),
open_deal AS (
  SELECT
    pipeline,
    stage,
    count(*) AS deals,
    count(*) FILTER (WHERE amount_reporting IS NULL) AS deals_without_amount,
    sum(amount_reporting) AS amount,
    sum(weighted_amount) AS weighted_amount,
    count(*) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)) AS deals_this_quarter,
    sum(amount_reporting) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)) AS amount_this_quarter,
    sum(weighted_amount) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)) AS weighted_amount_this_quarter
  FROM sales.deal
  WHERE status = 'open'
  GROUP BY pipeline, stage
)
SELECT
  coalesce(s.pipeline, d.pipeline) AS pipeline,
  coalesce(s.stage, d.stage) AS stage,
  s.rank AS stage_rank,
  coalesce(d.deals, 0) AS deals,
  coalesce(d.deals_without_amount, 0) AS deals_without_amount,
  CAST(coalesce(d.amount, 0) AS DECIMAL(18,4)) AS amount,
  CAST(coalesce(d.weighted_amount, 0) AS DECIMAL(18,4)) AS weighted_amount,
  ratio(d.weighted_amount, d.amount) AS mean_probability,
  coalesce(d.deals_this_quarter, 0) AS deals_this_quarter,
  CAST(coalesce(d.amount_this_quarter, 0) AS DECIMAL(18,4)) AS amount_this_quarter,
  CAST(coalesce(d.weighted_amount_this_quarter, 0) AS DECIMAL(18,4)) AS weighted_amount_this_quarter
FROM stage AS s
FULL JOIN open_deal AS d ON d.pipeline = s.pipeline AND d.stage = s.stage
