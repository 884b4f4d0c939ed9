/* ---
label: Credited amount
description: Won amount by whom it is credited to, by the day the deals closed; overlays stay out
unit: money
good: up
time: closed_on
dimensions: [owner_id, owner_name, team]
target: quota
--- */
-- One row is a rep's share of a won deal.
SELECT rep_id AS owner_id, rep_name AS owner_name, team, closed_on, amount AS value
FROM sales.credit
WHERE status = 'won'
