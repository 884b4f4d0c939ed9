/* ---
description: The end of one day's waterfall is not the start of the next one's
severity: error
--- */
-- One row is a quarter and a day on which its daily waterfalls do not meet; there must be none.
WITH evening AS (
  SELECT
    period,
    CASE line WHEN 'start' THEN start_day ELSE day END AS evening,
    sum(CASE line WHEN 'start' THEN amount ELSE -amount END) AS amount_apart,
    sum(CASE line WHEN 'start' THEN deals ELSE -deals END) AS deals_apart
  FROM movement.day
  WHERE line IN ('start', 'end')
  GROUP BY period, CASE line WHEN 'start' THEN start_day ELSE day END
),
inner_evening AS (
  SELECT w.period, w.end_day AS evening
  FROM movement.window AS w
  LEFT SEMI JOIN movement.window AS n ON n.is_daily AND n.period = w.period AND n.start_day = w.end_day
  WHERE w.is_daily
)
SELECT e.period, e.evening, e.deals_apart, e.amount_apart
FROM evening AS e
LEFT SEMI JOIN inner_evening AS i ON i.period = e.period AND i.evening = e.evening
WHERE e.amount_apart <> 0 OR e.deals_apart <> 0
