SELECT deal_id FROM crm.deal WHERE amount LIKE '5%'
