-- One row is an owner and a segment whose deals moved their expected close.
-- To the pack a deal that reopens begins anew, vanished ones do not count, and a push is its present owner's; to the peers the date that a
-- deal reopens with has moved too, all deals count, and owner and amount are those of the move. So two kinds of moves are added here.
WITH move AS (
  SELECT deal_id, changed_on, expected_close_before, expected_close_on
  FROM sales.open_deal_change
  WHERE days_moved <> 0
  UNION ALL
  SELECT c.deal_id, c.reopened_on AS changed_on, b.expected_close_on AS expected_close_before, h.expected_close_on
  FROM sales.deal_closing AS c
  JOIN crm.deal_history AS b ON b.deal_id = c.deal_id AND b.valid_to = c.reopened_on
  JOIN crm.deal_history AS h ON h.deal_id = c.deal_id AND h.valid_from = c.reopened_on
  WHERE h.expected_close_on <> b.expected_close_on
  UNION ALL
  SELECT h.deal_id, h.valid_from AS changed_on, b.expected_close_on AS expected_close_before, h.expected_close_on
  FROM crm.deal_history AS h
  JOIN sales.deal_left_out AS l ON l.deal_id = h.deal_id
  JOIN crm.deal_history AS b ON b.deal_id = h.deal_id AND b.valid_to = h.valid_from
  WHERE h.status = 'open' AND b.status = 'open' AND h.expected_close_on <> b.expected_close_on
)
SELECT
  h.owner_id,
  h.segment,
  count(*) AS changes,
  count(DISTINCT m.deal_id) AS opps,
  count(*) FILTER (WHERE m.expected_close_on > m.expected_close_before) AS pushes,
  count(*) FILTER (WHERE m.expected_close_on < m.expected_close_before) AS pulls,
  count(*) FILTER (WHERE period_start(m.expected_close_on, 'quarter') > period_start(m.expected_close_before, 'quarter')) AS quarter_pushes,
  avg(days_between(m.expected_close_before, m.expected_close_on)) AS avg_days,
  sum(h.amount) AS amount
FROM move AS m
JOIN crm.deal_history AS h ON h.deal_id = m.deal_id AND h.valid_from = m.changed_on
GROUP BY h.owner_id, h.segment
