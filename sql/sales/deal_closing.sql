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
-- Versions are compared with the one before in one pass over all of them in order: a window for each deal takes several times as long.
WITH version AS (
  SELECT
    *,
    status <> 'open' AS is_closed,
    coalesce(lag(deal_id) OVER in_order = deal_id, false) AS is_later,
    lag(status <> 'open') OVER in_order AS closed_before,
    lag(amount) OVER in_order AS amount_before,
    lag(currency) OVER in_order AS currency_before
  FROM (
    SELECT deal_id, valid_from, status, closed_on, expected_close_on, owner_id, account_id, territory_id, amount, currency
    FROM crm.deal_history
    WHERE status IN ('open', 'won', 'lost', 'disqualified')
  )
  WINDOW in_order AS (ORDER BY deal_id, valid_from)
),
turn AS (
  SELECT
    *,
    CASE WHEN lead(deal_id) OVER in_order = deal_id THEN lead(valid_from) OVER in_order END AS turned_on
  FROM version
  WHERE is_closed <> (is_later AND closed_before)
  WINDOW in_order AS (ORDER BY deal_id, valid_from)
)
SELECT
  t.deal_id,
  t.valid_from AS seen_on,
  t.turned_on AS reopened_on,
  coalesce(t.closed_on, least(t.expected_close_on, t.valid_from)) AS closed_on,
  t.is_later AS was_seen_open,
  CASE WHEN t.is_later THEN t.amount_before END AS last_open_amount,
  CASE WHEN t.is_later THEN t.currency_before END AS last_open_currency,
  t.owner_id AS owner_then,
  o.team AS team_then,
  coalesce(t.territory_id, a.territory_id, o.territory_id) AS territory_then
FROM turn AS t
LEFT JOIN crm.rep_history AS o
  ON o.rep_id = t.owner_id AND o.valid_from <= t.valid_from AND (o.valid_to IS NULL OR o.valid_to > t.valid_from)
LEFT JOIN crm.account_history AS a
  ON a.account_id = t.account_id AND a.valid_from <= t.valid_from AND (a.valid_to IS NULL OR a.valid_to > t.valid_from)
WHERE t.is_closed
