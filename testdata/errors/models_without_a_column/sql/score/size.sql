SELECT deal_id, 1 AS points FROM crm.deal
