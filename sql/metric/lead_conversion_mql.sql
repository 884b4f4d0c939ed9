/* ---
label: Leads to MQL
description: Share of the leads created that marketing called qualified (lead_conversion), by the day they were created; a skipped step is taken
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead.
SELECT *, CASE WHEN is_mql THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_mql IS NOT NULL
