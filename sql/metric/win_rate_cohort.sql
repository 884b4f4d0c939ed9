/* ---
label: Win rate of cohorts
description: Deals won within a number of days from their creation (setting cohort_days), of all that were created in the period (win_rate.cohort); those created fewer days ago stay out
unit: percent
good: up
time: created_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
aggregation: proportion
--- */
-- One row is a deal that has had its days.
SELECT *, CASE WHEN status = 'won' AND cycle_days <= setting('cohort_days') THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.deal
WHERE created_on <= current_date - setting('cohort_days')
