/* ---
label: Pushes
description: Times that the expected close of an open deal moved later (push_count), by the day that was seen; NULL where no change of an open deal was seen
unit: count
good: down
time: changed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
without_rows: unknown
--- */
-- One row is a change of an open deal with an expected close, 0 where that was not pushed.
SELECT d.*, c.changed_on, CASE WHEN c.days_moved > 0 THEN 1 ELSE 0 END AS value
FROM sales.open_deal_change AS c
JOIN sales.deal AS d ON d.deal_id = c.deal_id
WHERE c.days_moved IS NOT NULL
