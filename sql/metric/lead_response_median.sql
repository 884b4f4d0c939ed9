/* ---
label: Median lead response
description: Median minutes of the clock from the creation of leads to our first answer (lead_response), of those that were answered; kpi.lead_response has P90 beside it
unit: number
good: down
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: median
--- */
-- One row is a lead that was answered.
SELECT *, response_minutes AS value
FROM sales.lead
WHERE response_minutes IS NOT NULL
