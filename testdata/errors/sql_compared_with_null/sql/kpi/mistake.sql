SELECT deal_id
FROM crm.deal
WHERE owner_id = NULL
