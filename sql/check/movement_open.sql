/* ---
description: The lines of a waterfall do not lead from its start to its end
severity: error
--- */
-- One row is a scope of a window where start and all lines add up to another end, in amount or in deals; there must be none.
-- Deals are counted by what entered and left; increased, decreased and fx are about deals that are counted already.
WITH total AS (
  SELECT
    b.window,
    b.scope,
    b.scope_id,
    sum(CASE WHEN l.kind = 'end' THEN -b.amount ELSE b.amount END) AS amount_over,
    sum(
      CASE
        WHEN l.kind = 'start' OR l.direction = 'enters' THEN 1
        WHEN l.kind = 'end' OR l.direction = 'leaves' THEN -1
        ELSE 0
      END
    ) AS deals_over
  FROM movement.booking AS b
  JOIN movement.line AS l ON l.line = b.line
  GROUP BY b.window, b.scope, b.scope_id
)
SELECT window, scope, scope_id, deals_over, amount_over
FROM total
WHERE deals_over <> 0 OR amount_over <> 0
