/* ---
description: Periods that figures are computed for, each with the one it is compared with
materialize: table
checks:
  - unique: [period]
  - not_null: [period, kind, period_start, period_end]
  - accepted: {column: kind, values: [quarter, trailing, total]}
--- */
-- One row is a period: a fiscal quarter up to the running one, the trailing days (setting trailing_days), as many before those, or the whole time,
-- which begins with the first deal or lead.
-- Both days belong to the period. The running quarter ends on its last day, not on the day of the run.
WITH day AS (
  SELECT created_on AS on_day FROM sales.deal
  UNION ALL
  SELECT closed_on AS on_day FROM sales.deal WHERE status <> 'open'
  UNION ALL
  SELECT current_date AS on_day
),
quarter AS (
  SELECT DISTINCT period_start(on_day, 'quarter') AS period_start, period_end(on_day, 'quarter') AS period_end
  FROM day
  WHERE on_day <= current_date
),
beginning AS (
  SELECT min(on_day) AS on_day
  FROM (SELECT on_day FROM day UNION ALL SELECT created_on AS on_day FROM sales.lead) AS either
)
SELECT
  fiscal_quarter(period_start) AS period,
  'quarter' AS kind,
  period_start,
  period_end,
  period_end < current_date AS is_complete,
  fiscal_quarter(period_start - INTERVAL '1 day') AS period_before,
  fiscal_quarter(period_start - INTERVAL '1 year') AS period_last_year
FROM quarter
UNION ALL
SELECT
  concat('trailing_', setting('trailing_days')) AS period,
  'trailing' AS kind,
  current_date - (setting('trailing_days') - 1) AS period_start,
  current_date AS period_end,
  true AS is_complete,
  concat('trailing_', setting('trailing_days'), '_before') AS period_before,
  CAST(NULL AS TEXT) AS period_last_year
UNION ALL
SELECT
  concat('trailing_', setting('trailing_days'), '_before') AS period,
  'trailing' AS kind,
  current_date - (2 * setting('trailing_days') - 1) AS period_start,
  current_date - setting('trailing_days') AS period_end,
  true AS is_complete,
  CAST(NULL AS TEXT) AS period_before,
  CAST(NULL AS TEXT) AS period_last_year
UNION ALL
SELECT
  'total' AS period,
  'total' AS kind,
  on_day AS period_start,
  current_date AS period_end,
  true AS is_complete,
  CAST(NULL AS TEXT) AS period_before,
  CAST(NULL AS TEXT) AS period_last_year
FROM beginning
