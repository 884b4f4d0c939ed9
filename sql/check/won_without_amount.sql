/* ---
description: Won deals without an amount
severity: warn
--- */
-- One row is a won deal that adds nothing to what was won because its amount is missing.
SELECT deal_id, owner_id, closed_on
FROM sales.deal
WHERE status = 'won' AND amount IS NULL
