/* ---
label: Tool adoption
description: People who used a tool in the 28 days up to the end of the period, of those who held a licence of it in them (tool_adoption)
unit: percent
good: up
--- */
SELECT CAST(trailing(active_people, 28) AS BIGINT) AS numerator, CAST(trailing(licensed_people, 28) AS BIGINT) AS denominator
