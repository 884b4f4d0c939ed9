/* ---
label: Deals present
description: Number of deals that were there at some time of the period, created by its end and not closed before its start; a deal counts once in each
unit: count
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
time: day
aggregation: count_distinct
--- */
-- One row is a day of a deal, from its creation until it closed; one that closed before it was created has the day on which it closed.
SELECT
  *,
  unnest(generate_series(least(created_on, closed_on), coalesce(closed_on, current_date), INTERVAL '1 day')) AS day,
  deal_id AS value
FROM sales.deal
