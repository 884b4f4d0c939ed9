/* ---
description: Days that deals spent in each stage, with median and P90, and which stage is the slowest
materialize: view
--- */
-- One row is a stage of a pipeline in a period in which a deal left it for good so far; days are those of all stays of a deal there. The slowest
-- stage of a pipeline in a period is the one of the greatest median, the earlier one where two are as slow. Fewer deals than the setting thin_sample are thin.
WITH spent AS (
  SELECT p.period, p.kind, p.period_start, p.period_end, p.is_complete, e.pipeline, e.stage, e.rank, e.days
  FROM sales.stage_entry AS e
  JOIN sales.period AS p ON e.left_on >= p.period_start AND e.left_on <= p.period_end
  WHERE e.days IS NOT NULL
),
measured AS (
  SELECT
    pipeline,
    stage,
    rank,
    period,
    kind,
    period_start,
    period_end,
    is_complete,
    count(*) AS deals,
    ratio(sum(days), count(*)) AS mean_days,
    quantile(days, 0.5) AS median_days,
    quantile(days, 0.9) AS p90_days
  FROM spent
  GROUP BY pipeline, stage, rank, period, kind, period_start, period_end, is_complete
)
SELECT
  pipeline,
  stage,
  rank AS stage_rank,
  period,
  kind AS period_kind,
  period_start,
  period_end,
  is_complete,
  deals,
  mean_days,
  median_days,
  p90_days,
  row_number() OVER (PARTITION BY pipeline, period ORDER BY median_days DESC, rank) = 1 AS is_slowest,
  deals < setting('thin_sample') AS is_thin
FROM measured
