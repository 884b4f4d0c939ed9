/* ---
description: Deals won in past quarters, as they were reported when the quarter ended beside what is known of them now
materialize: table
checks:
  - unique: [quarter, deal_id]
  - not_null: [quarter, deal_id, cause, reported_amount, known_amount]
  - accepted: {column: cause, values: [stays, deleted, merged, excluded, restored, reopened, outcome_changed, closing_moved, back_dated]}
  - expression: known_amount = reported_amount + flow_amount + edit_amount + fx_amount
--- */
-- One row is a deal that was reported as won in a fiscal quarter that is over, or is known now to have been. Reported is what the first export
-- from the quarter's last day on showed, with the owners, teams and exclusions known then, at the plan rates of the quarter's last day. A quarter
-- without an export within grace_days of its end, or whose end was rebuilt from events, was not reported. Known is sales.deal of the day of the run.
-- cause says why the deal came or went, in this order. Gone: deleted (or vanished), merged, excluded, reopened, outcome_changed (won no more, and
-- not open), closing_moved (to another quarter). Come: restored (was deleted, merged or excluded), closing_moved, outcome_changed, back_dated
-- (closed in the quarter, and first seen closed by a later export). flow_amount is what came or went. Of a deal that stays fx_amount is the
-- reported amount at today's plan rate less that at the rate of then, and edit_amount the rest. An amount that cannot be told counts 0.
WITH limits AS (
  SELECT 14 AS grace_days -- days from the quarter's end in which the export lies that reported it
),
quarter AS (
  SELECT p.period AS quarter, p.period_start AS quarter_start, p.period_end AS quarter_end, min(s.snapshot_on) AS snapshot_on
  FROM sales.period AS p
  JOIN lake.snapshot AS s ON s.snapshot_on >= p.period_end
  JOIN limits AS g ON days_between(p.period_end, s.snapshot_on) <= g.grace_days
  WHERE p.kind = 'quarter' AND p.is_complete AND s.table_name = 'crm.deal' AND s.origin = 'export'
  GROUP BY p.period, p.period_start, p.period_end
),
rate_ranked AS (
  SELECT
    q.quarter,
    f.from_currency,
    f.rate,
    row_number() OVER (PARTITION BY q.quarter, f.from_currency ORDER BY f.valid_from DESC) AS place
  FROM quarter AS q
  JOIN crm.fx_rate_history AS f ON f.known_from <= q.snapshot_on AND (f.known_to IS NULL OR f.known_to > q.snapshot_on)
  WHERE f.rate_type = 'plan'
    AND f.to_currency = reporting_currency()
    AND f.from_currency <> reporting_currency()
    AND f.valid_from <= q.quarter_end
),
rate_then AS (
  SELECT quarter, from_currency AS currency, rate FROM rate_ranked WHERE place = 1
  UNION ALL
  SELECT quarter, reporting_currency() AS currency, CAST(1 AS DECIMAL(18,10)) AS rate FROM quarter
),
team_then AS (
  SELECT q.quarter, r.rep_id, r.team
  FROM quarter AS q
  JOIN crm.rep_history AS r ON r.valid_from <= q.snapshot_on AND (r.valid_to IS NULL OR r.valid_to > q.snapshot_on)
),
exclusion_then AS (
  SELECT DISTINCT q.quarter, e.entity, e.entity_id
  FROM quarter AS q
  JOIN crm.exclusion_history AS e ON e.known_from <= q.snapshot_on AND (e.known_to IS NULL OR e.known_to > q.snapshot_on)
  WHERE e.valid_from <= q.snapshot_on AND (e.valid_to IS NULL OR e.valid_to > q.snapshot_on)
),
then AS (
  SELECT
    q.quarter,
    q.quarter_start,
    q.quarter_end,
    h.deal_id,
    h.name,
    h.owner_id,
    h.amount,
    h.currency,
    h.status IN ('deleted', 'merged') OR x.entity_id IS NOT NULL OR y.entity_id IS NOT NULL OR z.entity_id IS NOT NULL AS is_left_out,
    h.status,
    CASE WHEN h.status IN ('won', 'lost', 'disqualified') THEN coalesce(h.closed_on, c.closed_on) END AS closed_on
  FROM quarter AS q
  JOIN crm.deal_history AS h ON h.valid_from <= q.snapshot_on AND (h.valid_to IS NULL OR h.valid_to > q.snapshot_on)
  LEFT JOIN exclusion_then AS x ON x.quarter = q.quarter AND x.entity = 'deal' AND x.entity_id = h.deal_id
  LEFT JOIN exclusion_then AS y ON y.quarter = q.quarter AND y.entity = 'account' AND y.entity_id = h.account_id
  LEFT JOIN exclusion_then AS z ON z.quarter = q.quarter AND z.entity = 'rep' AND z.entity_id = h.owner_id
  LEFT JOIN sales.deal_closing AS c
    ON c.deal_id = h.deal_id AND c.seen_on <= q.snapshot_on AND (c.reopened_on IS NULL OR c.reopened_on > q.snapshot_on)
),
reported AS (
  SELECT
    t.quarter,
    t.deal_id,
    t.name,
    t.owner_id,
    coalesce(r.team, 'no team') AS team,
    coalesce(CAST(t.amount * f.rate AS DECIMAL(18,4)), 0.0000) AS amount,
    coalesce(CAST(t.amount * n.rate AS DECIMAL(18,4)), 0.0000) AS amount_at_rate_now
  FROM then AS t
  LEFT JOIN team_then AS r ON r.quarter = t.quarter AND r.rep_id = t.owner_id
  LEFT JOIN rate_then AS f ON f.quarter = t.quarter AND f.currency = t.currency
  LEFT JOIN sales.plan_rate AS n ON n.currency = t.currency
  WHERE t.status = 'won' AND NOT t.is_left_out AND t.closed_on >= t.quarter_start AND t.closed_on <= t.quarter_end
),
known AS (
  SELECT
    q.quarter,
    d.deal_id,
    d.name,
    d.owner_id,
    coalesce(d.team, 'no team') AS team,
    coalesce(d.amount_reporting, 0.0000) AS amount
  FROM quarter AS q
  JOIN sales.deal AS d ON d.closed_quarter = q.quarter
  WHERE d.status = 'won'
),
paired AS (
  SELECT
    coalesce(r.quarter, k.quarter) AS quarter,
    coalesce(r.deal_id, k.deal_id) AS deal_id,
    coalesce(k.name, r.name) AS name,
    r.owner_id AS owner_then,
    k.owner_id AS owner_now,
    r.team AS team_then,
    k.team AS team_now,
    r.deal_id IS NOT NULL AS is_reported,
    k.deal_id IS NOT NULL AS is_known,
    r.amount AS reported_amount,
    r.amount_at_rate_now,
    k.amount AS known_amount
  FROM reported AS r
  FULL JOIN known AS k ON k.quarter = r.quarter AND k.deal_id = r.deal_id
),
caused AS (
  SELECT
    p.*,
    CASE
      WHEN p.is_reported AND p.is_known THEN 'stays'
      WHEN p.is_reported THEN CASE
        WHEN l.kind IN ('merged', 'excluded') THEN l.kind
        WHEN n.status = 'open' THEN 'reopened'
        WHEN n.status = 'won' THEN 'closing_moved'
        WHEN n.status IS NOT NULL THEN 'outcome_changed'
        ELSE 'deleted'
      END
      WHEN t.is_left_out THEN 'restored'
      WHEN t.status = 'won' THEN 'closing_moved'
      WHEN t.status IN ('lost', 'disqualified') THEN 'outcome_changed'
      ELSE 'back_dated'
    END AS cause,
    q.quarter_start,
    q.quarter_end,
    q.snapshot_on
  FROM paired AS p
  JOIN quarter AS q ON q.quarter = p.quarter
  LEFT JOIN sales.deal_left_out AS l ON l.deal_id = p.deal_id
  LEFT JOIN sales.deal AS n ON n.deal_id = p.deal_id
  LEFT JOIN then AS t ON t.quarter = p.quarter AND t.deal_id = p.deal_id
)
SELECT
  quarter,
  quarter_start,
  quarter_end,
  snapshot_on,
  deal_id,
  name,
  cause,
  owner_then,
  owner_now,
  team_then,
  team_now,
  is_reported,
  is_known,
  CAST(coalesce(reported_amount, 0) AS DECIMAL(18,4)) AS reported_amount,
  CAST(CASE cause WHEN 'stays' THEN 0 ELSE coalesce(known_amount, 0) - coalesce(reported_amount, 0) END AS DECIMAL(18,4)) AS flow_amount,
  CAST(CASE cause WHEN 'stays' THEN known_amount - amount_at_rate_now ELSE 0 END AS DECIMAL(18,4)) AS edit_amount,
  CAST(CASE cause WHEN 'stays' THEN amount_at_rate_now - reported_amount ELSE 0 END AS DECIMAL(18,4)) AS fx_amount,
  CAST(coalesce(known_amount, 0) AS DECIMAL(18,4)) AS known_amount
FROM caused
