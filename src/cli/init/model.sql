/* ---
description: Open deals by stage
materialize: table
checks:
  - unique: [stage]
  - not_null: [stage, deals]
--- */
-- One row is a stage with open deals.
SELECT stage, count(*) AS deals, sum(amount) AS amount
FROM crm.deal
WHERE status = 'open'
GROUP BY stage
ORDER BY stage
