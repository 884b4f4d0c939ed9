/* ---
label: Overdue at quarter's end by value
description: Share of the amount of the deals open as the quarter began with an expected close in it, that of deals still open at its end without a later date (slippage); whole fiscal quarters
unit: percent
good: down
time: quarter_end
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then, stage_then]
--- */
-- One row is a deal that was due in a quarter, with its amount as the quarter began; quarters that are over.
SELECT d.* EXCEPT (owner_then, team_then, territory_then), t.owner_then, t.team_then, t.territory_then, t.stage_then, t.quarter_end,
  CASE t.outcome WHEN 'overdue' THEN t.amount_reporting ELSE CAST(0 AS DECIMAL(18,4)) END AS numerator, t.amount_reporting AS denominator
FROM sales.deal_due AS t
JOIN sales.deal AS d ON d.deal_id = t.deal_id
