/* ---
label: Median sales cycle
description: Median days from creation to close of the deals won (cycle_days); deals closed before they were created stay out
unit: days
good: down
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then]
aggregation: median
--- */
-- One row is a won deal.
SELECT *, cycle_days AS value
FROM sales.deal
WHERE status = 'won' AND cycle_days >= 0
