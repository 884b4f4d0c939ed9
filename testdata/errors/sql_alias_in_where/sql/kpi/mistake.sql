SELECT deal_id, amount * 2 AS twice
FROM crm.deal
WHERE twice > 100
