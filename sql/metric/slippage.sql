/* ---
label: Slippage
description: Share of the deals open as the quarter began with an expected close in it, those that were still open at its end with a later date (slippage); whole fiscal quarters
unit: percent
good: down
time: quarter_end
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then, stage_then]
aggregation: proportion
--- */
-- One row is a deal that was due in a quarter; quarters that are over.
SELECT d.* EXCEPT (owner_then, team_then, territory_then), t.owner_then, t.team_then, t.territory_then, t.stage_then, t.quarter_end,
  CASE t.outcome WHEN 'slipped' THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.deal_due AS t
JOIN sales.deal AS d ON d.deal_id = t.deal_id
