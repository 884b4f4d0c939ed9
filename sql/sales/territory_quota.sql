/* ---
description: Booking targets of territories by fiscal quarter, their own or what adds up below them
materialize: table
checks:
  - unique: [territory_id, quarter]
  - not_null: [territory_id, quarter, amount]
--- */
-- One row is a territory and a fiscal quarter for which it, a territory below it, or a rep in either has a target. Each day of a target counts its
-- share, so that targets that run from one effective date to the next fall into the quarters they are for.
-- A territory with a target of its own has that. One without has the targets of the nearest territories below that have one, and those of the reps
-- below who have no such territory above them: nothing is counted twice. Reps are in the territory they are in on the day of the run.
WITH target AS (
  SELECT scope, scope_id, fiscal_quarter(day) AS quarter, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
  FROM sales.quota_day
  WHERE scope IN ('territory', 'rep')
  GROUP BY scope, scope_id, fiscal_quarter(day)
),
own AS (
  SELECT t.territory_id, q.quarter, q.amount
  FROM target AS q
  JOIN crm.territory AS t ON t.territory_id = q.scope_id
  WHERE q.scope = 'territory'
),
part AS (
  SELECT territory_id, quarter, amount, true AS is_own FROM own
  UNION ALL
  SELECT t.territory_id, q.quarter, q.amount, false AS is_own
  FROM target AS q
  JOIN crm.rep AS r ON r.rep_id = q.scope_id
  JOIN crm.territory AS t ON t.territory_id = r.territory_id
  WHERE q.scope = 'rep'
),
-- A part stands for the territories above it up to the first one with a target of its own, that one not included.
reach AS (
  SELECT p.quarter, p.territory_id, p.is_own, min(up.depth) AS depth
  FROM (SELECT DISTINCT territory_id, quarter, is_own FROM part) AS p
  JOIN sales.territory_tree AS up ON up.territory_id = p.territory_id
  JOIN own AS o ON o.territory_id = up.above_id AND o.quarter = p.quarter
  WHERE up.depth > 0 OR NOT p.is_own
  GROUP BY p.quarter, p.territory_id, p.is_own
)
SELECT
  up.above_id AS territory_id,
  p.quarter,
  bool_or(p.is_own AND up.depth = 0) AS is_own,
  CAST(sum(p.amount) AS DECIMAL(18,4)) AS amount
FROM part AS p
JOIN sales.territory_tree AS up ON up.territory_id = p.territory_id
LEFT JOIN reach AS r ON r.quarter = p.quarter AND r.territory_id = p.territory_id AND r.is_own = p.is_own
WHERE r.depth IS NULL OR up.depth < r.depth
GROUP BY up.above_id, p.quarter
