/* ---
description: Deals that closed before they were created
severity: warn
--- */
-- One row is a closed deal with a negative cycle; cycle lengths leave it out.
SELECT deal_id, owner_id, created_on, closed_on
FROM sales.deal
WHERE status <> 'open' AND closed_on < created_on
