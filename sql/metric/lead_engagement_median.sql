/* ---
label: Median lead engagement
description: Median days from the creation of leads to the first answer that we had from them (lead_engagement), of those that gave one
unit: days
good: down
time: created_on
dimensions: [lead_source, owner_id, owner_name, team, manager_name]
aggregation: median
--- */
-- One row is a lead that answered us.
SELECT *, engagement_minutes / 1440 AS value
FROM sales.lead
WHERE engagement_minutes IS NOT NULL
