/* ---
description: Windows that movements of the pipeline are told of, each two days apart, and the fiscal period that each is about
materialize: table
checks:
  - unique: [window]
  - not_null: [window, period, period_grain, period_start, period_end, is_available, is_daily]
  - accepted: {column: period_grain, values: [month, quarter, year]}
  - expression: start_day <= end_day
--- */
-- One row is a window: what happened from the evening of start_day to that of end_day to the deals expected to close in the period.
-- A day that is asked for is shown by the last export up to it: a quarter begins with the last export before its first day. Before the first export
-- nothing is known: such a window is not available. Days rebuilt from events are no exports.
-- Daily windows reach from one export to the next since the running quarter began, once for it and once for the next; movement.day is made of them.
-- To ask for other pairs of days, copy this file into the project and add them to `asked`.
WITH export AS (
  SELECT snapshot_on, lag(snapshot_on) OVER (ORDER BY snapshot_on) AS snapshot_before
  FROM lake.snapshot
  WHERE table_name = 'crm.deal' AND origin = 'export'
),
asked AS (
  SELECT window, period_grain, CAST(day_in_period AS DATE) AS day_in_period, CAST(start_asked_on AS DATE) AS start_asked_on, end_asked_on
  FROM (
    VALUES
      ('running_quarter', 'quarter', current_date, period_start(current_date, 'quarter') - INTERVAL '1 day', current_date),
      ('running_month', 'month', current_date, period_start(current_date, 'month') - INTERVAL '1 day', current_date),
      ('last_7_days', 'quarter', current_date, current_date - INTERVAL '7 days', current_date),
      (
        'last_quarter',
        'quarter',
        period_start(current_date, 'quarter') - INTERVAL '1 day',
        period_start(period_start(current_date, 'quarter') - INTERVAL '1 day', 'quarter') - INTERVAL '1 day',
        period_start(current_date, 'quarter') - INTERVAL '1 day'
      )
  ) AS asked (window, period_grain, day_in_period, start_asked_on, end_asked_on)
),
shown AS (
  SELECT
    a.window,
    a.period_grain,
    a.day_in_period,
    max(CASE WHEN e.snapshot_on <= a.start_asked_on THEN e.snapshot_on END) AS start_day,
    max(e.snapshot_on) AS end_day,
    false AS is_daily
  FROM asked AS a
  LEFT JOIN export AS e ON e.snapshot_on <= a.end_asked_on
  GROUP BY a.window, a.period_grain, a.day_in_period
  UNION ALL
  SELECT 'last_day' AS window, 'quarter' AS period_grain, current_date AS day_in_period, max(snapshot_before), max(snapshot_on), false AS is_daily
  FROM export
  UNION ALL
  SELECT
    e.snapshot_on || ' ' || fiscal_quarter(q.day_in_quarter) AS window,
    'quarter' AS period_grain,
    q.day_in_quarter AS day_in_period,
    e.snapshot_before AS start_day,
    e.snapshot_on AS end_day,
    true AS is_daily
  FROM export AS e
  CROSS JOIN (
    VALUES (current_date), (CAST(period_end(current_date, 'quarter') + INTERVAL '1 day' AS DATE))
  ) AS q (day_in_quarter)
  WHERE e.snapshot_on >= period_start(current_date, 'quarter') AND e.snapshot_before IS NOT NULL
)
SELECT
  window,
  period_label(day_in_period, period_grain) AS period,
  period_grain,
  period_start(day_in_period, period_grain) AS period_start,
  period_end(day_in_period, period_grain) AS period_end,
  start_day,
  end_day,
  start_day IS NOT NULL AND end_day IS NOT NULL AS is_available,
  is_daily
FROM shown
