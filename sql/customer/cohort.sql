/* ---
description: Of the customers won in each fiscal quarter, how many bought again in each quarter since (retention)
materialize: table
checks:
  - unique: [cohort, quarters_since]
  - not_null: [cohort, quarters_since, quarter, customers, bought]
  - between: {column: retention, min: 0, max: 1}
--- */
-- One row is a cohort, the accounts that became customers in a fiscal quarter, in that quarter or one after it, up to the running one.
-- An account is a customer since the first purchase that is known, or since the day that the CRM says, where that is earlier. Who was one before the
-- quarter of the first purchase of all is in no cohort: of those only who stayed would be seen, and all of them would seem to have stayed.
-- The cohort's own quarter has them all, but for those whose first purchase the exports lack.
WITH beginning AS (
  SELECT CAST(period_start(min(bought_on), 'quarter') AS DATE) AS first_on FROM customer.purchase
),
customer AS (
  SELECT p.account_id, CAST(period_start(least(min(p.bought_on), coalesce(max(a.first_won_on), min(p.bought_on))), 'quarter') AS DATE) AS cohort_start
  FROM customer.purchase AS p
  LEFT JOIN crm.account AS a ON a.account_id = p.account_id
  GROUP BY p.account_id
),
cohort AS (
  SELECT c.cohort_start, count(*) AS customers
  FROM customer AS c
  JOIN beginning AS b ON c.cohort_start >= b.first_on
  GROUP BY c.cohort_start
),
quarter AS (
  SELECT
    CAST(period_start(month, 'quarter') AS DATE) AS quarter_start,
    CAST(row_number() OVER (ORDER BY month) AS BIGINT) AS quarter_no
  FROM (
    SELECT unnest(generate_series(first_on, CAST(period_start(current_date, 'quarter') AS DATE), INTERVAL '3 months')) AS month
    FROM beginning
  ) AS q
),
again AS (
  SELECT
    c.cohort_start,
    CAST(period_start(p.bought_on, 'quarter') AS DATE) AS quarter_start,
    count(DISTINCT p.account_id) AS customers,
    count(*) AS purchases,
    sum(p.amount_reporting) AS amount
  FROM customer.purchase AS p
  JOIN customer AS c ON c.account_id = p.account_id
  GROUP BY c.cohort_start, CAST(period_start(p.bought_on, 'quarter') AS DATE)
)
SELECT
  fiscal_quarter(c.cohort_start) AS cohort,
  q.quarter_no - o.quarter_no AS quarters_since,
  fiscal_quarter(q.quarter_start) AS quarter,
  period_end(q.quarter_start, 'quarter') < current_date AS is_complete,
  c.customers,
  coalesce(a.customers, 0) AS bought,
  ratio(coalesce(a.customers, 0), c.customers) AS retention,
  wilson_lower(coalesce(a.customers, 0), c.customers) AS retention_lower,
  wilson_upper(coalesce(a.customers, 0), c.customers) AS retention_upper,
  c.customers < setting('thin_sample') AS is_thin,
  coalesce(a.purchases, 0) AS purchases,
  CAST(CASE WHEN a.purchases IS NULL THEN 0 ELSE a.amount END AS DECIMAL(18,4)) AS amount
FROM cohort AS c
JOIN quarter AS o ON o.quarter_start = c.cohort_start
JOIN quarter AS q ON q.quarter_start >= c.cohort_start
LEFT JOIN again AS a ON a.cohort_start = c.cohort_start AND a.quarter_start = q.quarter_start
