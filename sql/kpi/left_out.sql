/* ---
description: How many deals are left out of every figure, why, and what they are worth
materialize: table
checks:
  - unique: [kind, reason]
--- */
-- One row is a reason for which deals are left out.
SELECT
  kind,
  reason,
  count(*) AS deals,
  count(*) FILTER (WHERE status = 'open') AS open_deals,
  CAST(coalesce(sum(amount_reporting), 0) AS DECIMAL(18,4)) AS amount,
  CAST(coalesce(sum(amount_reporting) FILTER (WHERE status = 'open'), 0) AS DECIMAL(18,4)) AS open_amount
FROM sales.deal_left_out
GROUP BY kind, reason
