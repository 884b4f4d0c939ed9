/* ---
description: Open deals by stage
materialize: table
tags: [pipeline]
checks:
  - uniqe: [stage]
  - between: {column: amount, min: 0}
--- */
-- One row is a stage with open deals.
SELECT coalesce(stage, 'none') AS stage, count(*) AS deals, sum(amount) AS amount
FROM kpi.open_deal
GROUP BY coalesce(stage, 'none')
