/* ---
description: Open deals whose expected close is in the past
severity: warn
--- */
-- One row is an open deal that should have closed by now.
SELECT deal_id, owner_id, expected_close_on
FROM sales.deal
WHERE status = 'open' AND expected_close_on < current_date
