-- One row is a week of a quarter, with how far the forecasts of its days were off, over regions and segments.
WITH actual AS (
  SELECT period_start(closed_on, 'quarter') AS quarter_start, region, segment, CAST(sum(amount_reporting) AS DOUBLE) AS amount
  FROM sales.deal
  WHERE status = 'won'
  GROUP BY period_start(closed_on, 'quarter'), region, segment
)
SELECT
  f.quarter_start,
  days_between(f.quarter_start, f.snapshot_date) / 7 AS week_of_quarter,
  count(*) AS n,
  wape(f.won_qtd + f.weighted_open, a.amount) AS wape,
  bias(f.won_qtd + f.weighted_open, a.amount) AS bias
FROM bench.m11a_forecast_daily AS f
JOIN actual AS a ON a.quarter_start = f.quarter_start AND a.region = f.region AND a.segment = f.segment
GROUP BY f.quarter_start, days_between(f.quarter_start, f.snapshot_date) / 7
