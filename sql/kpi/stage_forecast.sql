/* ---
description: What the stage method said at several leads of each quarter, and what came (forecast method stage)
materialize: table
checks:
  - unique: [quarter, asked_for]
  - not_null: [quarter, asked_for, asked_on, snapshot_on, won_so_far]
--- */
-- One row is a fiscal quarter as it was forecast on a past day: won so far + amount times stage probability of the open deals expected in it.
-- It sees only that day's snapshot and stage probabilities; amounts are at today's plan rates. Without stage probabilities there is no forecast.
-- The actual is what is known today, and NULL while the quarter runs.
WITH asked AS (
  SELECT asked_for, asked_on, snapshot_on, quarter, quarter_start, quarter_end, days_left
  FROM sales.day_asked
  WHERE asked_for NOT IN ('month end', 'week end')
),
said AS (
  SELECT
    a.asked_for,
    a.asked_on,
    a.snapshot_on,
    a.quarter,
    a.quarter_start,
    a.quarter_end,
    a.days_left,
    sum(d.amount_reporting) FILTER (
      WHERE d.status = 'won' AND d.closed_on >= a.quarter_start AND d.closed_on <= a.quarter_end
    ) AS won_so_far,
    count(d.deal_id) FILTER (
      WHERE d.status = 'open' AND d.expected_close_on >= a.quarter_start AND d.expected_close_on <= a.quarter_end
    ) AS open_deals,
    count(d.stage_probability) FILTER (
      WHERE d.status = 'open' AND d.expected_close_on >= a.quarter_start AND d.expected_close_on <= a.quarter_end
    ) AS open_deals_with_probability,
    sum(d.amount_reporting) FILTER (
      WHERE d.status = 'open' AND d.expected_close_on >= a.quarter_start AND d.expected_close_on <= a.quarter_end
    ) AS open_amount,
    sum(d.amount_reporting * d.stage_probability) FILTER (
      WHERE d.status = 'open' AND d.expected_close_on >= a.quarter_start AND d.expected_close_on <= a.quarter_end
    ) AS open_weighted
  FROM asked AS a
  LEFT JOIN sales.deal_then AS d ON d.snapshot_on = a.snapshot_on
  GROUP BY a.asked_for, a.asked_on, a.snapshot_on, a.quarter, a.quarter_start, a.quarter_end, a.days_left
),
forecast AS (
  SELECT
    quarter,
    quarter_start,
    quarter_end,
    asked_for,
    asked_on,
    snapshot_on,
    days_left,
    CAST(coalesce(won_so_far, 0) AS DECIMAL(18,4)) AS won_so_far,
    open_deals,
    open_deals_with_probability,
    CAST(coalesce(open_amount, 0) AS DECIMAL(18,4)) AS open_amount,
    CAST(coalesce(open_weighted, 0) AS DECIMAL(18,4)) AS open_weighted,
    CASE
      WHEN open_deals = 0 OR open_deals_with_probability > 0
      THEN CAST(coalesce(won_so_far, 0) + coalesce(open_weighted, 0) AS DECIMAL(18,4))
    END AS forecast
  FROM said
),
judged AS (
  SELECT f.*, f.quarter_end < current_date AS is_complete, CASE WHEN f.quarter_end < current_date THEN coalesce(w.amount, 0.0000) END AS actual
  FROM forecast AS f
  LEFT JOIN kpi.won_by_quarter AS w ON w.quarter = f.quarter
)
SELECT
  quarter,
  quarter_start,
  quarter_end,
  is_complete,
  asked_for,
  asked_on,
  snapshot_on,
  days_left,
  won_so_far,
  open_deals,
  open_deals_with_probability,
  open_amount,
  open_weighted,
  forecast,
  CAST(actual AS DECIMAL(18,4)) AS actual,
  CAST(forecast - actual AS DECIMAL(18,4)) AS error,
  CAST(abs(forecast - actual) AS DECIMAL(18,4)) AS absolute_error,
  ratio(forecast - actual, actual) AS error_share,
  CASE WHEN ratio(forecast, actual) IS NOT NULL THEN greatest(CAST(0 AS DOUBLE), 1 - ratio(abs(forecast - actual), actual)) END AS accuracy
FROM judged
