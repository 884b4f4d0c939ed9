/* ---
label: Demos per win
description: Demos held on the deals won and lost, by those won of them, by the day they closed (follow_ups)
unit: number
good: down
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is a deal that was won or lost and was created since activities are logged.
SELECT d.*, a.demos AS numerator, CASE d.status WHEN 'won' THEN 1 ELSE 0 END AS denominator
FROM sales.deal_activity AS a
JOIN sales.deal AS d ON d.deal_id = a.deal_id
