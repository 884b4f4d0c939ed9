/* ---
description: Activities that count, with who they were by and the day they started
materialize: view
--- */
-- One row is an activity. Those about deals that are left out, and those of reps who are, stay out. started_on is the day in UTC.
-- is_done is NULL where the exports do not say which activities took place; is_prospect is true of those with a deal, a lead or an account.
WITH left_out AS (
  SELECT entity_id AS rep_id
  FROM crm.exclusion
  WHERE entity = 'rep' AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
)
SELECT
  a.activity_id,
  a.type,
  a.direction,
  a.owner_id,
  coalesce(o.name, a.owner_id) AS owner_name,
  o.team,
  coalesce(m.name, o.manager_id) AS manager_name,
  a.deal_id,
  a.lead_id,
  a.account_id,
  CAST(a.started_at AS DATE) AS started_on,
  a.duration_minutes,
  a.is_completed AS is_done,
  a.is_selling,
  a.deal_id IS NOT NULL OR a.lead_id IS NOT NULL OR a.account_id IS NOT NULL AS is_prospect
FROM crm.activity AS a
LEFT JOIN crm.rep AS o ON o.rep_id = a.owner_id
LEFT JOIN crm.rep AS m ON m.rep_id = o.manager_id
LEFT ANTI JOIN sales.deal_left_out AS l ON l.deal_id = a.deal_id
LEFT ANTI JOIN left_out AS x ON x.rep_id = a.owner_id
