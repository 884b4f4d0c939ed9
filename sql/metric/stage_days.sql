/* ---
label: Days in stage
description: Mean days that deals spent in a stage in all their stays, by the day they last left it (stage_days); stages that were skipped stay out
unit: days
good: down
time: left_on
dimensions: [stage, owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is a deal and a stage that it stayed in and left.
SELECT d.* EXCEPT (pipeline, stage), e.pipeline, e.stage, e.left_on,
  e.days AS numerator, 1 AS denominator
FROM sales.stage_entry AS e
JOIN sales.deal AS d ON d.deal_id = e.deal_id
WHERE e.days IS NOT NULL
