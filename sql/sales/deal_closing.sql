/* ---
description: When deals really closed, read from the versions that first showed them closed
materialize: table
checks:
  - unique: [deal_id, seen_on]
  - not_null: [deal_id, seen_on, closed_on]
--- */
-- One row is a closing of a deal: it lasts from the snapshot that first shows the deal closed until one shows it open again.
-- A CRM with one editable close date moves it later; the close date of that first snapshot counts, and never a day after it.
WITH version AS (
  SELECT
    deal_id,
    valid_from,
    lag(valid_from) OVER (PARTITION BY deal_id ORDER BY valid_from) AS from_before,
    status <> 'open' AS is_closed,
    closed_on,
    expected_close_on,
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
  deal_id,
  valid_from AS seen_on,
  turned_on AS reopened_on,
  coalesce(closed_on, least(expected_close_on, valid_from)) AS closed_on,
  was_closed IS NOT NULL AS was_seen_open,
  amount_before AS last_open_amount,
  currency_before AS last_open_currency
FROM turn
WHERE is_closed
