/* ---
description: Territories and reps that stand above themselves
severity: warn
--- */
-- One row is a territory whose parents, or a rep whose managers, lead back to it. Figures that roll up count it in all of the circle.
SELECT 'territory' AS entity, a.territory_id AS entity_id
FROM sales.territory_tree AS a
JOIN sales.territory_tree AS b ON b.territory_id = a.above_id AND b.above_id = a.territory_id
WHERE a.depth > 0
UNION
SELECT 'rep' AS entity, a.rep_id AS entity_id
FROM sales.reports_to AS a
JOIN sales.reports_to AS b ON b.rep_id = a.manager_id AND b.manager_id = a.rep_id
WHERE a.depth > 0
UNION
SELECT 'territory' AS entity, territory_id AS entity_id FROM crm.territory WHERE parent_id = territory_id
UNION
SELECT 'rep' AS entity, rep_id AS entity_id FROM crm.rep WHERE manager_id = rep_id
