SELECT dd.deal_id, r.name FROM crm.deal AS d JOIN crm.rep AS r ON r.rep_id = d.owner_id
