/* ---
label: Active people
description: People who used a tool that they held a licence of on any day of the period, once a tool; NULL where nothing is known of tools
unit: count
good: up
time: day
dimensions: [tool, team, owner_id, owner_name]
aggregation: count_distinct
without_rows: unknown
--- */
-- One row is a licence on a day; one that was not used on it counts nobody.
SELECT *, CASE WHEN is_active THEN licence END AS value
FROM sales.tool_use
WHERE is_active IS NOT NULL
