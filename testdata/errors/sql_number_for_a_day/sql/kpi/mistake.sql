SELECT deal_id
FROM crm.deal
WHERE created_on >= 20260101
