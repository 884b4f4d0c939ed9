SELECT d.deal_id, r.name
FROM crm.deal AS d
JOIN crm.rep AS r
