/* ---
description: Deals that a fiscal quarter began with and expected to close in it, and what became of them by its end
materialize: table
checks:
  - unique: [deal_id, quarter]
  - not_null: [deal_id, quarter, quarter_start, quarter_end, outcome]
  - accepted: {column: outcome, values: [settled, slipped, overdue, undated]}
--- */
-- One row is a deal that counts, was open as a fiscal quarter began, and was expected to close in it; of quarters that are over and whose
-- first and last evening a snapshot shows. Amount and expected close are those of the beginning, at today's plan rates.
-- settled is no longer open at the end; of those still open slipped has a later date, overdue a date not later than the quarter, undated none.
-- A deal that closed after the last snapshot of a quarter and before its end had closed, although that snapshot shows it open.
-- A slip is late when the date left the quarter in its last sixth; a date that left and came back counts when it left for good.
WITH boundary AS (
  SELECT asked_on, snapshot_on FROM sales.day_asked WHERE asked_for = 'month end' AND asked_on = quarter_end
),
quarter AS (
  SELECT
    fiscal_quarter(e.asked_on) AS quarter,
    b.asked_on + INTERVAL '1 day' AS quarter_start,
    e.asked_on AS quarter_end,
    b.snapshot_on AS begun_on,
    e.snapshot_on AS ended_on
  FROM boundary AS b
  JOIN boundary AS e ON e.asked_on = period_end(b.asked_on + INTERVAL '1 day', 'quarter')
),
due AS (
  SELECT q.*, d.deal_id, d.owner_id, d.team, d.territory_id, d.stage, d.expected_close_on, d.amount_reporting
  FROM quarter AS q
  JOIN sales.deal_then AS d ON d.snapshot_on = q.begun_on
  LEFT SEMI JOIN sales.deal AS n ON n.deal_id = d.deal_id
  LEFT ANTI JOIN sales.deal_closing AS c ON c.deal_id = d.deal_id AND c.seen_on > q.begun_on AND c.closed_on < q.quarter_start
  WHERE d.status = 'open' AND d.expected_close_on >= q.quarter_start AND d.expected_close_on <= q.quarter_end
),
settled_unseen AS (
  SELECT DISTINCT d.deal_id, d.quarter
  FROM due AS d
  JOIN sales.deal_closing AS c ON c.deal_id = d.deal_id AND c.seen_on > d.ended_on AND c.closed_on <= d.quarter_end
),
departure AS (
  SELECT d.deal_id, d.quarter, max(c.changed_on) AS left_on
  FROM due AS d
  JOIN sales.open_deal_change AS c
    ON c.deal_id = d.deal_id AND c.changed_on > d.begun_on AND c.changed_on <= d.ended_on
    AND c.expected_close_before <= d.quarter_end AND c.expected_close_on > d.quarter_end
  GROUP BY d.deal_id, d.quarter
),
ended AS (
  SELECT
    d.*,
    e.expected_close_on AS expected_at_end,
    CASE
      WHEN e.deal_id IS NULL OR s.deal_id IS NOT NULL THEN 'settled'
      WHEN e.expected_close_on IS NULL THEN 'undated'
      WHEN e.expected_close_on > d.quarter_end THEN 'slipped'
      ELSE 'overdue'
    END AS outcome
  FROM due AS d
  LEFT JOIN sales.deal_then AS e ON e.snapshot_on = d.ended_on AND e.deal_id = d.deal_id AND e.status = 'open'
  LEFT JOIN settled_unseen AS s ON s.deal_id = d.deal_id AND s.quarter = d.quarter
)
SELECT
  e.deal_id,
  e.quarter,
  CAST(e.quarter_start AS DATE) AS quarter_start,
  e.quarter_end,
  e.owner_id AS owner_then,
  e.team AS team_then,
  e.territory_id AS territory_then,
  e.stage AS stage_then,
  e.expected_close_on,
  e.expected_at_end,
  e.amount_reporting,
  e.outcome,
  CASE WHEN e.outcome = 'slipped' THEN l.left_on END AS left_on,
  coalesce(
    e.outcome = 'slipped'
    AND 6 * (days_between(e.quarter_start, l.left_on) + 1) > 5 * (days_between(e.quarter_start, e.quarter_end) + 1),
    false
  ) AS is_late
FROM ended AS e
LEFT JOIN departure AS l ON l.deal_id = e.deal_id AND l.quarter = e.quarter
