/* ---
label: Still in a stage
description: Share of the deals that first entered a stage in the period that are open and never got beyond it (stage_conversion); NULL where none entered after the first export
unit: percent
time: entered_on
dimensions: [stage, owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
aggregation: proportion
--- */
-- One row is a deal and a stage that it entered or skipped, by the day it first stood there or beyond.
SELECT d.* EXCEPT (pipeline, stage), e.pipeline, e.stage, e.entered_on,
  CASE e.outcome WHEN 'pending' THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.stage_entry AS e
JOIN sales.deal AS d ON d.deal_id = e.deal_id
WHERE e.is_seen
