-- One row is a segment and a stage that a deal reached or passed.
-- sales.stage_entry counts deals by the day they entered a stage, and those of the first export only in stages they entered after it; the peers count
-- every deal in all stages up to the highest that any export shows it in, deals that have vanished among them: its versions tell that.
WITH reached AS (
  SELECT
    h.deal_id,
    h.segment,
    max(CASE h.status WHEN 'open' THEN s.rank ELSE 0 END) AS highest_rank,
    max(CASE h.status WHEN 'won' THEN 1 ELSE 0 END) AS won,
    max(CASE h.status WHEN 'open' THEN 0 ELSE 1 END) AS closed
  FROM crm.deal_history AS h
  JOIN crm.stage AS s ON s.stage = h.stage
  GROUP BY h.deal_id, h.segment
),
by_rank AS (
  SELECT segment, highest_rank, count(*) AS deals, sum(won) AS won, sum(closed) AS closed
  FROM reached
  GROUP BY segment, highest_rank
)
SELECT
  r.segment,
  s.stage,
  s.rank AS stage_order,
  sum(r.deals) AS reached,
  sum(CASE WHEN r.highest_rank > s.rank THEN r.deals ELSE 0 END) AS advanced,
  sum(r.won) AS won,
  sum(r.closed) AS closed
FROM by_rank AS r
JOIN crm.stage AS s ON s.rank <= r.highest_rank
WHERE s.kind = 'open'
GROUP BY r.segment, s.stage, s.rank
