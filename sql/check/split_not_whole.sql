/* ---
description: Deals whose revenue shares do not sum to 1
severity: error
--- */
-- One row is a deal that would be credited more than once, or not in whole.
SELECT deal_id, sum(share) AS share
FROM crm.deal_split
WHERE type = 'revenue'
GROUP BY deal_id
HAVING sum(share) <> 1
