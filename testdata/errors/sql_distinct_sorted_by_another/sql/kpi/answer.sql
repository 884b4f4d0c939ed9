SELECT DISTINCT owner_id FROM crm.deal ORDER BY amount
