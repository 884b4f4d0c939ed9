/* ---
description: Reps with every manager above them, near or far, so that the figures of managers roll up the hierarchy of the day
materialize: table
checks:
  - unique: [rep_id, manager_id]
  - not_null: [rep_id, manager_id, depth]
  - between: {column: depth, min: 0}
--- */
-- One row is a rep and a manager depth steps above; each stands over himself at depth 0, so that what a manager sells rolls up as well.
-- A manager whom the list of reps lacks ends the way up. Where reps report to each other in a circle, each stands over every other one once.
WITH RECURSIVE step AS (
  SELECT rep_id, rep_id AS above_id, manager_id, 0 AS depth, make_array(rep_id) AS way
  FROM crm.rep
  UNION ALL
  SELECT s.rep_id, r.rep_id AS above_id, r.manager_id, s.depth + 1 AS depth, array_append(s.way, r.rep_id) AS way
  FROM step AS s
  JOIN crm.rep AS r ON r.rep_id = s.manager_id
  WHERE NOT array_has(s.way, r.rep_id)
)
SELECT rep_id, above_id AS manager_id, depth FROM step
