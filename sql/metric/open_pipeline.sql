/* ---
label: Open pipeline
description: Amount of the open deals as a period's last day showed them, with the owner, team and territory of then, at the plan rates of the day of the run
unit: money
good: up
time: day
dimensions: [owner_id, team, territory_id, stage, pipeline, deal_type, lead_source, product]
semi_additive: true
--- */
-- One row is an open deal at the end of a month, or on the day of the run; a day on which none was open has none.
SELECT *, amount_reporting AS value
FROM sales.open_deal_then
