/* ---
description: Deals that were won or lost, with what win rates are compared by
materialize: table
checks:
  - unique: [deal_id]
  - not_null: [deal_id, status, closed_on, owner_id]
  - accepted: {column: status, values: [won, lost]}
--- */
-- One row is a deal that was won or lost. stage_left is the stage it last stood in while open, NULL where it was never seen open;
-- its amount is the one at stake: that of the last open version where it was lost.
WITH last_stay AS (
  SELECT deal_id, stage, row_number() OVER (PARTITION BY deal_id ORDER BY seen_on DESC) AS nth
  FROM sales.stage_stay
)
SELECT
  d.deal_id,
  d.name,
  d.status,
  d.closed_on,
  d.created_on,
  d.account_name,
  d.owner_id,
  d.owner_name,
  d.team,
  d.segment,
  b.size_band,
  d.lead_source,
  d.product,
  CASE WHEN d.status = 'lost' THEN d.lost_reason END AS lost_reason,
  d.competitor,
  s.stage AS stage_left,
  d.amount_at_stake
FROM sales.deal AS d
LEFT JOIN last_stay AS s ON s.deal_id = d.deal_id AND s.nth = 1
LEFT JOIN sales.size_band AS b
  ON d.amount_at_stake >= coalesce(b.from_amount, d.amount_at_stake) AND d.amount_at_stake < coalesce(b.below_amount, d.amount_at_stake + 1)
WHERE d.status IN ('won', 'lost') AND d.closed_on IS NOT NULL
