/* ---
label: Activities per stage
description: Activities that took place on the deals won and lost until they closed, by the stages these passed, by the day they closed (follow_ups)
unit: number
time: closed_on
dimensions: [status, owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is a deal that was won or lost and was created since activities are logged.
SELECT d.*, a.activities AS numerator, coalesce(p.stages, 0) AS denominator
FROM sales.deal_activity AS a
JOIN sales.deal AS d ON d.deal_id = a.deal_id
LEFT JOIN (SELECT deal_id, count(*) AS stages FROM sales.stage_entry WHERE outcome = 'passed' GROUP BY deal_id) AS p ON p.deal_id = a.deal_id
