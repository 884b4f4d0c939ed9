/* ---
label: MQL to SQL
description: Share of the leads that marketing called qualified that sales accepted (lead_conversion), by the day they were created; a skipped step is taken
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead that marketing called qualified.
SELECT *, CASE WHEN is_sql THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_mql AND is_sql IS NOT NULL
