/* ---
description: Open pipeline by owner, as it is and weighted by probability (pipeline_value, weighted_pipeline)
materialize: table
checks:
  - unique: [owner_id]
  - not_null: [owner_id, deals, amount]
--- */
-- One row is a rep who owns an open deal.
SELECT
  owner_id,
  max(owner_name) AS owner_name,
  max(team) AS team,
  max(manager_name) AS manager_name,
  count(*) AS deals,
  count(*) FILTER (WHERE amount_reporting IS NULL) AS deals_without_amount,
  CAST(coalesce(sum(amount_reporting), 0) AS DECIMAL(18,4)) AS amount,
  CAST(coalesce(sum(weighted_amount), 0) AS DECIMAL(18,4)) AS weighted_amount,
  count(*) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)) AS deals_this_quarter,
  CAST(
    coalesce(sum(amount_reporting) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)), 0) AS DECIMAL(18,4)
  ) AS amount_this_quarter,
  CAST(
    coalesce(sum(weighted_amount) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)), 0) AS DECIMAL(18,4)
  ) AS weighted_amount_this_quarter
FROM sales.deal
WHERE status = 'open'
GROUP BY owner_id
