/* ---
description: Share of the reps with a quota who reached it (quota_attainment_rate), in the company and in each team
materialize: table
checks:
  - unique: [scope, scope_id, last_day]
  - not_null: [scope, scope_id, quarter, reps, reps_reached]
  - between: {column: rate, min: 0, max: 1}
--- */
-- One row is the company or a team in a quota period; reps whose quotas end on the same day share a period. A quota of nothing is not counted.
WITH rep_quota AS (
  SELECT
    s.scope,
    CASE s.scope WHEN 'company' THEN 'company' ELSE coalesce(q.team, 'no team') END AS scope_id,
    q.quarter,
    q.period_start,
    q.last_day,
    q.is_complete,
    q.is_reached
  FROM (VALUES ('company'), ('team')) AS s (scope)
  CROSS JOIN kpi.quota_attainment AS q
  WHERE q.scope = 'rep' AND q.quota > 0
)
SELECT
  scope,
  scope_id,
  max(quarter) AS quarter,
  min(period_start) AS period_start,
  last_day,
  bool_and(is_complete) AS is_complete,
  count(*) AS reps,
  count(*) FILTER (WHERE is_reached) AS reps_reached,
  ratio(count(*) FILTER (WHERE is_reached), count(*)) AS rate,
  wilson_lower(count(*) FILTER (WHERE is_reached), count(*)) AS rate_lower,
  wilson_upper(count(*) FILTER (WHERE is_reached), count(*)) AS rate_upper,
  count(*) < setting('thin_sample') AS is_thin
FROM rep_quota
GROUP BY scope, scope_id, last_day
