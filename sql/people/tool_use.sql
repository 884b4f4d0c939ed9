/* ---
description: Who held a licence of which tool of late, and how much each used it (tool_adoption)
materialize: view
checks:
  - unique: [rep_id, tool]
  - not_null: [rep_id, tool, days_licensed, days_active, is_used]
--- */
-- One row is a person and a tool of which a licence was held on any of the setting's tool_days up to the day of the run that the exports tell the
-- use of. A tool's adoption is the share of its rows that are used; people who used a tool without a licence are not counted.
SELECT
  u.owner_id AS rep_id,
  max(u.owner_name) AS rep_name,
  max(u.team) AS team,
  u.tool,
  count(*) AS days_licensed,
  count(*) FILTER (WHERE u.is_active) AS days_active,
  sum(u.actions) AS actions,
  max(CASE WHEN u.is_active THEN u.day END) AS last_used_on,
  bool_or(u.is_active) AS is_used
FROM sales.tool_use AS u
WHERE u.is_active IS NOT NULL AND u.day > current_date - setting('tool_days') AND u.day <= current_date
GROUP BY u.owner_id, u.tool
