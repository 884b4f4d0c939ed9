/* ---
label: Won deals
description: Number of deals won, by the day they closed
unit: count
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then]
--- */
-- One row is a won deal.
SELECT *, 1 AS value
FROM sales.deal
WHERE status = 'won'
