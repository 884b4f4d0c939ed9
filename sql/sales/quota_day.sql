/* ---
description: Booking targets by day, so that any period has its share of them
materialize: view
--- */
-- One row is a day of a booking target of a rep, a team, a territory or the company. A target is spread over its days evenly, and its days add
-- up to it exactly; one whose end is not known is spread over the fiscal quarter that it is for.
WITH bounded AS (
  SELECT
    scope,
    scope_id,
    name,
    team,
    CASE WHEN period_end IS NULL THEN period_start(period_start + 45, 'quarter') ELSE period_start END AS first_day,
    coalesce(period_end, period_end(period_start + 45, 'quarter')) AS final_day,
    amount
  FROM sales.quota
),
dated AS (
  SELECT *, unnest(generate_series(first_day, final_day, INTERVAL '1 day')) AS day FROM bounded
),
counted AS (
  SELECT *, days_between(first_day, day) AS days_before, days_between(first_day, final_day) + 1 AS days FROM dated
)
SELECT
  scope,
  scope_id,
  name,
  team,
  day,
  CAST(
    CAST(amount * (days_before + 1) / days AS DECIMAL(18,4)) - CAST(amount * days_before / days AS DECIMAL(18,4)) AS DECIMAL(18,4)
  ) AS amount
FROM counted
