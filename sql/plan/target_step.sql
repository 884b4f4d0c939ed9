/* ---
description: Targets of the running fiscal quarter taken apart into the wins, demos, meetings and calls that they need (target decomposition)
materialize: table
checks:
  - unique: [scope, scope_id, step]
  - not_null: [scope, scope_id, quarter, target, step_no, step]
  - accepted: {column: scope, values: [company, team, rep]}
  - accepted: {column: step, values: [win, demo, meeting, call]}
--- */
-- One row is a step towards the target of the company, a team or a rep in the running quarter. needed is a whole number, rounded up: the target by
-- the mean won amount in wins, those by the share of demos that led to a win in demos, and so down through meetings to calls. conversion is how many
-- of the step above came of one of this step, reached out of tried; the rates are those of the setting's trailing_days, of the team or rep itself
-- where it won at least thin_sample deals in them, else of the company. Demos are held against wins of deals whose whole life lies within the log of
-- activities. What is not logged is not available, and neither is any step below it. Reps are those with a target in the quarter; where nobody has
-- one, those who are active and were credited with a deal that closed in the trailing days.
WITH quarter AS (
  SELECT
    fiscal_quarter(current_date) AS quarter,
    period_start(current_date, 'quarter') AS quarter_start,
    period_end(current_date, 'quarter') AS quarter_end,
    current_date - setting('trailing_days') AS rates_after,
    3 AS months
),
target AS (
  SELECT q.scope, q.scope_id, max(q.name) AS name, max(q.team) AS team, CAST(sum(q.amount) AS DECIMAL(18,4)) AS amount
  FROM sales.quota_day AS q
  JOIN quarter AS s ON q.day >= s.quarter_start AND q.day <= s.quarter_end
  WHERE q.scope IN ('company', 'team', 'rep')
  GROUP BY q.scope, q.scope_id
  HAVING sum(q.amount) > 0
),
credited AS (
  SELECT DISTINCT c.rep_id, coalesce(c.team, 'no team') AS team
  FROM quarter AS s
  CROSS JOIN sales.credit AS c
  JOIN crm.rep AS r ON r.rep_id = c.rep_id AND coalesce(r.is_active, true)
  WHERE c.closed_on > s.rates_after AND c.closed_on <= current_date
),
seller AS (
  SELECT scope_id AS rep_id, coalesce(team, 'no team') AS team FROM target WHERE scope = 'rep'
  UNION ALL
  SELECT rep_id, team FROM credited WHERE NOT EXISTS (SELECT 1 FROM target WHERE scope = 'rep')
),
seller_count AS (
  SELECT 'company' AS scope, 'company' AS scope_id, count(*) AS reps FROM seller
  UNION ALL
  SELECT 'team' AS scope, team AS scope_id, count(*) AS reps FROM seller GROUP BY team
  UNION ALL
  SELECT 'rep' AS scope, rep_id AS scope_id, 1 AS reps FROM seller
),
counted AS (
  SELECT
    d.owner_id,
    d.team,
    count(d.amount_reporting) FILTER (WHERE d.status = 'won') AS wins,
    sum(d.amount_reporting) FILTER (WHERE d.status = 'won') AS amount,
    count(a.deal_id) FILTER (WHERE d.status = 'won') AS logged_wins,
    sum(a.demos) AS demos_of_deals,
    CAST(0 AS BIGINT) AS demos,
    CAST(0 AS BIGINT) AS meetings,
    CAST(0 AS BIGINT) AS calls
  FROM quarter AS s
  CROSS JOIN sales.deal AS d
  LEFT JOIN sales.deal_activity AS a ON a.deal_id = d.deal_id
  WHERE d.status IN ('won', 'lost') AND d.closed_on > s.rates_after AND d.closed_on <= current_date
  GROUP BY d.owner_id, d.team
  UNION ALL
  SELECT
    a.owner_id,
    a.team,
    CAST(0 AS BIGINT) AS wins,
    CAST(0 AS DECIMAL(18,4)) AS amount,
    CAST(0 AS BIGINT) AS logged_wins,
    CAST(0 AS BIGINT) AS demos_of_deals,
    count(*) FILTER (WHERE a.type = 'demo') AS demos,
    count(*) FILTER (WHERE a.type = 'meeting') AS meetings,
    count(*) FILTER (WHERE a.type = 'call') AS calls
  FROM quarter AS s
  CROSS JOIN sales.activity AS a
  WHERE a.is_done AND a.is_prospect AND a.started_on > s.rates_after AND a.started_on <= current_date
  GROUP BY a.owner_id, a.team
),
measured AS (
  SELECT
    o.scope,
    CASE o.scope WHEN 'company' THEN 'company' WHEN 'team' THEN coalesce(c.team, 'no team') ELSE c.owner_id END AS scope_id,
    sum(c.wins) AS wins,
    CAST(sum(c.amount) AS DECIMAL(18,4)) AS amount,
    sum(c.logged_wins) AS logged_wins,
    sum(c.demos_of_deals) AS demos_of_deals,
    sum(c.demos) AS demos,
    sum(c.meetings) AS meetings,
    sum(c.calls) AS calls
  FROM (VALUES ('company'), ('team'), ('rep')) AS o (scope)
  CROSS JOIN counted AS c
  GROUP BY o.scope, CASE o.scope WHEN 'company' THEN 'company' WHEN 'team' THEN coalesce(c.team, 'no team') ELSE c.owner_id END
),
own AS (
  SELECT m.*
  FROM measured AS m
  WHERE m.scope = 'company' OR m.wins >= setting('thin_sample')
),
rated AS (
  SELECT
    t.scope,
    t.scope_id,
    t.name,
    t.team,
    t.amount AS target,
    CASE WHEN o.scope_id IS NOT NULL THEN t.scope ELSE 'company' END AS rates_of,
    CASE WHEN o.scope_id IS NOT NULL THEN o.wins ELSE w.wins END AS wins,
    CASE WHEN o.scope_id IS NOT NULL THEN o.amount ELSE w.amount END AS amount,
    CASE WHEN o.scope_id IS NOT NULL THEN o.logged_wins ELSE w.logged_wins END AS logged_wins,
    CASE WHEN o.scope_id IS NOT NULL THEN o.demos_of_deals ELSE w.demos_of_deals END AS demos_of_deals,
    CASE WHEN o.scope_id IS NOT NULL THEN o.demos ELSE w.demos END AS demos,
    CASE WHEN o.scope_id IS NOT NULL THEN o.meetings ELSE w.meetings END AS meetings,
    CASE WHEN o.scope_id IS NOT NULL THEN o.calls ELSE w.calls END AS calls
  FROM target AS t
  LEFT JOIN own AS o ON o.scope = t.scope AND o.scope_id = t.scope_id
  LEFT JOIN own AS w ON w.scope = 'company'
),
wins_needed AS (
  SELECT *, CASE WHEN amount > 0 THEN CAST(ceil(target * wins / amount) AS BIGINT) END AS wins_needed FROM rated
),
demos_needed AS (
  SELECT *, CASE WHEN logged_wins > 0 AND demos_of_deals > 0 THEN (wins_needed * demos_of_deals + logged_wins - 1) / logged_wins END AS demos_needed
  FROM wins_needed
),
meetings_needed AS (
  SELECT *, CASE WHEN demos > 0 AND meetings > 0 THEN (demos_needed * meetings + demos - 1) / demos END AS meetings_needed FROM demos_needed
),
calls_needed AS (
  SELECT *, CASE WHEN meetings > 0 AND calls > 0 THEN (meetings_needed * calls + meetings - 1) / meetings END AS calls_needed FROM meetings_needed
),
step AS (
  SELECT
    n.scope,
    n.scope_id,
    n.name,
    n.team,
    n.target,
    n.rates_of,
    CASE WHEN n.wins > 0 THEN CAST(n.amount / n.wins AS DECIMAL(18,4)) END AS mean_won_amount,
    k.step_no,
    k.step,
    CASE k.step WHEN 'demo' THEN n.logged_wins WHEN 'meeting' THEN n.demos WHEN 'call' THEN n.meetings END AS reached,
    CASE k.step WHEN 'demo' THEN n.demos_of_deals WHEN 'meeting' THEN n.meetings WHEN 'call' THEN n.calls END AS tried,
    CASE k.step WHEN 'win' THEN n.wins_needed WHEN 'demo' THEN n.demos_needed WHEN 'meeting' THEN n.meetings_needed ELSE n.calls_needed END AS needed
  FROM calls_needed AS n
  CROSS JOIN (VALUES (1, 'win'), (2, 'demo'), (3, 'meeting'), (4, 'call')) AS k (step_no, step)
)
SELECT
  n.scope,
  n.scope_id,
  n.name,
  n.team,
  s.quarter,
  n.target,
  n.mean_won_amount,
  n.rates_of,
  n.step_no,
  n.step,
  n.reached,
  n.tried,
  ratio(n.reached, n.tried) AS conversion,
  n.needed,
  c.reps,
  s.months,
  ratio(n.needed, s.months) AS needed_a_month,
  ratio(n.needed, c.reps) AS needed_a_rep,
  ratio(n.needed, s.months * c.reps) AS needed_a_rep_and_month
FROM step AS n
CROSS JOIN quarter AS s
LEFT JOIN seller_count AS c ON c.scope = n.scope AND c.scope_id = n.scope_id
