SELECT stage, count(*) AS deals FROM crm.deal GROUP BY 3
