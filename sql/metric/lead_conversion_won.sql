/* ---
label: Deal of a lead to won
description: Share of the leads that became a deal whose deal was won (lead_conversion), by the day the leads were created
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead that became a deal.
SELECT *, CASE WHEN is_won THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_deal AND is_won IS NOT NULL
