/* ---
label: Follow-ups
description: Outbound activities that took place on a deal before it closed, mean of the deals won and lost, by the day they closed (follow_ups); by status won stands beside lost
unit: number
time: closed_on
dimensions: [status, owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is a deal that was won or lost and was created since activities are logged.
SELECT d.*, a.outbound AS numerator, 1 AS denominator
FROM sales.deal_activity AS a
JOIN sales.deal AS d ON d.deal_id = a.deal_id
WHERE a.outbound IS NOT NULL
