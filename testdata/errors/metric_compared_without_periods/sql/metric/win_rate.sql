/* ---
label: Win rate
description: Deals won of those won and lost
unit: percent
time: created_on
dimensions: [owner_id, stage]
aggregation: proportion
--- */
-- One row is a closed deal.
SELECT *, CASE WHEN status = 'won' THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM crm.deal
WHERE status <> 'open'
