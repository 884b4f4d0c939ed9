/* ---
label: Concentration of customers
description: Herfindahl-Hirschman index of the amount won in the trailing days (setting trailing_days) up to the day of the run, the sum of the squared shares of accounts (concentration); 1 is a single customer
unit: number
good: down
without_rows: unknown
--- */
-- One row is an account that won a deal in them.
SELECT *, share * share AS value
FROM sales.account_year
WHERE account_id IS NOT NULL AND share IS NOT NULL
