/* ---
description: Waterfall of the windows within the running quarter as the sum of daily waterfalls (gross)
materialize: table
checks:
  - unique: [window, line]
--- */
-- One row is a line of a window's waterfall with every move in between: what was pushed out and pulled in again stands on both lines, where the net
-- waterfall shows nothing. moves counts them, deals the deals that made them. Start and end are those of its first and last day; on unchanged nothing
-- moves. Here are the windows about the running or the next quarter that daily waterfalls lead through from the first day to the last.
WITH led_through AS (
  SELECT w.window, w.period, w.start_day, w.end_day
  FROM movement.window AS w
  LEFT SEMI JOIN movement.window AS f ON f.is_daily AND f.period = w.period AND f.start_day = w.start_day
  LEFT SEMI JOIN movement.window AS l ON l.is_daily AND l.period = w.period AND l.end_day = w.end_day
  WHERE NOT w.is_daily
),
moved AS (
  SELECT
    t.window,
    d.line,
    sum(d.deals) AS moves,
    CASE WHEN d.line IN ('start', 'end') THEN sum(d.deals) ELSE count(DISTINCT d.deal_id) END AS deals,
    sum(d.amount) AS amount
  FROM led_through AS t
  JOIN movement.day AS d ON d.period = t.period AND d.start_day >= t.start_day AND d.day <= t.end_day
  WHERE (d.line <> 'start' OR d.start_day = t.start_day) AND (d.line <> 'end' OR d.day = t.end_day)
  GROUP BY t.window, d.line
)
SELECT
  t.window,
  t.period,
  t.start_day,
  t.end_day,
  l.rank,
  l.line,
  l.kind,
  l.direction,
  l.label,
  coalesce(m.deals, 0) AS deals,
  CASE WHEN l.kind = 'delta' THEN coalesce(m.moves, 0) END AS moves,
  CAST(coalesce(m.amount, 0) AS DECIMAL(18,4)) AS amount
FROM led_through AS t
CROSS JOIN movement.line AS l
LEFT JOIN moved AS m ON m.window = t.window AND m.line = l.line
WHERE l.line <> 'unchanged'
