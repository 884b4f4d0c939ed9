/* ---
description: Customers by how lately, how often and for how much they bought, in fifths (RFM)
materialize: table
checks:
  - unique: [account_id]
  - not_null: [account_id, recency_days, purchases]
  - between: {column: recency_score, min: 1, max: 5}
  - between: {column: frequency_score, min: 1, max: 5}
  - between: {column: money_score, min: 1, max: 5}
--- */
-- One row is an account that bought something in the window up to the day of the run. A score is the fifth of the customers that it stands in, from
-- 1, the lowest, to 5: 1 + 5 × the customers who do worse, by all of them, cut off. Customers who are equal have equal scores, that of the lowest
-- place they share, so a fifth may hold more or fewer than the others, or none. With fewer customers than the setting rfm_customers there are no
-- scores, and an account whose purchases have no amount has none for money.
WITH bought AS (
  SELECT
    p.account_id,
    max(p.bought_on) AS last_on,
    min(p.bought_on) AS first_on,
    count(*) AS purchases,
    CAST(sum(p.amount_reporting) AS DECIMAL(18,4)) AS amount
  FROM customer.purchase AS p
  WHERE p.bought_on > current_date - setting('rfm_days')
  GROUP BY p.account_id
),
ranked AS (
  SELECT
    *,
    CAST(rank() OVER (ORDER BY last_on) AS BIGINT) - 1 AS less_recent,
    CAST(rank() OVER (ORDER BY purchases) AS BIGINT) - 1 AS less_often,
    CAST(rank() OVER (ORDER BY amount NULLS LAST) AS BIGINT) - 1 AS less_money,
    count(*) OVER () AS customers,
    count(amount) OVER () AS customers_with_amount
  FROM bought
)
SELECT
  r.account_id,
  a.name AS account_name,
  a.segment,
  a.industry,
  a.region,
  a.owner_id,
  r.first_on,
  r.last_on,
  days_between(r.last_on, current_date) AS recency_days,
  r.purchases,
  r.amount,
  CASE WHEN r.customers >= setting('rfm_customers') THEN 1 + 5 * r.less_recent / r.customers END AS recency_score,
  CASE WHEN r.customers >= setting('rfm_customers') THEN 1 + 5 * r.less_often / r.customers END AS frequency_score,
  CASE
    WHEN r.amount IS NOT NULL AND r.customers_with_amount >= setting('rfm_customers') THEN 1 + 5 * r.less_money / r.customers_with_amount
  END AS money_score,
  r.customers
FROM ranked AS r
LEFT JOIN crm.account AS a ON a.account_id = r.account_id
