SELECT CAST(created_on AS TIMESTAMP) AT TIME ZONE 'America/Gotham' AS created_at
FROM crm.deal
