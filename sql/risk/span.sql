/* ---
description: The days of the running and the last whole period and of the periods that each is held against
materialize: table
checks:
  - unique: [grain, reach, back]
  - not_null: [grain, reach, back, period, first_day, last_day]
  - accepted: {column: grain, values: [month, quarter]}
  - accepted: {column: reach, values: [whole, to_date]}
--- */
-- One row is a fiscal month or quarter; back counts the periods from the one that is judged, which is 0. whole are whole periods up to the last
-- one that is over; to_date is the running one, and of the periods before as many first days as it has had. At most eleven are looked at: as far as
-- the quantiles of Student go in risk.leading_figure.
WITH period AS (
  SELECT 'month' AS grain, CAST(unnest(generate_series(
    period_start(current_date, 'month') - INTERVAL '12 months', period_start(current_date, 'month'), INTERVAL '1 month'
  )) AS DATE) AS first_day
  UNION ALL
  SELECT 'quarter' AS grain, CAST(unnest(generate_series(
    period_start(current_date, 'quarter') - INTERVAL '36 months', period_start(current_date, 'quarter'), INTERVAL '3 months'
  )) AS DATE) AS first_day
),
aged AS (
  SELECT grain, first_day, period_end(first_day, grain) AS period_end, row_number() OVER (PARTITION BY grain ORDER BY first_day DESC) - 1 AS age
  FROM period
)
SELECT
  a.grain,
  r.reach,
  CAST(a.age - r.judged AS BIGINT) AS back,
  period_label(a.first_day, a.grain) AS period,
  a.first_day,
  CASE r.reach
    WHEN 'whole' THEN a.period_end
    ELSE least(a.period_end, a.first_day + days_between(period_start(current_date, a.grain), current_date))
  END AS last_day,
  a.period_end
FROM aged AS a
CROSS JOIN (VALUES ('whole', 1), ('to_date', 0)) AS r (reach, judged)
WHERE a.age >= r.judged AND a.age <= r.judged + least(setting('coverage_periods'), 11)
