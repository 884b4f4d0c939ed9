/* ---
label: Meetings set by prospecting
description: Meetings and demos set with a deal, lead or account, held or not, by outbound calls and mails made, by the day they start (meeting_ratio)
unit: percent
good: up
time: started_on
dimensions: [owner_id, owner_name, team, manager_name]
--- */
-- One row is a meeting that was set, or an outbound call or mail.
SELECT
  *,
  CASE WHEN type IN ('meeting', 'demo') THEN 1 ELSE 0 END AS numerator,
  CASE WHEN type IN ('call', 'mail') THEN 1 ELSE 0 END AS denominator
FROM sales.activity
WHERE is_prospect
  AND (type IN ('meeting', 'demo') OR (type IN ('call', 'mail') AND direction = 'outbound' AND is_done IS DISTINCT FROM false))
