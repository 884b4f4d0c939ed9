/* ---
description: Credited won amount against quota (quota_attainment) for reps, teams and the company, in the period that each quota is in force
materialize: table
checks:
  - unique: [scope, scope_id, period_start]
  - not_null: [scope, scope_id, period_start, quarter, won_amount]
  - accepted: {column: scope, values: [rep, team, company]}
--- */
-- One row is a booking quota of a rep, a team or the company that has begun. The period is the quota's own, from one effective date to the next.
WITH begun AS (
  SELECT * FROM sales.quota WHERE scope IN ('rep', 'team', 'company') AND period_start <= current_date
),
credited AS (
  SELECT 'rep' AS scope, rep_id AS scope_id, closed_on, amount FROM sales.credit WHERE status = 'won'
  UNION ALL
  SELECT 'team' AS scope, coalesce(team, 'no team') AS scope_id, closed_on, sum(amount) AS amount
  FROM sales.credit
  WHERE status = 'won'
  GROUP BY coalesce(team, 'no team'), deal_id, closed_on
  UNION ALL
  SELECT 'company' AS scope, 'company' AS scope_id, closed_on, amount_reporting AS amount FROM sales.deal WHERE status = 'won'
),
won AS (
  SELECT q.scope, q.scope_id, q.period_start, count(*) AS deals, sum(c.amount) AS amount
  FROM begun AS q
  JOIN credited AS c
    ON c.scope = q.scope AND c.scope_id = q.scope_id AND c.closed_on >= q.period_start AND c.closed_on <= q.last_day
  GROUP BY q.scope, q.scope_id, q.period_start
)
SELECT
  q.scope,
  q.scope_id,
  q.name,
  q.team,
  q.quarter,
  q.period_start,
  q.period_end,
  q.last_day,
  q.last_day < current_date AS is_complete,
  q.is_own,
  coalesce(w.deals, 0) AS deals,
  CAST(coalesce(w.amount, 0) AS DECIMAL(18,4)) AS won_amount,
  q.amount AS quota,
  CAST(coalesce(w.amount, 0) - q.amount AS DECIMAL(18,4)) AS over_quota,
  ratio(coalesce(w.amount, 0), q.amount) AS attainment,
  coalesce(w.amount, 0) >= q.amount AS is_reached
FROM begun AS q
LEFT JOIN won AS w ON w.scope = q.scope AND w.scope_id = q.scope_id AND w.period_start = q.period_start
