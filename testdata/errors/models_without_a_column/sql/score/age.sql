SELECT deal_id, 2 AS point FROM crm.deal
