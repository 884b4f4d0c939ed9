/* ---
label: Leads never answered
description: Share of the leads created that were never answered (lead_response)
unit: percent
good: down
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead.
SELECT *, CASE WHEN NOT is_answered THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_answered IS NOT NULL
