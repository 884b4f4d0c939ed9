/* ---
description: What accounts bought in the trailing days (setting trailing_days) up to the day of the run and in as many before, from deals won
materialize: view
--- */
-- One row is an account that won a deal in twice the trailing days. Accounts are ranked by their amount of the trailing days, the largest first.
-- Deals without an account stand in one row without one, which has no place: they are part of the whole, and of no customer.
WITH bought AS (
  SELECT
    account_id,
    count(*) FILTER (WHERE closed_on > current_date - setting('trailing_days')) AS deals,
    count(*) FILTER (WHERE closed_on <= current_date - setting('trailing_days')) AS deals_before,
    CAST(sum(amount_reporting) FILTER (WHERE closed_on > current_date - setting('trailing_days')) AS DECIMAL(18,4)) AS amount,
    CAST(sum(amount_reporting) FILTER (WHERE closed_on <= current_date - setting('trailing_days')) AS DECIMAL(18,4)) AS amount_before
  FROM sales.deal
  WHERE status = 'won' AND closed_on > current_date - 2 * setting('trailing_days') AND closed_on <= current_date
  GROUP BY account_id
)
SELECT
  b.account_id,
  a.name AS account_name,
  a.segment,
  a.industry,
  a.region,
  a.country,
  b.deals,
  b.deals_before,
  b.amount,
  b.amount_before,
  CASE
    WHEN b.account_id IS NOT NULL AND b.amount IS NOT NULL
    THEN row_number() OVER (ORDER BY b.account_id IS NULL, b.amount DESC NULLS LAST, b.account_id)
  END AS place,
  ratio(b.amount, sum(b.amount) OVER ()) AS share
FROM bought AS b
LEFT JOIN crm.account AS a ON a.account_id = b.account_id
