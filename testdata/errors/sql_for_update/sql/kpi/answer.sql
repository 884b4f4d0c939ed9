SELECT deal_id FROM crm.deal FOR UPDATE
