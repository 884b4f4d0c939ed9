/* ---
label: Weighted pipeline
description: Amount times probability of the deals open on the day of the run, by the day they are expected to close; a deal's own probability, else its stage's
unit: money
good: up
time: expected_close_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product, stage, forecast_category]
--- */
-- One row is an open deal; one without a probability adds nothing.
SELECT *, weighted_amount AS value
FROM sales.deal
WHERE status = 'open'
