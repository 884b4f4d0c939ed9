-- One row is a day with an export, a region and a segment with deals of the day's quarter: won in it so far, and open by the chance of the stage.
-- kpi.stage_forecast tells it of the company, of the days that forecasts are scored on; every day is told by the versions of deals, each of which
-- counts on its days within the quarter of its close date.
-- Deals have the segment of their account here.
WITH state AS (
  SELECT
    greatest(h.valid_from, period_start(h.expected_close_on, 'quarter')) AS from_day,
    least(h.valid_to, CAST(period_end(h.expected_close_on, 'quarter') + INTERVAL '1 day' AS DATE)) AS to_day,
    a.region,
    a.segment,
    CASE h.status WHEN 'won' THEN h.amount END AS won,
    CASE h.status WHEN 'open' THEN h.amount * s.default_probability END AS weighted_open,
    CASE WHEN h.status = 'open' AND h.forecast_category = 'commit' THEN h.amount END AS commit_open
  FROM crm.deal_history AS h
  JOIN crm.account AS a ON a.account_id = h.account_id
  JOIN crm.stage AS s ON s.stage = h.stage
),
turn AS (
  SELECT
    CASE x.deals WHEN 1 THEN s.from_day ELSE s.to_day END AS day,
    s.region,
    s.segment,
    x.deals,
    CASE x.deals WHEN 1 THEN s.won ELSE -s.won END AS won,
    CASE x.deals WHEN 1 THEN s.weighted_open ELSE -s.weighted_open END AS weighted_open,
    CASE x.deals WHEN 1 THEN s.commit_open ELSE -s.commit_open END AS commit_open
  FROM (VALUES (1), (-1)) AS x (deals)
  CROSS JOIN state AS s
  WHERE s.from_day < s.to_day
),
net AS (
  SELECT
    day,
    region,
    segment,
    sum(deals) AS deals,
    sum(won) AS won,
    sum(weighted_open) AS weighted_open,
    sum(commit_open) AS commit_open
  FROM turn
  GROUP BY day, region, segment
),
slice AS (
  SELECT s.snapshot_on AS day, a.region, a.segment
  FROM (SELECT DISTINCT region, segment FROM crm.account) AS a
  CROSS JOIN lake.snapshot AS s
  WHERE s.table_name = 'crm.deal'
),
standing AS (
  SELECT
    s.day,
    s.region,
    s.segment,
    sum(n.deals) OVER up_to AS deals,
    sum(n.won) OVER up_to AS won,
    sum(n.weighted_open) OVER up_to AS weighted_open,
    sum(n.commit_open) OVER up_to AS commit_open
  FROM slice AS s
  LEFT JOIN net AS n ON n.day = s.day AND n.region = s.region AND n.segment = s.segment
  WINDOW up_to AS (PARTITION BY s.region, s.segment ORDER BY s.day)
)
SELECT
  day AS snapshot_date,
  period_start(day, 'quarter') AS quarter_start,
  region,
  segment,
  CAST(coalesce(won, 0) AS DOUBLE) AS won_qtd,
  CAST(coalesce(weighted_open, 0) AS DOUBLE) AS weighted_open,
  CAST(coalesce(commit_open, 0) AS DOUBLE) AS commit_open
FROM standing
WHERE deals > 0
