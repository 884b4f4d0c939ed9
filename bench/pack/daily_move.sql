-- One row is a day, a region, a segment and what became of deals whose version began or ended on that day: how many were open before it and after.
WITH turn AS (
  SELECT
    coalesce(e.valid_from, s.valid_to) AS day,
    coalesce(e.account_id, s.account_id) AS account_id,
    coalesce(s.status = 'open', false) AS was_open,
    coalesce(e.status = 'open', false) AS is_open,
    CASE
      WHEN s.deal_id IS NULL THEN 'created'
      WHEN e.deal_id IS NULL THEN 'deleted'
      WHEN s.status = 'open' AND e.status = 'won' THEN 'won'
      WHEN s.status = 'open' AND e.status <> 'open' THEN 'lost'
      WHEN s.status <> 'open' THEN 'reopened'
      WHEN e.amount > s.amount THEN 'increased'
      WHEN e.amount < s.amount THEN 'decreased'
      ELSE 'unchanged'
    END AS category,
    CASE s.status WHEN 'open' THEN s.amount END AS opening,
    CASE e.status WHEN 'open' THEN e.amount END AS closing
  FROM crm.deal_history AS s
  FULL JOIN crm.deal_history AS e ON e.deal_id = s.deal_id AND e.valid_from = s.valid_to
)
SELECT
  t.day,
  a.region,
  a.segment,
  t.category,
  count(*) AS deals,
  count(*) FILTER (WHERE t.was_open) AS open_before,
  count(*) FILTER (WHERE t.is_open) AS open_after,
  CAST(coalesce(sum(t.opening), 0) AS DECIMAL(18,4)) AS opening,
  CAST(coalesce(sum(t.closing), 0) AS DECIMAL(18,4)) AS closing
FROM turn AS t
JOIN crm.account AS a ON a.account_id = t.account_id
WHERE t.day IS NOT NULL AND (t.was_open OR t.is_open)
GROUP BY t.day, a.region, a.segment, t.category
