SELECT TOP 5 deal_id FROM crm.deal
