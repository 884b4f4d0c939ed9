SELECT date_trunc('monht', created_on) AS month, count(*) AS deals FROM crm.deal GROUP BY 1
