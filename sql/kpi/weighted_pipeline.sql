/* ---
description: Open pipeline by the fiscal quarter it is expected to close in (pipeline_value, weighted_pipeline)
materialize: table
checks:
  - unique: [expected_quarter]
  - not_null: [expected_quarter, deals]
  - accepted: {column: horizon, values: [overdue, this quarter, later, no date]}
--- */
-- One row is a fiscal quarter in which open deals are expected to close; deals without a date stand under no date.
SELECT
  coalesce(expected_quarter, 'no date') AS expected_quarter,
  CASE
    WHEN expected_quarter IS NULL THEN 'no date'
    WHEN max(expected_close_on) < period_start(current_date, 'quarter') THEN 'overdue'
    WHEN expected_quarter = fiscal_quarter(current_date) THEN 'this quarter'
    ELSE 'later'
  END AS horizon,
  count(*) AS deals,
  count(*) FILTER (WHERE amount_reporting IS NULL) AS deals_without_amount,
  CAST(coalesce(sum(amount_reporting), 0) AS DECIMAL(18,4)) AS amount,
  CAST(coalesce(sum(weighted_amount), 0) AS DECIMAL(18,4)) AS weighted_amount
FROM sales.deal
WHERE status = 'open'
GROUP BY expected_quarter
