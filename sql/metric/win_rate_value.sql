/* ---
label: Win rate by value
description: Amount won of the amounts won and lost, by the day the deals closed (win_rate.value); a lost deal counts what it had while it was last open
unit: percent
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product, competitor,
  owner_then, team_then, territory_then]
--- */
-- One row is a deal that was won or lost.
SELECT *, CASE WHEN status = 'won' THEN amount_at_stake ELSE CAST(0 AS DECIMAL(18,4)) END AS numerator, amount_at_stake AS denominator
FROM sales.deal
WHERE status IN ('won', 'lost')
