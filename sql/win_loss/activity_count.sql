/* ---
description: How many activities of each type a won or lost deal had before it closed
materialize: table
checks:
  - unique: [deal_id, type]
  - not_null: [deal_id, type, is_won, activities]
--- */
-- One row is a deal whose whole life lies within the log of activities and a type of activity that the log holds about deals, 0 where it had none.
WITH done AS (
  SELECT deal_id, type, started_on FROM sales.activity WHERE deal_id IS NOT NULL AND is_done
),
type AS (
  SELECT DISTINCT type FROM done
),
counted AS (
  SELECT a.deal_id, a.type, count(*) AS activities
  FROM done AS a
  JOIN win_loss.deal AS d ON d.deal_id = a.deal_id
  WHERE a.started_on <= d.closed_on
  GROUP BY a.deal_id, a.type
)
SELECT
  d.deal_id,
  t.type,
  d.status = 'won' AS is_won,
  coalesce(d.segment, 'not told') AS segment,
  coalesce(d.size_band, 'not told') AS size_band,
  coalesce(c.activities, 0) AS activities,
  CASE
    WHEN c.activities IS NULL THEN '0'
    WHEN c.activities <= 2 THEN '1–2'
    WHEN c.activities <= 5 THEN '3–5'
    ELSE '6+'
  END AS band
FROM type AS t
CROSS JOIN win_loss.deal AS d
LEFT SEMI JOIN sales.deal_activity AS l ON l.deal_id = d.deal_id
LEFT JOIN counted AS c ON c.deal_id = d.deal_id AND c.type = t.type
