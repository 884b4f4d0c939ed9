/* ---
label: Median days in stage
description: Median days that deals spent in a stage in all their stays, by the day they last left it (stage_days); kpi.stage_days has P90 beside it
unit: days
good: down
time: left_on
dimensions: [stage, owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
aggregation: median
--- */
-- One row is a deal and a stage that it stayed in and left.
SELECT d.* EXCEPT (pipeline, stage), e.pipeline, e.stage, e.left_on, e.days AS value
FROM sales.stage_entry AS e
JOIN sales.deal AS d ON d.deal_id = e.deal_id
WHERE e.days IS NOT NULL
