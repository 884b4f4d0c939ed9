SELECT stage, count(*) AS deals FROM crm.deal GROUP BY stage WITH ROLLUP
