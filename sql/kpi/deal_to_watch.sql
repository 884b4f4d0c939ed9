/* ---
description: Open deals expected to close in the running quarter, the largest first
materialize: table
checks:
  - unique: [deal_id]
  - unique: [place]
--- */
-- One row is an open deal expected in the running fiscal quarter, with what speaks for and against it.
WITH fault AS (
  SELECT deal_id, count(*) AS faults FROM sales.deal_fault GROUP BY deal_id
)
SELECT
  row_number() OVER (ORDER BY d.amount_reporting DESC NULLS LAST, d.deal_id) AS place,
  d.deal_id,
  d.name,
  d.account_name,
  d.owner_name,
  d.team,
  d.stage,
  d.forecast_category,
  d.amount_reporting AS amount,
  d.probability,
  CAST(d.weighted_amount AS DECIMAL(18,4)) AS weighted_amount,
  d.expected_close_on,
  days_between(current_date, d.expected_close_on) AS days_to_close,
  d.age_days,
  days_between(d.stage_entered_on, current_date) AS days_in_stage,
  days_between(d.last_activity_on, current_date) AS days_silent,
  d.next_step,
  coalesce(f.faults, 0) AS faults
FROM sales.deal AS d
LEFT JOIN fault AS f ON f.deal_id = d.deal_id
WHERE d.status = 'open' AND d.expected_quarter = fiscal_quarter(current_date)
