/* ---
description: Open deals at risk, pushed again and again, silent, or older than nearly all won deals became
materialize: table
checks:
  - unique: [deal_id]
  - unique: [place]
  - not_null: [deal_id, place, pushes, risks]
  - between: {column: risks, min: 1, max: 3}
--- */
-- One row is an open deal that at least one sign of risk holds for, the largest first. What the exports do not tell is NULL: is_silent without any
-- activity, is_old without ten deals won in the trailing days. A deal on which nothing was ever done is silent since it was created.
WITH push AS (
  SELECT deal_id, count(*) AS pushes, sum(days_moved) AS days_pushed, max(changed_on) AS last_pushed_on
  FROM sales.open_deal_change
  WHERE days_moved > 0
  GROUP BY deal_id
),
work AS (
  SELECT deal_id, max(started_on) AS last_on
  FROM sales.activity
  WHERE deal_id IS NOT NULL AND is_done AND started_on <= current_date
  GROUP BY deal_id
),
cycle AS (
  -- The ages of fewer than ten deals tell nothing of the next one.
  SELECT CASE WHEN count(*) >= 10 THEN quantile(cycle_days, setting('age_percentile')) END AS p90_days
  FROM sales.deal
  WHERE status = 'won' AND cycle_days >= 0 AND closed_on <= current_date AND days_between(closed_on, current_date) < setting('trailing_days')
),
open_deal AS (
  SELECT
    d.*,
    coalesce(p.pushes, 0) AS pushes,
    coalesce(p.days_pushed, 0) AS days_pushed,
    p.last_pushed_on,
    CASE
      WHEN count(coalesce(w.last_on, d.last_activity_on)) OVER () > 0
      THEN days_between(coalesce(greatest(w.last_on, d.last_activity_on), d.created_on), current_date)
    END AS days_silent
  FROM sales.deal AS d
  LEFT JOIN push AS p ON p.deal_id = d.deal_id
  LEFT JOIN work AS w ON w.deal_id = d.deal_id
  WHERE d.status = 'open'
),
judged AS (
  SELECT
    d.*,
    c.p90_days,
    d.pushes >= setting('pushes_at_risk') AS is_pushed,
    d.days_silent > setting('silent_days') AS is_silent,
    d.age_days > c.p90_days AS is_old
  FROM cycle AS c
  CROSS JOIN open_deal AS d
)
SELECT
  row_number() OVER (ORDER BY amount_reporting DESC NULLS LAST, deal_id) AS place,
  deal_id,
  name,
  account_name,
  owner_id,
  owner_name,
  team,
  stage,
  expected_close_on,
  amount_reporting AS amount,
  CAST(weighted_amount AS DECIMAL(18,4)) AS weighted_amount,
  pushes,
  days_pushed,
  last_pushed_on,
  days_silent,
  age_days,
  p90_days AS won_age_p90,
  is_pushed,
  is_silent,
  is_old,
  CASE WHEN is_pushed THEN 1 ELSE 0 END + CASE WHEN is_silent THEN 1 ELSE 0 END + CASE WHEN is_old THEN 1 ELSE 0 END AS risks
FROM judged
WHERE is_pushed OR is_silent OR is_old
