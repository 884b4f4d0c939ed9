/* Deals
SELECT deal_id FROM crm.deal
