/* ---
label: Prospect meetings
description: Meetings and demos held with a deal, lead or account, by the day they started (meetings); NULL where nothing was logged
unit: count
good: up
time: started_on
dimensions: [owner_id, owner_name, team, manager_name, type]
without_rows: unknown
--- */
-- One row is an activity up to the day of the run, 0 where it is no such meeting, or did not take place.
SELECT *, CASE WHEN type IN ('meeting', 'demo') AND is_prospect AND is_done THEN 1 ELSE 0 END AS value
FROM sales.activity
WHERE is_done IS NOT NULL AND started_on <= current_date
