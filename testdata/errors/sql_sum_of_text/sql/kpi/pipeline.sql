/* ---
description: Open deals by stage
materialize: table
tags: [pipeline]
checks:
  - unique: [stage]
  - between: {column: amount, min: 0}
--- */
-- One row is a stage with open deals.
SELECT coalesce(stage, 'none') AS stage, count(*) AS deals, sum(coalesce(stage, owner_id)) AS amount
FROM crm.deal
GROUP BY coalesce(stage, 'none')
