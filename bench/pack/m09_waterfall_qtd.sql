-- One row is a region, segment, owner and category of the running quarter's waterfall, from the evening of its first day (window `from_first_day`).
-- The pack's classes are told apart by more; here they are the peers', in the peers' order.
WITH place AS (
  SELECT h.deal_id, max(a.region) AS region, max(h.segment) AS segment
  FROM crm.deal_history AS h
  JOIN crm.account AS a ON a.account_id = h.account_id
  GROUP BY h.deal_id
),
moved AS (
  SELECT
    p.region,
    p.segment,
    coalesce(d.end_owner_id, d.start_owner_id) AS owner_id,
    CASE WHEN d.is_in_start THEN coalesce(d.start_amount, 0) ELSE 0 END AS opening,
    CASE WHEN d.is_in_end THEN coalesce(d.end_amount, 0) ELSE 0 END AS closing,
    CASE
      WHEN d.start_as IS NULL THEN 'created'
      WHEN d.end_as IS NULL THEN 'deleted'
      WHEN d.is_in_start AND d.end_as = 'won' THEN 'won'
      WHEN d.is_in_start AND d.end_as = 'lost' THEN 'lost'
      WHEN d.is_in_start AND NOT d.is_in_end THEN 'pushed_out'
      WHEN d.start_as <> 'open' THEN 'reopened'
      WHEN NOT d.is_in_start THEN 'pulled_in'
      WHEN d.end_amount > d.start_amount THEN 'increased'
      WHEN d.end_amount < d.start_amount THEN 'decreased'
      ELSE 'unchanged'
    END AS category
  FROM movement.deal AS d
  JOIN place AS p ON p.deal_id = d.deal_id
  WHERE d.window = 'from_first_day' AND d.scope = 'company' AND (d.is_in_start OR d.is_in_end)
)
SELECT
  region,
  segment,
  owner_id,
  category,
  count(*) AS n,
  sum(opening) AS opening,
  sum(closing) AS closing,
  sum(closing - opening) AS delta
FROM moved
GROUP BY region, segment, owner_id, category
