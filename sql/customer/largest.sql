/* ---
description: Customers of the trailing year by the amount they brought, and how much of the whole the largest of them make up (concentration)
materialize: view
checks:
  - unique: [place]
  - not_null: [place, account_id, amount]
  - between: {column: cumulative_share, min: 0, max: 1}
--- */
-- One row is an account whose won deals brought an amount in the setting's trailing_days up to the day of the run, the largest first. Shares
-- are of all that was won in them, with that of deals without an account. open_amount is what is open with the account on the day of the run.
WITH pipeline AS (
  SELECT account_id, count(*) AS deals, CAST(sum(amount_reporting) AS DECIMAL(18,4)) AS amount
  FROM sales.deal
  WHERE status = 'open' AND account_id IS NOT NULL
  GROUP BY account_id
)
SELECT
  y.place,
  y.account_id,
  y.account_name,
  y.segment,
  y.region,
  a.owner_id,
  coalesce(o.name, a.owner_id) AS owner_name,
  y.deals,
  y.amount,
  y.amount_before,
  y.share,
  -- Shares add up to 1 and now and then to a hair more.
  least(sum(y.share) OVER (ORDER BY y.place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), CAST(1 AS DOUBLE)) AS cumulative_share,
  coalesce(p.deals, 0) AS open_deals,
  coalesce(p.amount, CAST(0 AS DECIMAL(18,4))) AS open_amount
FROM sales.account_year AS y
LEFT JOIN crm.account AS a ON a.account_id = y.account_id
LEFT JOIN crm.rep AS o ON o.rep_id = a.owner_id
LEFT JOIN pipeline AS p ON p.account_id = y.account_id
WHERE y.place IS NOT NULL
