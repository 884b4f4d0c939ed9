/* ---
description: Size bands of deals, cut at the company's own quartiles
materialize: view
checks:
  - unique: [size_band]
--- */
-- One row is a size band: from_amount belongs to it, below_amount does not and is NULL of the largest. The cuts are the quartiles of what the deals
-- won or lost in the trailing days were worth, in the reporting currency, rounded to two digits so that a person can name them.
-- Without such deals there is one band.
WITH quartile AS (
  SELECT
    quantile(CAST(d.amount_at_stake AS DOUBLE), 0.25) AS first,
    quantile(CAST(d.amount_at_stake AS DOUBLE), 0.5) AS second,
    quantile(CAST(d.amount_at_stake AS DOUBLE), 0.75) AS third
  FROM sales.deal AS d
  WHERE days_between(d.closed_on, current_date) < setting('trailing_days') AND d.status IN ('won', 'lost') AND d.amount_at_stake > 0 AND d.closed_on <= current_date
),
cut AS (
  SELECT 1 AS rank, 'small' AS size_band, CAST(NULL AS DOUBLE) AS from_amount, first AS below_amount FROM quartile
  UNION ALL
  SELECT 2 AS rank, 'medium' AS size_band, first AS from_amount, second AS below_amount FROM quartile WHERE first IS NOT NULL
  UNION ALL
  SELECT 3 AS rank, 'large' AS size_band, second AS from_amount, third AS below_amount FROM quartile WHERE first IS NOT NULL
  UNION ALL
  SELECT 4 AS rank, 'very large' AS size_band, third AS from_amount, CAST(NULL AS DOUBLE) AS below_amount FROM quartile WHERE first IS NOT NULL
)
SELECT
  size_band,
  rank,
  CAST(round(from_amount / power(10, floor(log10(from_amount)) - 1)) * power(10, floor(log10(from_amount)) - 1) AS DECIMAL(18,4)) AS from_amount,
  CAST(round(below_amount / power(10, floor(log10(below_amount)) - 1)) * power(10, floor(log10(below_amount)) - 1) AS DECIMAL(18,4)) AS below_amount
FROM cut
