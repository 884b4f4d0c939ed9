/* ---
description: The open pipeline read from today's snapshot differs from that of the deals that count
severity: error
--- */
-- One row is a difference between two ways to the same figure; there must be none.
WITH counted AS (
  SELECT count(*) AS deals, coalesce(sum(amount_reporting), 0) AS amount FROM sales.deal WHERE status = 'open'
),
seen AS (
  SELECT sum(deals) AS deals, coalesce(sum(amount), 0) AS amount FROM kpi.pipeline_by_month WHERE is_today
)
SELECT c.deals AS deals_counted, s.deals AS deals_seen, c.amount AS amount_counted, s.amount AS amount_seen
FROM counted AS c
CROSS JOIN seen AS s
WHERE c.deals <> s.deals OR c.amount <> s.amount
