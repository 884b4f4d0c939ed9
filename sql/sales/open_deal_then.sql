/* ---
description: Deals that were open at the end of each month, and those that are on the day of the run
materialize: view
--- */
-- One row is a deal as it was open on a day: the end of a month, shown by the last snapshot up to it, or the day of the run. Owner, team and territory
-- are those of then.
WITH month AS (
  SELECT DISTINCT asked_on AS day, snapshot_on FROM sales.day_asked WHERE asked_for IN ('month end', 'today')
)
SELECT
  m.day,
  d.deal_id,
  d.owner_id,
  d.team,
  d.territory_id,
  d.stage,
  d.pipeline,
  d.deal_type,
  d.lead_source,
  d.product,
  d.amount_reporting,
  d.probability
FROM month AS m
JOIN sales.deal_then AS d ON d.snapshot_on = m.snapshot_on AND d.status = 'open'
