/* ---
label: Pipeline without faults
description: Share of the open amount whose deals have no hygiene fault (pipeline_efficiency), on the day of the run
unit: percent
good: up
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product, stage]
--- */
-- One row is an open deal.
SELECT d.*, CASE WHEN f.deal_id IS NULL THEN d.amount_reporting ELSE CAST(0 AS DECIMAL(18,4)) END AS numerator, d.amount_reporting AS denominator
FROM sales.deal AS d
LEFT JOIN (SELECT DISTINCT deal_id FROM sales.deal_fault) AS f ON f.deal_id = d.deal_id
WHERE d.status = 'open'
