SELECT deal_id
FROM crm.deal
WHERE owner_id NOT IN ('r1', NULL)
