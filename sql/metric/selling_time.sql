/* ---
label: Selling time
description: Minutes spent selling of all minutes logged, by the day activities started (selling_time); what was planned and did not take place stays out
unit: percent
good: up
time: started_on
dimensions: [owner_id, owner_name, team, manager_name, type]
--- */
-- One row is an activity that took place, of known length, of which it is known whether it was selling.
SELECT *, CASE WHEN is_selling THEN duration_minutes ELSE 0 END AS numerator, duration_minutes AS denominator
FROM sales.activity
WHERE is_selling IS NOT NULL AND is_done IS DISTINCT FROM false
