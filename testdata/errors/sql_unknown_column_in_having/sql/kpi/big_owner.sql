SELECT owner_id, count(*) AS deals
FROM crm.deal
GROUP BY owner_id
HAVING max(amont) > 1000
