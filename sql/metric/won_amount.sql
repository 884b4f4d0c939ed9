/* ---
label: Won amount
description: Amount of the deals won, by the day they closed, in the reporting currency
unit: money
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then]
target: quota
--- */
-- One row is a won deal; one without an amount adds nothing.
SELECT *, amount_reporting AS value
FROM sales.deal
WHERE status = 'won'
