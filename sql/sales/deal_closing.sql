/* ---
description: When deals really closed and whose they were then, read from the versions that first showed them closed
materialize: table
checks:
  - unique: [deal_id, seen_on]
  - not_null: [deal_id, seen_on, closed_on]
--- */
-- One row is a closing of a deal: it lasts from the snapshot that first shows the deal closed until one shows it open again.
-- A CRM with one editable close date moves it later; the close date of that first snapshot counts, and never a day after it.
-- Owner, team and territory named _then are those of that snapshot: deals that change hands later stay with those who closed them.
WITH version AS (
  SELECT
    deal_id,
    valid_from,
    lag(valid_from) OVER (PARTITION BY deal_id ORDER BY valid_from) AS from_before,
    status <> 'open' AS is_closed,
    closed_on,
    expected_close_on,
    owner_id,
    account_id,
    territory_id,
    amount,
    currency
  FROM crm.deal_history
  WHERE status IN ('open', 'won', 'lost', 'disqualified')
),
turn AS (
  SELECT
    v.*,
    b.is_closed AS was_closed,
    b.amount AS amount_before,
    b.currency AS currency_before,
    lead(v.valid_from) OVER (PARTITION BY v.deal_id ORDER BY v.valid_from) AS turned_on
  FROM version AS v
  LEFT JOIN version AS b ON b.deal_id = v.deal_id AND b.valid_from = v.from_before
  WHERE v.is_closed <> coalesce(b.is_closed, false)
)
SELECT
  t.deal_id,
  t.valid_from AS seen_on,
  t.turned_on AS reopened_on,
  coalesce(t.closed_on, least(t.expected_close_on, t.valid_from)) AS closed_on,
  t.was_closed IS NOT NULL AS was_seen_open,
  t.amount_before AS last_open_amount,
  t.currency_before AS last_open_currency,
  t.owner_id AS owner_then,
  o.team AS team_then,
  coalesce(t.territory_id, a.territory_id, o.territory_id) AS territory_then
FROM turn AS t
LEFT JOIN crm.rep_history AS o
  ON o.rep_id = t.owner_id AND o.valid_from <= t.valid_from AND (o.valid_to IS NULL OR o.valid_to > t.valid_from)
LEFT JOIN crm.account_history AS a
  ON a.account_id = t.account_id AND a.valid_from <= t.valid_from AND (a.valid_to IS NULL OR a.valid_to > t.valid_from)
WHERE t.is_closed
