-- One row is an owner of open deals, with how many of them break which rule. What the pack has no rule for is asked of the deals.
WITH fault AS (
  SELECT
    owner_id,
    count(*) FILTER (WHERE fault = 'expected_close_past') AS overdue,
    count(*) FILTER (WHERE fault = 'next_step_missing') AS no_next_step,
    count(*) FILTER (WHERE fault = 'amount_missing') AS no_amount,
    count(*) FILTER (WHERE fault = 'activity_stale') AS stale
  FROM sales.deal_fault
  GROUP BY owner_id
),
open_deal AS (
  SELECT
    owner_id,
    count(*) AS open_n,
    count(*) FILTER (WHERE character_length(name) > 60 OR next_step LIKE '%budget%') AS flagged_text,
    count(*) FILTER (WHERE probability >= 0.7 AND forecast_category = 'pipeline') AS mismatch
  FROM sales.deal
  WHERE status = 'open'
  GROUP BY owner_id
)
SELECT
  d.owner_id,
  d.open_n,
  coalesce(f.overdue, 0) AS overdue,
  coalesce(f.no_next_step, 0) AS no_next_step,
  coalesce(f.no_amount, 0) AS no_amount,
  coalesce(f.stale, 0) AS stale,
  d.flagged_text,
  d.mismatch
FROM open_deal AS d
LEFT JOIN fault AS f ON f.owner_id = d.owner_id
