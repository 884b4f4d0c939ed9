/* ---
label: Open pipeline by expected close
description: Amount of the deals open on the day of the run, by the day they are expected to close (pipeline_value)
unit: money
good: up
time: expected_close_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product, stage, forecast_category]
--- */
-- One row is an open deal; those without an expected close stand in a period without a name.
SELECT *, amount_reporting AS value
FROM sales.deal
WHERE status = 'open'
