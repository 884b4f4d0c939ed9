/* ---
label: Share of the largest account
description: Share of the amount won in the trailing days (setting trailing_days) up to the day of the run that the largest account brought (concentration)
unit: percent
good: down
--- */
-- One row is an account that won a deal in them.
SELECT *, CASE WHEN place <= 1 THEN amount ELSE CAST(0 AS DECIMAL(18,4)) END AS numerator, amount AS denominator
FROM sales.account_year
WHERE amount IS NOT NULL
