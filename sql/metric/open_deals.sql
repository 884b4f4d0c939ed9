/* ---
label: Open deals
description: Number of open deals as a period's last day showed them, with the owner, team and territory of then
unit: count
good: up
time: day
dimensions: [owner_id, team, territory_id, stage, pipeline, deal_type, lead_source, product]
semi_additive: true
--- */
-- One row is an open deal at the end of a month, or on the day of the run.
SELECT *, 1 AS value
FROM sales.open_deal_then
