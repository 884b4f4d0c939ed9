/* ---
description: Booking targets with their effective dates resolved, for reps, teams, territories and the company
materialize: table
checks:
  - unique: [scope, scope_id, period_start]
  - not_null: [scope, scope_id, period_start, last_day, quarter]
--- */
-- One row is a booking target in force from period_start to period_end, both included; last_day is period_end, or 9999-12-31 while the next target is not set.
-- A target without an end lasts until the next one starts. A rep who joined within the period has the share of the days from then on.
-- A team without a target of its own has the sum of its reps', and a company without one the sum of its teams'. Those of territories are their
-- own; what a territory without one has is in sales.territory_quota.
-- quarter is the fiscal quarter in which the middle of the period lies.
WITH own AS (
  SELECT
    q.scope,
    q.scope_id,
    q.period_start,
    coalesce(
      q.period_end,
      lead(q.period_start) OVER (PARTITION BY q.scope, q.scope_id ORDER BY q.period_start) - INTERVAL '1 day'
    ) AS period_end,
    CAST(q.amount * r.rate AS DECIMAL(18,4)) AS amount
  FROM crm.quota AS q
  LEFT JOIN sales.plan_rate AS r ON r.currency = coalesce(q.currency, reporting_currency())
  WHERE q.metric = 'bookings'
),
dated AS (
  SELECT
    scope,
    scope_id,
    period_start,
    coalesce(period_end, DATE '9999-12-31') AS last_day,
    amount
  FROM own
),
rep_quota AS (
  SELECT
    q.scope_id AS rep_id,
    r.name,
    r.team,
    q.period_start,
    q.last_day,
    CASE
      WHEN r.hired_on > q.period_start AND r.hired_on <= q.last_day AND q.last_day < DATE '9999-12-31'
      THEN CAST(
        q.amount * (days_between(r.hired_on, q.last_day) + 1) / (days_between(q.period_start, q.last_day) + 1) AS DECIMAL(18,4)
      )
      ELSE q.amount
    END AS amount
  FROM dated AS q
  LEFT JOIN crm.rep AS r ON r.rep_id = q.scope_id
  WHERE q.scope = 'rep'
),
team_sum AS (
  SELECT coalesce(team, 'no team') AS team, last_day, min(period_start) AS period_start, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
  FROM rep_quota
  GROUP BY coalesce(team, 'no team'), last_day
),
team_quota AS (
  SELECT scope_id AS team, period_start, last_day, amount, true AS is_own FROM dated WHERE scope = 'team'
  UNION ALL
  SELECT s.team, s.period_start, s.last_day, s.amount, false AS is_own
  FROM team_sum AS s
  LEFT ANTI JOIN dated AS t
    ON t.scope = 'team' AND t.scope_id = s.team AND t.period_start <= s.last_day AND t.last_day >= s.period_start
),
company_sum AS (
  SELECT last_day, min(period_start) AS period_start, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
  FROM team_quota
  GROUP BY last_day
),
resolved AS (
  SELECT 'rep' AS scope, rep_id AS scope_id, coalesce(name, rep_id) AS name, team, period_start, last_day, amount, true AS is_own
  FROM rep_quota
  UNION ALL
  SELECT 'team' AS scope, team AS scope_id, team AS name, team, period_start, last_day, amount, is_own
  FROM team_quota
  UNION ALL
  SELECT
    q.scope, q.scope_id, coalesce(t.name, q.scope_id) AS name, CAST(NULL AS TEXT) AS team, q.period_start, q.last_day, q.amount, true AS is_own
  FROM dated AS q
  LEFT JOIN crm.territory AS t ON t.territory_id = q.scope_id
  WHERE q.scope = 'territory'
  UNION ALL
  SELECT
    'company' AS scope, 'company' AS scope_id, 'Company' AS name, CAST(NULL AS TEXT) AS team, period_start, last_day, amount, true AS is_own
  FROM dated
  WHERE scope = 'company'
  UNION ALL
  SELECT
    'company' AS scope, 'company' AS scope_id, 'Company' AS name, CAST(NULL AS TEXT) AS team, s.period_start, s.last_day, s.amount, false AS is_own
  FROM company_sum AS s
  LEFT ANTI JOIN dated AS c ON c.scope = 'company' AND c.period_start <= s.last_day AND c.last_day >= s.period_start
)
SELECT
  scope,
  scope_id,
  name,
  team,
  period_start,
  CASE WHEN last_day < DATE '9999-12-31' THEN last_day END AS period_end,
  last_day,
  fiscal_quarter(
    CASE
      WHEN last_day < DATE '9999-12-31' THEN period_start + days_between(period_start, last_day) / 2
      ELSE period_start + 45
    END
  ) AS quarter,
  is_own,
  amount
FROM resolved
