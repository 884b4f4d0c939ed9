/* ---
description: How much of the won amount the largest customers bring, in the last 365 days and in those before
materialize: view
--- */
-- One row is a period: the 365 days up to the day of the run, or those before. Shares are of all that was won in it; deals without an account are
-- part of the whole and of no customer. hhi adds up the squares of the shares, and 1 / hhi is how many customers of equal size would be as
-- concentrated.
WITH bought AS (
  SELECT 'trailing_365' AS period, account_id, amount FROM sales.account_year WHERE deals > 0
  UNION ALL
  SELECT 'trailing_365_before' AS period, account_id, amount_before AS amount FROM sales.account_year WHERE deals_before > 0
),
ranked AS (
  SELECT
    period,
    account_id,
    amount,
    ratio(amount, sum(amount) OVER (PARTITION BY period)) AS share,
    CASE
      WHEN account_id IS NOT NULL
      THEN row_number() OVER (PARTITION BY period ORDER BY account_id IS NULL, amount DESC NULLS LAST, account_id)
    END AS place
  FROM bought
)
SELECT
  period,
  count(account_id) AS accounts,
  CAST(sum(amount) AS DECIMAL(18,4)) AS amount,
  ratio(sum(amount) FILTER (WHERE place <= 1), sum(amount)) AS top1,
  ratio(sum(amount) FILTER (WHERE place <= 5), sum(amount)) AS top5,
  ratio(sum(amount) FILTER (WHERE place <= 10), sum(amount)) AS top10,
  sum(power(share, 2)) FILTER (WHERE account_id IS NOT NULL) AS hhi,
  ratio(1, sum(power(share, 2)) FILTER (WHERE account_id IS NOT NULL)) AS equal_accounts
FROM ranked
GROUP BY period
