-- One row is a region, segment, owner and category of the running quarter's waterfall, from the evening of its first day.
-- movement.waterfall_by_scope begins a quarter with the evening before it and tells more classes apart, and movement.* tells every day of the quarter
-- for all scopes; here two days are compared, with the peers' classes in the peers' order.
WITH start_deal AS (
  SELECT d.deal_id, a.region, d.segment, d.owner_id, d.amount, d.status,
    d.status = 'open' AND period_start(d.expected_close_on, 'quarter') = period_start(current_date, 'quarter') AS is_in_scope
  FROM as_of('crm.deal', period_start(current_date, 'quarter')) AS d
  JOIN crm.account AS a ON a.account_id = d.account_id
),
end_deal AS (
  SELECT deal_id, region, segment, owner_id, amount_reporting AS amount, status,
    status = 'open' AND expected_quarter = fiscal_quarter(current_date) AS is_in_scope
  FROM sales.deal
),
moved AS (
  SELECT
    coalesce(e.region, s.region) AS region,
    coalesce(e.segment, s.segment) AS segment,
    coalesce(e.owner_id, s.owner_id) AS owner_id,
    CASE WHEN s.is_in_scope THEN coalesce(s.amount, 0) ELSE 0 END AS opening,
    CASE WHEN e.is_in_scope THEN coalesce(e.amount, 0) ELSE 0 END AS closing,
    CASE
      WHEN s.deal_id IS NULL THEN 'created'
      WHEN e.deal_id IS NULL THEN 'deleted'
      WHEN s.is_in_scope AND e.status = 'won' THEN 'won'
      WHEN s.is_in_scope AND e.status <> 'open' THEN 'lost'
      WHEN s.is_in_scope AND NOT e.is_in_scope THEN 'pushed_out'
      WHEN s.status <> 'open' THEN 'reopened'
      WHEN NOT s.is_in_scope THEN 'pulled_in'
      WHEN e.amount > s.amount THEN 'increased'
      WHEN e.amount < s.amount THEN 'decreased'
      ELSE 'unchanged'
    END AS category
  FROM start_deal AS s
  FULL JOIN end_deal AS e ON e.deal_id = s.deal_id
  WHERE coalesce(s.is_in_scope, false) OR coalesce(e.is_in_scope, false)
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
