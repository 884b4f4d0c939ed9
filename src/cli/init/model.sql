/* ---
description: Open deals by stage
materialize: table
checks:
  - unique: [stage]
  - not_null: [stage, deals]
--- */
-- One row is a stage with open deals; the amount is in the reporting currency.
SELECT stage, count(*) AS deals, sum(amount_reporting) AS amount
FROM sales.deal
WHERE status = 'open'
GROUP BY stage
ORDER BY stage
