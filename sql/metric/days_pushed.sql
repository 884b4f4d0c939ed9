/* ---
label: Days pushed
description: Days in all by which the expected close of open deals moved later (days_pushed), by the day that was seen; moves to an earlier day take nothing off
unit: days
good: down
time: changed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
without_rows: unknown
--- */
-- One row is a change of an open deal with an expected close, 0 where that was not pushed.
SELECT d.*, c.changed_on, CASE WHEN c.days_moved > 0 THEN c.days_moved ELSE 0 END AS value
FROM sales.open_deal_change AS c
JOIN sales.deal AS d ON d.deal_id = c.deal_id
WHERE c.days_moved IS NOT NULL
