/* ---
label: Churned amount
description: Amount won in the trailing days (setting trailing_days) before the last ones with accounts that won no deal in these (retention); NULL without customers then
unit: money
good: down
dimensions: [segment, industry, region, country]
without_rows: unknown
--- */
-- One row is a customer of the year before; one that bought again, or without an amount, adds nothing.
SELECT *, CASE WHEN deals > 0 OR amount_before IS NULL THEN CAST(0 AS DECIMAL(18,4)) ELSE amount_before END AS value
FROM sales.account_year
WHERE account_id IS NOT NULL AND deals_before > 0
