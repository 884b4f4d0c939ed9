/* ---
description: Deals whose amount cannot be converted into the reporting currency
severity: warn
--- */
-- One row is a deal with an amount that every sum of money lacks: it has no currency, or its currency has no plan rate on the day of the run.
SELECT deal_id, currency, amount
FROM sales.deal
WHERE amount IS NOT NULL AND amount_reporting IS NULL
