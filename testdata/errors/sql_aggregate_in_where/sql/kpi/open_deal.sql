/* ---
description: Deals that are open
materialize: view
--- */
-- One row is an open deal.
SELECT deal_id, owner_id, stage, amount, created_on, days_between(created_on, current_date) AS age_days
FROM crm.deal
WHERE sum(amount) > 3
