/* ---
label: Days pushed out of the quarter
description: Days by which pushes into a later fiscal quarter moved the expected close (days_pushed), by the day they were seen
unit: days
good: down
time: changed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
without_rows: unknown
--- */
-- One row is a change of an open deal with an expected close, 0 where that was not pushed.
SELECT d.*, c.changed_on, CASE WHEN c.crosses_quarter THEN c.days_moved ELSE 0 END AS value
FROM sales.open_deal_change AS c
JOIN sales.deal AS d ON d.deal_id = c.deal_id
WHERE c.days_moved IS NOT NULL
