/* ---
label: Leads engaged
description: Share of the leads created that ever answered us (lead_engagement)
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead.
SELECT *, CASE WHEN is_engaged THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_engaged IS NOT NULL
