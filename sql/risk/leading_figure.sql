/* ---
description: Leading figures against what the eight periods before lead one to expect, with the likely money effect
materialize: table
checks:
  - unique: [grain, reach, figure]
  - not_null: [grain, reach, figure, period, periods]
  - accepted: {column: grain, values: [month, quarter]}
  - accepted: {column: reach, values: [whole, to_date]}
  - expression: NOT is_warning OR is_outside
--- */
-- One row is a leading figure of a fiscal month or quarter: of the last one that is over (whole), or of the running one (to_date), which is held
-- against as many first days of the periods before (setting coverage_periods). Where fewer than least_periods of them are known, nothing is expected
-- and nothing flagged. Expected is the mean of the periods before, each counting once, and the range is the 95 % prediction interval of one more
-- period, mean ± t·s·√(1 + 1/n) (Hahn & Meeker 1991, Statistical Intervals, chapter 4), cut off at 0, and that of a share at 1: one period in twenty
-- lies outside by chance. effect_amount = usual won amount · (factor / expected factor − 1), over the days looked at. Won amount is the product of
-- what is worked, created, converted and won in time, so it moves in proportion with one of these while the others stay; the factor is the figure,
-- and of push_rate 1 − it.
WITH least AS (
  SELECT 4 AS least_periods -- periods before that are known, so that something is expected
),
student AS (
  -- The 97.5 % quantile of Student's t for n − 1 degrees of freedom.
  SELECT * FROM (
    VALUES (2, 12.706205), (3, 4.302653), (4, 3.182446), (5, 2.776445), (6, 2.570582), (7, 2.446912), (8, 2.364624), (9, 2.306004), (10, 2.262157),
      (11, 2.228139), (12, 2.200985)
  ) AS v (n, t)
),
figure AS (
  SELECT * FROM (
    VALUES
      ('activities_per_rep', 1, 'number', 'up', 'Activities per rep and business day'),
      ('created_deals', 2, 'count', 'up', 'Deals created'),
      ('coverage', 3, 'ratio', 'up', 'Coverage as the period began'),
      ('push_rate', 4, 'percent', 'down', 'Deals pushed of those open as the period began'),
      ('stage_pass_rate', 5, 'percent', 'up', 'Stages passed of those left'),
      ('win_rate', 6, 'percent', 'up', 'Win rate')
  ) AS v (figure, rank, unit, good, label)
),
past AS (
  SELECT grain, reach, figure, count(value) AS periods, avg(value) AS mean, stddev(value) AS spread
  FROM risk.period_figure
  WHERE back > 0
  GROUP BY grain, reach, figure
),
judged AS (
  SELECT
    s.grain,
    s.reach,
    s.period,
    s.first_day,
    s.last_day,
    f.figure,
    f.rank,
    f.label,
    f.unit,
    f.good,
    m.numerator,
    m.denominator,
    m.value,
    coalesce(p.periods, 0) AS periods,
    CASE WHEN p.periods >= g.least_periods THEN p.mean END AS expected,
    CASE WHEN p.periods >= g.least_periods THEN t.t * p.spread * sqrt(1 + 1 / CAST(p.periods AS DOUBLE)) END AS margin,
    u.mean AS won_amount
  FROM risk.span AS s
  CROSS JOIN figure AS f
  CROSS JOIN least AS g
  LEFT JOIN risk.period_figure AS m ON m.grain = s.grain AND m.reach = s.reach AND m.back = s.back AND m.figure = f.figure
  LEFT JOIN past AS p ON p.grain = s.grain AND p.reach = s.reach AND p.figure = f.figure
  LEFT JOIN student AS t ON t.n = p.periods
  LEFT JOIN past AS u ON u.grain = s.grain AND u.reach = s.reach AND u.figure = 'won_amount'
  WHERE s.back = 0
),
flagged AS (
  -- A hair is left to either side, so that periods which are all alike do not lie outside of themselves by rounding.
  SELECT *, abs(value - expected) > margin + 1e-9 * greatest(abs(expected), CAST(1 AS DOUBLE)) AS is_outside FROM judged
)
SELECT
  grain,
  reach,
  period,
  first_day,
  last_day,
  figure,
  rank,
  label,
  unit,
  good,
  numerator,
  denominator,
  value,
  periods,
  expected,
  CASE WHEN expected < margin THEN CAST(0 AS DOUBLE) ELSE expected - margin END AS expected_lower,
  CASE WHEN unit = 'percent' AND expected + margin > 1 THEN CAST(1 AS DOUBLE) ELSE expected + margin END AS expected_upper,
  is_outside,
  is_outside AND (value < expected) = (good = 'up') AS is_warning,
  CAST(won_amount AS DECIMAL(18,4)) AS usual_won_amount,
  CAST(
    won_amount * (CASE figure WHEN 'push_rate' THEN ratio(1 - value, 1 - expected) ELSE ratio(value, expected) END - 1) AS DECIMAL(18,4)
  ) AS effect_amount
FROM flagged
