/* ---
label: Tool adoption
description: People who used a tool in the days up to the end of the period that the setting tool_days says, of those who held a licence of it in them (tool_adoption)
unit: percent
good: up
--- */
SELECT
  CAST(trailing(active_people, setting('tool_days')) AS BIGINT) AS numerator,
  CAST(trailing(licensed_people, setting('tool_days')) AS BIGINT) AS denominator
