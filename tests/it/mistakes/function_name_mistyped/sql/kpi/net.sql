SELECT stage, sum(ent(amount)) AS net FROM crm.deal GROUP BY stage
