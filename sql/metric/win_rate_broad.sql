/* ---
label: Win rate with disqualified deals
description: Deals won of those won, lost and disqualified, by the day they closed (win_rate.broad)
unit: percent
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product, competitor,
  owner_then, team_then, territory_then]
aggregation: proportion
--- */
-- One row is a deal that was closed in any way.
SELECT *, CASE WHEN status = 'won' THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.deal
WHERE status IN ('won', 'lost', 'disqualified')
