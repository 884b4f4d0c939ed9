/* ---
description: Territories with every territory they lie in, near or far, so that figures roll up the hierarchy of the day
materialize: table
checks:
  - unique: [territory_id, above_id]
  - not_null: [territory_id, above_id, depth]
  - between: {column: depth, min: 0}
--- */
-- One row is a territory and one that it lies in, depth steps above it; each lies in itself at depth 0, so that its own figures roll up as well.
-- A parent that the list of territories lacks ends the way up. Where territories lie in each other in a circle, each lies in every other one once.
WITH RECURSIVE step AS (
  SELECT territory_id, territory_id AS above_id, parent_id, 0 AS depth, make_array(territory_id) AS way
  FROM crm.territory
  UNION ALL
  SELECT s.territory_id, t.territory_id AS above_id, t.parent_id, s.depth + 1 AS depth, array_append(s.way, t.territory_id) AS way
  FROM step AS s
  JOIN crm.territory AS t ON t.territory_id = s.parent_id
  WHERE NOT array_has(s.way, t.territory_id)
)
SELECT territory_id, above_id, depth FROM step
