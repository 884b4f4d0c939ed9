/* ---
description: Closed deals with a close date after the day of the run, or with none
severity: warn
--- */
-- One row is a closed deal that belongs to no period yet.
SELECT deal_id, owner_id, status, closed_on
FROM sales.deal
WHERE status <> 'open' AND (closed_on IS NULL OR closed_on > current_date)
