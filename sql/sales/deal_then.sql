/* ---
description: Open deals and the quarter's won ones as they were known on the past days that figures look back at
materialize: table
checks:
  - unique: [snapshot_on, deal_id]
  - not_null: [snapshot_on, deal_id, status]
--- */
-- One row is a deal as the snapshot of a past day showed it, with the stage, amount, dates and stage probability of then: one that counted
-- and was open on that day, or won in that day's fiscal quarter.
-- Owner, team and territory are those of that day as well.
-- Amounts are at today's plan rates, so that what differs between days is the deals and never the rate.
-- Probabilities that the setting stage_probability says count on every day. Exclusions and stages are those of known_on: the snapshot's day, or today where that snapshot still shows today.
WITH day AS (
  SELECT snapshot_on, max(CASE asked_for WHEN 'today' THEN asked_on ELSE snapshot_on END) AS known_on
  FROM sales.day_asked
  GROUP BY snapshot_on
),
stage_then AS (
  SELECT d.snapshot_on, s.pipeline, s.stage, s.default_probability
  FROM day AS d
  JOIN crm.stage_history AS s ON s.valid_from <= d.known_on AND (s.valid_to IS NULL OR s.valid_to > d.known_on)
),
exclusion_then AS (
  SELECT DISTINCT d.snapshot_on, e.entity, e.entity_id
  FROM day AS d
  JOIN crm.exclusion AS e ON e.valid_from <= d.known_on AND (e.valid_to IS NULL OR e.valid_to > d.known_on)
),
deal_then AS (
  SELECT s.*, d.snapshot_on
  FROM day AS d
  JOIN crm.deal_history AS s ON s.valid_from <= d.snapshot_on AND (s.valid_to IS NULL OR s.valid_to > d.snapshot_on)
  LEFT ANTI JOIN exclusion_then AS x ON x.snapshot_on = d.snapshot_on AND x.entity = 'deal' AND x.entity_id = s.deal_id
  LEFT ANTI JOIN exclusion_then AS y ON y.snapshot_on = d.snapshot_on AND y.entity = 'account' AND y.entity_id = s.account_id
  LEFT ANTI JOIN exclusion_then AS z ON z.snapshot_on = d.snapshot_on AND z.entity = 'rep' AND z.entity_id = s.owner_id
  WHERE s.status IN ('open', 'won')
)
SELECT
  d.snapshot_on,
  d.deal_id,
  d.status,
  d.owner_id,
  o.team,
  coalesce(d.territory_id, a.territory_id, o.territory_id) AS territory_id,
  d.stage,
  coalesce(d.pipeline, 'default') AS pipeline,
  d.deal_type,
  d.lead_source,
  d.product,
  d.expected_close_on,
  CASE WHEN d.status = 'won' THEN coalesce(d.closed_on, c.closed_on) END AS closed_on,
  CAST(d.amount * r.rate AS DECIMAL(18,4)) AS amount_reporting,
  coalesce(d.probability, own.probability, every.probability, s.default_probability) AS probability,
  coalesce(own.probability, every.probability, s.default_probability) AS stage_probability
FROM deal_then AS d
LEFT JOIN sales.deal_closing AS c
  ON c.deal_id = d.deal_id AND c.seen_on <= d.snapshot_on AND (c.reopened_on IS NULL OR c.reopened_on > d.snapshot_on)
LEFT JOIN crm.rep_history AS o
  ON o.rep_id = d.owner_id AND o.valid_from <= d.snapshot_on AND (o.valid_to IS NULL OR o.valid_to > d.snapshot_on)
LEFT JOIN crm.account_history AS a
  ON a.account_id = d.account_id AND a.valid_from <= d.snapshot_on AND (a.valid_to IS NULL OR a.valid_to > d.snapshot_on)
LEFT JOIN sales.plan_rate AS r ON r.currency = d.currency
LEFT JOIN stage_then AS s
  ON s.snapshot_on = d.snapshot_on AND s.pipeline = coalesce(d.pipeline, 'default') AND s.stage = d.stage
LEFT JOIN setting.stage_probability AS own ON own.pipeline = coalesce(d.pipeline, 'default') AND own.stage = d.stage
LEFT JOIN setting.stage_probability AS every ON every.pipeline IS NULL AND every.stage = d.stage
WHERE d.status = 'open' OR coalesce(d.closed_on, c.closed_on) >= period_start(d.snapshot_on, 'quarter')
