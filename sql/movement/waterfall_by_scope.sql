/* ---
description: Waterfall of each window for the company and for each team, owner and territory, line by line
materialize: view
--- */
-- One row is a line of a window's waterfall in a scope; every line is there, with 0 where nothing was booked.
-- Of a window that is not available there is the company alone, and its figures are NULL.
WITH scope AS (
  SELECT window, scope, scope_id, max(scope_name) AS scope_name FROM movement.deal WHERE scope <> 'company' GROUP BY window, scope, scope_id
  UNION ALL
  SELECT window, 'company' AS scope, 'company' AS scope_id, 'Company' AS scope_name FROM movement.window WHERE NOT is_daily
),
booked AS (
  SELECT window, scope, scope_id, line, count(*) AS deals, sum(amount) AS amount
  FROM movement.booking
  WHERE NOT is_daily
  GROUP BY window, scope, scope_id, line
)
SELECT
  s.window,
  w.period,
  w.start_day,
  w.end_day,
  s.scope,
  s.scope_id,
  s.scope_name,
  l.rank,
  l.line,
  l.kind,
  l.direction,
  l.label,
  CASE WHEN w.is_available THEN coalesce(b.deals, 0) END AS deals,
  CAST(CASE WHEN w.is_available THEN coalesce(b.amount, 0) END AS DECIMAL(18,4)) AS amount
FROM scope AS s
JOIN movement.window AS w ON w.window = s.window
CROSS JOIN movement.line AS l
LEFT JOIN booked AS b ON b.window = s.window AND b.scope = s.scope AND b.scope_id = s.scope_id AND b.line = l.line
