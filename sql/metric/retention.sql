/* ---
label: Customers who bought again
description: Accounts that won a deal in the trailing days (setting trailing_days) up to the day of the run, of those that won one in as many days before (retention)
unit: percent
good: up
dimensions: [segment, industry, region, country]
aggregation: proportion
--- */
-- One row is a customer of the year before.
SELECT *, CASE WHEN deals > 0 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.account_year
WHERE account_id IS NOT NULL AND deals_before > 0
