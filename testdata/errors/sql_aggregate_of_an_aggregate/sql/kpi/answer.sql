SELECT sum(count(*)) AS deals FROM crm.deal GROUP BY stage
