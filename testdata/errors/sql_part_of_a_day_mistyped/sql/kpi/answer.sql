SELECT extract(wek FROM created_on) AS week, count(*) AS deals FROM crm.deal GROUP BY 1
