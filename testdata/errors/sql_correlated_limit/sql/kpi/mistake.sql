SELECT
  d.deal_id,
  (SELECT r.name FROM crm.rep AS r WHERE r.rep_id = d.owner_id LIMIT 1) AS owner
FROM crm.deal AS d
