/* ---
label: Win rate within 180 days
description: Deals won within 180 days of their creation, of all that were created in the period (win_rate.cohort); those created less than 180 days ago stay out
unit: percent
good: up
time: created_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
aggregation: proportion
--- */
-- One row is a deal that has had its 180 days.
SELECT *, CASE WHEN status = 'won' AND cycle_days <= 180 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.deal
WHERE created_on <= current_date - INTERVAL '180 days'
