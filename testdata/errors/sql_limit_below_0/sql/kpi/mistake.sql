SELECT deal_id
FROM crm.deal
ORDER BY amount DESC
LIMIT -1
