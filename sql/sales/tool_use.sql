/* ---
description: Licences of tools by person and day, and whether they were used
materialize: view
--- */
-- One row is a person's licence of a tool on a day. Who used a tool without a licence is not counted.
SELECT
  u.rep_id AS owner_id,
  coalesce(r.name, u.rep_id) AS owner_name,
  r.team,
  u.tool,
  u.day,
  u.is_active,
  u.actions,
  concat(u.tool, chr(10), u.rep_id) AS licence
FROM crm.tool_usage AS u
LEFT JOIN crm.rep AS r ON r.rep_id = u.rep_id
WHERE u.is_licensed
