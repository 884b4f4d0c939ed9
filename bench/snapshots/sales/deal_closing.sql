/* ---
description: When deals really closed, read from the snapshots that first showed them closed
materialize: table
checks:
  - unique: [deal_id, seen_on]
  - not_null: [deal_id, seen_on, closed_on]
--- */
-- One row is a closing of a deal: it lasts from the snapshot that first shows the deal closed until one shows it open again.
-- A CRM with one editable close date moves it later; the close date of that first snapshot counts, and never a day after it.
WITH seen AS (
  SELECT
    deal_id,
    snapshot_on,
    status <> 'open' AS is_closed,
    closed_on,
    expected_close_on,
    lag(status <> 'open') OVER version AS was_closed,
    lag(amount) OVER version AS amount_before,
    lag(currency) OVER version AS currency_before
  FROM crm.deal_snapshot
  WHERE status IN ('open', 'won', 'lost', 'disqualified')
  WINDOW version AS (PARTITION BY deal_id ORDER BY snapshot_on)
),
turn AS (
  SELECT *, lead(snapshot_on) OVER (PARTITION BY deal_id ORDER BY snapshot_on) AS turned_on
  FROM seen
  WHERE is_closed <> coalesce(was_closed, false)
)
SELECT
  deal_id,
  snapshot_on AS seen_on,
  turned_on AS reopened_on,
  coalesce(closed_on, least(expected_close_on, snapshot_on)) AS closed_on,
  was_closed IS NOT NULL AS was_seen_open,
  amount_before AS last_open_amount,
  currency_before AS last_open_currency
FROM turn
WHERE is_closed
