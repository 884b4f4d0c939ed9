-- One row is a segment, region, quarter, category and currency with open deals. Categories have the names of the export again.
SELECT
  segment,
  region,
  period_start(expected_close_on, 'quarter') AS close_quarter,
  initcap(replace(forecast_category, '_', ' ')) AS forecast_category,
  currency,
  count(*) AS n,
  sum(amount_reporting) AS amount,
  CAST(sum(weighted_amount) AS DOUBLE) AS weighted
FROM sales.deal
WHERE status = 'open'
GROUP BY segment, region, period_start(expected_close_on, 'quarter'), forecast_category, currency
