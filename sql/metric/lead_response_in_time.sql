/* ---
label: Leads answered within 5 minutes
description: Share of the leads created that were answered in less than 5 minutes of the clock (lead_response); those never answered are in the denominator
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead; one that was answered before it came stays out.
SELECT *, CASE WHEN response_minutes < 5 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_answered = false OR response_minutes IS NOT NULL
