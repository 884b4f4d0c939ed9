SELECT deal_id FROM crm.deal -- größer
