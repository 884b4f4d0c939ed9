/* ---
label: SQL to deal
description: Share of the leads that sales accepted that became a deal (lead_conversion), by the day they were created
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead that sales accepted.
SELECT *, CASE WHEN is_deal THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_sql AND is_deal IS NOT NULL
