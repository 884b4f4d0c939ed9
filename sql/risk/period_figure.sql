/* ---
description: Leading figures of the running and the last whole period and of those before
materialize: table
checks:
  - unique: [grain, reach, back, figure]
  - not_null: [grain, reach, back, figure]
--- */
-- One row is a figure in the days of a period; periods of which the exports do not tell the figure are left out, or have none to divide by.
-- Coverage and push_rate need a snapshot of the evening before the period; activities and creations are known from the first one on, won amounts
-- and win rates from the first close. Pipeline is created as deals and not as money, because amounts are often told only later. Of stages those
-- count that a deal left for good so far, passed or not, by the day it left: those still standing do not press the latest periods down.
WITH activity AS (
  SELECT s.grain, s.reach, s.back, s.first_day, s.last_day, count(*) AS activities, count(DISTINCT a.owner_id) AS reps
  FROM risk.span AS s
  JOIN sales.activity AS a ON a.started_on >= s.first_day AND a.started_on <= s.last_day
  WHERE a.is_done
  GROUP BY s.grain, s.reach, s.back, s.first_day, s.last_day
),
logged AS (
  SELECT min(started_on) AS first_on FROM sales.activity WHERE is_done IS NOT NULL
),
beginning AS (
  SELECT min(created_on) AS created_on, min(closed_on) AS closed_on FROM sales.deal
),
creation AS (
  SELECT s.grain, s.reach, s.back, count(d.deal_id) AS deals
  FROM risk.span AS s
  JOIN beginning AS b ON s.first_day >= b.created_on
  LEFT JOIN sales.deal AS d ON d.created_on >= s.first_day AND d.created_on <= s.last_day
  GROUP BY s.grain, s.reach, s.back
),
close AS (
  SELECT
    s.grain,
    s.reach,
    s.back,
    count(*) FILTER (WHERE d.status = 'won') AS won,
    count(*) FILTER (WHERE d.status IN ('won', 'lost')) AS decided,
    coalesce(sum(d.amount_reporting) FILTER (WHERE d.status = 'won'), 0.0000) AS won_amount
  FROM risk.span AS s
  JOIN beginning AS b ON s.first_day >= b.closed_on
  LEFT JOIN sales.deal AS d ON d.closed_on >= s.first_day AND d.closed_on <= s.last_day
  GROUP BY s.grain, s.reach, s.back
),
stage_end AS (
  SELECT s.grain, s.reach, s.back, count(*) FILTER (WHERE e.outcome = 'passed') AS passed, count(*) AS ended
  FROM risk.span AS s
  JOIN sales.stage_entry AS e ON e.left_on >= s.first_day AND e.left_on <= s.last_day
  WHERE e.outcome IN ('passed', 'stopped')
  GROUP BY s.grain, s.reach, s.back
),
begun AS (
  SELECT s.grain, s.reach, s.back, s.first_day, s.last_day, s.period_end, a.snapshot_on
  FROM risk.span AS s
  JOIN sales.day_asked AS a ON a.asked_for = 'month end' AND a.asked_on = s.first_day - INTERVAL '1 day'
),
open_then AS (
  SELECT DISTINCT d.snapshot_on, d.deal_id, d.expected_close_on, d.amount_reporting
  FROM sales.deal_then AS d
  LEFT SEMI JOIN begun AS b ON b.snapshot_on = d.snapshot_on
  WHERE d.status = 'open' AND d.expected_close_on IS NOT NULL
),
next_push AS (
  SELECT o.snapshot_on, o.deal_id, min(c.changed_on) AS pushed_on
  FROM open_then AS o
  JOIN sales.open_deal_change AS c ON c.deal_id = o.deal_id AND c.changed_on > o.snapshot_on
  WHERE c.days_moved > 0
  GROUP BY o.snapshot_on, o.deal_id
),
opening AS (
  SELECT
    b.grain,
    b.reach,
    b.back,
    b.first_day,
    b.period_end,
    count(*) AS deals,
    count(*) FILTER (WHERE p.pushed_on <= b.last_day) AS pushed,
    sum(o.amount_reporting) FILTER (WHERE o.expected_close_on >= b.first_day AND o.expected_close_on <= b.period_end) AS due_amount
  FROM begun AS b
  JOIN open_then AS o ON o.snapshot_on = b.snapshot_on
  LEFT JOIN next_push AS p ON p.snapshot_on = o.snapshot_on AND p.deal_id = o.deal_id
  GROUP BY b.grain, b.reach, b.back, b.first_day, b.period_end
),
quota AS (
  SELECT o.grain, o.reach, o.back, sum(q.amount) AS amount
  FROM opening AS o
  JOIN sales.quota_day AS q ON q.day >= o.first_day AND q.day <= o.period_end
  WHERE q.scope = 'company'
  GROUP BY o.grain, o.reach, o.back
),
figure AS (
  SELECT a.grain, a.reach, a.back, 'activities_per_rep' AS figure, CAST(a.activities AS DOUBLE) AS numerator,
    CAST(a.reps * business_days(a.first_day - INTERVAL '1 day', a.last_day) AS DOUBLE) AS denominator
  FROM activity AS a
  JOIN logged AS l ON a.first_day >= l.first_on
  UNION ALL
  SELECT grain, reach, back, 'created_deals' AS figure, CAST(deals AS DOUBLE) AS numerator, CAST(1 AS DOUBLE) AS denominator FROM creation
  UNION ALL
  SELECT o.grain, o.reach, o.back, f.figure,
    CAST(CASE f.figure WHEN 'coverage' THEN coalesce(o.due_amount, 0.0000) ELSE o.pushed END AS DOUBLE) AS numerator,
    CAST(CASE f.figure WHEN 'coverage' THEN q.amount ELSE o.deals END AS DOUBLE) AS denominator
  FROM opening AS o
  LEFT JOIN quota AS q ON q.grain = o.grain AND q.reach = o.reach AND q.back = o.back
  CROSS JOIN (VALUES ('coverage'), ('push_rate')) AS f (figure)
  UNION ALL
  SELECT grain, reach, back, 'stage_pass_rate' AS figure, CAST(passed AS DOUBLE) AS numerator, CAST(ended AS DOUBLE) AS denominator FROM stage_end
  UNION ALL
  SELECT c.grain, c.reach, c.back, f.figure,
    CAST(CASE f.figure WHEN 'win_rate' THEN c.won ELSE c.won_amount END AS DOUBLE) AS numerator,
    CAST(CASE f.figure WHEN 'win_rate' THEN c.decided ELSE 1 END AS DOUBLE) AS denominator
  FROM close AS c
  CROSS JOIN (VALUES ('win_rate'), ('won_amount')) AS f (figure)
)
SELECT
  f.grain,
  f.reach,
  f.back,
  s.period,
  s.first_day,
  s.last_day,
  f.figure,
  f.numerator,
  f.denominator,
  ratio(f.numerator, f.denominator) AS value
FROM figure AS f
JOIN risk.span AS s ON s.grain = f.grain AND s.reach = f.reach AND s.back = f.back
