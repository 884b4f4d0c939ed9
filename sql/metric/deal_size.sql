/* ---
label: Average deal size
description: Mean amount of the deals won, by the day they closed (deal_size.won); deals without an amount stay out
unit: money
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product,
  owner_then, team_then, territory_then]
--- */
-- One row is a won deal with an amount.
SELECT *, amount_reporting AS numerator, 1 AS denominator
FROM sales.deal
WHERE status = 'won' AND amount_reporting IS NOT NULL
