SELECT deal_id, amount / 0 AS share
FROM crm.deal
