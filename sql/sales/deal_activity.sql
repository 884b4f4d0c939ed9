/* ---
description: Closed deals whose whole life lies within the log of activities, and what was done on each before it closed
materialize: table
checks:
  - unique: [deal_id]
  - not_null: [deal_id, status, closed_on, activities, demos]
--- */
-- One row is a deal that was won or lost and was created since activities are logged: of older deals the beginning is missing.
-- Counted is what took place until the day the deal closed; outbound is NULL where no activity says who reached out.
WITH logged AS (
  SELECT min(started_on) AS first_on, count(direction) AS directed FROM sales.activity WHERE is_done IS NOT NULL
),
done AS (
  SELECT deal_id, started_on, type, direction FROM sales.activity WHERE deal_id IS NOT NULL AND is_done
)
SELECT
  d.deal_id,
  d.status,
  d.closed_on,
  count(a.deal_id) AS activities,
  CASE WHEN l.directed > 0 THEN count(a.deal_id) FILTER (WHERE a.direction = 'outbound') END AS outbound,
  count(a.deal_id) FILTER (WHERE a.type = 'demo') AS demos
FROM sales.deal AS d
JOIN logged AS l ON d.created_on >= l.first_on
LEFT JOIN done AS a ON a.deal_id = d.deal_id AND a.started_on <= d.closed_on
WHERE d.status IN ('won', 'lost')
GROUP BY d.deal_id, d.status, d.closed_on, l.directed
