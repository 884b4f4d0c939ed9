SELECT deal_id
FROM crm.deal
WHERE stage
