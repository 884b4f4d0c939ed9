/* ---
description: Coverage of the running quarter's quota, beside the coverage that past quarters needed at the same share of them (coverage)
materialize: table
checks:
  - unique: [scope, scope_id]
  - not_null: [scope, scope_id, name, quarter, quarters, won_deals_then]
  - accepted: {column: scope, values: [company, team, rep]}
  - between: {column: coverage_needed, min: 0, max: 1000000}
  - expression: (coverage_lowest <= coverage_needed AND coverage_needed <= coverage_highest) OR coverage_lowest IS NULL OR quarters_without_wins > 0
--- */
-- One row is the company, a team or a rep in the running fiscal quarter. coverage is the metric of that name. coverage_needed is what open pipeline a
-- won amount took: over the past quarters (setting coverage_periods), Σ open amount expected in the quarter when the same share of it was over, by
-- Σ won in the rest of it, from deals of any age. With less coverage than that the quota takes a better quarter than those were.
-- Past quarters are told by the last export up to that share of them, unless that was over 14 days older; what was known won then is not won after.
-- Owners and teams of the past are those of then, amounts are at today's plan rates. Quarters in which nothing was won after count all the same.
WITH running AS (
  SELECT
    fiscal_quarter(current_date) AS quarter,
    days_between(period_start(current_date, 'quarter'), current_date) + 1 AS days_over,
    days_between(period_start(current_date, 'quarter'), period_end(current_date, 'quarter')) + 1 AS days
),
past AS (
  SELECT
    p.period AS quarter,
    p.period_start,
    p.period_end,
    p.period_start + CAST(
      greatest(round(CAST(r.days_over * (days_between(p.period_start, p.period_end) + 1) AS DOUBLE) / r.days), 1) - 1 AS INTEGER
    ) AS asked_on,
    row_number() OVER (ORDER BY p.period_start DESC) AS back
  FROM sales.period AS p
  CROSS JOIN running AS r
  WHERE p.kind = 'quarter' AND p.is_complete
),
asked AS (
  SELECT p.quarter, p.period_start, p.period_end, p.asked_on, max(s.snapshot_on) AS snapshot_on
  FROM past AS p
  JOIN lake.snapshot AS s ON s.snapshot_on <= p.asked_on
  WHERE s.table_name = 'crm.deal' AND s.origin = 'export' AND p.back <= setting('coverage_periods')
  GROUP BY p.quarter, p.period_start, p.period_end, p.asked_on
  HAVING days_between(max(s.snapshot_on), p.asked_on) <= 14
),
open_then AS (
  SELECT
    a.quarter,
    h.owner_id,
    coalesce(o.team, 'no team') AS team,
    CAST(h.amount * r.rate AS DECIMAL(18,4)) AS amount
  FROM crm.deal_history AS h
  JOIN asked AS a
    ON h.valid_from <= a.snapshot_on AND (h.valid_to IS NULL OR h.valid_to > a.snapshot_on)
    AND h.expected_close_on >= a.period_start AND h.expected_close_on <= a.period_end
  LEFT SEMI JOIN sales.deal AS d ON d.deal_id = h.deal_id
  LEFT JOIN crm.rep_history AS o
    ON o.rep_id = h.owner_id AND o.valid_from <= a.snapshot_on AND (o.valid_to IS NULL OR o.valid_to > a.snapshot_on)
  LEFT JOIN sales.plan_rate AS r ON r.currency = h.currency
  WHERE h.status = 'open'
),
won_after AS (
  SELECT a.quarter, coalesce(d.owner_then, d.owner_id) AS owner_id, coalesce(d.team_then, 'no team') AS team, d.amount_reporting AS amount
  FROM asked AS a
  JOIN sales.deal AS d ON d.closed_quarter = a.quarter
  WHERE d.status = 'won' AND d.closed_seen_on > a.snapshot_on
),
both AS (
  SELECT quarter, owner_id, team, amount AS open_amount, CAST(NULL AS DECIMAL(18,4)) AS won_amount, 0 AS won_deals FROM open_then
  UNION ALL
  SELECT quarter, owner_id, team, CAST(NULL AS DECIMAL(18,4)) AS open_amount, amount AS won_amount, 1 AS won_deals FROM won_after
),
quarter_then AS (
  SELECT
    s.scope,
    CASE s.scope WHEN 'company' THEN 'company' WHEN 'team' THEN b.team ELSE b.owner_id END AS scope_id,
    b.quarter,
    coalesce(sum(b.open_amount), 0.0000) AS open_amount,
    coalesce(sum(b.won_amount), 0.0000) AS won_amount,
    sum(b.won_deals) AS won_deals
  FROM (VALUES ('company'), ('team'), ('rep')) AS s (scope)
  CROSS JOIN both AS b
  GROUP BY s.scope, CASE s.scope WHEN 'company' THEN 'company' WHEN 'team' THEN b.team ELSE b.owner_id END, b.quarter
),
needed AS (
  SELECT
    scope,
    scope_id,
    count(*) AS quarters,
    count(*) FILTER (WHERE won_amount = 0) AS quarters_without_wins,
    sum(open_amount) AS open_amount,
    sum(won_amount) AS won_amount,
    sum(won_deals) AS won_deals,
    min(ratio(open_amount, won_amount)) AS lowest,
    max(ratio(open_amount, won_amount)) AS highest
  FROM quarter_then
  GROUP BY scope, scope_id
),
present AS (
  SELECT 'company' AS scope, 'company' AS scope_id, 'Company' AS name, c.numerator, c.denominator
  FROM metric('coverage', grain => 'quarter') AS c
  WHERE c.period = fiscal_quarter(current_date)
  UNION ALL
  SELECT 'team' AS scope, coalesce(c.team, 'no team') AS scope_id, coalesce(c.team, 'no team') AS name, c.numerator, c.denominator
  FROM metric('coverage', by => ['team'], grain => 'quarter') AS c
  WHERE c.period = fiscal_quarter(current_date)
  UNION ALL
  SELECT 'rep' AS scope, c.owner_id AS scope_id, coalesce(r.name, c.owner_id) AS name, c.numerator, c.denominator
  FROM metric('coverage', by => ['owner_id'], grain => 'quarter') AS c
  LEFT JOIN crm.rep AS r ON r.rep_id = c.owner_id
  WHERE c.period = fiscal_quarter(current_date)
),
quota AS (
  SELECT scope, scope_id, sum(amount) AS amount
  FROM sales.quota_day
  WHERE scope <> 'territory' AND fiscal_quarter(day) = fiscal_quarter(current_date)
  GROUP BY scope, scope_id
)
SELECT
  p.scope,
  p.scope_id,
  p.name,
  r.quarter,
  ratio(r.days_over, r.days) AS share_over,
  CAST(coalesce(p.numerator, 0.0000) AS DECIMAL(18,4)) AS open_amount,
  CAST(q.amount AS DECIMAL(18,4)) AS quota,
  CAST(p.denominator AS DECIMAL(18,4)) AS remaining_quota,
  q.amount IS NOT NULL AND p.denominator IS NULL AS is_target_met,
  ratio(coalesce(p.numerator, 0.0000), p.denominator) AS coverage,
  coalesce(n.quarters, 0) AS quarters,
  coalesce(n.quarters_without_wins, 0) AS quarters_without_wins,
  CAST(n.open_amount AS DECIMAL(18,4)) AS open_amount_then,
  coalesce(n.won_deals, 0) AS won_deals_then,
  CAST(n.won_amount AS DECIMAL(18,4)) AS won_amount_then,
  ratio(n.open_amount, n.won_amount) AS coverage_needed,
  n.lowest AS coverage_lowest,
  n.highest AS coverage_highest,
  ratio(coalesce(p.numerator, 0.0000), p.denominator) >= ratio(n.open_amount, n.won_amount) AS is_enough,
  coalesce(n.won_deals, 0) < setting('thin_sample') AS is_thin
FROM present AS p
CROSS JOIN running AS r
LEFT JOIN needed AS n ON n.scope = p.scope AND n.scope_id = p.scope_id
LEFT JOIN quota AS q ON q.scope = p.scope AND q.scope_id = p.scope_id
