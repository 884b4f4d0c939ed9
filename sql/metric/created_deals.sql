/* ---
label: Deals created
description: Number of deals that count, by the day they were created, whatever became of them
unit: count
good: up
time: created_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is a deal.
SELECT *, 1 AS value
FROM sales.deal
