SELECT deal_id, amount
FROM crm.deal
ORDER BY amont DESC
