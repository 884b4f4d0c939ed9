/* ---
description: Stages that deals entered or passed, whether each got beyond them, and how long it stayed
materialize: table
checks:
  - unique: [deal_id, pipeline, stage]
  - not_null: [deal_id, pipeline, stage, rank, outcome, is_skipped, is_seen]
  - accepted: {column: outcome, values: [passed, pending, stopped]}
--- */
-- One row is a deal that counts and a stage of kind open that it entered, or skipped on its way to a higher one or to being won.
-- passed: it ever stood in a higher stage, or was won, however it went on; pending: it did not and is open; stopped: it closed before.
-- entered_on is the day it first stood there or beyond. Stages that deals of the first snapshot had behind them are not known and left out.
-- is_seen: it came after the first snapshot, as all did that entered the stage on that day. Of those who had come before, only the ones that were
-- still there are known, so that a share of them tells nothing.
-- days are those of all its stays there, once it has left; of a skipped stage, or one that was entered on an unknown day, they are NULL.
WITH stage AS (
  SELECT pipeline, stage, rank FROM crm.stage WHERE kind = 'open' AND rank IS NOT NULL
),
stay AS (
  SELECT s.*, k.rank
  FROM sales.stage_stay AS s
  JOIN stage AS k ON k.pipeline = s.pipeline AND k.stage = s.stage
),
beginning AS (
  SELECT min(valid_from) AS first_on FROM crm.deal_history
),
old AS (
  SELECT h.deal_id
  FROM crm.deal_history AS h
  JOIN beginning AS b ON h.valid_from = b.first_on
),
known AS (
  SELECT o.deal_id, max(CASE WHEN s.entered_on IS NULL THEN s.rank + 1 ELSE s.rank END) AS first_rank
  FROM old AS o
  LEFT JOIN stay AS s ON s.deal_id = o.deal_id AND s.is_first
  GROUP BY o.deal_id
),
reached AS (
  SELECT deal_id, pipeline, rank, entered_on AS reached_on FROM stay
  UNION ALL
  SELECT d.deal_id, d.pipeline, 2147483647 AS rank, min(c.closed_on) AS reached_on
  FROM sales.deal AS d
  JOIN sales.deal_closing AS c ON c.deal_id = d.deal_id
  JOIN crm.deal_history AS h ON h.deal_id = c.deal_id AND h.valid_from = c.seen_on AND h.status = 'won'
  GROUP BY d.deal_id, d.pipeline
),
entry AS (
  SELECT r.deal_id, k.pipeline, k.stage, k.rank, min(r.reached_on) AS entered_on, max(r.rank) AS highest_rank
  FROM reached AS r
  LEFT JOIN known AS o ON o.deal_id = r.deal_id
  JOIN stage AS k ON k.pipeline = r.pipeline AND k.rank <= r.rank
  WHERE o.deal_id IS NULL OR k.rank >= o.first_rank
  GROUP BY r.deal_id, k.pipeline, k.stage, k.rank
),
spent AS (
  SELECT
    deal_id,
    pipeline,
    stage,
    max(left_on) AS left_on,
    count(*) AS stays,
    CASE WHEN count(*) = count(entered_on) AND count(*) = count(left_on) THEN sum(days_between(entered_on, left_on)) END AS days
  FROM stay
  GROUP BY deal_id, pipeline, stage
)
SELECT
  e.deal_id,
  e.pipeline,
  e.stage,
  e.rank,
  e.entered_on,
  CASE WHEN e.highest_rank > e.rank THEN 'passed' WHEN d.status = 'open' THEN 'pending' ELSE 'stopped' END AS outcome,
  s.stays IS NULL AS is_skipped,
  coalesce(e.entered_on > b.first_on, false) AS is_seen,
  coalesce(s.stays, 0) AS stays,
  CASE WHEN s.days IS NOT NULL THEN s.left_on END AS left_on,
  s.days
FROM beginning AS b
CROSS JOIN entry AS e
JOIN sales.deal AS d ON d.deal_id = e.deal_id
LEFT JOIN spent AS s ON s.deal_id = e.deal_id AND s.pipeline = e.pipeline AND s.stage = e.stage
