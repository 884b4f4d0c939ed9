/* ---
description: Deals as they counted on the days that movements are told between, with everything as it was known then
materialize: table
checks:
  - unique: [day, deal_id]
  - not_null: [day, deal_id, owner_id, counts_as, first_seen_on]
  - accepted: {column: counts_as, values: [open, won, lost, disqualified, deleted, excluded, merged]}
--- */
-- One row is a deal that the export of a day of movement.window showed. counts_as is its status, or why it did not count; of several reasons the
-- first of deleted, excluded, merged stands. dated_on puts it into a period: when it is expected to close, of a closed one when it did.
-- Exclusions, plan rates, owners and territories are those in force and known on the day, whatever was entered later with an earlier date: the
-- figures of a day never change after it, and the end of one window is the start of the next.
-- Deals that were closed before the first of the days, and that nothing happened to since, take no part in any window and are left out.
WITH day AS (
  SELECT start_day AS day FROM movement.window WHERE is_available
  UNION
  SELECT end_day AS day FROM movement.window WHERE is_available
),
horizon AS (
  SELECT min(least(start_day, period_start)) AS first_day FROM movement.window WHERE is_available
),
taking_part AS (
  SELECT h.deal_id, min(h.valid_from) AS first_seen_on
  FROM horizon AS z
  CROSS JOIN crm.deal_history AS h
  GROUP BY h.deal_id
  HAVING bool_or(
    h.valid_from >= z.first_day OR h.closed_on >= z.first_day OR (h.status = 'open' AND (h.valid_to IS NULL OR h.valid_to > z.first_day))
  )
),
exclusion AS (
  SELECT DISTINCT y.day, x.entity, x.entity_id
  FROM day AS y
  JOIN crm.exclusion_history AS x
    ON x.known_from <= y.day AND (x.known_to IS NULL OR x.known_to > y.day)
    AND x.valid_from <= y.day AND (x.valid_to IS NULL OR x.valid_to > y.day)
),
plan_rate AS (
  SELECT
    y.day,
    f.from_currency AS currency,
    f.rate,
    row_number() OVER (PARTITION BY y.day, f.from_currency ORDER BY f.valid_from DESC) AS place
  FROM day AS y
  JOIN crm.fx_rate_history AS f
    ON f.known_from <= y.day AND (f.known_to IS NULL OR f.known_to > y.day) AND f.valid_from <= y.day
  WHERE f.rate_type = 'plan' AND f.to_currency = reporting_currency()
),
state AS (
  SELECT
    y.day,
    p.first_seen_on,
    h.*,
    a.name AS account_name,
    coalesce(o.name, h.owner_id) AS owner_name,
    coalesce(o.team, 'no team') AS team,
    coalesce(h.territory_id, a.territory_id, o.territory_id, 'no territory') AS territory_then
  FROM crm.deal_history AS h
  JOIN taking_part AS p ON p.deal_id = h.deal_id
  JOIN day AS y ON h.valid_from <= y.day AND (h.valid_to IS NULL OR h.valid_to > y.day)
  LEFT JOIN crm.account_history AS a
    ON a.account_id = h.account_id AND a.valid_from <= y.day AND (a.valid_to IS NULL OR a.valid_to > y.day)
  LEFT JOIN crm.rep_history AS o
    ON o.rep_id = h.owner_id AND o.valid_from <= y.day AND (o.valid_to IS NULL OR o.valid_to > y.day)
),
rated AS (
  SELECT s.*, CASE WHEN s.currency = reporting_currency() THEN CAST(1 AS DECIMAL(18,10)) ELSE r.rate END AS rate
  FROM state AS s
  LEFT JOIN plan_rate AS r ON r.day = s.day AND r.currency = s.currency AND r.place = 1
)
SELECT
  s.day,
  s.deal_id,
  s.name,
  s.account_id,
  s.account_name,
  s.owner_id,
  s.owner_name,
  s.team,
  s.territory_then AS territory_id,
  coalesce(t.name, s.territory_then) AS territory_name,
  s.stage,
  CASE
    WHEN s.status = 'deleted' THEN 'deleted'
    WHEN by_deal.day IS NOT NULL OR by_account.day IS NOT NULL OR by_owner.day IS NOT NULL THEN 'excluded'
    ELSE s.status
  END AS counts_as,
  CASE WHEN s.status = 'open' THEN s.expected_close_on ELSE coalesce(s.closed_on, c.closed_on) END AS dated_on,
  s.created_on,
  s.first_seen_on,
  s.amount,
  s.currency,
  s.rate,
  CAST(s.amount * s.rate AS DECIMAL(18,4)) AS amount_reporting
FROM rated AS s
LEFT JOIN sales.deal_closing AS c
  ON c.deal_id = s.deal_id AND c.seen_on <= s.day AND (c.reopened_on IS NULL OR c.reopened_on > s.day)
LEFT JOIN crm.territory_history AS t
  ON t.territory_id = s.territory_then AND t.valid_from <= s.day AND (t.valid_to IS NULL OR t.valid_to > s.day)
LEFT JOIN exclusion AS by_deal ON by_deal.day = s.day AND by_deal.entity = 'deal' AND by_deal.entity_id = s.deal_id
LEFT JOIN exclusion AS by_account ON by_account.day = s.day AND by_account.entity = 'account' AND by_account.entity_id = s.account_id
LEFT JOIN exclusion AS by_owner ON by_owner.day = s.day AND by_owner.entity = 'rep' AND by_owner.entity_id = s.owner_id
