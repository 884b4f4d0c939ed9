/* ---
description: Who is credited with which share of a deal; overlays stay out
materialize: table
checks:
  - unique: [deal_id, rep_id]
  - not_null: [deal_id, rep_id, share]
  - between: {column: share, min: 0, max: 1}
--- */
-- One row is a rep's revenue share of a deal; a deal without shares is credited to its owner in whole.
WITH revenue_share AS (
  SELECT deal_id, rep_id, share FROM crm.deal_split WHERE type = 'revenue'
),
share AS (
  SELECT d.deal_id, s.rep_id, s.share
  FROM sales.deal AS d
  JOIN revenue_share AS s ON s.deal_id = d.deal_id
  UNION ALL
  SELECT d.deal_id, d.owner_id AS rep_id, CAST(1 AS DECIMAL(7,6)) AS share
  FROM sales.deal AS d
  LEFT ANTI JOIN revenue_share AS s ON s.deal_id = d.deal_id
)
SELECT
  s.deal_id,
  s.rep_id,
  coalesce(r.name, s.rep_id) AS rep_name,
  r.team,
  s.share,
  d.status,
  d.closed_on,
  CAST(d.amount_reporting * s.share AS DECIMAL(18,4)) AS amount
FROM share AS s
JOIN sales.deal AS d ON d.deal_id = s.deal_id
LEFT JOIN crm.rep AS r ON r.rep_id = s.rep_id
