/* ---
description: Deals that count, with everything resolved once; every figure reads this table and nothing reads crm.deal past it
materialize: table
checks:
  - unique: [deal_id]
  - not_null: [deal_id, owner_id, stage, status, created_on]
  - accepted: {column: status, values: [open, won, lost, disqualified]}
  - between: {column: probability, min: 0, max: 1}
--- */
-- One row is a deal that counts. Deleted, merged, excluded and vanished ones are in sales.deal_left_out.
-- Owner, team and territory are today's; those named *_then are of the snapshot that first showed the deal closed, and NULL while it is open.
-- Amounts named *_reporting, at_stake and weighted are in the reporting currency, at the plan rate in force on the day of the run.
WITH deal AS (
  SELECT d.*
  FROM crm.deal AS d
  LEFT ANTI JOIN sales.deal_left_out AS l ON l.deal_id = d.deal_id
),
closing AS (
  SELECT * FROM sales.deal_closing WHERE reopened_on IS NULL
),
resolved AS (
  SELECT
    d.*,
    coalesce(d.pipeline, 'default') AS pipeline_name,
    CASE WHEN d.status <> 'open' THEN coalesce(d.closed_on, c.closed_on) END AS really_closed_on,
    c.seen_on AS closed_seen_on,
    CASE WHEN d.status <> 'open' THEN c.owner_then END AS owner_then,
    CASE WHEN d.status <> 'open' THEN c.team_then END AS team_then,
    CASE WHEN d.status <> 'open' THEN c.territory_then END AS territory_then,
    CAST(d.amount * own.rate AS DECIMAL(18,4)) AS amount_reporting,
    CASE
      WHEN d.status IN ('lost', 'disqualified') AND c.was_seen_open AND c.last_open_amount IS NOT NULL
      THEN CAST(c.last_open_amount * last_open.rate AS DECIMAL(18,4))
      ELSE CAST(d.amount * own.rate AS DECIMAL(18,4))
    END AS amount_at_stake
  FROM deal AS d
  LEFT JOIN closing AS c ON c.deal_id = d.deal_id
  LEFT JOIN sales.plan_rate AS own ON own.currency = d.currency
  LEFT JOIN sales.plan_rate AS last_open ON last_open.currency = c.last_open_currency
)
SELECT
  d.deal_id,
  d.name,
  d.status,
  d.account_id,
  a.name AS account_name,
  a.industry,
  coalesce(d.segment, a.segment) AS segment,
  d.owner_id,
  coalesce(o.name, d.owner_id) AS owner_name,
  o.is_active AS owner_is_active,
  o.team,
  o.manager_id,
  coalesce(m.name, o.manager_id) AS manager_name,
  t.territory_id,
  t.name AS territory_name,
  coalesce(t.region, a.region) AS region,
  d.pipeline_name AS pipeline,
  d.stage,
  s.rank AS stage_rank,
  d.forecast_category,
  d.amount,
  d.currency,
  d.amount_reporting,
  d.amount_at_stake,
  d.probability AS own_probability,
  coalesce(own.probability, every.probability, s.default_probability) AS stage_probability,
  coalesce(d.probability, own.probability, every.probability, s.default_probability) AS probability,
  CASE
    WHEN d.status = 'open'
    THEN d.amount_reporting * coalesce(d.probability, own.probability, every.probability, s.default_probability)
  END AS weighted_amount,
  d.created_on,
  d.qualified_on,
  d.expected_close_on,
  d.really_closed_on AS closed_on,
  d.closed_seen_on,
  d.owner_then,
  d.team_then,
  d.territory_then,
  fiscal_quarter(d.expected_close_on) AS expected_quarter,
  fiscal_quarter(d.really_closed_on) AS closed_quarter,
  days_between(d.created_on, d.really_closed_on) AS cycle_days,
  days_between(d.qualified_on, d.really_closed_on) AS qualified_cycle_days,
  CASE WHEN d.status = 'open' THEN days_between(d.created_on, current_date) END AS age_days,
  d.stage_entered_on,
  d.last_activity_on,
  d.next_step,
  d.deal_type,
  d.lead_source,
  d.product,
  d.lost_reason,
  d.competitor
FROM resolved AS d
LEFT JOIN crm.account AS a ON a.account_id = d.account_id
LEFT JOIN crm.rep AS o ON o.rep_id = d.owner_id
LEFT JOIN crm.rep AS m ON m.rep_id = o.manager_id
LEFT JOIN crm.territory AS t ON t.territory_id = coalesce(d.territory_id, a.territory_id, o.territory_id)
LEFT JOIN crm.stage AS s ON s.pipeline = d.pipeline_name AND s.stage = d.stage
LEFT JOIN setting.stage_probability AS own ON own.pipeline = d.pipeline_name AND own.stage = d.stage
LEFT JOIN setting.stage_probability AS every ON every.pipeline IS NULL AND every.stage = d.stage
