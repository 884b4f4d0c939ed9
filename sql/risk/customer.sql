/* ---
description: Customers by how overdue their next purchase is
materialize: table
checks:
  - unique: [account_id]
  - not_null: [account_id, source, purchases, last_on, days_since]
  - accepted: {column: source, values: [order, deal]}
--- */
-- One row is an account that ever bought, by the purchases of customer.purchase; those of one day are one. The usual interval is the
-- median of the days between one purchase and the next; overdue is how many of them have passed since the last one, and above the limit of overdue
-- the customer is at risk. With too few purchases there is no usual interval, and is_at_risk is NULL.
-- yearly_amount is what it bought in the 365 days up to its last purchase: what a year without it costs. Accounts that the CRM calls churned have
-- gone.
WITH limits AS (
  SELECT
    2.0 AS overdue_factor, -- usual intervals without a purchase
    3 AS least_purchases -- days on which it bought, so that there is a usual interval
),
purchase AS (
  SELECT source, account_id, bought_on, CAST(sum(amount_reporting) AS DECIMAL(18,4)) AS amount
  FROM customer.purchase
  GROUP BY source, account_id, bought_on
),
spaced AS (
  SELECT
    *,
    days_between(lag(bought_on) OVER by_account, bought_on) AS days_apart,
    max(bought_on) OVER (PARTITION BY account_id) AS last_on
  FROM purchase
  WINDOW by_account AS (PARTITION BY account_id ORDER BY bought_on)
),
customer AS (
  SELECT
    account_id,
    source,
    last_on,
    count(*) AS purchases,
    min(bought_on) AS first_on,
    quantile(days_apart, 0.5) AS median_interval,
    CAST(sum(amount) FILTER (WHERE days_between(bought_on, last_on) < 365) AS DECIMAL(18,4)) AS yearly_amount
  FROM spaced
  GROUP BY account_id, source, last_on
),
paced AS (
  SELECT
    c.*,
    days_between(c.last_on, current_date) AS days_since,
    CASE WHEN c.purchases >= s.least_purchases THEN c.median_interval END AS usual_interval_days,
    s.overdue_factor
  FROM limits AS s
  CROSS JOIN customer AS c
)
SELECT
  p.account_id,
  a.name AS account_name,
  a.segment,
  a.region,
  a.owner_id,
  coalesce(o.name, a.owner_id) AS owner_name,
  p.source,
  p.purchases,
  p.first_on,
  p.last_on,
  p.days_since,
  p.usual_interval_days,
  ratio(p.days_since, p.usual_interval_days) AS overdue,
  p.days_since > p.overdue_factor * p.usual_interval_days AS is_at_risk,
  p.yearly_amount
FROM paced AS p
LEFT JOIN crm.account AS a ON a.account_id = p.account_id
LEFT JOIN crm.rep AS o ON o.rep_id = a.owner_id
WHERE a.churned_on IS NULL OR a.churned_on > current_date
