/* ---
label: Licensed people
description: People who held a licence of a tool on any day of the period, once a tool; NULL where nothing is known of tools
unit: count
time: day
dimensions: [tool, team, owner_id, owner_name]
aggregation: count_distinct
without_rows: unknown
--- */
-- One row is a licence on a day.
SELECT *, licence AS value
FROM sales.tool_use
WHERE is_active IS NOT NULL
