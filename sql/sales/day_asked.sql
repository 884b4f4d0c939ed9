/* ---
description: Past days whose state the figures look back at, and the snapshot that shows each
materialize: table
checks:
  - unique: [asked_for, asked_on]
  - not_null: [asked_for, asked_on, snapshot_on, quarter]
--- */
-- One row is a past day that is asked for: the end of a month, the first snapshot of a fiscal quarter, so many weeks before its end, one of twelve
-- days that lie whole weeks back, or today.
-- A day without a snapshot is shown by the last one before it; where that is over 14 days older, the day is not asked for. Days from before
-- the first export, rebuilt from events, show ends of months and weeks, and today, however old they are: in between nothing changed. No forecast is
-- scored on them, because what no event tells of them is as the first export shows it.
WITH snapshot AS (
  SELECT snapshot_on, origin FROM lake.snapshot WHERE table_name = 'crm.deal'
),
exported AS (
  SELECT snapshot_on FROM snapshot WHERE origin = 'export'
),
quarter AS (
  SELECT period_start(snapshot_on, 'quarter') AS quarter_start, period_end(snapshot_on, 'quarter') AS quarter_end, min(snapshot_on) AS first_on
  FROM exported
  GROUP BY period_start(snapshot_on, 'quarter'), period_end(snapshot_on, 'quarter')
),
weeks_before AS (
  SELECT w.asked_for, CAST(q.quarter_end - w.back AS DATE) AS asked_on
  FROM quarter AS q
  CROSS JOIN (
    VALUES ('12 weeks before', INTERVAL '84 days'), ('8 weeks before', INTERVAL '56 days'), ('4 weeks before', INTERVAL '28 days')
  ) AS w (asked_for, back)
),
month AS (
  SELECT DISTINCT period_end(snapshot_on, 'month') AS asked_on FROM snapshot
),
asked AS (
  SELECT 'quarter start' AS asked_for, first_on AS asked_on FROM quarter WHERE days_between(quarter_start, first_on) <= 14
  UNION ALL
  SELECT asked_for, asked_on FROM weeks_before WHERE asked_on <= current_date
  UNION ALL
  SELECT 'month end' AS asked_for, asked_on FROM month WHERE asked_on <= current_date
  UNION ALL
  SELECT 'week end' AS asked_for, CAST(current_date - 7 * w.back AS DATE) AS asked_on
  FROM (SELECT unnest(generate_series(1, 12)) AS back) AS w
  UNION ALL
  SELECT 'today' AS asked_for, current_date AS asked_on
)
SELECT
  a.asked_for,
  a.asked_on,
  max(s.snapshot_on) AS snapshot_on,
  fiscal_quarter(a.asked_on) AS quarter,
  period_start(a.asked_on, 'quarter') AS quarter_start,
  period_end(a.asked_on, 'quarter') AS quarter_end,
  days_between(a.asked_on, period_end(a.asked_on, 'quarter')) AS days_left,
  days_between(max(s.snapshot_on), a.asked_on) AS days_stale
FROM asked AS a
JOIN snapshot AS s ON s.snapshot_on <= a.asked_on AND (s.origin = 'export' OR a.asked_for IN ('month end', 'week end', 'today'))
GROUP BY a.asked_for, a.asked_on
HAVING
  days_between(max(s.snapshot_on), a.asked_on) <= 14
  OR max(CASE s.origin WHEN 'export' THEN s.snapshot_on END) IS NULL
  OR a.asked_for = 'today'
