/* ---
label: Leads answered in time
description: Share of the leads created that were answered in fewer minutes of the clock than the setting lead_answer_minutes says (lead_response); those never answered are in the denominator
unit: percent
good: up
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: proportion
--- */
-- One row is a lead; one that was answered before it came stays out.
SELECT *, CASE WHEN response_minutes < setting('lead_answer_minutes') THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.lead
WHERE is_answered = false OR response_minutes IS NOT NULL
