/* ---
description: Changes of open deals from one version to the next, and by how many days each moved the expected close
materialize: table
checks:
  - unique: [deal_id, changed_on]
  - not_null: [deal_id, changed_on]
  - expression: crosses_quarter IS NULL OR days_moved > 0
--- */
-- One row is a version of a deal that was open and had been open in the version before it: whatever changed, the deal was looked at.
-- days_moved is above 0 where the deal was pushed, 0 where its expected close stayed, and NULL where either version has none.
-- A deal that closes has its date set by that, and one that reopens begins anew: neither is a move.
-- Versions are compared with the one before in one pass over all of them in order: a window for each deal takes several times as long.
WITH version AS (
  SELECT
    h.deal_id,
    h.valid_from AS changed_on,
    h.status,
    h.expected_close_on,
    lag(h.deal_id) OVER in_order AS deal_before,
    lag(h.status) OVER in_order AS status_before,
    lag(h.expected_close_on) OVER in_order AS expected_close_before
  FROM crm.deal_history AS h
  LEFT SEMI JOIN sales.deal AS d ON d.deal_id = h.deal_id
  WINDOW in_order AS (ORDER BY h.deal_id, h.valid_from)
)
SELECT
  deal_id,
  changed_on,
  expected_close_before,
  expected_close_on,
  days_between(expected_close_before, expected_close_on) AS days_moved,
  CASE
    WHEN expected_close_on > expected_close_before THEN fiscal_quarter(expected_close_on) <> fiscal_quarter(expected_close_before)
  END AS crosses_quarter
FROM version
WHERE status = 'open' AND status_before = 'open' AND deal_before = deal_id
