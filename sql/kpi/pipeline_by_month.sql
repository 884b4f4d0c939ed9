/* ---
description: Open pipeline as it stood at the end of each month, and today
materialize: table
checks:
  - unique: [asked_on]
  - not_null: [asked_on, snapshot_on, deals, amount]
--- */
-- One row is the end of a month, or the day of the run; the snapshot is the last one up to that day.
WITH month AS (
  SELECT asked_on, snapshot_on, bool_or(asked_for = 'today') AS is_today
  FROM sales.day_asked
  WHERE asked_for IN ('month end', 'today')
  GROUP BY asked_on, snapshot_on
)
SELECT
  m.asked_on,
  m.snapshot_on,
  m.is_today,
  count(d.deal_id) AS deals,
  CAST(coalesce(sum(d.amount_reporting), 0) AS DECIMAL(18,4)) AS amount,
  CAST(coalesce(sum(d.amount_reporting * d.probability), 0) AS DECIMAL(18,4)) AS weighted_amount
FROM month AS m
LEFT JOIN sales.deal_then AS d ON d.snapshot_on = m.snapshot_on AND d.status = 'open'
GROUP BY m.asked_on, m.snapshot_on, m.is_today
