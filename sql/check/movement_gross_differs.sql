/* ---
description: The daily waterfalls of a window do not lead from the start to the end of its net waterfall
severity: error
--- */
-- One row is a window whose gross waterfall does not close, or does not begin and end where the net one does; there must be none.
WITH gross AS (
  SELECT window, sum(CASE line WHEN 'end' THEN -amount ELSE amount END) AS amount_over FROM movement.waterfall_gross GROUP BY window
),
edge AS (
  SELECT g.window, sum(abs(g.amount - n.amount)) AS amount_apart, sum(abs(g.deals - n.deals)) AS deals_apart
  FROM movement.waterfall_gross AS g
  JOIN movement.waterfall AS n ON n.window = g.window AND n.line = g.line
  WHERE g.kind <> 'delta'
  GROUP BY g.window
)
SELECT g.window, g.amount_over, e.amount_apart, e.deals_apart
FROM gross AS g
JOIN edge AS e ON e.window = g.window
WHERE g.amount_over <> 0 OR e.amount_apart <> 0 OR e.deals_apart <> 0
