/* ---
description: Territories with the one each lies in and how far below the top it is
materialize: view
checks:
  - unique: [territory_id]
  - not_null: [territory_id, territory_name, level]
--- */
-- One row is a territory. level counts from 0 at the top; a parent that the list of territories lacks is none.
SELECT
  t.territory_id,
  coalesce(t.name, t.territory_id) AS territory_name,
  p.territory_id AS parent_id,
  t.region,
  max(u.depth) AS level
FROM crm.territory AS t
JOIN sales.territory_tree AS u ON u.territory_id = t.territory_id
LEFT JOIN crm.territory AS p ON p.territory_id = t.parent_id
GROUP BY t.territory_id, t.name, p.territory_id, t.region
